import type { ChildProcess } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  message,
  respond,
  startFakeModel,
  type FakeModel,
  type RecordedRequest,
  type Script,
} from "../../support/fake-model.ts";
import {
  makeStage,
  oracle,
  ours,
  run,
  type Binary,
  type JsonEvent,
  type Outcome,
  type RunOptions,
  type Stage,
  type StageOptions,
} from "../../support/run.ts";
import { until } from "../../support/until.ts";

export interface Case extends Omit<StageOptions, "env">, Omit<RunOptions, "env" | "onEvent"> {
  /** Called anew for each binary; without one the model answers `end`. */
  script?: () => Script;
  argv?: readonly string[];
  variables?: Record<string, string>;
  setup?: (stage: Stage, model: FakeModel) => Promise<void>;
  /** Sent when the workspace has a file `started`. */
  signal?: "SIGINT" | "SIGTERM";
}

export interface Act extends Outcome {
  binary: Binary;
  stage: Stage;
  model: FakeModel;
}

export const flags = ["--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];
export const json = (...rest: string[]): string[] => ["exec", "--json", ...flags, ...rest];
export const end = respond([message("msg_end", "end")]);
export const fewRetries = { provider: "request_max_retries = 0\nstream_max_retries = 1" };

async function act<Seen>(binary: Binary, options: Case, look: (act: Act) => Promise<Seen> | Seen): Promise<Seen> {
  const { script = () => () => end, argv = json("go"), variables = {}, setup, signal, ...rest } = options;
  const model = await startFakeModel(script());
  const stage = await makeStage({ baseUrl: model.baseUrl, ...rest, env: variables });
  try {
    await setup?.(stage, model);
    const onStart = (child: ChildProcess): void => {
      if (signal !== undefined) void untilIn(join(stage.workspace, "started"), "").then(() => child.kill(signal));
    };
    return await look({ ...(await run(binary, stage, argv, { onStart, ...rest })), binary, stage, model });
  } finally {
    await model.close();
    await stage.dispose();
  }
}

/** Waits until a file is there and holds the text. */
export async function untilIn(file: string, text: string): Promise<void> {
  await until(async () => (await readFile(file, "utf8").catch(() => null))?.includes(text));
}

/** Does the same with the real Codex and with ours, and gives what was seen of each. */
export async function both<Seen>(
  options: Case,
  look: (act: Act) => Promise<Seen> | Seen,
): Promise<{ codex: Seen; ours: Seen }> {
  const [codex, mine] = await Promise.all([act(oracle(), options, look), act(ours(), options, look)]);
  return { codex, ours: mine };
}

/** Only ours, where the real Codex would reach for the network. */
export const alone = <Seen>(options: Case, look: (act: Act) => Promise<Seen> | Seen): Promise<Seen> =>
  act(ours(), options, look);

const itemOf = (event: JsonEvent): Record<string, unknown> | undefined =>
  event["item"] as Record<string, unknown> | undefined;

export const itemsOf = ({ events }: Outcome, type: string): Record<string, unknown>[] =>
  events
    .filter((event) => event.type === "item.completed")
    .map((event) => itemOf(event) ?? {})
    .filter((item) => item["type"] === type);

export const warnings = (outcome: Outcome): string[] =>
  itemsOf(outcome, "error").map((item) => String(item["message"]));

export const answer = (outcome: Outcome): string | null =>
  (itemsOf(outcome, "agent_message").at(-1)?.["text"] as string | undefined) ?? null;

/** The message of the failed turn; null when it did not fail. */
export function failure({ events }: Outcome): string | null {
  const error = events.find(({ type }) => type === "turn.failed")?.["error"] as { message: string } | undefined;
  return error?.message ?? null;
}

export interface InputItem {
  type: string;
  role?: string;
  content?: { type: string; text?: string }[];
  output?: unknown;
  [key: string]: unknown;
}

export const inputOf = (request: RecordedRequest | undefined): InputItem[] =>
  (request?.body as { input?: InputItem[] } | undefined)?.input ?? [];

/** What the tools told the model, by the last request. */
export const outputs = ({ model }: Act): string[] =>
  inputOf(model.requests.at(-1))
    .filter(({ type }) => type.endsWith("_output"))
    .map(({ output }) => String(output));

export interface RolloutLine {
  type: string;
  payload: { type?: string; item?: { type: string }; [key: string]: unknown };
}

export async function rolloutFile(stage: Stage): Promise<string> {
  const folder = join(stage.codexHome, "sessions");
  const [name] = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".jsonl"));
  return join(folder, name ?? "none");
}

export async function rolloutLines(stage: Stage): Promise<RolloutLine[]> {
  const text = await readFile(await rolloutFile(stage), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RolloutLine);
}

export function patch(...lines: string[]): string {
  return ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n");
}
