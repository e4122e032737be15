/** The lines of a program, read only as fast as they are asked for. */
import type { Readable } from "node:stream";

export interface Line {
  /** From 1, blank ones counted. */
  number: number;
  bytes: Buffer;
  /** False for a last line without a newline. */
  whole: boolean;
}

export class LineTooLong extends Error {
  readonly number: number;
  readonly start: Buffer;

  constructor(number: number, start: Buffer) {
    super(`line ${number} is too long`);
    this.number = number;
    this.start = start;
  }
}

/** How long a program that has ended may leave its stdout without a byte and without an end: somebody else holds it then. */
const silenceMs = 100;
/** Where this process is late, its timers come before what had arrived long ago: rounds of the loop in which that is read. */
const lateRounds = 3;
const lineFeed = 10;

export interface LineOptions {
  /** A longer line is {@link LineTooLong}. */
  maxBytes: number;
  /** When the program is over: what it wrote is read first, but its children are not waited for. */
  exited: Promise<unknown>;
  /** Ends every wait. */
  stop: AbortSignal;
  /** Called when nothing came for `idleMs` while a line was waited for. */
  idleMs?: number | undefined;
  onIdle?: () => void;
}

/**
 * Splits at LF alone: the lines that each piece of the stream ends, at least one, together. Returns at the end of the stream, and
 * when it is stopped.
 */
export async function* linesOf(stream: Readable, options: LineOptions): AsyncGenerator<Line[], void, undefined> {
  const next = chunksOf(stream, options);
  let waiting: Buffer[] = [];
  let size = 0;
  let number = 1;
  for (let chunk = await next(); chunk !== null; chunk = await next()) {
    const lines: Line[] = [];
    let from = 0;
    let tooLong = false;
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, from)) {
      const part = chunk.subarray(from, at);
      tooLong = size + part.length > options.maxBytes;
      if (tooLong) break;
      const bytes = waiting.length === 0 ? part : Buffer.concat([...waiting, part]);
      waiting = [];
      size = 0;
      from = at + 1;
      lines.push({ number: number++, bytes, whole: true });
    }
    if (from < chunk.length) waiting.push(chunk.subarray(from));
    size += chunk.length - from;
    if (lines.length > 0) yield lines;
    if (tooLong || size > options.maxBytes) throw new LineTooLong(number, startOf(waiting));
  }
  if (size > 0) yield [{ number, bytes: Buffer.concat(waiting), whole: false }];
}

const startOf = (parts: readonly Buffer[]): Buffer => Buffer.concat(parts.slice(0, 4)).subarray(0, 4096);

function chunksOf(stream: Readable, { exited, stop, idleMs, onIdle }: LineOptions): () => Promise<Buffer | null> {
  let over = false;
  let left = false;
  let wake = (): void => {};
  const end = (): void => {
    over = true;
    wake();
  };
  stream.on("readable", () => wake());
  for (const event of ["end", "close", "error"]) stream.once(event, end);
  stop.addEventListener("abort", end, { once: true });
  void exited.then(() => {
    left = true;
    wake();
  });

  return async () => {
    let silent: NodeJS.Timeout | undefined;
    let waiting = true;
    const endIfSilent = async (): Promise<void> => {
      for (let round = 0; round < lateRounds; round++) await new Promise((resolve) => setImmediate(resolve));
      if (waiting) end();
    };
    const idle = idleMs === undefined ? undefined : setTimeout(() => onIdle?.(), idleMs);
    try {
      for (;;) {
        if (stop.aborted) return null;
        const chunk = stream.read() as Buffer | null;
        if (chunk !== null) return chunk;
        if (over || stream.readableEnded) return null;
        if (left) silent ??= setTimeout(() => void endIfSilent(), silenceMs);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      waiting = false;
      clearTimeout(silent);
      clearTimeout(idle);
    }
  };
}
