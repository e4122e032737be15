import { refused } from "../../../src/host/guard/reviewer/review-prompts.ts";
import { renderRejection } from "../../../src/tools/exec/render.ts";
import { call, customCall, message, respond, type ModelItem, type RecordedRequest } from "../../support/fake-model.ts";
import { patch } from "../exec-turns.ts";
import { toldInstead, type Message } from "./changes.ts";
import type { Dialogue, Heard } from "./dialogue.ts";
import { oneTurn, withoutPieces } from "./steps.ts";

const end = respond([message("msg_end", "end")]);
const isReview = ({ headers }: RecordedRequest): boolean => headers["x-openai-subagent"] === "guardian";

/** The model makes these calls, one a response; the reviewer answers each of its requests with the next of the verdicts. */
const judged = (calls: readonly ModelItem[], verdicts: readonly object[]): Dialogue["script"] => {
  return () => {
    const left = [...verdicts];
    const open = [...calls];
    return (request) => {
      if (isReview(request)) return respond([message("msg_review", JSON.stringify(left.shift()))]);
      const next = open.shift();
      return next === undefined ? end : respond([next]);
    };
  };
};

const escalated = (id: string, cmd: string): ModelItem =>
  call(id, "exec_command", { cmd, sandbox_permissions: "require_escalated", justification: "may it run?" });

const yes = { risk_level: "low", user_authorization: "high", outcome: "allow", rationale: "asked for" };
const no = { risk_level: "critical", user_authorization: "low", outcome: "deny", rationale: "bad idea" };
const play = oneTurn({ sandbox: "read-only", approvalPolicy: "on-request", approvalsReviewer: "auto_review" });

const refusal = /exec_command failed: CreateProcess \{ message: "Rejected\([\s\S]*\)" \}/;

/** Every text of ours where the real one has another one. */
function reworded(real: Heard): Heard {
  const told = toldInstead((messages) =>
    messages.map((message) => (isShown(message) ? shownBetter(message) : message)),
  );
  const asText = JSON.stringify(told(real), (_key, value: unknown) =>
    typeof value === "string" ? value.replace(refusal, () => renderRejection(refused("bad idea"))) : value,
  );
  return JSON.parse(asText) as Heard;
}

/** A command that has not run: the real one does not look into it. */
const isShown = ({ params }: Message): boolean =>
  (params["item"] as { source?: string } | undefined)?.source === "agent";

const shownBetter = (message: Message): Message =>
  JSON.parse(
    JSON.stringify(message).replace(/("commandActions":\[\{"command":")\/bin\/bash -lc '([^']*)'/, "$1$2"),
  ) as Message;

const wanted = {
  reason: "the agent is told in other words what the reviewer said, and clients are shown what the command does",
  change: reworded,
};

const dialogues: Dialogue[] = [
  { name: "a reviewer lets a command run", script: judged([escalated("1", "echo yes")], [yes]), play },
  {
    name: "a reviewer refuses one command and allows another",
    script: judged([escalated("1", "echo no"), escalated("2", "echo yes")], [no, yes]),
    play,
  },
  {
    name: "a reviewer that says no more than yes",
    script: judged([escalated("1", "echo yes")], [{ outcome: "allow", rationale: "fine" }]),
    play,
  },
  {
    name: "a reviewer lets a patch through",
    script: judged([customCall("1", "apply_patch", patch("*** Add File: new.txt", "+x"))], [yes]),
    play,
  },
];

/** Clients are told of what a model decides in the user's place. */
export const autoReviewDialogues = withoutPieces(
  dialogues.map((dialogue) => ({
    ...dialogue,
    wanted,
    // What the reviewer itself is sent is in words of our own.
    compares: (request: RecordedRequest) => !isReview(request),
  })),
);
