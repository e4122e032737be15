import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { compiled, scratchFolder } from "./scratch.ts";

export interface Binary {
  name: "codex" | "codex-agent";
  path: string;
  /** Takes the place of a process (in-process.ts). */
  runHere?: (stage: Stage, argv: readonly string[]) => Promise<Outcome>;
}

const repository = resolve(import.meta.dirname, "../..");

/** The real Codex of tests/oracle. Throws when it is not installed: a comparison that is skipped proves nothing. */
export function oracle(): Binary {
  return existing({
    name: "codex",
    path: join(
      repository,
      "tests/oracle/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
    ),
  });
}

export function ours(): Binary {
  return existing({ name: "codex-agent", path: join(repository, "bin/codex-agent") });
}

/** What the suites hold against the real Codex: ours, or with CONFORMANCE_SUBJECT=codex the real one itself, which shows that the comparison is steady. */
export function subject(): Binary {
  return process.env["CONFORMANCE_SUBJECT"] === "codex" ? oracle() : ours();
}

function existing(binary: Binary): Binary {
  if (!existsSync(binary.path)) throw new Error(`${binary.name} is not at ${binary.path}; npm test installs it`);
  return binary;
}

/** A place of its own for one run or several: `codexHome`, a user's `home`, `tmp` and `workspace`, all below `root`. */
export interface Stage {
  root: string;
  codexHome: string;
  home: string;
  tmp: string;
  workspace: string;
  env: Record<string, string>;
  dispose(): Promise<void>;
}

export interface StageOptions {
  /** Base URL of the provider `fake`; without one no config.toml is written. */
  baseUrl?: string;
  /** TOML above the provider's table. */
  config?: string;
  /** TOML lines inside the provider's table. */
  provider?: string;
  git?: boolean;
  /** Files of the workspace. */
  files?: Record<string, string | Uint8Array>;
  /** Files of CODEX_HOME. */
  homeFiles?: Record<string, string | Uint8Array>;
  env?: Record<string, string>;
}

/** Roots lie in /var/tmp: the real Codex treats /tmp as writable, and warns when CODEX_HOME is below the temporary folder. */
export async function makeStage(options: StageOptions = {}): Promise<Stage> {
  const root = await mkdtemp(`${scratchFolder}/stage-`);
  const stage: Stage = {
    root,
    codexHome: join(root, "codex-home"),
    home: join(root, "home"),
    tmp: join(root, "tmp"),
    workspace: join(root, "workspace"),
    env: {},
    dispose: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  };
  for (const folder of [stage.codexHome, stage.home, stage.tmp, stage.workspace]) await mkdir(folder);
  stage.env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: stage.home,
    CODEX_HOME: stage.codexHome,
    TMPDIR: stage.tmp,
    TZ: "Etc/UTC",
    LANG: "C.UTF-8",
    SHELL: "/bin/bash",
    FAKE_KEY: "sk-fake",
    ...compiled,
    ...options.env,
  };
  if (options.baseUrl !== undefined)
    await writeFile(join(stage.codexHome, "config.toml"), configFile(options.baseUrl, options));
  if (options.git === true) await git(stage, ["init", "-q", "-b", "main"]);
  await writeFiles(stage.workspace, options.files);
  await writeFiles(stage.codexHome, options.homeFiles);
  return stage;
}

export function configFile(baseUrl: string, options: { config?: string; provider?: string } = {}): string {
  return [
    `model_provider = "fake"`,
    options.config ?? "",
    `[model_providers.fake]`,
    `name = "fake"`,
    `base_url = "${baseUrl}"`,
    `wire_api = "responses"`,
    `env_key = "FAKE_KEY"`,
    options.provider ?? "",
    "",
  ].join("\n");
}

async function writeFiles(folder: string, files: Record<string, string | Uint8Array> = {}): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    if (name.endsWith(".sh")) await chmod(path, 0o755);
  }
}

/** Runs git in the workspace, without the machine's own configuration. */
export async function git(stage: Stage, args: string[]): Promise<void> {
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"];
  const child = spawn("git", [...identity, ...args], {
    cwd: stage.workspace,
    env: { PATH: stage.env["PATH"], HOME: stage.home, GIT_CONFIG_NOSYSTEM: "1" },
    stdio: "ignore",
  });
  const code = await new Promise((settle, reject) => {
    child.on("close", settle);
    child.on("error", reject);
  });
  if (code !== 0) throw new Error(`git ${args.join(" ")} ended with ${String(code)}`);
}

export type JsonEvent = Record<string, unknown> & { type: string };

export interface Outcome {
  stdout: string;
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Lines of stdout that are JSON objects. */
  events: JsonEvent[];
  /** Lines of stdout that are not. */
  otherLines: string[];
  pid: number;
}

export interface RunOptions {
  /** null: the stream is /dev/null. A function is called to feed the open pipe. Default: empty. */
  stdin?: string | Uint8Array | null;
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** Called with each event as it arrives and the running process, to send signals at a known point. */
  onEvent?: (event: JsonEvent, child: ChildProcess) => void;
  /** Called right after the start. */
  onStart?: (child: ChildProcess) => void;
  /** Default 110 s, less than a test has; then the process is killed and the run fails. */
  limitMs?: number;
}

/** Runs a binary to its end. Never rejects for an exit code; rejects when the limit is reached. */
export async function run(
  binary: Binary,
  stage: Stage,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  if (binary.runHere !== undefined) return binary.runHere(stage, argv);
  const env = Object.fromEntries(
    Object.entries({ ...stage.env, ...options.env }).filter(([, value]) => value !== undefined),
  );
  const child = spawn(binary.path, argv, {
    cwd: options.cwd ?? stage.workspace,
    env: env as Record<string, string>,
    stdio: [options.stdin === null ? "ignore" : "pipe", "pipe", "pipe"],
  });
  options.onStart?.(child);
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.stdin ?? "");
  const stderr: Buffer[] = [];
  const stdout: Buffer[] = [];
  let unread = "";
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout.push(chunk);
    if (options.onEvent === undefined) return;
    unread += chunk.toString("utf8");
    const lines = unread.split("\n");
    unread = lines.pop() ?? "";
    for (const line of lines) {
      const event = jsonObject(line);
      if (event !== undefined) options.onEvent(event, child);
    }
  });
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, options.limitMs ?? 110_000);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((settle, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => settle([code, signal]));
  }).finally(() => clearTimeout(limit));
  const text = Buffer.concat(stdout).toString("utf8");
  const errors = Buffer.concat(stderr).toString("utf8");
  if (late) throw new Error(`${binary.name} ${argv.join(" ")} did not end in time\n${text}\n${errors}`);
  return outcomeOf({ stdout: text, stderr: errors, code, signal, pid: child.pid ?? 0 });
}

/** What was printed, and the events in it. */
export function outcomeOf(ended: Omit<Outcome, "events" | "otherLines">): Outcome {
  const lines = ended.stdout.split("\n").filter((line) => line !== "");
  const events = lines.map(jsonObject);
  return {
    ...ended,
    events: events.filter((event) => event !== undefined),
    otherLines: lines.filter((_, index) => events[index] === undefined),
  };
}

function jsonObject(line: string): JsonEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "type" in value ? (value as JsonEvent) : undefined;
  } catch {
    return undefined;
  }
}
