import { createReadStream, statSync } from "node:fs";
import { join } from "node:path";
import { LineSplitter } from "../transports/json-lines.ts";
import { isRecord, namesIn, recordOf, type Json } from "./read.ts";
import type { Scope } from "./scope.ts";

/** A conversation with another agent. */
export interface Session extends SessionFile {
  readonly cwd: string;
  readonly title: string;
  /** Those that were asked for, from the first on. */
  readonly turns: readonly Turn[];
}

export interface SessionFile {
  readonly path: string;
  readonly modifiedMs: number;
}

export interface Turn {
  readonly text: string;
  readonly answers: readonly string[];
  readonly atMs: number;
}

export interface SessionLimits {
  readonly count: number;
  readonly ageDays: number;
}

export const usualLimits: SessionLimits = { count: 50, ageDays: 30 };

const longestTitle = 100;
/** Of a conversation that becomes a thread: all that was said in it is held at once. */
const mostMebibytes = 256;
const mostBytes = mostMebibytes * 2 ** 20;
/** Of what a tool was given and what it said: whoever goes on needs the gist. */
const longestPiece = 4000;

/** Where conversations lie; none of them is opened. */
export function sessionFiles({ agent, cwd, folder }: Scope): SessionFile[] {
  if (agent !== "claude" || cwd !== null) return [];
  const projects = join(folder, "projects");
  return namesIn(projects, "directory").flatMap((project) =>
    namesIn(join(projects, project), "file")
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => ({ path: join(projects, project, name), modifiedMs: modifiedOf(join(projects, project, name)) })),
  );
}

/** Those of the last time, the newest first. */
export async function findSessions(
  files: readonly SessionFile[],
  { count, ageDays }: SessionLimits,
): Promise<Session[]> {
  const oldest = Date.now() - ageDays * 86_400_000;
  const recent = files.filter(({ modifiedMs }) => modifiedMs >= oldest);
  const sessions: Session[] = [];
  for (const file of recent.toSorted((a, b) => b.modifiedMs - a.modifiedMs)) {
    if (sessions.length >= count) break;
    // The beginning says what there is to show. What cannot be read is none.
    const session = await sessionOf(file, 1).catch(() => null);
    if (session !== null) sessions.push(session);
  }
  return sessions;
}

/** All of a conversation; null where it is none. @throws with the reason where it cannot be read. */
export async function readSession(file: SessionFile): Promise<Session | null> {
  const { size } = statSync(file.path);
  if (size > mostBytes)
    throw new Error(
      `${file.path} has ${Math.ceil(size / 2 ** 20)} MiB; a conversation of more than ${mostMebibytes} MiB is not taken over`,
    );
  return sessionOf(file, Number.POSITIVE_INFINITY);
}

const modifiedOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The lines of a file as they come; those that are no objects are empty ones. */
async function* entriesOf(path: string): AsyncGenerator<Json> {
  const entries: Json[] = [];
  const lines = new LineSplitter(
    mostBytes,
    (line) => entries.push(parsed(Buffer.from(line).toString())),
    () => undefined,
  );
  for await (const chunk of createReadStream(path, { end: mostBytes - 1, highWaterMark: 2 ** 18 })) {
    lines.push(chunk as Buffer);
    yield* entries.splice(0);
  }
  lines.end();
  yield* entries;
}

/** With so many turns. Null where nobody said anything, or the folder that it was about is gone. */
async function sessionOf({ path, modifiedMs }: SessionFile, mostTurns: number): Promise<Session | null> {
  const turns: { text: string; answers: string[]; atMs: number }[] = [];
  let cwd: string | null = null;
  for await (const entry of entriesOf(path)) {
    if (entry["isMeta"] === true || entry["isSidechain"] === true) continue;
    if (typeof entry["cwd"] === "string") cwd ??= entry["cwd"];
    const said = saidIn(recordOf(entry["message"])["content"]);
    const atMs = Date.parse(String(entry["timestamp"])) || modifiedMs;
    if (entry["type"] === "user" && said.text !== "") turns.push({ text: said.text, answers: [], atMs });
    const answer = entry["type"] === "user" ? said.tools : [said.text, said.tools].filter(Boolean).join("\n\n");
    if ((entry["type"] === "user" || entry["type"] === "assistant") && answer !== "")
      turns.at(-1)?.answers.push(answer);
    if (cwd !== null && turns.length >= mostTurns) break;
  }
  if (turns.length === 0 || cwd === null || statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
    return null;
  const [first = ""] = turns[0]!.text.split("\n");
  return { path, cwd, title: first.slice(0, longestTitle), modifiedMs, turns };
}

function parsed(line: string): Json {
  try {
    return recordOf(JSON.parse(line));
  } catch {
    // A line that was cut, or one of a later version.
    return {};
  }
}

const short = (text: string): string => (text.length > longestPiece ? `${text.slice(0, longestPiece)}…` : text);

/** What was said, and what was done with tools, in words. */
function saidIn(content: unknown): { text: string; tools: string } {
  if (typeof content === "string") return { text: content.trim(), tools: "" };
  const texts: string[] = [];
  const tools: string[] = [];
  for (const block of Array.isArray(content) ? content.filter(isRecord) : []) {
    const { type, text, name, input } = block;
    if (type === "text" && typeof text === "string") texts.push(text.trim());
    if (type === "tool_use") tools.push(`[${String(name)} was called with ${short(JSON.stringify(input ?? {}))}]`);
    if (type === "tool_result") tools.push(`[It said: ${short(plainText(block["content"]))}]`);
  }
  return { text: texts.filter(Boolean).join("\n\n"), tools: tools.join("\n") };
}

function plainText(content: unknown): string {
  if (typeof content === "string") return content;
  const blocks = Array.isArray(content) ? content.filter(isRecord) : [];
  return blocks.map(({ text }) => (typeof text === "string" ? text : "")).join("\n");
}
