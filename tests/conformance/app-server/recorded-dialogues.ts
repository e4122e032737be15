import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codexVersion, readRecorded, writeRecorded } from "../recorded.ts";
import type { Heard } from "./dialogue.ts";
import { dialogues } from "./dialogues.ts";

/** What the real Codex did with the dialogues of a theme when it was last recorded. */
interface Recording {
  /** Version of the real Codex. */
  codex: string;
  /** Of the file that the dialogues are written in. */
  source: string;
  heard: Record<string, Heard>;
}

const nameOf = (theme: string): string => `app-server-${theme}`;

function sourceOf(theme: string): string {
  const files = [`${theme}-dialogues.ts`, "dialogue.ts"];
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(join(import.meta.dirname, file)));
  return hash.digest("hex");
}

export const readDialogues = (theme: string): Recording | null => readRecorded(nameOf(theme)) as Recording | null;

export function writeDialogues(theme: string, heard: Record<string, Heard>): void {
  writeRecorded(nameOf(theme), { codex: codexVersion(), source: sourceOf(theme), heard } satisfies Recording);
}

/** Why the recording of a theme says nothing any more about its dialogues, and what to do; null when it does. */
export function outdatedDialogues(theme: string): string | null {
  const remedy = `\`npm run conformance:dialogues -- ${theme}\` records what the real Codex does`;
  const recording = readDialogues(theme);
  if (recording === null) return `nothing is recorded of ${theme}: ${remedy}`;
  if (recording.codex !== codexVersion())
    return `${theme} was recorded with ${recording.codex}, this is ${codexVersion()}: ${remedy}`;
  if (recording.source !== sourceOf(theme)) return `the dialogues of ${theme} have changed since: ${remedy}`;
  const missing = dialogues[theme]!.find(({ name }) => recording.heard[name] === undefined);
  return missing === undefined ? null : `"${missing.name}" of ${theme} was never recorded: ${remedy}`;
}
