import { requestOf } from "../../src/host/review/target.ts";
import type { ReviewTarget } from "../../src/protocol/review.ts";
import { call, httpError, message, respond, type Script } from "../support/fake-model.ts";
import { git, type Stage } from "../support/run.ts";
import type { Played, Scenario } from "../support/scenario.ts";
import { flags } from "./exec-turns.ts";

const findings = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({
    title: `[P1] Title ${index + 1}`,
    body: `Body ${index + 1} line`,
    confidence_score: 0.9,
    priority: 1,
    code_location: { absolute_file_path: "/workspace/a.txt", line_range: { start: index + 1, end: index + 2 } },
  }));

const report = (count: number): string =>
  JSON.stringify({
    findings: findings(count),
    overall_correctness: "patch is incorrect",
    overall_explanation: "Explained.",
    overall_confidence_score: 0.8,
  });

const looks =
  (reply: string): (() => Script) =>
  () => [respond([call("c1", "exec_command", { cmd: "echo looked" })]), respond([message("msg_1", reply)])];

const review = (...words: string[]): Scenario["turns"] => [{ argv: ["exec", "--json", ...flags, "review", ...words] }];

const setup = (stage: Stage): Promise<void> =>
  git(stage, ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m", "one"]);

/** The reviewer is asked in words of each one's own: ours stand for both. */
async function inOurWords(target: ReviewTarget): Promise<NonNullable<Scenario["wanted"]>> {
  const ours = await requestOf(target, null);
  const change = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.startsWith("Review the code changes") || value.startsWith("Review the current code") ? ours : value;
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each)]));
  };
  return { reason: "the reviewer is asked in other words", change: (real) => change(real) as Played };
}

/** Whether the real one knows the state of the work tree by its first request is a matter of luck here. */
const inOrder: Scenario["inOrder"] = () => [];

/** Of a failure, the real one tells in a message what to type next; ours tells the failure. */
const withoutAdvice: Scenario["wanted"] = {
  reason: "a review that failed has no message of the agent",
  change: (real) => ({
    ...real,
    runs: real.runs.map((run) => ({
      ...run,
      events: run.events.filter((event) => (event as { item?: { type?: string } }).item?.type !== "agent_message"),
    })),
  }),
};

const inGit = { stage: { git: true }, setup };

export const reviewsScenarios: Scenario[] = [
  {
    name: "what is not committed, two findings",
    script: looks(report(2)),
    ...inGit,
    turns: review("--uncommitted"),
    wanted: await inOurWords({ type: "uncommittedChanges" }),
  },
  {
    name: "a commit, one finding among other words",
    script: looks(`Here: ${report(1)}`),
    ...inGit,
    turns: review("--commit", "0123456789", "--title", "T"),
    wanted: await inOurWords({ type: "commit", sha: "0123456789", title: "T" }),
  },
  {
    name: "against a branch, nothing found",
    script: looks(report(0)),
    ...inGit,
    turns: review("--base", "main"),
    inOrder,
  },
  {
    name: "against a branch that is not there",
    script: looks(report(0)),
    ...inGit,
    turns: review("--base", "nowhere"),
    inOrder,
  },
  { name: "instructions, and a reply in words", script: looks("all is well"), turns: review("look at everything") },
  {
    name: "instructions on stdin",
    script: looks(report(1)),
    turns: [{ argv: ["exec", "--json", ...flags, "review", "-"], stdin: "look at that\n" }],
  },
  {
    name: "a reviewer that cannot be had",
    script: () => [httpError(400, { error: { message: "no" } })],
    turns: review("look"),
    wanted: withoutAdvice,
  },
  { name: "two targets at once", script: () => [], turns: review("--uncommitted", "--base", "main") },
  { name: "a target and instructions", script: () => [], turns: review("--uncommitted", "look") },
  { name: "a title without a commit", script: () => [], turns: review("--title", "T") },
  { name: "nothing to look at", script: () => [], turns: review() },
];
