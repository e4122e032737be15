import type { Permissions } from "../../protocol/permissions.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import type { TurnHookPorts, TurnHooks } from "./turn-hooks.ts";

/** How a thread came to its next turn. */
export type SessionSource = "startup" | "resume" | "clear" | "compact" | "fork";

/** Something that hooks may have a word in. Names and values of tools as hooks know them. */
export type HookEvent =
  | { name: "sessionStart"; source: SessionSource }
  | { name: "sessionEnd"; reason: "other" }
  | { name: "userPromptSubmit"; prompt: string }
  | { name: "preModelRequest" }
  | { name: "postModelRequest"; error: string | null; usage: TokenUsage | null }
  | { name: "preToolUse"; tool: string; input: unknown; callId: string }
  | { name: "permissionRequest"; tool: string; input: unknown; callId: string }
  | { name: "postToolUse"; tool: string; input: unknown; response: unknown; callId: string }
  | { name: "preCompact" | "postCompact"; trigger: "manual" | "auto" }
  /** The turn is about to end; `active`: it goes on already because a hook wanted it to. */
  | { name: "stop"; active: boolean; lastMessage: string | null }
  | { name: "interrupt" };

/** Where an event happens. */
export interface HookScene {
  /** Null outside of turns. */
  readonly turnId: string | null;
  readonly model: string;
  readonly cwd: string;
  readonly permissions: Permissions;
  /** The model is to plan and not to act. */
  readonly planning: boolean;
  /** Aborts the hooks that run; what they have not said by then counts as not said. */
  readonly signal: AbortSignal | null;
}

export interface HookFeedback {
  readonly text: string;
  readonly runId: string;
}

/** What all hooks of one event want together, in the order in which they are listed. */
export interface HookEffects {
  /** Messages for the model, each of its own. */
  readonly contexts: readonly string[];
  /** From those that block, deny or, at a stop, want the turn to go on. */
  readonly feedback: readonly HookFeedback[];
  /** From those that want the work to end here; empty text where none gave a reason. Null: none does. */
  readonly stopped: string | null;
  /** What the model reads in place of a call's output; null: the output. */
  readonly reply: string | null;
  /** The arguments to take in place of the model's. */
  readonly update: { readonly input: unknown } | null;
  /** What is to be said where a person would be asked; null: nothing. */
  readonly verdict: "allow" | "deny" | null;
}

/** The hooks of one thread. Absent where none are configured: nothing is then built or waited for. */
export interface Hooks {
  /** False: nobody listens, and {@link fire} need not be called. */
  listens(event: HookEvent["name"]): boolean;
  /** Never rejects; a hook that fails is told of by itself. */
  fire(event: HookEvent, scene: HookScene): Promise<HookEffects>;
  /** The hooks as one turn has them. */
  forTurn(ports: TurnHookPorts): TurnHooks;
  /** How the thread came to this turn, when it has come anew: told once. */
  takeStart(): SessionSource | null;
  /** The next request is the first of its kind again. */
  startsAgain(source: SessionSource): void;
  /** Messages for the model of hooks that nobody waits for, and that have ended meanwhile. */
  late(): readonly string[];
}

export const noEffects: HookEffects = {
  contexts: [],
  feedback: [],
  stopped: null,
  reply: null,
  update: null,
  verdict: null,
};
