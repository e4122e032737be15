import { readdirSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { FakeModel, RecordedRequest } from "../../support/fake-model.ts";
import { type Binary, type JsonEvent, makeStage, type Outcome, type Stage } from "../../support/run.ts";

export const execFlags = ["exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access"];

/** A stage for the model, without retries: what fails here goes on failing. */
export const stageFor = (model: FakeModel): Promise<Stage> =>
  makeStage({ baseUrl: model.baseUrl, provider: "request_max_retries = 0\nstream_max_retries = 0" });

/** The program behind a command that changes what it may do, such as `prlimit --nofile=64`. */
export async function behind(stage: Stage, prefix: string, { name, path }: Binary): Promise<Binary> {
  const wrapper = join(stage.root, `behind-${name}.sh`);
  await writeFile(wrapper, `#!/bin/sh\nexec ${prefix} ${path} "$@"\n`);
  await chmod(wrapper, 0o755);
  return { name, path: wrapper };
}

export const threadOf = (outcome: Outcome): string => {
  const id = outcome.events.find(({ type }) => type === "thread.started")?.["thread_id"];
  if (typeof id !== "string") throw new Error(`no thread: ${outcome.stdout}\n${outcome.stderr}`);
  return id;
};

/** The message with which a turn failed; empty when it did not. */
export function failureOf(outcome: Outcome): string {
  const failed = outcome.events.find(({ type }) => type === "turn.failed");
  return (failed?.["error"] as { message: string } | undefined)?.message ?? "";
}

/** Texts of the model that were told. */
export const toldTexts = (events: readonly JsonEvent[]): string[] =>
  events
    .filter(({ type }) => type === "item.completed")
    .map(({ item }) => item as { type: string; text: string })
    .filter(({ type }) => type === "agent_message")
    .map(({ text }) => text);

/** What somebody who reads standard error must never see. */
export function expectNoTrace({ stdout, stderr, signal }: Outcome): void {
  expect(signal).toBeNull();
  expect(`${stdout}\n${stderr}`).not.toMatch(/\n\s+at .+:\d+|TypeError|node:internal|Node\.js v/);
}

export const rolloutPath = (codexHome: string): string => {
  const sessions = join(codexHome, "sessions");
  const names = (readdirSync(sessions, { recursive: true }) as string[]).filter((name) => name.endsWith(".jsonl"));
  expect(names).toHaveLength(1);
  return join(sessions, names[0]!);
};

/** Whole lines, numbered without a gap. */
export function expectSound(text: string): void {
  expect(text.endsWith("\n")).toBe(true);
  const lines = text.trimEnd().split("\n");
  const ordinals = lines
    .map((line) => JSON.parse(line) as { ordinal?: number })
    .flatMap(({ ordinal }) => ordinal ?? []);
  expect(ordinals).toEqual(ordinals.map((_, index) => index));
}

export const readRollout = (codexHome: string): string => readFileSync(rolloutPath(codexHome), "utf8");

/** Every call of the request has one output. */
export function expectAnswered(request: RecordedRequest | undefined): void {
  const { input } = request!.body as { input: { type: string; call_id: string }[] };
  const calls = input.filter(({ type }) => type.endsWith("_call")).map(({ call_id: id }) => id);
  const outputs = input.filter(({ type }) => type.endsWith("_output")).map(({ call_id: id }) => id);
  expect(outputs.toSorted()).toEqual(calls.toSorted());
}
