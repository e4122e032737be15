import { refused, undecided } from "../../src/host/guard/reviewer/review-prompts.ts";
import { renderRejection } from "../../src/tools/exec/render.ts";
import { call, httpError, message, respond, type RecordedRequest, type Script } from "../support/fake-model.ts";
import type { Played, Scenario } from "../support/scenario.ts";

const isReview = ({ headers }: RecordedRequest): boolean => headers["x-openai-subagent"] === "guardian";

/** The agent asks once for more than its sandbox gives; the reviewer answers each request with the next of these, then the last again. */
const asking =
  (...verdicts: (string | number)[]): (() => Script) =>
  () => {
    let reviews = 0;
    return (request) => {
      if (isReview(request)) {
        const verdict = verdicts[Math.min(reviews++, verdicts.length - 1)]!;
        return typeof verdict === "number"
          ? httpError(verdict, { error: { message: "not today" } })
          : respond([message(`msg_review_${reviews}`, verdict)]);
      }
      const { input } = request.body as { input: { type: string }[] };
      if (input.some(({ type }) => type === "function_call_output")) return respond([message("msg_last", "answer")]);
      const args = {
        cmd: "touch ../made && ls ..",
        sandbox_permissions: "require_escalated",
        justification: "because",
      };
      return respond([call("1", "exec_command", args)]);
    };
  };

const turns: Scenario["turns"] = [
  { argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "--approve-for-me", "go"] },
];

/** What the reviewer itself is sent is in words of our own, and without tools: only what comes of it is compared. */
const inOrder: Scenario["inOrder"] = (requests) => requests.filter((request) => !isReview(request));

const inOurWords = (words: string): NonNullable<Scenario["wanted"]> => ({
  reason: "the agent is told in other words what the reviewer said",
  change: (real: Played): Played => changed(real, renderRejection(words)) as Played,
});

function changed(value: unknown, words: string): unknown {
  if (typeof value === "string")
    return value.replace(/exec_command failed: CreateProcess \{ message: "Rejected\([\s\S]*\)" \}/, () => words);
  if (Array.isArray(value)) return value.map((each) => changed(each, words));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, changed(each, words)]));
}

const yes = '{"risk_level":"low","user_authorization":"high","outcome":"allow","rationale":"asked for"}';

/** Who decides in the user's place. */
export const reviewScenarios: Scenario[] = [
  { name: "review: what the reviewer allows runs outside of the sandbox", script: asking(yes), turns, inOrder },
  {
    name: "review: what it refuses is declined",
    script: asking('{"outcome":"deny","rationale":"bad idea"}'),
    turns,
    inOrder,
    wanted: inOurWords(refused("bad idea")),
  },
  { name: "review: a reply that is no JSON is asked for again", script: asking("well", yes), turns, inOrder },
  {
    name: "review: where no reply can be read, the command is declined",
    script: asking("well"),
    turns,
    inOrder,
    wanted: inOurWords(undecided("the reviewer's reply was no valid JSON of the form that was asked for")),
  },
  {
    name: "review: what stays in the sandbox needs none",
    script: () => [respond([call("1", "exec_command", { cmd: "touch made; ls" })]), respond([message("m", "answer")])],
    turns,
  },
  {
    name: "review: a reviewer that is configured answers in exec as well",
    script: asking(yes),
    stage: { config: 'approvals_reviewer = "auto_review"' },
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "workspace-write", "go"] }],
    inOrder,
  },
  {
    name: "review: an approval policy of never asks nobody",
    script: asking(yes),
    stage: { config: 'approvals_reviewer = "auto_review"\napproval_policy = "never"' },
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "workspace-write", "go"] }],
    inOrder,
  },
  {
    name: "review: a value that is no reviewer",
    script: () => [],
    stage: { config: 'approvals_reviewer = "nobody"' },
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"] }],
  },
];
