import { spawn, type ChildProcess } from "node:child_process";
import OpenAI from "openai";
import { onTestFinished } from "vitest";
import { chatText } from "../support/fake-chat.ts";
import { startFakeModel, type FakeModel } from "../support/fake-model.ts";
import { makeStage, ours, type Stage } from "../support/run.ts";

/** `serve responses` as a process of its own. */
export interface Served {
  child: ChildProcess;
  url: string;
  said(): string;
  ended: Promise<number | null>;
}

/** Resolves when it listens. */
export async function serve(stage: Stage, ...flags: string[]): Promise<Served> {
  const child = spawn(ours().path, ["serve", "responses", "--port", "0", ...flags], {
    cwd: stage.workspace,
    env: stage.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /listening on (http:\S+)/.exec(said);
      if (found !== null) resolve(found[1]!);
    });
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });
  return { child, url, said: () => said, ended };
}

/** A model, and a stage where `MODEL_KEY` is set. */
export async function staged(
  script: Parameters<typeof startFakeModel>[0] = () => chatText("Hi"),
): Promise<{ stage: Stage; model: FakeModel }> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ env: { MODEL_KEY: "sk-of-the-model" } });
  onTestFinished(async () => {
    await model.close();
    await stage.dispose();
  });
  return { stage, model };
}

export const clientOf = (url: string, apiKey = "any"): OpenAI => new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
