/** Servers that behave in the place of an app-server: well, badly, or not at all. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { createClient, type AppServerClient, type ClientOptions } from "../../../src/sdk/index.ts";

export const threadId = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3";
export const otherThread = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef4";

/**
 * What every server has at hand. `on[METHOD] = (params, message) => result` answers a request; what is thrown is the error. A method that
 * nobody answers gets an empty object. `after[METHOD]` runs once the answer is out. All that comes is written to `seen.jsonl`.
 */
const prelude = `
const fs = require("node:fs"), path = require("node:path");
const folder = ${JSON.stringify("FOLDER")};
const thread = ${JSON.stringify(threadId)};
const raw = (text) => fs.writeSync(1, text);
const write = (message) => raw(JSON.stringify(message) + "\\n");
const tell = (method, params) => write({ method, params });
const fail = (code, message, data) => { throw { code, message, data }; };
const note = (name, text = "") => { fs.writeFileSync(path.join(folder, name + ".part"), String(text)); fs.renameSync(path.join(folder, name + ".part"), path.join(folder, name)); };
const ask = (id, method, params) => write({ id, method, params });
const answers = [];
let turns = 0;
let turn = null;
const begin = (t = thread) => { turn = "turn-" + ++turns; return { turn: { id: turn, status: "inProgress", items: [], error: null } }; };
const item = (fields, t = thread, u = turn) => tell("item/completed", { item: fields, threadId: t, turnId: u });
const message = (text, extra = {}) => item({ type: "agentMessage", id: "m" + Math.random(), text, phase: null, ...extra });
const delta = (text, id = "m1", t = thread, u = turn) => tell("item/agentMessage/delta", { delta: text, itemId: id, threadId: t, turnId: u });
const done = (status = "completed", error = null, t = thread, u = turn) => tell("turn/completed", { threadId: t, turn: { id: u, status, error, items: [] } });
const on = {
  initialize: () => ({ userAgent: "scripted/1.0", codexHome: "/nowhere", platformFamily: "unix", platformOs: "linux" }),
  "thread/start": () => ({ thread: { id: thread, turns: [] } }),
  "thread/resume": ({ threadId }) => ({ thread: { id: threadId, turns: [] } }),
  "turn/start": () => begin(),
};
const after = {};
const seen = path.join(folder, "seen.jsonl");
fs.appendFileSync(path.join(folder, "starts.jsonl"), JSON.stringify({ args: process.argv.slice(2), env: process.env, pid: process.pid }) + "\\n");
const take = (line) => {
  fs.appendFileSync(seen, line + "\\n");
  const message = JSON.parse(line);
  const { id, method, params } = message;
  if (method === undefined) { answers.push(message); after.answer?.(message); return; }
  if (id === undefined) return void after[method]?.(params);
  try { const result = (on[method] ?? (() => ({})))(params, message); if (result !== undefined) write({ id, result }); }
  catch (error) { if (error instanceof Error) throw error; write({ id, error }); }
  after[method]?.(params);
};
let rest = "";
process.stdin.on("data", (chunk) => { rest += chunk; const lines = rest.split("\\n"); rest = lines.pop(); for (const line of lines) take(line); });
process.stdin.on("end", () => process.exit(0));
`;

export interface Message {
  id?: string | number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { code: number; message: string };
}

export interface Scripted {
  folder: string;
  path: string;
  client(options?: ClientOptions): AppServerClient;
  /** All that came in, in order. */
  seen(): Message[];
  /** The parameters of each request of a method. */
  asked(method: string): unknown[];
  /** What was answered to what the server asked. */
  answers(): Message[];
  starts(): { args: string[]; env: Record<string, string>; pid: number }[];
  noted(name: string): string | null;
}

const folders: string[] = [];
const clients: AppServerClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Closed after the test. */
export function kept(client: AppServerClient): AppServerClient {
  clients.push(client);
  return client;
}

/** The code is CommonJS, after {@link prelude}. */
export async function server(code = ""): Promise<Scripted> {
  const folder = await mkdtemp(join(tmpdir(), "sdk-server-"));
  folders.push(folder);
  const path = join(folder, "codex");
  await writeFile(path, `#!${process.execPath}\n${prelude.replace("FOLDER", folder)}\n${code}\n`);
  await chmod(path, 0o755);
  const lines = <Value>(name: string): Value[] => {
    const file = join(folder, name);
    if (!existsSync(file)) return [];
    const whole = readFileSync(file, "utf8").split("\n").slice(0, -1);
    return whole.map((line) => JSON.parse(line) as Value);
  };
  const seen = (): Message[] => lines<Message>("seen.jsonl");
  return {
    folder,
    path,
    client: (options = {}) => kept(createClient({ codexCommand: path, ...options })),
    seen,
    asked: (method) =>
      seen()
        .filter((message) => message.method === method)
        .map(({ params }) => params),
    answers: () => seen().filter((message) => message.method === undefined),
    starts: () => lines("starts.jsonl"),
    noted: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : null),
  };
}
