import { statSync } from "node:fs";
import { join } from "node:path";
import { isRecord, namesIn, recordOf, textOf } from "./read.ts";
import type { Scope } from "./scope.ts";

/** A conversation with another agent. */
export interface Session {
  readonly path: string;
  readonly cwd: string;
  readonly title: string;
  readonly modifiedMs: number;
  readonly turns: readonly Turn[];
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
/** Of what a tool was given and what it said: whoever goes on needs the gist. */
const longestPiece = 4000;

/** Those of the last time, the newest first, without what `isTaken` says of a path and its time. */
export function findSessions(
  { agent, cwd, folder }: Scope,
  { count, ageDays }: SessionLimits,
  isTaken: (path: string, modifiedMs: number) => boolean,
): Session[] {
  if (agent !== "claude" || cwd !== null) return [];
  const projects = join(folder, "projects");
  const oldest = Date.now() - ageDays * 86_400_000;
  const files = namesIn(projects, "directory").flatMap((project) =>
    namesIn(join(projects, project), "file")
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => ({ path: join(projects, project, name), modifiedMs: modifiedOf(join(projects, project, name)) })),
  );
  const recent = files.filter(({ path, modifiedMs }) => modifiedMs >= oldest && !isTaken(path, modifiedMs));
  const sessions: Session[] = [];
  for (const { path, modifiedMs } of recent.toSorted((a, b) => b.modifiedMs - a.modifiedMs)) {
    if (sessions.length >= count) break;
    const session = sessionOf(path, modifiedMs);
    if (session !== null) sessions.push(session);
  }
  return sessions;
}

const modifiedOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Null where nobody said anything, or the folder that it was about is gone. */
function sessionOf(path: string, modifiedMs: number): Session | null {
  const turns: { text: string; answers: string[]; atMs: number }[] = [];
  let cwd: string | null = null;
  for (const line of (textOf(path) ?? "").split("\n")) {
    const entry = parsed(line);
    if (entry["isMeta"] === true || entry["isSidechain"] === true) continue;
    if (typeof entry["cwd"] === "string") cwd ??= entry["cwd"];
    const said = saidIn(recordOf(entry["message"])["content"]);
    const atMs = Date.parse(String(entry["timestamp"])) || modifiedMs;
    if (entry["type"] === "user" && said.text !== "") turns.push({ text: said.text, answers: [], atMs });
    const answer = entry["type"] === "user" ? said.tools : [said.text, said.tools].filter(Boolean).join("\n\n");
    if ((entry["type"] === "user" || entry["type"] === "assistant") && answer !== "")
      turns.at(-1)?.answers.push(answer);
  }
  if (turns.length === 0 || cwd === null || statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
    return null;
  const [first = ""] = turns[0]!.text.split("\n");
  return { path, cwd, title: first.slice(0, longestTitle), modifiedMs, turns };
}

function parsed(line: string): Record<string, unknown> {
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
