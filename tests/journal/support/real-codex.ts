import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const codexPath = fileURLToPath(
  new URL(
    "../../oracle/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
    import.meta.url,
  ),
);

export interface Workshop {
  readonly root: string;
  readonly codexHome: string;
  readonly cwd: string;
  readonly env: Record<string, string>;
  remove(): void;
}

/** A fresh home, workspace and CODEX_HOME that points at the fake model. */
export function workshop(modelUrl: string, config = ""): Workshop {
  if (!existsSync(codexPath)) throw new Error(`The real Codex is missing: ${codexPath}. Run npm ci in tests/oracle.`);
  const root = mkdtempSync(join(tmpdir(), "journal-"));
  const [codexHome, cwd, home, temporary] = ["codex-home", "project", "home", "temporary"].map((name) =>
    join(root, name),
  ) as [string, string, string, string];
  for (const path of [codexHome, cwd, home, temporary]) mkdirSync(path);
  writeFileSync(
    join(codexHome, "config.toml"),
    `model = "gpt-5.5"\nmodel_provider = "fake"\n${config}\n[model_providers.fake]\nname = "fake"\nbase_url = "${modelUrl}"\nwire_api = "responses"\nenv_key = "FAKE_KEY"\n`,
  );
  const env = { PATH: process.env["PATH"]!, HOME: home, FAKE_KEY: "k", TMPDIR: temporary, CODEX_HOME: codexHome };
  return { root, codexHome, cwd, env, remove: () => rmSync(root, { recursive: true, force: true }) };
}

type Json = Record<string, unknown>;

/** A line of `exec --json`. */
export interface ExecEvent {
  type: string;
  thread_id?: string;
  usage?: Record<string, number>;
}

/** A line of a rollout, as it stands in the file. */
export interface FileLine {
  type: string;
  ordinal?: number;
  payload: Json;
  metadata?: Json;
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  events: ExecEvent[];
}

export const startCodex = (shop: Workshop, args: string[], cwd = shop.cwd): ChildProcess =>
  spawn(codexPath, args, { cwd, env: shop.env, stdio: ["pipe", "pipe", "pipe"] });

export function runCodex(shop: Workshop, args: string[], cwd = shop.cwd): Promise<Ran> {
  const child = startCodex(shop, args, cwd);
  child.stdin!.end();
  let [stdout, stderr] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => {
      const events = stdout
        .split("\n")
        .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as ExecEvent] : []));
      done({ code, stdout, stderr, events });
    });
  });
}

export const threadOf = (ran: Ran): string => {
  const id = ran.events.find((event) => event.type === "thread.started")?.thread_id;
  if (!id) throw new Error(`no thread: ${ran.stdout}\n${ran.stderr}`);
  return id;
};

export function rolloutsOf(codexHome: string, id: string): string[] {
  const sessions = join(codexHome, "sessions");
  if (!existsSync(sessions)) return [];
  return (readdirSync(sessions, { recursive: true }) as string[])
    .filter((name) => name.includes(id) && name.includes("rollout-"))
    .sort()
    .map((name) => join(sessions, name));
}

export const linesOf = (path: string): FileLine[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => JSON.parse(line) as FileLine);

interface Reply {
  id: number;
  method?: string;
  result?: Json;
  error?: { message: string };
}

export interface AppServer {
  readonly pid: number;
  /** Rejects with the server's message when it answers with an error. */
  request(method: string, params: unknown): Promise<Json>;
  close(): Promise<void>;
}

/** `codex app-server` on its standard streams, initialized. */
export async function startAppServer(shop: Workshop): Promise<AppServer> {
  const child = startCodex(shop, ["app-server"]);
  const waiting = new Map<number, (reply: Reply) => void>();
  let buffered = "";
  child.stderr!.resume();
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const lines = (buffered + text).split("\n");
    buffered = lines.pop()!;
    for (const line of lines) {
      const message = JSON.parse(line) as Reply;
      if (message.method === undefined) waiting.get(message.id)?.(message);
    }
  });
  let count = 0;
  const request = async (method: string, params: unknown): Promise<Json> => {
    const id = ++count;
    const reply = await new Promise<Reply>((done) => {
      waiting.set(id, done);
      child.stdin!.write(`${JSON.stringify({ id, method, params })}\n`);
    });
    if (reply.error) throw new Error(reply.error.message);
    return reply.result ?? {};
  };
  await request("initialize", { clientInfo: { name: "tests", version: "1" }, capabilities: { experimentalApi: true } });
  return {
    pid: child.pid!,
    request,
    close: () =>
      new Promise((done) => {
        child.once("close", () => done());
        child.stdin!.end();
      }),
  };
}
