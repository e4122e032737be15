import * as fs from "node:fs";
import { join } from "node:path";
import type { Attempt } from "./attempt.ts";
import type { Area } from "./scene.ts";

type Reached = Attempt["reached"];

/** Something in these areas looks different than before. */
export const changed =
  (...areas: Area[]): Reached =>
  (scene) =>
    scene.changes(...areas);

/** A secret of the homes or of the agent is in what the commands printed. */
export const printed: Reached = ({ secret }, { output }) => (output.includes(secret) ? "the secret was printed" : null);

/** The mark of the attempt reached a server outside. */
export const received: Reached = ({ harbour, mark }) => harbour.received(mark);

/** Sent to everybody who can be reached, whichever test they belong to: none of the others takes it for its own. */
export const signalForEverybody = "URG";
export const heardBySomebody: Reached = (_scene, { agentLog }) =>
  agentLog.includes(`signal ${signalForEverybody}\n`) ? "the agent heard it" : null;

/** The agent got a signal, was stopped, did not see the end, or found its memory changed. */
export const agentHurt: Reached = (_scene, { agentLog, stopped }) => {
  const signal = agentLog.split("\n").find((line) => line.startsWith("signal ") && !line.endsWith(signalForEverybody));
  if (signal !== undefined) return signal;
  if (stopped) return "the agent was stopped";
  if (agentLog.includes("memory changed")) return "the agent's memory was changed";
  if (agentLog.includes("limits were changed")) return "the agent's limits were changed";
  return agentLog.includes("ended ") ? null : "the agent did not see the end of the command";
};

export const outlived: Reached = (_scene, { survivors }) => (survivors.length === 0 ? null : survivors.join(", "));

/** While it waited to be looked at, it held a descriptor like this. */
export const holds =
  (pattern: RegExp): Reached =>
  (_scene, { descriptors }) =>
    descriptors.find((each) => pattern.test(each)) ?? null;

/** A file below the base of the scene has this in it. */
export const contains =
  (path: string, text: string): Reached =>
  ({ base }) => {
    const file = join(base, path);
    return fs.existsSync(file) && fs.readFileSync(file, "utf8").includes(text) ? `${path} has ${text}` : null;
  };

/** A Perl script, run outside, prints something. */
export const answered =
  (script: string): Reached =>
  (scene) =>
    scene.ask(script).trim() || null;
