/** Programs that behave in the place of the command line: well, badly, or not at all. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { Codex, type Thread } from "../../../src/sdk/index.ts";

export type CodexSettings = NonNullable<ConstructorParameters<typeof Codex>[0]>;

export const threadId = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3";
export const otherId = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef4";

/** What every program has at hand; it writes what it was called with to `seen.json` beside itself. */
const prelude = `
const fs = require("node:fs"), path = require("node:path");
const folder = ${JSON.stringify("FOLDER")};
const args = process.argv.slice(2);
const write = (text) => fs.writeSync(1, text);
const say = (event) => write(JSON.stringify(event) + "\\n");
const note = (name, text = "") => { fs.writeFileSync(path.join(folder, name + ".part"), String(text)); fs.renameSync(path.join(folder, name + ".part"), path.join(folder, name)); };
const at = args.indexOf("resume");
const thread = at === -1 ? ${JSON.stringify(threadId)} : args[at + 1];
const begin = () => { say({ type: "thread.started", thread_id: thread }); say({ type: "turn.started" }); };
const text = (text, id = "item_0") => say({ type: "item.completed", item: { id, type: "agent_message", text } });
const usage = (n = 10) => ({ input_tokens: n, cached_input_tokens: 0, cache_write_input_tokens: 0, output_tokens: 1, reasoning_output_tokens: 0 });
const done = (n) => say({ type: "turn.completed", usage: usage(n) });
const stay = () => setInterval(() => {}, 1000);
const calls = path.join(folder, "calls.jsonl");
fs.appendFileSync(calls, JSON.stringify({ args, env: process.env, pid: process.pid }) + "\\n");
`;

export interface Seen {
  args: string[];
  env: Record<string, string>;
  pid: number;
}

export interface Program {
  /** A folder of its own, where it leaves its notes. */
  folder: string;
  path: string;
  codex(options?: CodexSettings): Codex;
  thread(options?: CodexSettings): Thread;
  /** Each call, in order. */
  calls(): Seen[];
  /** What it noted, when it has; null before. */
  noted(name: string): string | null;
}

/** A temporary folder of this file of tests, so that what is left there is its own. */
const usual = tmpdir();
const temporary = mkdtempSync(join(usual, "sdk-tests-"));
process.env["TMPDIR"] = temporary;
afterAll(() => {
  process.env["TMPDIR"] = usual;
  rmSync(temporary, { recursive: true, force: true });
});

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** The code is CommonJS, after {@link prelude}. */
export async function program(code: string): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), "sdk-program-"));
  folders.push(folder);
  const path = join(folder, "codex");
  await writeFile(path, `#!${process.execPath}\n${prelude.replace("FOLDER", folder)}\n${code}\n`);
  await chmod(path, 0o755);
  const codex = (options: CodexSettings = {}): Codex => new Codex({ codexPathOverride: path, ...options });
  return {
    folder,
    path,
    codex,
    thread: (options) => codex(options).startThread({ skipGitRepoCheck: true }),
    calls: () => {
      const file = join(folder, "calls.jsonl");
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, "utf8").split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Seen);
    },
    noted: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : null),
  };
}

/** Whether there is such a process, and it is more than an entry that nobody has collected. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Folders of schemas that are there now. */
export async function schemaFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("codex-output-schema-"));
}

/** What the promise was rejected with. */
export async function failure(work: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await work;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("it was to be rejected");
}

export async function collect<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}
