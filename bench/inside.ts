import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { idleCell } from "./idle-cell.ts";
import { laterTurnMs } from "./later-turns.ts";
import type { Measure, Values } from "./measures.ts";
import { type Bench, takeSample, type SampleOptions } from "./sample.ts";
import type { Settings } from "./stage.ts";
import type { Subject } from "./subjects.ts";

const inTheOpen = { sandbox: "danger-full-access", resume: null } as const;
const calls = 100;
const files = 100_000;
const agents = 16;

/** A model of which no catalog knows: it is shown every tool, and knows its agents by id. */
const plain = "a-model";

async function wallOf(bench: Bench, subject: Subject, task: string, rest: Partial<SampleOptions>): Promise<number> {
  return (await takeSample(bench, subject, { task, ...inTheOpen, ...rest })).wallMs;
}

const serverFile = join(import.meta.dirname, "mcp-server.mjs");

/** `required`: the real Codex waits for no other server longer than a second. */
function servers(count: number, delayMs: number, required = true): string {
  const table = (name: string): string =>
    [
      `[mcp_servers.${name}]`,
      `command = ${JSON.stringify(process.execPath)}`,
      `args = [${JSON.stringify(serverFile)}]`,
      `env = { MCP_DELAY = "${delayMs}" }`,
      `required = ${required}`,
      `default_tools_approval_mode = "approve"`,
    ].join("\n");
  return Array.from({ length: count }, (_, index) => table(index === 0 ? "bench" : `bench${index}`)).join("\n");
}

/** Null for the bare loop, which has none of this. */
const agentsOnly =
  (take: (bench: Bench, subject: Subject) => Promise<Values>): Measure["take"] =>
  async (bench, subject) =>
    subject.name === "bare" ? null : take(bench, subject);

const oursOnly =
  (take: (bench: Bench) => Promise<Values>): Measure["take"] =>
  async (bench, subject) =>
    subject.name === "ours" ? take(bench) : null;

async function mcpCalls(bench: Bench, subject: Subject): Promise<Values> {
  const settings = { model: plain, tables: servers(1, 0) };
  const none = await wallOf(bench, subject, "calls-0", { settings });
  const perCall = async (task: string): Promise<number> =>
    ((await wallOf(bench, subject, `${task}-${calls}`, { settings })) - none) / calls;
  return { look: await perCall("look"), change: await perCall("change"), looks: await perCall("looks") };
}

async function slowServers(bench: Bench, subject: Subject): Promise<Values> {
  const started = (tables: string, model = plain): Promise<number> =>
    wallOf(bench, subject, "calls-0", { settings: { model, tables } });
  return {
    "servers-1": await started(servers(1, 1000)),
    "servers-7": await started(servers(7, 1000)),
    // This model looks for the tools that it needs.
    "servers-late": (await started(servers(7, 5000, false), "gpt-5.5")) - (await started("", "gpt-5.5")),
  };
}

const direct: Settings = { model: plain };
const byScript: Settings = { model: plain, tables: "[features]\ncode_mode_only = true" };

async function codeMode(bench: Bench, subject: Subject): Promise<Values> {
  const none = await wallOf(bench, subject, "calls-0", { settings: direct });
  const perCall = async (task: string, settings: Settings): Promise<number> =>
    ((await wallOf(bench, subject, `${task}-${calls}`, { settings })) - none) / calls;
  return {
    wide: await perCall("wide", direct),
    nested: await perCall("nested", byScript),
    alone: await perCall("calls", direct),
    successive: await perCall("successive", byScript),
  };
}

async function sleepers(bench: Bench, subject: Subject): Promise<Values> {
  const settings = byScript;
  return {
    "sleepers-1": await wallOf(bench, subject, "sleepers-1", { settings }),
    "sleepers-3": await wallOf(bench, subject, "sleepers-3", { settings }),
  };
}

async function subAgents(bench: Bench, subject: Subject): Promise<Values> {
  const settings = { model: plain, tables: `[agents]\nmax_threads = ${agents}` };
  return {
    "agents-1": await wallOf(bench, subject, "agents-1", { settings }),
    "agents-16": await wallOf(bench, subject, `agents-${agents}`, { settings }),
  };
}

let repository: string | null = null;

/** A Git repository of many files, made when it is first asked for. */
function repositoryIn(root: string): string {
  if (repository !== null) return repository;
  const folder = join(root, "repository");
  const perFolder = 500;
  for (let index = 0; index < files; index++) {
    const parent = join(folder, `part-${Math.floor(index / perFolder)}`);
    if (index % perFolder === 0) mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `file-${index}.ts`), "export {};\n");
  }
  writeFileSync(join(folder, "AGENTS.md"), "Be brief.\n");
  const git = (...args: string[]): unknown =>
    execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "many files");
  return (repository = folder);
}

/** What users count on inside a turn. */
export const insideMeasures: readonly Measure[] = [
  { name: "mcp", take: agentsOnly(mcpCalls) },
  { name: "servers", take: agentsOnly(slowServers) },
  { name: "code-mode", take: agentsOnly(codeMode) },
  { name: "sleepers", take: agentsOnly(sleepers) },
  { name: "cell", take: oursOnly(idleCell) },
  {
    name: "repository",
    take: async (bench, subject) => ({
      repository: await wallOf(bench, subject, "calls-0", { sandbox: null, cwd: repositoryIn(bench.root) }),
    }),
  },
  {
    name: "context",
    take: oursOnly(async (bench) => ({ context: await laterTurnMs(bench, repositoryIn(bench.root)) })),
  },
  { name: "agents", take: agentsOnly(subAgents) },
];
