/** A notification as a {@link ResponseEvent}. */
import type { NotificationMessage } from "../../../protocol/codex-0.169/app-server/messages.ts";
import { addressOf, isRecord } from "./address.ts";
import type { AppServerItem, EventPhase, ResponseEvent, ResponseEventError, TurnPlanStep } from "./response-event.ts";
import { diffCounts, textIn } from "./text.ts";

type Params = Record<string, unknown>;
type Extra = Partial<ResponseEvent>;

export function readEvent(message: NotificationMessage, now = Date.now()): ResponseEvent {
  const { method, emittedAtMs } = message;
  const params = isRecord(message.params) ? message.params : {};
  const { threadId, turnId } = addressOf(params);
  const item = isRecord(params["item"]) ? params["item"] : null;
  const itemId = text(params["itemId"]) ?? (method.startsWith("item/") ? text(item?.["id"]) : undefined);
  const requestId = params["requestId"];
  return {
    type: method,
    phase: phaseOf(method, item),
    ...(threadId !== null && { sessionId: threadId }),
    ...(turnId !== null && { turnId }),
    ...(itemId !== undefined && { itemId }),
    ...((typeof requestId === "string" || typeof requestId === "number") && { requestId }),
    ...(readers[method] ?? (method.startsWith("codex/event/") ? words : nothing))(params),
    raw: message,
    timestamp: typeof emittedAtMs === "number" ? emittedAtMs : now,
  };
}

export function readyEvent(sessionId: string): ResponseEvent {
  return { type: "thread/ready", phase: "system", sessionId, raw: null, timestamp: Date.now() };
}

const planning = new Set(["item/plan/delta", "turn/plan/updated"]);
const itemPhases: Record<string, EventPhase> = {
  agentMessage: "assistant",
  reasoning: "planning",
  plan: "planning",
  commandExecution: "tool",
  fileChange: "tool",
  mcpToolCall: "tool",
  dynamicToolCall: "tool",
  collabAgentToolCall: "tool",
  functionCallOutput: "tool",
  webSearch: "tool",
  imageView: "tool",
  imageGeneration: "tool",
};

function phaseOf(method: string, item: Params | null): EventPhase {
  if (method === "turn/completed") return "completed";
  if (method === "error") return "error";
  if (method.startsWith("item/agentMessage")) return "assistant";
  if (method.startsWith("item/reasoning") || planning.has(method)) return "planning";
  if (/\/(?:commandExecution|mcpToolCall|fileChange)\//.test(method)) return "tool";
  if (method === "item/started" || method === "item/completed")
    return itemPhases[String(item?.["type"] ?? "")] ?? "system";
  return "system";
}

const nothing = (): Extra => ({});
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const said = (messageText: string | null | undefined): Extra =>
  messageText === null || messageText === undefined ? {} : { messageText };
const words = (params: Params): Extra => said(textIn(params));

function delta(params: Params): Extra {
  const piece = text(params["delta"]);
  const index = params["summaryIndex"];
  if (piece === undefined) return {};
  return { textDelta: piece, messageText: piece, ...(typeof index === "number" && { summaryIndex: index }) };
}

function itemOf(params: Params): { item?: AppServerItem } {
  return isRecord(params["item"]) ? { item: params["item"] as unknown as AppServerItem } : {};
}

function errorOf(error: unknown, willRetry: boolean): { error: ResponseEventError; messageText: string } {
  const { message, codexErrorInfo = null, additionalDetails } = isRecord(error) ? error : {};
  const messageText = text(message) ?? textIn(error) ?? "the turn failed";
  return {
    error: { message: messageText, codexErrorInfo, additionalDetails: text(additionalDetails) ?? null, willRetry },
    messageText,
  };
}

function turn(params: Params): Extra {
  const { turn } = params;
  if (!isRecord(turn) || turn["status"] !== "failed") return {};
  return errorOf(turn["error"], false);
}

function plan(params: Params): Extra {
  const steps = (Array.isArray(params["plan"]) ? params["plan"] : []) as TurnPlanStep[];
  const counts = (["inProgress", "pending", "completed"] as const).map(
    (status) => `${steps.filter((step) => step.status === status).length} ${status}`,
  );
  const explanation = text(params["explanation"])?.trim();
  const summary = `${steps.length} ${steps.length === 1 ? "step" : "steps"}: ${counts.join(", ")}`;
  return { plan: steps, messageText: explanation ? `${explanation} (${summary})` : summary };
}

function usage(params: Params): Extra {
  const { tokenUsage } = params;
  if (!isRecord(tokenUsage)) return {};
  const total = (which: string): string => {
    const of = isRecord(tokenUsage[which]) ? tokenUsage[which] : {};
    return String(of["totalTokens"] ?? of["total_tokens"] ?? "?");
  };
  return {
    tokenUsage: tokenUsage as unknown as NonNullable<ResponseEvent["tokenUsage"]>,
    messageText: `last=${total("last")}, total=${total("total")}`,
  };
}

function name(params: Params): Extra {
  const threadName = text(params["threadName"]) ?? text(params["name"]) ?? null;
  return { threadName, messageText: threadName === null ? "thread name cleared" : `thread name: ${threadName}` };
}

function itemEnded(params: Params): Extra {
  const { item } = itemOf(params);
  if (item === undefined) return {};
  return { item, ...(item.type === "agentMessage" && said(text((item as Params)["text"]))) };
}

function patch(params: Params): Extra {
  const { changes } = params;
  const item = { type: "fileChange", id: text(params["itemId"]) ?? "", changes, status: "inProgress" };
  return Array.isArray(changes) ? { item: item as unknown as AppServerItem } : {};
}

const readers: Record<string, (params: Params) => Extra> = {
  "item/agentMessage/delta": delta,
  "item/plan/delta": delta,
  "item/reasoning/textDelta": delta,
  "item/reasoning/summaryTextDelta": delta,
  "item/commandExecution/outputDelta": delta,
  "item/fileChange/outputDelta": delta,
  "item/mcpToolCall/progress": ({ message }) => said(text(message)),
  "item/reasoning/summaryPartAdded": ({ summaryIndex }) =>
    typeof summaryIndex === "number" ? { summaryIndex, messageText: `summary part #${summaryIndex}` } : {},
  "item/started": itemOf,
  "item/completed": itemEnded,
  "item/commandExecution/terminalInteraction": ({ stdin }) => said(text(stdin)),
  "item/fileChange/patchUpdated": patch,
  "turn/started": turn,
  "turn/completed": turn,
  "turn/diff/updated": ({ diff }) => (typeof diff === "string" ? { diff, messageText: diffCounts(diff) } : {}),
  "turn/plan/updated": plan,
  "thread/tokenUsage/updated": usage,
  "thread/name/updated": name,
  "thread/compacted": () => ({ messageText: "thread compacted" }),
  error: ({ error, willRetry }) => errorOf(error, willRetry === true),
  warning: words,
  guardianWarning: words,
  configWarning: ({ summary, ...rest }) => said(textIn(summary) ?? textIn(rest)),
  deprecationNotice: ({ summary, ...rest }) => said(textIn(summary) ?? textIn(rest)),
  "windows/worldWritableWarning": words,
  "account/updated": words,
  "account/rateLimits/updated": words,
  authStatusChange: words,
};
