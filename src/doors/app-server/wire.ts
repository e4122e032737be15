import type { Message } from "../../protocol/codex-0.169/app-server/messages.ts";
import { wellFormedJson } from "../../protocol/well-formed-json.ts";

/** Makes of a message's JSON what goes over a transport. */
export type Encode = (text: string) => Uint8Array;

/** A message on its way to clients. What is sent is made once, however many of them get it. */
export class Outgoing {
  readonly message: Message;
  /** A piece of something that is told whole later: a client that reads too slowly may go without. */
  readonly passing: boolean;
  /** Whose thread it tells of; null: of none. */
  readonly threadId: string | null;
  #encoded: { encode: Encode; bytes: Uint8Array } | null = null;

  constructor(message: Message, options: { passing?: boolean; threadId?: string } = {}) {
    this.message = message;
    this.passing = options.passing ?? false;
    this.threadId = options.threadId ?? null;
  }

  encoded(encode: Encode): Uint8Array {
    if (this.#encoded?.encode !== encode) this.#encoded = { encode, bytes: encode(wellFormedJson(this.message)) };
    return this.#encoded.bytes;
  }
}

/** What carries messages to one client. */
export interface Wire {
  /** Never waits and never throws: what the client does not read is kept, up to a bound. */
  send(outgoing: Outgoing): void;
  /** From here on the client is told, by `agent/missed`, of the notifications that it had to go without. */
  tellMissed(): void;
  /** Ends the connection; `reason` is told to the client where the transport can. */
  close(reason: string): void;
}

/** The server's end of a connection. */
export interface Receiver {
  /** A message as it was parsed; anything at all may come here. */
  receive(message: unknown): void;
  /** The client is gone; nothing is received any more. */
  gone(): void;
}

/** Takes a client on. */
export type Accept = (wire: Wire) => Receiver;
