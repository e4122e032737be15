import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Config, ConfigInput } from "../../src/config/config.ts";
import { startupErrorText } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { AgentError } from "../../src/protocol/errors.ts";
import { message, respond, startFakeModel, type RecordedRequest } from "../support/fake-model.ts";
import { makeStage, oracle, run, type Outcome, type Stage, type StageOptions } from "../support/run.ts";

export async function withStage<Value>(options: StageOptions, use: (stage: Stage) => Promise<Value>): Promise<Value> {
  const stage = await makeStage(options);
  try {
    return await use(stage);
  } finally {
    await stage.dispose();
  }
}

/** Writes a file anywhere below the stage's root, folders included. */
export async function put(stage: Stage, name: string, content: string | Uint8Array): Promise<void> {
  const path = join(stage.root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

export const trusted = (path: string, level = "trusted"): string =>
  `[projects.${JSON.stringify(path)}]\ntrust_level = "${level}"\n`;

export function load(stage: Stage, input: Partial<ConfigInput> = {}): Promise<Config> {
  return loadConfig({ env: stage.env, from: stage.workspace, systemDirectory: join(stage.root, "etc"), ...input });
}

/** What a user would see on stderr, or the configuration when nothing is wrong. */
export async function failureOf(stage: Stage, input: Partial<ConfigInput> = {}): Promise<string> {
  try {
    await load(stage, input);
  } catch (error) {
    if (error instanceof AgentError) return startupErrorText(error);
    throw error;
  }
  throw new Error("the configuration was accepted");
}

/** One turn of the real Codex on a model that answers at once. */
export async function askCodex(
  stage: (baseUrl: string) => StageOptions,
  argv: readonly string[],
  use: (stage: Stage, outcome: Outcome, requests: RecordedRequest[]) => Promise<void> | void,
  prepare: (stage: Stage) => Promise<void> | void = () => {},
  cwd?: (stage: Stage) => string,
): Promise<void> {
  const model = await startFakeModel(() => respond([message("msg_1", "done")]));
  try {
    await withStage(stage(model.baseUrl), async (place) => {
      await prepare(place);
      const outcome = await run(oracle(), place, ["exec", "--json", ...argv], {
        stdin: null,
        ...(cwd && { cwd: cwd(place) }),
      });
      await use(place, outcome, model.requests);
    });
  } finally {
    await model.close();
  }
}

/** The texts of the user messages of a request. */
export function userTexts(request: RecordedRequest | undefined): string[] {
  if (request === undefined) throw new Error("no request was made");
  const { input } = request.body as { input: { role?: string; content?: { text?: string }[] }[] };
  return input
    .filter((item) => item.role === "user")
    .flatMap((item) => item.content?.map((part) => part.text ?? "") ?? []);
}
