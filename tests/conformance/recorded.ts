import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Binary } from "../support/run.ts";
import { play, type Played, type Scenario } from "../support/scenario.ts";
import { commonRules } from "./rules.ts";

/** What the real Codex did with the scenarios of a theme when it was last recorded (`npm run conformance:record`). */
export interface Recording {
  /** Version of the real Codex. */
  codex: string;
  /** Of what the scenarios are written in, see `sourceOf`. */
  source: string;
  played: Record<string, Played>;
}

const tests = resolve(import.meta.dirname, "..");

const pathOf = (name: string): string => join(import.meta.dirname, "recorded", `${name}.json.zst`);

const fileOf = (theme: string): string =>
  join(import.meta.dirname, `${theme.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-scenarios.ts`);

export function readRecorded(name: string): unknown {
  return existsSync(pathOf(name)) ? JSON.parse(zstdDecompressSync(readFileSync(pathOf(name))).toString("utf8")) : null;
}

export function writeRecorded(name: string, content: unknown): void {
  const level = { [constants.ZSTD_c_compressionLevel]: 19 };
  writeFileSync(pathOf(name), zstdCompressSync(Buffer.from(JSON.stringify(content)), { params: level }));
}

export function codexVersion(): string {
  const path = join(tests, "oracle/node_modules/@openai/codex/package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/**
 * A hash of the file of a theme and of what it is made with: other files of tests that it names. Not of `wanted.ts`
 * (what ours does differently), and not of tests/support: what changes there shows in the scenarios that are played live.
 */
export function sourceOf(theme: string): string {
  const seen = new Set<string>();
  const add = (path: string): void => {
    const place = relative(tests, path);
    if (seen.has(path) || place.startsWith("..") || /^(support\/[^/]*|conformance\/wanted)\.ts$/.test(place)) return;
    seen.add(path);
    const text = readFileSync(path, "utf8");
    for (const [, name = ""] of text.matchAll(/"(\.\.?\/[^"\n]+\.(?:ts|json))"/g)) add(resolve(dirname(path), name));
  };
  add(fileOf(theme));
  const hash = createHash("sha256");
  for (const path of [...seen].sort()) hash.update(`${relative(tests, path)}\n`).update(readFileSync(path));
  return hash.digest("hex");
}

/** Why the recording of a theme says nothing any more about its scenarios, and what to do; null when it does. */
export function isOutdated(theme: string, recording: Recording | null): string | null {
  const remedy = `\`npm run conformance:record -- ${theme}\` records what the real Codex does`;
  if (recording === null) return `nothing is recorded of ${theme}: ${remedy}`;
  if (recording.codex !== codexVersion())
    return `${theme} was recorded with ${recording.codex}, this is ${codexVersion()}: ${remedy}`;
  if (recording.source === sourceOf(theme)) return null;
  return `the scenarios of ${theme} have changed since they were recorded: ${remedy}`;
}

/** Plays a scenario as it is compared. */
export function played(binary: Binary, scenario: Scenario): Promise<Played> {
  return play(binary, { rules: commonRules, ...scenario });
}

/** Without the name of the operating system, which is another on another machine. */
export function anywhere(real: Played): Played {
  const requests = real.requests.map((request) => {
    const headers = request.headers as Record<string, string>;
    const agent = headers["user-agent"]?.replace(/\([^();]*; [^();]*\)/, "(<system>)");
    return { ...request, headers: agent === undefined ? headers : { ...headers, "user-agent": agent } };
  });
  return { ...real, requests };
}

/** Nothing is recorded of these: it is the machine that answers (its files and processes, the walls of its kernel). */
export const neverRecorded: ReadonlySet<string> = new Set(["sandbox"]);

/** Whether the real Codex plays along whenever the tests run; else it is compared with what is recorded of it. */
export function isLive(theme: string, index: number): boolean {
  return process.env["CONFORMANCE_LIVE"] === "all" || neverRecorded.has(theme) || index % 24 === 0;
}
