import { eventsByConfigName } from "../../config/hooks/events.ts";
import type { HookEventName } from "../../protocol/hooks.ts";

/** What a hook wrote, checked. Members that it left out are absent, or null where Codex takes null for the same. */
export interface HookAnswer {
  continue?: boolean;
  stopReason?: string | null;
  suppressOutput?: boolean;
  systemMessage?: string | null;
  decision?: "approve" | "block" | null;
  reason?: string | null;
  hookSpecificOutput?: SpecificOutput | null;
}

export interface SpecificOutput {
  hookEventName: string;
  additionalContext?: string | null;
  permissionDecision?: "allow" | "deny" | "ask" | null;
  permissionDecisionReason?: string | null;
  updatedInput?: unknown;
  updatedMCPToolOutput?: unknown;
  decision?: PermissionDecision | null;
}

export interface PermissionDecision {
  behavior: "allow" | "deny";
  message?: string | null;
  updatedInput?: unknown;
  updatedPermissions?: unknown;
  interrupt?: boolean;
}

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const flag: Check = (value) => typeof value === "boolean";
const text: Check = (value) => value === null || typeof value === "string";
const anything: Check = () => true;
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    value === null || (typeof value === "string" && words.includes(value));

/** No other members than these; `required` must be there. */
const object =
  (shape: Shape, required: readonly string[] = []): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    required.every((key) => Object.hasOwn(value, key)) &&
    Object.entries(value).every(([key, inner]) => Object.hasOwn(shape, key) && shape[key]?.(inner) === true);

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const common: Shape = { continue: flag, stopReason: text, suppressOutput: flag, systemMessage: text };

/** The name of any event will do, as with Codex. */
const specific = (shape: Shape): Check =>
  orNull(
    object({ hookEventName: (value) => typeof value === "string" && eventsByConfigName.has(value), ...shape }, [
      "hookEventName",
    ]),
  );

const blocking: Shape = { ...common, decision: oneOf("block"), reason: text };
const informing: Shape = { ...common, hookSpecificOutput: specific({ additionalContext: text }) };

const permission = object(
  {
    behavior: (value) => value === "allow" || value === "deny",
    message: text,
    updatedInput: anything,
    updatedPermissions: anything,
    interrupt: flag,
  },
  ["behavior"],
);

const shapes: Partial<Record<HookEventName, Shape>> = {
  preToolUse: {
    ...blocking,
    decision: oneOf("approve", "block"),
    hookSpecificOutput: specific({
      additionalContext: text,
      permissionDecision: oneOf("allow", "deny", "ask"),
      permissionDecisionReason: text,
      updatedInput: anything,
    }),
  },
  permissionRequest: { ...common, hookSpecificOutput: specific({ decision: orNull(permission) }) },
  postToolUse: {
    ...blocking,
    hookSpecificOutput: specific({ additionalContext: text, updatedMCPToolOutput: anything }),
  },
  sessionStart: informing,
  subagentStart: informing,
  userPromptSubmit: { ...blocking, ...informing },
  stop: blocking,
  subagentStop: blocking,
  preCompact: common,
  postCompact: common,
  interrupt: { systemMessage: text },
};

/** The answer in a text that is meant as JSON; null when it is none, or not one that this event takes. */
export function parseAnswer(event: HookEventName, written: string): HookAnswer | null {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    return null;
  }
  return object(shapes[event] ?? common)(value) ? (value as HookAnswer) : null;
}
