import type { Readable, Writable } from "node:stream";
import { Outgoing, type Accept, type Receiver } from "../wire.ts";
import { LineSplitter } from "./json-lines.ts";
import { maxMessageBytes, receiveJson } from "./messages-in.ts";
import { OpenRequests } from "./open-requests.ts";
import { Outbox, type Bounds } from "./outbox.ts";
import type { Serving, Tell } from "./serving.ts";

export interface StdioOptions {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly tell: Tell;
  readonly maxLineBytes?: number;
  readonly bounds?: Bounds;
}

/** How long what was asked before the end of input may be worked at. */
const lastAnswersMs = 500;
/** How long the client has to read what was said last. */
const lastWordsMs = 500;

const asLine = (text: string): Uint8Array => Buffer.from(`${text}\n`);

/**
 * One client, a JSON message per line. It has ended when the client closes our input (exit code 0; what is soon answered
 * still is), or reads no more of our output (0 when it closed it, 1 when it let too much wait).
 */
export function serveStdio(accept: Accept, options: StdioOptions): Serving {
  const { stdin, stdout, tell, maxLineBytes = maxMessageBytes } = options;
  const ended = Promise.withResolvers<number>();
  let receiver: Receiver | null = null;
  let isGone = false;
  const open = new OpenRequests();
  const outbox = new Outbox(
    { write: (bytes) => stdout.write(bytes), end: () => leave(0) },
    asLine,
    (reason) => {
      tell(`app-server: ${reason} Ending.`);
      leave(1);
    },
    options.bounds,
  );
  function leave(code: number): void {
    if (isGone) return;
    isGone = true;
    stdin.off("data", take);
    stdin.destroy();
    receiver?.gone();
    void lastWords(outbox, stdout, code === 0).then(() => ended.resolve(code));
  }
  function take(chunk: Uint8Array): void {
    lines.push(chunk);
  }

  const lines = new LineSplitter(
    maxLineBytes,
    (line) => {
      if (!isGone && receiver !== null) receiveJson(line, receiver, open);
    },
    () => {
      const message = `Invalid request: a message of more than ${maxLineBytes} bytes was skipped`;
      outbox.send(new Outgoing({ error: { code: -32600, message }, id: null }));
    },
  );
  const finish = (): void => {
    if (isGone) return;
    lines.end();
    void open.answered(lastAnswersMs).then(() => leave(0));
  };
  receiver = accept({
    send(outgoing) {
      outbox.send(outgoing);
      open.said(outgoing.message);
    },
    tellMissed: () => outbox.tellMissed(),
    close: (reason) => outbox.close(reason),
  });
  if (isGone) receiver.gone();
  stdout.on("drain", () => outbox.ready());
  stdout.on("error", () => {
    outbox.forget();
    leave(0);
  });
  stdin.on("data", take).on("end", finish).on("error", finish).on("close", finish);

  return {
    ended: ended.promise,
    async close() {
      leave(0);
      await ended.promise;
    },
  };
}

/** Gives what waits to the stream, and waits for it as long as is decent. */
async function lastWords(outbox: Outbox, stdout: Writable, wait: boolean): Promise<void> {
  outbox.close("The server has ended.");
  if (!wait || stdout.writableLength === 0 || stdout.destroyed) return;
  await new Promise<void>((resolve) => {
    const limit = setTimeout(resolve, lastWordsMs);
    const done = (): void => {
      clearTimeout(limit);
      resolve();
    };
    stdout.write("", done);
    stdout.once("error", done);
  });
}
