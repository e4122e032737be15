import type { Notification } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type {
  GuardianApprovalReview,
  GuardianApprovalReviewAction,
} from "../../../protocol/codex-0.169/app-server/turn-notifications.ts";
import { shellJoin } from "../../../protocol/codex-0.169/shell-join.ts";
import type { ActionReview } from "../../../protocol/action-review.ts";
import type { AgentEvent } from "../../../protocol/events.ts";
import type { Question } from "../../../protocol/questions.ts";
import { wireRights } from "../words/questions.ts";

/** What clients are told of a review in the user's place; nothing of what is no action in Codex's words. */
export function approvalReview(
  event: Extract<AgentEvent, { type: "review.started" | "review.completed" }>,
  cwd: string,
): Notification[] {
  const { threadId, turnId, reviewId, question, startedAtMs } = event;
  const action = actionOf(question, cwd);
  if (action === null) return [];
  const targetItemId = "callId" in question ? question.callId : null;
  const about = { threadId, turnId, reviewId, startedAtMs, targetItemId, action };
  if (event.type === "review.started") {
    const review = { status: "inProgress", riskLevel: null, userAuthorization: null, rationale: null } as const;
    return [{ method: "item/autoApprovalReview/started", params: { ...about, review } }];
  }
  const { verdict, atMs: completedAtMs } = event;
  const params = { ...about, completedAtMs, decisionSource: "agent", review: reviewOf(verdict) } as const;
  return [
    { method: "guardianWarning", params: { threadId, message: inALine(verdict) } },
    { method: "item/autoApprovalReview/completed", params },
  ];
}

function reviewOf(verdict: ActionReview): GuardianApprovalReview {
  if (verdict.type === "failed") {
    return { status: "denied", riskLevel: null, userAuthorization: null, rationale: inALine(verdict) };
  }
  const { type, risk: riskLevel, authorization: userAuthorization, rationale } = verdict;
  return { status: type === "allow" ? "approved" : "denied", riskLevel, userAuthorization, rationale };
}

function inALine(verdict: ActionReview): string {
  if (verdict.type === "failed") return `Automatic approval review failed: ${verdict.why}`;
  const { type, risk, authorization, rationale } = verdict;
  const said = `Automatic approval review ${type === "allow" ? "approved" : "denied"}`;
  return `${said} (risk: ${risk}, authorization: ${authorization})${rationale === null ? "" : `: ${rationale}`}`;
}

function actionOf(question: Question, cwd: string): GuardianApprovalReviewAction | null {
  switch (question.type) {
    case "command": {
      const { argv, sessionId, callId: approvalId } = question;
      if (sessionId === undefined)
        return { type: "command", command: shellJoin(argv), cwd: question.cwd, source: "unifiedExec" };
      return {
        type: "writeStdin",
        approvalId,
        cwd: question.cwd,
        processId: String(sessionId),
        stdin: argv.join(" "),
      };
    }
    case "patch":
      return { type: "applyPatch", cwd, files: question.changes.map(({ path }) => path) };
    case "mcpCall": {
      const { server, tool: toolName } = question;
      return { type: "mcpToolCall", server, toolName, toolTitle: null, connectorId: null, connectorName: null };
    }
    case "rights":
      return { type: "requestPermissions", permissions: wireRights(question.rights), reason: question.reason };
    default:
      return null;
  }
}
