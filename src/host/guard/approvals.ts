import type { Action, Allowed, Asked, Decision } from "../../policy/action.ts";
import type { GrantedBefore } from "./guard.ts";
import type { Grants } from "./grants.ts";
import type { CallRequest } from "../../kernel/turn-setup.ts";
import type { JournalRecord } from "../../kernel/journal-port.ts";
import type { ActionReview } from "../../protocol/action-review.ts";
import { noEffects, type Effects } from "../../protocol/effects.ts";
import type { FileMark, Grant } from "../../protocol/grants.ts";
import type { Answer, Question } from "../../protocol/questions.ts";
import type { Verdict } from "../../protocol/verdict.ts";
import { realTarget } from "../../policy/paths.ts";
import type { CodexRules } from "../../policy/rules/codex-rules.ts";
import type { Prefix } from "../../policy/rules/prefix-rules.ts";
import type { CommandRules, RulePlace } from "./command-rules.ts";
import type { Questions } from "../questions.ts";

export interface ApprovalPlace {
  readonly questions: Questions;
  readonly rules: RulePlace;
  /** Name of the client through which people answer. */
  readonly door: string;
  /** What was allowed before, and is remembered; made when somebody first asks. */
  grants(): Promise<Grants>;
  /** What a command would touch, as far as its text tells. */
  effectsOf(action: Extract<Action, { kind: "command" }>): Promise<Effects>;
  keep(record: JournalRecord): void;
  /** Who decides in the user's place; null: the user does. */
  reviewer(): ((question: Question, request: CallRequest) => Promise<ActionReview>) | null;
}

type Decided = Extract<JournalRecord, { type: "approval.decided" }>;

/** Turns what policy leaves to the user into a decision, and remembers what was allowed for longer. */
export class Approvals {
  readonly #place: ApprovalPlace;
  #grants: Grants | null = null;
  /** Kept, for several calls may be the first to ask. */
  #making: Promise<Grants> | null = null;
  #rules: CommandRules | null;

  /** `rules`: null where there are none yet. */
  constructor(place: ApprovalPlace, rules: CommandRules | null) {
    this.#place = place;
    this.#rules = rules;
  }

  get questions(): Questions {
    return this.#place.questions;
  }

  /** What holds in this thread; null before anything was asked. */
  get grants(): Grants | null {
    return this.#grants;
  }

  /** A judgement that may hang on what was allowed before; what is remembered is looked at only where it does. */
  async consider<Judged>(turnId: string, judge: (granted: GrantedBefore) => Promise<Judged>): Promise<Judged> {
    let missed = false;
    const granted: GrantedBefore = (action, effects, outside) => {
      const grant = this.#grants?.find(action, effects, outside, turnId) ?? null;
      missed ||= grant === null;
      return grant;
    };
    const judged = await judge(granted);
    if (!missed || !(await (await this.#remembered()).prepare())) return judged;
    return judge(granted);
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
    const { questions } = this.#place;
    const review = isKept(verdict) ? null : this.#place.reviewer();
    if (!questions.attended && review === null) {
      const message = this.#place.reviewer() === null ? "rejected by user" : keptWords(verdict);
      return (await before?.(judged)) ?? { type: "deny", reason: "user", message };
    }
    // A rule lets a command out of the sandbox: one that stays in it has none.
    const outside = action.kind === "command" && judged.allowed.enclose === null;
    const grants = await this.#remembered();
    const effects =
      verdict?.effects ??
      (action.kind === "command" ? await this.#place.effectsOf(action) : effectsOf(action, grants.files));
    await grants.prepare();
    if (grants.find(action, effects, outside, request.turnId) !== null) return judged.allowed;
    const { grantedThing, markFiles } = await import("../../policy/engine/covers.ts");
    const rules = outside ? await this.#commandRules() : null;
    const prefix = outside && action.kind === "command" ? rules!.propose(action.argv, action.prefixRule ?? null) : null;
    const files = markFiles(action, effects, grants.files);
    const bare = request.question ?? commandQuestion(action, request.callId, judged.allowed, prefix);
    if (bare === null) return { type: "deny", reason: "user", message: "there is nothing to ask the user about" };
    const question = explained(bare, effects, verdict, files ?? []);
    const decided = before === undefined ? null : await before(judged);
    if (decided !== null) return decided;
    const { callId, turnId } = request;
    const about = { question, effects, callId, turnId };
    if (review !== null) return this.#settled(await review(question, request), about, judged.allowed);
    const answer = await questions.ask(request.turnId, question, request.signal);
    if (answer.type !== "allow") {
      const stops = answer.type === "cancel";
      if (!(stops && request.signal.aborted)) this.#note(about, stops ? "cancel" : "deny", null, null);
      if (stops) return { type: "deny", reason: "cancelled", message: "rejected by user", answer: "no" };
      const { message = undefined, failed = false } = answer.type === "deny" ? answer : {};
      if (failed)
        return { type: "deny", reason: "user", message: message ?? "approval request failed", answer: "none" };
      return { type: "deny", reason: "user", message: message ?? "rejected by user", answer: "no" };
    }
    const grant = await this.#remember(answer, about, {
      thing: grantedThing({ action, outside }),
      prefix,
      rules,
      // What nobody could compare later holds for the one call alone.
      files,
      grants,
    });
    this.#note(about, "allow", answer.scope, grant);
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

  /** What held for as long as the thread was open ends. */
  close(): void {
    this.#grants?.close();
  }

  /** What the reviewer said. A no, and that it could not say anything, are told to the model. */
  async #settled(said: ActionReview, about: About, allowed: Allowed): Promise<Decision> {
    const { refused, undecided } = await import("./reviewer/review-prompts.ts");
    const rationale = said.type === "failed" ? said.why : said.rationale;
    const decision = said.type === "allow" ? "allow" : "deny";
    this.#note(about, decision, decision === "allow" ? "once" : null, null, { type: "reviewer", rationale });
    if (said.type === "allow") return allowed;
    const message = said.type === "failed" ? undecided(said.why) : refused(said.rationale);
    return { type: "deny", reason: "reviewer", message };
  }

  async #remember(
    { scope, prefix: forPrefix, words, expiresInSeconds: seconds }: Extract<Answer, { type: "allow" }>,
    { effects, turnId }: About,
    { thing, prefix: proposed, rules, files, grants }: Remembered,
  ): Promise<Grant | null> {
    if (scope === "once") return null;
    const prefix = proposed && (words ?? proposed);
    const expiresInSeconds = seconds ?? null;
    if (scope === "always" && prefix !== null) {
      rules?.allow(prefix);
      return null;
    }
    if (scope === "session" && forPrefix === true && prefix !== null) {
      const prefixed = { type: "prefix" as const, words: prefix, outside: true };
      const grant = await grants.give(prefixed, { effects, files: [] }, { scope: "thread", turnId, expiresInSeconds });
      rules?.allowWhile(prefix, () => grants.holds(grant.id));
      return grant;
    }
    if (thing === null || files === null || scope === "always") return null;
    const wish = { scope: scope === "session" ? ("thread" as const) : scope, turnId, expiresInSeconds };
    return grants.give(thing, { effects, files }, wish);
  }

  #note(
    { question, effects, callId, turnId }: About,
    decision: Decided["decision"],
    scope: Decided["scope"],
    grant: Grant | null,
    by: Decided["by"] = { type: "person", door: this.#place.door },
  ): void {
    const why = "rule" in question ? (question.rule ?? null) : null;
    const reason = "reason" in question ? question.reason : null;
    this.#place.keep({
      type: "approval.decided",
      turnId,
      callId,
      asked: { type: question.type, rule: why, reason, effects },
      decision,
      scope,
      by,
      grantId: grant?.id ?? null,
      expiresAtMs: grant?.expiresAtMs ?? null,
    });
  }

  async #remembered(): Promise<Grants> {
    this.#making ??= this.#place.grants().catch((error: unknown) => {
      this.#making = null;
      throw error;
    });
    return (this.#grants = await this.#making);
  }

  async #commandRules(): Promise<CommandRules> {
    const { CommandRules: Rules } = await import("./command-rules.ts");
    return (this.#rules ??= new Rules(this.#place.rules));
  }
}

/** What a person keeps for themselves: protected targets, and whatever a rule of theirs has asked about. */
const isKept = (verdict: Verdict | null): boolean => /^(protected:|config:|rules\/)/.test(verdict?.rule ?? "");
const keptWords = (verdict: Verdict | null): string =>
  `the user alone decides about this (${verdict?.rule ?? ""}), and nobody is there to be asked`;

interface About {
  readonly question: Question;
  readonly effects: Effects;
  readonly callId: string;
  readonly turnId: string;
}

interface Remembered {
  readonly thing: Grant["thing"] | null;
  readonly prefix: string[] | null;
  readonly rules: CommandRules | null;
  readonly files: readonly FileMark[] | null;
  readonly grants: Grants;
}

/** Links are resolved: another file behind one is another file. */
const effectsOf = (action: Action, files: Grants["files"]): Effects =>
  action.kind === "write"
    ? { ...noEffects, writes: action.paths.map((path) => realTarget(path, files) ?? path) }
    : noEffects;

/** With what it would touch, and why it is asked where the model has not said it. */
function explained(
  question: Question,
  effects: Effects,
  verdict: Verdict | null,
  files: readonly FileMark[],
): Question {
  if (question.type !== "command" && question.type !== "patch") return question;
  const why = verdict === null ? {} : { reason: question.reason ?? verdict.reason, rule: verdict.rule };
  const tied = question.type === "command" && files.length > 0 ? { files: files.map(({ path }) => path) } : {};
  return { ...question, ...why, effects, ...tied };
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
