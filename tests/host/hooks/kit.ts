import { readFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { call, message, respond, type Reply, type Script } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import type { StageOptions } from "../../support/run.ts";
import type { ThreadOptions } from "../../../src/protocol/methods.ts";
import type { HookRun } from "../../../src/protocol/hooks.ts";

export type Hooks = Record<string, { matcher?: string; hooks: Record<string, unknown>[] }[]>;

export const shell = (command: string, rest: object = {}): Record<string, unknown> => ({
  type: "command",
  command,
  ...rest,
});
export const group = (...hooks: Record<string, unknown>[]): Hooks[string] => [{ hooks }];
export const print = (answer: object): string => `printf %s '${JSON.stringify(answer).replaceAll("'", `'\\''`)}'`;

export const end = respond([message("msg_end", "done")]);
export const run = (id: number, cmd: string, rest: object = {}): Reply =>
  respond([call(String(id), "exec_command", { cmd, ...rest })]);

/** A thread with hooks that run whether they are trusted or not. */
export function hookedThread(
  hooks: Hooks,
  script: Script,
  { stage = {}, thread = {} }: { stage?: StageOptions; thread?: ThreadOptions } = {},
): Promise<LiveThread> {
  const { homeFiles, ...others } = stage;
  return startLiveThread(script, {
    stage: { homeFiles: { "hooks.json": JSON.stringify({ hooks }), ...homeFiles }, ...others },
    thread: { bypassHookTrust: true, sandbox: "danger-full-access", ...thread },
  });
}

/** The runs of hooks that have ended, in the order in which they were told. */
export const runs = ({ events }: LiveThread): HookRun[] =>
  events.flatMap((event) => (event.type === "hook.completed" ? [event.run] : []));

export const outputs = (live: LiveThread): unknown[] => {
  const { body } = live.model.requests.at(-1) as { body: { input: { type: string; output?: unknown }[] } };
  return body.input.flatMap((item) => (item.type === "function_call_output" ? [item.output] : []));
};

/** Texts of developer and user messages in the last request, oldest first. */
export const told = (live: LiveThread): string[] => {
  const { body } = live.model.requests.at(-1) as {
    body: { input: { type: string; content?: { text?: string }[] }[] };
  };
  return body.input.flatMap((item) =>
    item.type === "message" ? (item.content ?? []).map(({ text }) => text ?? "") : [],
  );
};

export const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
