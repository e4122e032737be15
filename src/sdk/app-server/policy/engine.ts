/** Who answers approvals in a person's place. */
import type {
  CommandApprovalParams,
  CommandDecision,
  FileChangeApprovalParams,
  FileChangeDecision,
  HookContext,
  UserInputAnswer,
  UserInputParams,
} from "../requests/hooks.ts";

export type RequestType = "command" | "file_change" | "tool_user_input";

export interface PolicyContext extends HookContext {
  requestType: RequestType;
  params: unknown;
  /** Milliseconds since the Unix epoch. */
  timestamp: number;
}

type Verdict<Decision> = Decision | undefined | Promise<Decision | undefined>;

/** Undefined passes the question on to the next engine, at last to the client's default. */
export interface PolicyEngine {
  onCommandApproval?(params: CommandApprovalParams, context: PolicyContext): Verdict<CommandDecision>;
  onFileChangeApproval?(params: FileChangeApprovalParams, context: PolicyContext): Verdict<FileChangeDecision>;
  onToolRequestUserInput?(params: UserInputParams, context: PolicyContext): Verdict<UserInputAnswer>;
  close?(): unknown;
}

/** One decision, told of as it is made. */
export interface PolicyAudit {
  requestType: RequestType;
  method: string;
  threadId: string | null;
  turnId: string | null;
  itemId: string | null;
  decision: unknown;
  /** Who decided: `fallback` is what a judge that failed comes to. */
  source: "rule" | "default" | "judge" | "fallback";
  /** Name of the rule, or its place: `commandRules[2]`. */
  rule: string | null;
  reason: string | null;
  durationMs: number;
  /** Only where the rubric asks for them. */
  params?: unknown;
}

/** The same answer to everything; default: no. */
export class DefaultPolicyEngine implements PolicyEngine {
  readonly #answers: { command: CommandDecision; fileChange: FileChangeDecision };

  constructor(answers: { command?: CommandDecision; fileChange?: FileChangeDecision } = {}) {
    this.#answers = { command: answers.command ?? "decline", fileChange: answers.fileChange ?? "decline" };
  }

  onCommandApproval(): CommandDecision {
    return this.#answers.command;
  }

  onFileChangeApproval(): FileChangeDecision {
    return this.#answers.fileChange;
  }

  onToolRequestUserInput(): UserInputAnswer {
    return { answers: {} };
  }
}

/** Engines one after the other: the first that answers decides. */
export class CompositePolicyEngine implements PolicyEngine {
  readonly #engines: readonly PolicyEngine[];

  constructor(engines: readonly PolicyEngine[]) {
    this.#engines = [...engines];
  }

  onCommandApproval(params: CommandApprovalParams, context: PolicyContext): Promise<CommandDecision | undefined> {
    return this.#first((engine) => engine.onCommandApproval?.(params, context));
  }

  onFileChangeApproval(
    params: FileChangeApprovalParams,
    context: PolicyContext,
  ): Promise<FileChangeDecision | undefined> {
    return this.#first((engine) => engine.onFileChangeApproval?.(params, context));
  }

  onToolRequestUserInput(params: UserInputParams, context: PolicyContext): Promise<UserInputAnswer | undefined> {
    return this.#first((engine) => engine.onToolRequestUserInput?.(params, context));
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) await engine.close?.();
  }

  async #first<Decision>(ask: (engine: PolicyEngine) => Verdict<Decision>): Promise<Decision | undefined> {
    for (const engine of this.#engines) {
      const decision = await ask(engine);
      if (decision !== undefined) return decision;
    }
    return undefined;
  }
}
