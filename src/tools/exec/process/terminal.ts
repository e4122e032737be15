import { closeSync, constants, openSync } from "node:fs";
import { createRequire } from "node:module";
import type { StdioOptions } from "node:child_process";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A pseudo-terminal. */
export interface Terminal {
  /** Descriptor of our end, not blocking. Closing it is up to the reader. */
  readonly master: number;
  /** Path of the program's end. */
  readonly path: string;
  resize(size: TerminalSize): void;
  /** Lets go of the program's end, which is held open so that no output is lost when the last program leaves it. */
  release(): void;
  /** Call when `master` is closed. */
  forget(): void;
}

interface NativeTerminals {
  open(columns: number, rows: number): { master: number; slave: number; pty: string };
  resize(master: number, columns: number, rows: number): void;
}

const masters = new Set<number>();
let native: NativeTerminals | null = null;

function load(): NativeTerminals {
  const require = createRequire(import.meta.url);
  const loader = require("@lydell/node-pty/requireBinary.js") as { requireBinary(file: string): NativeTerminals };
  return loader.requireBinary("pty.node");
}

/** @throws when this platform has no terminal support or the system has no free terminal. */
export function openTerminal({ columns, rows }: TerminalSize = { columns: 80, rows: 24 }): Terminal {
  const terminals = (native ??= load());
  const { master, slave, pty } = terminals.open(columns, rows);
  // The native module leaves its descriptors open in children; one that we open ourselves is not.
  const held = openSync(pty, constants.O_RDWR | constants.O_NOCTTY);
  closeSync(slave);
  masters.add(master);
  return {
    master,
    path: pty,
    resize: (size) => terminals.resize(master, size.columns, size.rows),
    release: () => closeSync(held),
    forget: () => void masters.delete(master),
  };
}

/**
 * Standard streams for a child, with every terminal of other commands covered by `/dev/null`: a child that inherited
 * one could read and type in it.
 */
export function shieldTerminals(streams: (number | "ignore" | "pipe")[], nullDevice: number): StdioOptions {
  const last = Math.max(streams.length - 1, ...masters);
  return Array.from({ length: last + 1 }, (_, index) => streams[index] ?? (masters.has(index) ? nullDevice : "ignore"));
}
