/** What carries messages between a client and a server. */
import type { ConnectionEnd } from "../errors.ts";

/** Called in the order in which things happened, and never before {@link OpenTransport} has resolved; `onClose` once, as the last. */
export interface TransportHandlers {
  /** Any value at all that could be parsed. */
  onMessage(message: unknown): void;
  /** What could not; at most 2 KiB of it. */
  onMalformed(excerpt: string): void;
  onClose(end: ConnectionEnd): void;
}

export interface Transport {
  /** Messages go out in the order of the calls. Resolves when the message was taken; rejects when it will never be. */
  send(message: object): Promise<void>;
  /** Ends the connection politely, then by force. Resolves when nothing is left of it; may be called again. */
  close(): Promise<void>;
  /** The last lines of the server's stderr, oldest first; empty where the transport sees none. */
  stderrTail(): readonly string[];
}

/** Opens a connection. Rejects when it cannot, or when the signal says so; nothing is left behind then. */
export type OpenTransport = (handlers: TransportHandlers, signal: AbortSignal) => Promise<Transport>;

const excerptLength = 2048;

/** Parses a message and hands it on. */
export function hand(text: string, handlers: TransportHandlers): void {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    handlers.onMalformed(text.slice(0, excerptLength));
    return;
  }
  handlers.onMessage(message);
}
