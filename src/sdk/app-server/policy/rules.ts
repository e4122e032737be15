import type {
  CommandApprovalParams,
  CommandDecision,
  FileChangeApprovalParams,
  FileChangeDecision,
  UserInputAnswer,
  UserInputParams,
} from "../requests/hooks.ts";
import { factsOf, holds, type Facts } from "./conditions.ts";
import type { PolicyAudit, PolicyContext, PolicyEngine, RequestType } from "./engine.ts";
import { readRubric, toolInputAnswer, type Rubric, type Rule } from "./rubric.ts";

export interface RuleEngineOptions {
  /** Told of each decision, unless the rubric says not to. */
  onAudit?: ((audit: PolicyAudit) => void) | undefined;
}

export interface Ruling {
  decision: unknown;
  source: PolicyAudit["source"];
  rule: string | null;
  reason: string | null;
}

const lists = { command: "commandRules", file_change: "fileChangeRules", tool_user_input: "toolInputRules" } as const;
const refusing = new Set<unknown>(["decline", "cancel"]);

/** Decides by the rules of a rubric, and by its mode where none applies. */
export class RuleBasedPolicyEngine implements PolicyEngine {
  readonly #rubric: Rubric;
  readonly #onAudit: RuleEngineOptions["onAudit"];

  /** Names in camel case or as Python writes them. Throws `ValidationError` that lists every fault of the rubric. */
  constructor(rubric: Rubric | Record<string, unknown>, options: RuleEngineOptions = {}) {
    this.#rubric = readRubric(rubric);
    this.#onAudit = options.onAudit;
  }

  onCommandApproval(params: CommandApprovalParams, context: PolicyContext): CommandDecision {
    return this.#decided(params, context) as CommandDecision;
  }

  onFileChangeApproval(params: FileChangeApprovalParams, context: PolicyContext): FileChangeDecision {
    return this.#decided(params, context) as FileChangeDecision;
  }

  onToolRequestUserInput(params: UserInputParams, context: PolicyContext): UserInputAnswer {
    return this.#decided(params, context) as UserInputAnswer;
  }

  #decided(params: unknown, context: PolicyContext): unknown {
    const start = performance.now();
    const ruling = ruled(this.#rubric, params, context) ?? byDefault(this.#rubric, params, context);
    report(this.#rubric, this.#onAudit, ruling, context, start);
    return ruling.decision;
  }
}

/** What the first rule that applies says; null when none does. */
export function ruled(rubric: Rubric, params: unknown, context: PolicyContext): Ruling | null {
  const facts = factsOf(params, context);
  const list = lists[context.requestType];
  const rules = (rubric[list] ?? []) as readonly Rule<unknown>[];
  // A stable sort: those of one priority stay in the order of the list.
  const order = rules.map((rule, index) => ({ rule, index })).sort((a, b) => priorityOf(a.rule) - priorityOf(b.rule));
  const first = order.find(({ rule }) => holds(rule.when, facts, allows(rule.decision, context.requestType)));
  if (first === undefined) return null;
  return {
    decision: answerOf(first.rule.decision, context.requestType),
    source: "rule",
    rule: first.rule.name ?? `${list}[${first.index}]`,
    reason: first.rule.reason ?? null,
  };
}

export function byDefault(rubric: Rubric, params: unknown, context: PolicyContext): Ruling {
  const { defaults = {} } = rubric;
  const { requestType } = context;
  const named = { command: defaults.command, file_change: defaults.fileChange, tool_user_input: defaults.toolInput }[
    requestType
  ];
  const decision =
    named ?? (requestType === "tool_user_input" ? "auto_empty" : byMode(rubric, factsOf(params, context)));
  return { decision: answerOf(decision, requestType), source: "default", rule: null, reason: null };
}

/** Tells of a decision, as far as the rubric wants it told. */
export function report(
  { audit }: Rubric,
  onAudit: ((audit: PolicyAudit) => void) | undefined,
  ruling: Ruling,
  context: PolicyContext,
  start: number,
): void {
  if (onAudit === undefined || audit?.enabled === false) return;
  const { requestType, method, threadId, turnId, itemId, params } = context;
  const durationMs = performance.now() - start;
  const told = audit?.includeParams === true ? { params } : {};
  onAudit({ requestType, method, threadId, turnId, itemId, ...ruling, durationMs, ...told });
}

function byMode({ mode = "balanced" }: Rubric, facts: Facts): string {
  if (mode === "permissive") return "accept";
  return mode === "balanced" && onlyReads(facts) ? "accept" : "decline";
}

function onlyReads(facts: Facts): boolean {
  const { params } = facts;
  const asksMore = ["networkApprovalContext", "additionalPermissions"].some((key) => (params[key] ?? null) !== null);
  return (
    facts.context.requestType === "command" &&
    !asksMore &&
    (params["kind"] ?? "command") === "command" &&
    holds({ commandActionsAll: ["read", "listFiles", "search"] }, facts, true)
  );
}

const priorityOf = ({ priority = 1000 }: Rule<unknown>): number => priority;
const allows = (decision: unknown, type: RequestType): boolean => type !== "tool_user_input" && !refusing.has(decision);
const answerOf = (decision: unknown, type: RequestType): unknown =>
  type === "tool_user_input" ? (toolInputAnswer(decision) ?? { answers: {} }) : decision;
