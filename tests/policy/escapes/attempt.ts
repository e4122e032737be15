import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WallName } from "../../../src/policy/sandbox/strength.ts";
import type { Places, Scene } from "./scene.ts";

/** What was seen of a run, from outside of it. */
export interface Outcome {
  /** Standard output and standard error of all commands. */
  readonly output: string;
  /** What the process that started the command noted: signals, its memory at the end. */
  readonly agentLog: string;
  /** Whether that process was found stopped. */
  readonly stopped: boolean;
  /** What `/proc/PID/fd` showed of the attempt when it said that it waited to be looked at. */
  readonly descriptors: readonly string[];
  /** Processes of the attempt that were alive after the end of its command. */
  readonly survivors: readonly string[];
}

/** A command that tries to get past a wall. */
export interface Attempt {
  readonly name: string;
  /** Those that it attacks; it may come through only where one of them is not held. */
  readonly walls: readonly WallName[];
  /** Run one after another, each within walls that are computed anew. */
  readonly commands: readonly (readonly string[])[];
  /** What shows from outside that it came through; null when nothing does. */
  reached(scene: Scene, outcome: Outcome): string | null | Promise<string | null>;
  /** Where things lie, when not apart from each other. */
  place?(base: string): Partial<Places>;
  /** Changes the scene before anything is watched. */
  prepare?(scene: Scene): void;
  /** Another command within the same walls, started over and over while it runs. */
  readonly meanwhile?: readonly string[];
  /** Descriptors that the command is started with, from 3 on. */
  readonly descriptors?: readonly Inherited[];
  /** Done outside when the command says that it waits to be looked at. */
  look?(scene: Scene): void;
  /** It has a controlling terminal; what it leaves to be read there is noted by its starter as `typed`. */
  readonly terminal?: boolean;
  readonly modes?: readonly ("read-only" | "workspace-write")[];
  /** There is a gate to hosts that are allowed, where the walls can have one. */
  readonly gated?: true;
  /** Where its command is run, when not in the workspace. */
  readonly folder?: "outside";
  /** What it reaches for is there once on the machine: no other process of the tests may try it at the same time. */
  readonly alone?: true;
  /** How it is shown to work without walls, when not just so. */
  readonly bare?: Bare;
}

/** A descriptor left open: of a path that starts with a name of `Places`, or a connection to a server outside. */
export type Inherited = { readonly path: `${"outside" | "codex"}${string}`; readonly write?: boolean } | "server";

export interface Bare {
  /** Only root can do it at all, or only another user where root has prepared it. */
  readonly as?: "root" | "user";
  /** Whether this machine has what it uses. */
  needs?(scene: Scene): boolean;
  /** What it is run in, so that the machine takes no harm. */
  readonly within?: readonly string[];
  /** Why it is not run without walls. */
  readonly never?: string;
}

type Extras = Omit<Attempt, "name" | "walls" | "commands" | "reached">;
type Walls = WallName | readonly WallName[];

const listed = (walls: Walls): readonly WallName[] => (typeof walls === "string" ? [walls] : walls);

export const shell = (script: string): readonly string[] => ["/bin/sh", "-c", script, "attempt"];

/** One or more shell scripts. */
export const sh = (
  name: string,
  walls: Walls,
  scripts: string | readonly string[],
  reached: Attempt["reached"],
  extras: Extras = {},
): Attempt => ({
  name,
  walls: listed(walls),
  commands: (typeof scripts === "string" ? [scripts] : scripts).map(shell),
  reached,
  ...extras,
});

const prelude = readFileSync(join(import.meta.dirname, "prelude.pl"), "utf8");

/** A Perl script, after `prelude.pl`: system calls by name, without a compiler. */
export const perl = (
  name: string,
  walls: Walls,
  script: string,
  reached: Attempt["reached"],
  extras: Extras = {},
): Attempt => ({ name, walls: listed(walls), commands: [perlCommand(script)], reached, ...extras });

export const perlCommand = (script: string): readonly string[] => ["/usr/bin/perl", "-e", `${prelude}\n${script}`];
