import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  added,
  call,
  created,
  httpError,
  itemParts,
  message,
  reasoning,
  respond,
  textDelta,
  type Reply,
} from "../support/fake-model.ts";
import type { Scenario, Turn } from "../support/scenario.ts";
import { exampleSchema, json, last, pixel } from "./exec-turns.ts";
import { writesTheAbort } from "./wanted.ts";
import { commonRules } from "./rules.ts";

const answers =
  (count: number): (() => Reply[]) =>
  () =>
    Array.from({ length: count }, (_, index) => respond([message(`msg_${index}`, `answer ${index}`)]));
const resumeWith = (...rest: string[]): Turn => ({ argv: ({ threadId }) => json("resume", threadId, ...rest) });
/** A first turn that a signal ends when what it waits for has come, after the first event of that type. */
const stopped = (
  signal: NodeJS.Signals,
  at: "item.started" | "item.completed",
  hasCome: (child: ChildProcess) => Promise<unknown>,
): Turn => ({
  argv: json("first"),
  onEvent: (event, child) => {
    if (event.type === at) void hasCome(child).then(() => child.kill(signal));
  },
});
/** The command of the turn runs: it has made a file where the program was started. */
const commandRuns = async (child: ChildProcess): Promise<void> => {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  while (!hasEnded() && !existsSync(`/proc/${child.pid}/cwd/started`)) await sleep(5);
};
/** Nothing tells that half a text has been read. */
const textIsRead = (): Promise<void> => sleep(1000);

export const threadsScenarios: Scenario[] = [
  { name: "resume by id", script: answers(2), turns: [{ argv: json("first") }, resumeWith("second")] },
  {
    name: "resume with the prompt on stdin",
    script: answers(2),
    turns: [{ argv: json("first") }, { ...resumeWith(), stdin: "second\n" }],
  },
  { name: "resume without any prompt", script: answers(1), turns: [{ argv: json("first") }, resumeWith()] },
  {
    name: "resume three times adds up usage",
    script: answers(4),
    turns: [{ argv: json("1") }, resumeWith("2"), resumeWith("3"), resumeWith("4")],
  },
  {
    name: "resume --last",
    script: answers(2),
    turns: [{ argv: json("first") }, { argv: json("resume", "--last", "second") }],
  },
  {
    name: "resume --last from elsewhere starts anew",
    script: answers(2),
    setup: async (stage) => {
      await mkdir(join(stage.workspace, "other"));
    },
    turns: [{ argv: json("first") }, { argv: json("-C", "other", "resume", "--last", "second") }],
  },
  {
    name: "resume --last --all from elsewhere",
    script: answers(2),
    setup: async (stage) => {
      await mkdir(join(stage.workspace, "other"));
    },
    turns: [{ argv: json("first") }, { argv: json("-C", "other", "resume", "--last", "--all", "second") }],
  },
  {
    name: "resume with an image",
    script: answers(2),
    stage: { files: { "dot.png": pixel } },
    turns: [
      { argv: json("first") },
      { argv: ({ threadId }) => json("resume", threadId, "--image", "dot.png"), stdin: "look" },
    ],
  },
  {
    name: "resume with a schema",
    script: answers(2),
    stage: { files: { "schema.json": exampleSchema } },
    turns: [
      { argv: json("first") },
      { argv: ({ threadId }) => json("--output-schema", "schema.json", "resume", threadId, "second") },
    ],
  },
  {
    name: "resume with commands in the history",
    script: () => [respond([reasoning("rs_1", "think"), call("1", "exec_command", { cmd: "echo x" })]), last, last],
    turns: [{ argv: json("first") }, resumeWith("second")],
  },
  {
    name: "resume with another sandbox",
    script: answers(2),
    turns: [
      { argv: json("first") },
      {
        argv: ({ threadId }) => [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "gpt-5.5",
          "-s",
          "read-only",
          "resume",
          threadId,
          "second",
        ],
      },
    ],
  },
  {
    name: "resume in another folder",
    script: answers(2),
    setup: async (stage) => {
      await mkdir(join(stage.workspace, "other"));
    },
    turns: [{ argv: json("first") }, { argv: ({ threadId }) => json("-C", "other", "resume", threadId, "second") }],
  },
  {
    name: "resume after AGENTS.md changed, then went",
    script: answers(3),
    stage: { git: true, files: { "AGENTS.md": "old rules\n" } },
    turns: [
      { argv: json("first") },
      { ...resumeWith("second"), before: ({ stage }) => writeFile(join(stage.workspace, "AGENTS.md"), "new rules\n") },
      { ...resumeWith("third"), before: ({ stage }) => writeFile(join(stage.workspace, "AGENTS.md"), "") },
    ],
  },
  {
    name: "resume with another model, and back",
    script: answers(3),
    // Where the model changes in a thread, the real one lists once more what its search finds, even when that is nothing.
    rules: { ...commonRules, withoutBlocks: [...(commonRules.withoutBlocks ?? []), "<tools>"] },
    turns: [
      { argv: json("first") },
      {
        argv: ({ threadId }) => [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "mystery",
          "-s",
          "danger-full-access",
          "resume",
          threadId,
          "second",
        ],
      },
      resumeWith("third"),
    ],
  },
  {
    name: "resume after a failed turn",
    script: () => [httpError(400, "no"), last],
    turns: [{ argv: json("first") }, resumeWith("second")],
  },
  {
    name: "fork",
    script: answers(3),
    turns: [{ argv: json("first") }, { argv: ({ threadId }) => json("fork", threadId, "second") }, resumeWith("third")],
  },
  {
    name: "an ephemeral thread cannot be resumed",
    script: answers(1),
    turns: [{ argv: json("--ephemeral", "first") }, resumeWith("second")],
  },
  {
    name: "interrupt in a command, then resume",
    script: () => [
      respond([message("msg_1", "before"), call("1", "exec_command", { cmd: "touch started; sleep 60" })]),
      last,
    ],
    turns: [stopped("SIGINT", "item.started", commandRuns), resumeWith("second")],
  },
  {
    name: "interrupt of which the model is not to be told, then resume",
    stage: { config: "[agents]\ninterrupt_message = false" },
    script: () => [respond([call("1", "exec_command", { cmd: "touch started; sleep 60" })]), last],
    turns: [stopped("SIGINT", "item.started", commandRuns), resumeWith("second")],
  },
  {
    name: "interrupt in a text, then resume",
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(message("msg_1", "before")),
          added(message("msg_2", "half")),
          textDelta("msg_2", "half"),
          { hang: true },
        ],
      },
      last,
    ],
    turns: [stopped("SIGINT", "item.completed", textIsRead), resumeWith("second")],
  },
  {
    name: "SIGTERM in a command, then resume",
    script: () => [
      respond([message("msg_1", "before"), call("1", "exec_command", { cmd: "touch started; sleep 60" })]),
      last,
    ],
    turns: [stopped("SIGTERM", "item.started", commandRuns), resumeWith("second")],
    wanted: { reason: "nothing that is known is lost", change: writesTheAbort },
  },
];
