/** What may be answered to each thing that a server asks, and what is answered where nobody does. */
import type { ErrorBody } from "../../../protocol/codex-0.169/app-server/messages.ts";
import { isRecord } from "../events/address.ts";
import type { HookName } from "./hooks.ts";

export type Answer = { result: unknown } | { error: ErrorBody };
export type PolicyMethod = "onCommandApproval" | "onFileChangeApproval" | "onToolRequestUserInput";

export interface Question {
  hook: HookName;
  policy?: PolicyMethod;
  /** The whole answer out of what a hook returned; null when that is none. */
  read(result: unknown): Record<string, unknown> | null;
  /** Where nobody answers. */
  otherwise(params: unknown): Answer;
  /** The same for `approvalDefaults: "legacy"`; absent: the method is not supported then. */
  legacy?(params: unknown): Answer;
  /** Of approvals: what a hook that fails comes to. Where there is none, the server gets an error. */
  refusal?: Record<string, unknown>;
}

export const notSupported = (method: string): Answer => ({
  error: { code: -32601, message: `${method} is not supported by this client` },
});
const refused = (message: string): Answer => ({ error: { code: -32000, message } });

const simple = ["accept", "acceptForSession", "decline", "cancel"];

export function isFileDecision(value: unknown): boolean {
  return simple.includes(value as string);
}

export function isCommandDecision(value: unknown): boolean {
  if (isFileDecision(value)) return true;
  if (!isRecord(value) || Object.keys(value).length !== 1) return false;
  const { acceptWithExecpolicyAmendment: exec, applyNetworkPolicyAmendment: network } = value;
  if (isRecord(exec)) return isTexts(exec["execpolicy_amendment"]);
  const amendment = isRecord(network) ? network["network_policy_amendment"] : null;
  return (
    isRecord(amendment) &&
    typeof amendment["host"] === "string" &&
    ["allow", "deny"].includes(String(amendment["action"]))
  );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

/** The map of answers by their question; null for what is none. */
export function userInputAnswer(value: unknown): Record<string, unknown> | null {
  const answers: unknown = isRecord(value) ? value["answers"] : null;
  if (!isRecord(answers)) return null;
  return Object.values(answers).every((each) => isRecord(each) && isTexts(each["answers"])) ? { answers } : null;
}

/** A bare decision is taken for the answer that has it. */
const deciding =
  (isDecision: (value: unknown) => boolean) =>
  (result: unknown): Record<string, unknown> | null => {
    const decision: unknown = isRecord(result) && "decision" in result ? result["decision"] : result;
    return isDecision(decision) ? { decision } : null;
  };

function toolResult(value: unknown): Record<string, unknown> | null {
  if (!isRecord(value) || typeof value["success"] !== "boolean" || !Array.isArray(value["contentItems"])) return null;
  const fields: Record<string, string> = { inputText: "text", inputImage: "imageUrl", inputAudio: "audioUrl" };
  const valid = value["contentItems"].every((item: unknown) => {
    const field = isRecord(item) ? fields[String(item["type"])] : undefined;
    return field !== undefined && typeof (item as Record<string, unknown>)[field] === "string";
  });
  return valid ? value : null;
}

const reviewDecisions = ["approved", "approved_for_session", "approved_mcp_policy_amendment", "timed_out", "abort"];

function isReviewDecision(value: unknown): boolean {
  if (reviewDecisions.includes(value as string)) return true;
  if (!isRecord(value)) return false;
  const { denied, approved_execpolicy_amendment: exec, network_policy_amendment: network } = value;
  return (isRecord(denied) && typeof denied["rejection"] === "string") || isRecord(exec) || isRecord(network);
}

/** An object whose fields satisfy these checks. */
const having =
  (checks: Record<string, (value: unknown) => boolean>) =>
  (value: unknown): Record<string, unknown> | null =>
    isRecord(value) && Object.entries(checks).every(([key, check]) => check(value[key])) ? value : null;

const isText = (value: unknown): boolean => typeof value === "string";
const isTextOrNone = (value: unknown): boolean => value === undefined || value === null || isText(value);

const denied = { decision: { denied: { rejection: "this client approves nothing of the old kind" } } };
const old: Question = {
  hook: "onLegacyApproval",
  read: deciding(isReviewDecision),
  otherwise: () => ({ result: denied }),
  refusal: denied,
};

const approval = (
  hook: "onCommandApproval" | "onFileChangeApproval",
  check: (value: unknown) => boolean,
): Question => ({
  hook,
  policy: hook,
  read: deciding(check),
  otherwise: () => ({ result: { decision: "decline" } }),
  legacy: () => ({ result: { decision: "accept" } }),
  refusal: { decision: "decline" },
});

const noTool = {
  result: { success: false, contentItems: [{ type: "inputText", text: "This client has no such tool." }] },
};
const noPermissions = { permissions: {}, scope: "turn" };

export const questions: Readonly<Record<string, Question>> = {
  "item/commandExecution/requestApproval": approval("onCommandApproval", isCommandDecision),
  "item/fileChange/requestApproval": approval("onFileChangeApproval", isFileDecision),
  "item/tool/requestUserInput": {
    hook: "onToolRequestUserInput",
    policy: "onToolRequestUserInput",
    read: userInputAnswer,
    otherwise: () => ({ result: { answers: {} } }),
    legacy: () => ({ result: { answers: {} } }),
  },
  "item/tool/call": { hook: "onToolCall", read: toolResult, otherwise: () => noTool, legacy: () => noTool },
  "item/permissions/requestApproval": {
    hook: "onPermissionsApproval",
    read: having({
      permissions: isRecord,
      scope: (value) => value === undefined || value === "turn" || value === "session",
    }),
    otherwise: () => ({ result: noPermissions }),
    refusal: noPermissions,
  },
  "mcpServer/elicitation/request": {
    hook: "onElicitation",
    read: having({ action: (value) => ["accept", "decline", "cancel"].includes(value as string) }),
    otherwise: () => ({ result: { action: "decline", content: null, _meta: null } }),
    refusal: { action: "decline", content: null, _meta: null },
  },
  "account/chatgptAuthTokens/refresh": {
    hook: "onAuthTokensRefresh",
    read: having({ accessToken: isText, chatgptAccountId: isText, chatgptPlanType: isTextOrNone }),
    otherwise: () => refused("this client has no tokens to give"),
  },
  "attestation/generate": {
    hook: "onAttestation",
    read: having({ token: isText }),
    otherwise: () => refused("this client attests nothing"),
  },
  "currentTime/read": {
    hook: "onCurrentTime",
    read: having({ currentTimeAt: Number.isInteger }),
    otherwise: () => ({ result: { currentTimeAt: Math.floor(Date.now() / 1000) } }),
  },
  applyPatchApproval: old,
  execCommandApproval: old,
};
