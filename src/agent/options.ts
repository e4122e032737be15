import { AgentError } from "../protocol/errors.ts";
import { modes, type Mode } from "../protocol/modes.ts";
import type { Question } from "../protocol/questions.ts";
import type { AgentTool } from "./tool.ts";

/** What is asked of a person, and where; whoever answers may also return nothing, which is a no. */
export interface ApprovalRequest {
  readonly sessionId: string;
  readonly turnId: string;
  readonly question: Question;
  /** Aborts when nobody needs to answer any more. */
  readonly signal: AbortSignal;
}

export type Approval = "allow" | "allow_session" | "deny" | undefined;

export interface AgentOptions {
  /** Absolute, or from the process's own. Default: the process's own. */
  cwd?: string;
  /** `demo`: the offline demo model. Default: as configured. */
  model?: string;
  reasoningEffort?: string;
  /** Added to the instructions of the model. */
  instructions?: string;
  /** How much runs unasked. Default: `auto`. */
  permissionMode?: Mode;
  /** Answers for the user. Without it nobody is there, and what would be asked is refused. */
  onApproval?: (request: ApprovalRequest) => Approval | Promise<Approval>;
  tools?: readonly AgentTool[];
  /** `new` (default), `latest`: the newest one of this directory, or a new one; or a session's id. */
  session?: string;
  /** False: the session is kept in memory alone. Default: true. */
  persist?: boolean;
  /** Turns that may wait behind the running one. Default: 32. */
  maxQueuedTurns?: number;
  /** Dotted keys of `config.toml` with their values, above every file. */
  config?: Readonly<Record<string, unknown>>;
  /** The environment. Default: the process's own. */
  env?: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** For this turn and those after it. */
  model?: string;
  /** For this turn and those after it. */
  reasoningEffort?: string;
  /** Interrupts the turn. */
  signal?: AbortSignal;
  /** Milliseconds from when the turn was taken on. */
  timeoutMs?: number;
  /** What the answer has to be; then it is `output` of the result. As `input` of a tool. */
  outputSchema?: unknown;
  /** The same id is taken once. */
  clientTurnId?: string;
  /** What becomes of the input while a turn runs: a turn of its own behind it (default), words for it, or an error. */
  mode?: "queue" | "steer" | "reject";
}

const known: Record<keyof AgentOptions, (value: unknown) => string | null> = {
  cwd: text,
  model: text,
  reasoningEffort: text,
  instructions: text,
  permissionMode: (value) => (modes.includes(value as Mode) ? null : `is one of ${modes.join(", ")}`),
  onApproval: (value) => (typeof value === "function" ? null : "is a function"),
  tools: (value) => (Array.isArray(value) ? null : "is a list of tools, as tool() makes them"),
  session: text,
  persist: (value) => (typeof value === "boolean" ? null : "is true or false"),
  maxQueuedTurns: (value) => (Number.isInteger(value) && (value as number) >= 0 ? null : "is a whole number from 0 on"),
  config: table,
  env: table,
};

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? null : "is a text that says something";
}

function table(value: unknown): string | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? null : "is an object";
}

/** @throws TypeError for an option that there is not; AgentError `usage` for a value that it cannot have. */
export function checkOptions(options: AgentOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(known, name)) {
      throw new TypeError(`Agent has no option ${name}; there are: ${Object.keys(known).join(", ")}`);
    }
    const problem = value === undefined ? null : known[name as keyof AgentOptions](value);
    if (problem !== null) throw new AgentError("usage", `option ${name} ${problem}`);
  }
}
