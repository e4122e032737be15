import type { ThreadItem } from "../../../protocol/codex-0.169/app-server/items.ts";
import type { NotificationMessage } from "../../../protocol/codex-0.169/app-server/messages.ts";
import type { NotificationName, NotificationParams } from "../../../protocol/codex-0.169/app-server/methods.ts";

export type EventPhase = "assistant" | "planning" | "tool" | "system" | "completed" | "error";

/** An item as the server tells of it; one of a kind that is not known here has its own fields. */
export type AppServerItem = ThreadItem & { readonly id?: string; readonly type?: string };

export type ThreadTokenUsage = NotificationParams<"thread/tokenUsage/updated">["tokenUsage"];
export type TurnPlanStep = NotificationParams<"turn/plan/updated">["plan"][number];

export interface ResponseEventError {
  message: string;
  codexErrorInfo: unknown;
  additionalDetails: string | null;
  /** The turn goes on. */
  willRetry: boolean;
}

/** A notification of the server, with what most readers look for in the same place whatever its method. */
export interface ResponseEvent {
  /** The method of the notification; `thread/ready` is the client's own, as the first of a turn. */
  type: NotificationName | "thread/ready" | (string & Record<never, never>);
  phase: EventPhase;
  /** A piece of a text that goes on. */
  textDelta?: string;
  /** A text for people. */
  messageText?: string;
  requestId?: string | number;
  /** The thread. */
  sessionId?: string;
  turnId?: string;
  itemId?: string;
  summaryIndex?: number;
  threadName?: string | null;
  tokenUsage?: ThreadTokenUsage;
  plan?: TurnPlanStep[];
  /** Unified diff of all that the turn changed. */
  diff?: string;
  item?: AppServerItem;
  error?: ResponseEventError;
  /** As it came; null for `thread/ready`. */
  raw: NotificationMessage | null;
  /** Milliseconds since the Unix epoch: when the server sent it, or where it does not say, when it came. */
  timestamp: number;
}
