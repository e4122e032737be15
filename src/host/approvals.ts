import type { Action, Allowed, Asked, Decision } from "../policy/action.ts";
import type { CallRequest } from "../kernel/turn-setup.ts";
import type { Question } from "../protocol/questions.ts";
import type { Verdict } from "../protocol/verdict.ts";
import type { CodexRules } from "../policy/rules/codex-rules.ts";
import type { Prefix } from "../policy/rules/prefix-rules.ts";
import type { CommandRules, RulePlace } from "./command-rules.ts";
import type { Questions } from "./questions.ts";

/** Turns what policy leaves to the user into a decision, and remembers what was allowed for the whole thread. */
export class Approvals {
  readonly questions: Questions;
  readonly #granted = new Set<string>();
  readonly #place: RulePlace;
  #rules: CommandRules | null;

  /** `rules`: null where there are none yet. */
  constructor(questions: Questions, place: RulePlace, rules: CommandRules | null) {
    this.questions = questions;
    this.#place = place;
    this.#rules = rules;
  }

  /**
   * `before` may decide in the user's place, and is asked first; null: it does not. `verdict`: why it is asked, and what it
   * would touch, where that was found out.
   */
  async settle(
    judged: Decision | Asked,
    action: Action,
    request: CallRequest,
    before?: (asked: Asked) => Promise<Decision | null>,
    verdict: Verdict | null = null,
  ): Promise<Decision> {
    if (judged.type !== "ask") return judged;
    const key = grantKey(action);
    if (key !== null && this.#granted.has(key)) return judged.allowed;
    // A rule lets a command out of the sandbox: one that stays in it has none.
    const outside = action.kind === "command" && judged.allowed.enclose === null ? action : null;
    const rules = outside === null ? null : await this.#commandRules();
    const prefix = outside === null ? null : (rules?.propose(outside.argv, outside.prefixRule ?? null) ?? null);
    const bare = request.question ?? commandQuestion(action, request.callId, judged.allowed, prefix);
    const question = bare === null || verdict === null ? bare : explained(bare, verdict);
    if (question === null) return { type: "deny", reason: "user", message: "there is nothing to ask the user about" };
    const decided = before === undefined ? null : await before(judged);
    if (decided !== null) return decided;
    const answer = await this.questions.ask(request.turnId, question, request.signal);
    if (answer.type === "cancel") return { type: "deny", reason: "cancelled", message: "rejected by user" };
    if (answer.type !== "allow") {
      const said = answer.type === "deny" ? answer.message : undefined;
      return { type: "deny", reason: "user", message: said ?? "rejected by user" };
    }
    const forPrefix = answer.scope === "always" || (answer.scope === "session" && answer.prefix === true);
    if (forPrefix && prefix !== null) rules?.allow(prefix, answer.scope === "always" ? "always" : "session");
    else if (answer.scope === "session" && key !== null) this.#granted.add(key);
    return judged.allowed;
  }

  /** The rule files as they are held now; null before {@link readRules}. */
  get rules(): CodexRules | null {
    return this.#rules?.rules ?? null;
  }

  /** First words of commands that the user has let out of the sandbox; none before {@link readRules}. */
  get prefixes(): readonly Prefix[] {
    return this.#rules?.prefixes ?? [];
  }

  /** Reads the rule files, once. @throws AgentError `config` where one is wrong. */
  async readRules(): Promise<void> {
    await this.#commandRules();
  }

  async #commandRules(): Promise<CommandRules> {
    const { CommandRules: Rules } = await import("./command-rules.ts");
    return (this.#rules ??= new Rules(this.#place));
  }
}

/** The same command in the same folder, the same files, or the same tool of a server. */
function grantKey(action: Action): string | null {
  if (action.kind === "command") return JSON.stringify([action.kind, action.escalate, action.cwd, ...action.argv]);
  if (action.kind === "mcp") return JSON.stringify([action.kind, action.server, action.tool]);
  return action.kind === "write" ? JSON.stringify([action.kind, ...action.paths.toSorted()]) : null;
}

/** With what it would touch, and why it is asked where the model has not said it. */
function explained(question: Question, { effects, reason, rule }: Verdict): Question {
  if (question.type !== "command" && question.type !== "patch") return question;
  return { ...question, reason: question.reason ?? reason, effects, rule };
}

function commandQuestion(
  action: Action,
  callId: string,
  allowed: Allowed,
  prefixRule: string[] | null,
): Question | null {
  if (action.kind !== "command") return null;
  const { argv, cwd, justification } = action;
  return {
    type: "command",
    callId,
    argv: [...argv],
    cwd,
    reason: justification,
    prefixRule,
    ...(allowed.enclose !== null && { sandboxed: true }),
  };
}
