import type { Strength } from "./strength.ts";
import type { View, Walls } from "./walls.ts";

/** The rungs of the ladder, strongest first. `seatbelt` is that of macOS. `external`: the user says that something around us is the wall. */
export const rungNames = ["bubblewrap", "helper", "landlock", "seatbelt", "external"] as const;
export type RungName = (typeof rungNames)[number];

/** A command as it has to be started to be within its walls. */
export interface Enclosed {
  readonly argv: readonly string[];
  /** After that many seconds whoever started it ends it. */
  readonly seconds?: number;
  /** To be called when the command has ended, once. */
  release(): void;
}

export type Enclose = (argv: readonly string[], cwd: string) => Enclosed;

/** A way to put commands within walls on this machine. */
export interface Sandbox {
  readonly rung: RungName;
  readonly strength: Strength;
  /** Ways to give a command a folder to itself; not every machine has them. */
  readonly views: readonly View["type"][];
  /** @throws {WallsError} when these walls cannot be built here. */
  enclose(argv: readonly string[], cwd: string, walls: Walls): Enclosed;
  /** Takes away what was put up for commands; none may run any more. */
  close(): void;
}
