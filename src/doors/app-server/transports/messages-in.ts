import type { Receiver } from "../wire.ts";
import type { OpenRequests } from "./open-requests.ts";

/** Bytes of one message at most, as it comes in. */
export const maxMessageBytes = 128 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Hands over what the bytes say; what is no JSON is passed over, as Codex does. */
export function receiveJson(bytes: Uint8Array, receiver: Receiver, open?: OpenRequests): void {
  let message: unknown;
  try {
    message = JSON.parse(utf8.decode(bytes));
  } catch {
    return;
  }
  open?.asked(message);
  receiver.receive(message);
}
