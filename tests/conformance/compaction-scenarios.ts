import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  call,
  created,
  httpError,
  message,
  respond,
  type CompletedOptions,
  type Script,
} from "../support/fake-model.ts";
import type { RequestRules } from "../support/normalise.ts";
import type { Context, Scenario, Turn } from "../support/scenario.ts";
import { commonRules } from "./rules.ts";

/** Ours has one tool more where a summary stands for the history. */
const rules: RequestRules = {
  ...commonRules,
  withoutTools: new Set(["read_history"]),
  summaries: ["what matters", "what matters now"],
};

const full: CompletedOptions = { usage: [9000, 0, 100, 0] };
const limit = "model_auto_compact_token_limit = 5000";
const work = call("1", "exec_command", { cmd: "echo hi" });
const summary = respond([message("msg_sum", "what matters")]);
const end = respond([message("msg_end", "end")]);

const first = (prompt = "one", ...rest: string[]): Turn => ({
  argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access", prompt, ...rest],
});
const again = (prompt: string, ...rest: string[]): Turn => ({
  argv: ({ threadId }: Context) => [
    "exec",
    "resume",
    "--json",
    "--skip-git-repo-check",
    "-m",
    "gpt-5.5",
    "-c",
    "sandbox_mode=danger-full-access",
    ...rest,
    threadId,
    prompt,
  ],
});

const words = (letter: string, length: number): string => `${letter} ${"abcdefghij ".repeat(length)}`.slice(0, length);
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const scenario = (
  name: string,
  script: () => Script,
  turns: readonly Turn[],
  rest: Partial<Scenario> = {},
): Scenario => ({
  name: `a summary ${name}`,
  script,
  turns,
  rules,
  stage: { config: limit },
  ...rest,
});

/** Histories that are replaced by a summary: when, of what, and what stands there afterwards. */
export const compactionScenarios: Scenario[] = [
  scenario(
    "before a turn",
    () => [respond([message("msg_1", "first")], full), summary, end, respond([message("msg_2", "third")])],
    [first(), again("two"), again("three")],
  ),
  scenario("before a follow-up request", () => [respond([work], full), summary, end], [first()]),
  scenario(
    "in the words for people",
    () => [respond([work], full), summary, end],
    [{ argv: ["exec", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access", "one"] }],
    { compareStderr: true },
  ),
  scenario(
    "and another one in its place",
    () => [
      respond([work], full),
      summary,
      respond([call("2", "exec_command", { cmd: "echo ho" })]),
      respond([call("3", "exec_command", { cmd: "echo hu" })], full),
      respond([message("msg_sum2", "what matters now")]),
      end,
    ],
    [first()],
  ),
  scenario(
    "and no more of the user's words than fit",
    () => [
      ...["a", "b", "c"].map((text) => respond([message(`msg_${text}`, text)])),
      respond([message("msg_d", "d")], full),
      summary,
      end,
    ],
    [
      first(words("A", 60_000)),
      again(words("B", 40_000)),
      again(words("Cé", 30_000)),
      again("D"),
      again("E", "-c", limit.replaceAll(" ", "")),
    ],
    { stage: {} },
  ),
  scenario(
    "without images and skills, with what AGENTS.md says",
    () => [respond([message("msg_1", "a")]), respond([message("msg_2", "b")], full), summary, end],
    [first("look", "-i", "a.png"), again("use $demo"), again("three")],
    {
      stage: {
        config: limit,
        files: { "AGENTS.md": "Use tabs.\n", "a.png": pixel },
        homeFiles: { "skills/demo/SKILL.md": "---\nname: demo\ndescription: a demo\n---\nDo it.\n" },
      },
    },
  ),
  scenario(
    "at nine tenths of the window at the latest",
    () => [respond([work], { usage: [9100, 0, 0, 0] }), summary, end],
    [first()],
    { stage: { config: "model_context_window = 10000\nmodel_auto_compact_token_limit = 999999" } },
  ),
  scenario("not below nine tenths of the window", () => [respond([work], { usage: [8700, 0, 0, 0] }), end], [first()], {
    stage: { config: "model_context_window = 10000" },
  }),
  scenario("asked for in words of the user's own", () => [respond([work], full), summary, end], [first()], {
    stage: {
      config: `${limit}\ncompact_prompt = "  Sum up, please.  "\nexperimental_compact_prompt_file = "words.md"`,
      homeFiles: { "words.md": "From a file." },
    },
  }),
  scenario("asked for in the words of a file", () => [respond([work], full), summary, end], [first()], {
    stage: {
      config: `${limit}\nexperimental_compact_prompt_file = "words.md"`,
      homeFiles: { "words.md": "\n  From a file.\n\n" },
    },
  }),
  scenario(
    "that fails before a turn, and works before the next",
    () => [respond([message("msg_1", "first")], full), httpError(400, { error: { message: "no" } }), summary, end],
    [first(), again("two"), again("three")],
  ),
  scenario(
    "whose stream breaks",
    () => [respond([work], full), { parts: [created(), { cut: true }] }, summary, end],
    [first()],
    { stage: { config: limit, provider: "request_max_retries = 1\nstream_max_retries = 2" } },
  ),
  scenario(
    "with calls in it, which are not made",
    () => [
      respond([work], full),
      respond([
        message("msg_x", "no"),
        call("9", "exec_command", { cmd: "touch never" }),
        message("msg_sum", "what matters"),
      ]),
      end,
    ],
    [first()],
  ),
  scenario(
    "with the context of the turn that it stands before",
    () => [respond([message("msg_1", "first")], full), summary, end, respond([message("msg_2", "third")])],
    [
      first(),
      { ...again("two"), before: async ({ stage }) => writeFile(join(stage.workspace, "AGENTS.md"), "Use spaces.\n") },
      again("three"),
    ],
  ),
];
