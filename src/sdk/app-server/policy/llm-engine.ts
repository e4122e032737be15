import { AbortError } from "../../errors.ts";
import { isRecord } from "../events/address.ts";
import type {
  CommandApprovalParams,
  CommandDecision,
  FileChangeApprovalParams,
  FileChangeDecision,
  UserInputAnswer,
  UserInputParams,
} from "../requests/hooks.ts";
import type { PolicyContext, PolicyEngine } from "./engine.ts";
import { changesOf } from "./file-changes.ts";
import {
  Judge,
  judgePrompt,
  judgeSchema,
  readJudgeConfig,
  readVerdict,
  type JudgeClient,
  type JudgeConfig,
  type JudgeSettings,
} from "./judge.ts";
import { report, ruled, type RuleEngineOptions, type Ruling } from "./rules.ts";
import { readRubric, type Rubric } from "./rubric.ts";

export interface LlmEngineOptions extends RuleEngineOptions {
  /** Makes the client of the judge: a server of its own, whose hooks answer nothing. Called with the first decision, and after a failure. */
  client: () => JudgeClient;
}

/** Decides by the rules of a rubric; what no rule decides, a model does. */
export class LlmRubricPolicyEngine implements PolicyEngine {
  readonly #rubric: Rubric;
  readonly #settings: JudgeSettings;
  readonly #judge: Judge;
  readonly #onAudit: RuleEngineOptions["onAudit"];
  readonly #cache = new Map<string, { until: number; ruling: Promise<Ruling> }>();

  /** Throws `ValidationError` that lists every fault of the rubric. */
  constructor(
    rubric: Rubric | Record<string, unknown>,
    config: JudgeConfig | Record<string, unknown> | undefined,
    options: LlmEngineOptions,
  ) {
    this.#rubric = readRubric(rubric);
    this.#settings = readJudgeConfig(config);
    this.#judge = new Judge(options.client, this.#settings);
    this.#onAudit = options.onAudit;
  }

  async onCommandApproval(params: CommandApprovalParams, context: PolicyContext): Promise<CommandDecision> {
    return (await this.#decided(params, context)) as CommandDecision;
  }

  async onFileChangeApproval(params: FileChangeApprovalParams, context: PolicyContext): Promise<FileChangeDecision> {
    return (await this.#decided(params, context)) as FileChangeDecision;
  }

  async onToolRequestUserInput(params: UserInputParams, context: PolicyContext): Promise<UserInputAnswer> {
    return (await this.#decided(params, context)) as UserInputAnswer;
  }

  close(): Promise<void> {
    return this.#judge.close();
  }

  async #decided(params: unknown, context: PolicyContext): Promise<unknown> {
    const start = performance.now();
    const ruling = ruled(this.#rubric, params, context) ?? (await this.#cached(context));
    report(this.#rubric, this.#onAudit, ruling, context, start);
    return ruling.decision;
  }

  #cached(context: PolicyContext): Promise<Ruling> {
    const { cacheTtlMs } = this.#settings;
    if (cacheTtlMs === 0) return this.#judged(context);
    const now = performance.now();
    for (const [key, { until }] of this.#cache) if (until <= now) this.#cache.delete(key);
    const key = keyOf(context);
    const known = this.#cache.get(key);
    if (known !== undefined) return known.ruling;
    const ruling = this.#judged(context);
    this.#cache.set(key, { until: now + cacheTtlMs, ruling });
    // One that was given up, or came to nothing, is no decision for others.
    const forget = (): void => void this.#cache.delete(key);
    void ruling.then(({ source }) => source === "fallback" && forget(), forget);
    return ruling;
  }

  async #judged(context: PolicyContext): Promise<Ruling> {
    const { requestType, signal } = context;
    try {
      const prompt = judgePrompt(this.#rubric, this.#settings, context);
      const text = await this.#judge.ask(prompt, judgeSchema(requestType, this.#settings), signal);
      return { ...readVerdict(text, requestType, this.#settings), source: "judge", rule: null };
    } catch (error) {
      if (error instanceof AbortError && signal.aborted) throw error;
      const { fallbackCommandDecision, fallbackFileChangeDecision } = this.#settings;
      const decision = {
        command: fallbackCommandDecision,
        file_change: fallbackFileChangeDecision,
        tool_user_input: { answers: {} },
      }[requestType];
      return { decision, source: "fallback", rule: null, reason: (error as Error).message };
    }
  }
}

/** The same request in the same turn: without what numbers and times it. */
function keyOf(context: PolicyContext): string {
  const { requestType, threadId, turnId, params } = context;
  const { itemId, approvalId, startedAtMs, ...rest } = isRecord(params) ? params : {};
  void [itemId, approvalId, startedAtMs];
  return JSON.stringify([requestType, threadId, turnId, rest, changesOf(context)]);
}
