/** A server that is a child of this process: one JSON object a line, on its stdin and stdout. */
import { startChild, type Child, type SpawnHook } from "../../launch/child.ts";
import { linesOf, LineTooLong } from "../../launch/lines.ts";
import { withinTime } from "../../launch/within-time.ts";
import type { ConnectionEnd } from "../errors.ts";
import { hand, type OpenTransport, type Transport, type TransportHandlers } from "./transport.ts";

export interface StdioOptions {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd: string | undefined;
  maxLineBytes: number;
  spawn: SpawnHook | undefined;
}

const stderrLines = 500;
const stderrBytes = 256 * 1024;
/** Each of the ways to end it gets this long, in milliseconds: the end of its input, a polite signal, force. */
const graceMs = 1000;

export function stdioTransport(options: StdioOptions): OpenTransport {
  return async (handlers, signal) => {
    const child = await startChild({ ...options, input: null, stderrTailBytes: stderrBytes });
    const server = new Server(child, options.maxLineBytes, handlers);
    if (signal.aborted) {
      await server.close();
      throw signal.reason;
    }
    return server;
  };
}

class Server implements Transport {
  readonly #child: Child;
  readonly #handlers: TransportHandlers;
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  #lastWrite: Promise<void> = Promise.resolve();
  #problem: string | null = null;
  #closing: Promise<void> | null = null;

  constructor(child: Child, maxBytes: number, handlers: TransportHandlers) {
    this.#child = child;
    this.#handlers = handlers;
    this.#over = this.#read(maxBytes);
  }

  send(message: object): Promise<void> {
    const line = `${JSON.stringify(message)}\n`;
    const written = this.#lastWrite.then(() => this.#write(line));
    this.#lastWrite = written.catch(() => {});
    return written;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  stderrTail(): readonly string[] {
    const lines = this.#child.stderrTail().split(/\r?\n/);
    if (lines.at(-1) === "") lines.pop();
    return lines.slice(-stderrLines);
  }

  async #read(maxBytes: number): Promise<void> {
    const { stdout, exited } = this.#child;
    // Handlers are called after the one who opened the connection has it.
    await Promise.resolve();
    try {
      for await (const lines of linesOf(stdout, { maxBytes, exited, stop: this.#stop.signal }))
        for (const { bytes } of lines) {
          const text = bytes.toString("utf8").trim();
          if (text !== "") hand(text, this.#handlers);
        }
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      this.#problem = `The app-server wrote a line of more than ${maxBytes} bytes`;
    }
    const end = await this.#ended();
    this.#handlers.onClose(end);
  }

  /** Whatever is still there of a server that wrote its last line is ended. */
  async #ended(): Promise<ConnectionEnd> {
    if (this.#closing === null) void this.close();
    const exit = await withinTime(this.#child.exited, 3 * graceMs);
    const how =
      exit === null ? "was ended" : exit.signal === null ? `ended with code ${exit.code}` : `ended by ${exit.signal}`;
    return {
      reason: this.#problem ?? `The app-server ${how}`,
      exitCode: exit?.code ?? null,
      signal: exit?.signal ?? null,
      stderrTail: this.stderrTail(),
    };
  }

  #write(line: string): Promise<void> {
    const { stdin } = this.#child;
    return new Promise((resolve, reject) => {
      if (stdin.destroyed || stdin.writableEnded) return reject(new Error("the app-server reads no more"));
      const gone = (): void => reject(new Error("the app-server reads no more"));
      stdin.once("close", gone);
      stdin.write(line, (error) => {
        stdin.off("close", gone);
        if (error === null || error === undefined) return resolve();
        this.#problem ??= `The app-server reads no more (${(error as NodeJS.ErrnoException).code ?? error.message})`;
        reject(error);
        void this.close();
      });
    });
  }

  async #close(): Promise<void> {
    const { stdin, exited } = this.#child;
    stdin.end();
    const exit = await withinTime(exited, graceMs);
    if (exit === null) this.#problem ??= "The app-server did not end by itself and was ended";
    await this.#child.end(graceMs);
    this.#stop.abort();
    await this.#over;
    this.#child.release();
  }
}
