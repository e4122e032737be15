import { hookContextKind, hookPromptKind } from "../../protocol/codex-0.169/rollout-response-items.ts";
import type { HookPrompt, InputElement } from "../../protocol/items.ts";
import type { JournalRecord } from "../journal-port.ts";
import { harnessMessage } from "../turn/turn-records.ts";
import type { HookEffects, HookEvent, HookFeedback, Hooks, HookScene } from "./hooks.ts";

/** The turn that hooks have a word in. */
export interface TurnHookPorts {
  readonly turnId: string;
  readonly scene: HookScene;
  now(): number;
  newId(): string;
  sampledThrough(): number;
  /** Journals the records, adds them to the history and tells of their items. */
  append(records: JournalRecord[]): void;
  /** Tells the user. */
  warn(message: string): void;
}

/** What hooks do at the borders of a turn: its start, its prompts, its requests and its end. */
export class TurnHooks {
  readonly #ports: TurnHookPorts & { readonly hooks: Hooks };
  /** A hook has kept the turn going. */
  #kept = false;

  constructor(hooks: Hooks, ports: TurnHookPorts) {
    this.#ports = { ...ports, hooks };
  }

  /** The session's start, where this turn is the first after one. False: the turn is to end here. */
  async start(): Promise<boolean> {
    const { hooks } = this.#ports;
    const source = hooks.takeStart();
    if (source === null || !hooks.listens("sessionStart")) return true;
    const effects = await this.fire({ name: "sessionStart", source });
    this.say(effects.contexts);
    if (effects.stopped === null) return true;
    this.#ports.warn(`A SessionStart hook stopped this turn before the model was asked${because(effects.stopped)}`);
    return false;
  }

  /**
   * Shows a prompt to hooks. Null: the model may not have it. Else the messages that follow it. Those of a refused prompt
   * are kept, without it.
   */
  async prompt(elements: readonly InputElement[]): Promise<readonly string[] | null> {
    // What a thread is told by others than a user has no elements.
    if (elements.length === 0 || !this.#ports.hooks.listens("userPromptSubmit")) return [];
    const prompt = elements.flatMap((element) => (element.type === "text" ? [element.text] : [])).join("\n");
    const effects = await this.fire({ name: "userPromptSubmit", prompt });
    const reason = effects.stopped ?? effects.feedback[0]?.text ?? null;
    if (reason === null) return effects.contexts;
    this.say(effects.contexts);
    this.#ports.warn(`A UserPromptSubmit hook stopped this prompt: the model was not asked${because(reason)}`);
    return null;
  }

  /** Gives the model what hooks have said that nobody waited for. */
  takeLate(): void {
    this.say(this.#ports.hooks.late());
  }

  /** Shows the end of the turn to hooks. True: the turn goes on, with what they have said. */
  async goesOn(lastMessage: string | null): Promise<boolean> {
    if (!this.#ports.hooks.listens("stop")) return false;
    const { feedback, stopped } = await this.fire({ name: "stop", active: this.#kept, lastMessage });
    if (stopped !== null || feedback.length === 0) return false;
    this.#kept = true;
    this.#keepGoing(feedback);
    return true;
  }

  /** Shows a compaction to hooks. False: it, or the turn behind it, must not be. */
  async compacting(name: "preCompact" | "postCompact", trigger: "manual" | "auto"): Promise<boolean> {
    const { hooks } = this.#ports;
    if (name === "postCompact") hooks.startsAgain("compact");
    if (!hooks.listens(name)) return true;
    return (await this.fire({ name, trigger })).stopped === null;
  }

  async interrupted(): Promise<void> {
    const { hooks, scene } = this.#ports;
    if (hooks.listens("interrupt")) await hooks.fire({ name: "interrupt" }, { ...scene, signal: null });
  }

  fire(event: HookEvent): Promise<HookEffects> {
    return this.#ports.hooks.fire(event, this.#ports.scene);
  }

  say(contexts: readonly string[]): void {
    if (contexts.length === 0) return;
    const { append, newId, sampledThrough, now, turnId } = this.#ports;
    append(
      contexts.map((text) => ({
        type: "response.item",
        turnId,
        item: harnessMessage("developer", text, newId()),
        kinds: [hookContextKind],
        createdAtMs: now(),
        sampledThrough: sampledThrough(),
      })),
    );
  }

  #keepGoing(feedback: readonly HookFeedback[]): void {
    const { append, newId, sampledThrough, now, turnId } = this.#ports;
    const atMs = now();
    const id = `msg_${newId()}`;
    const item: HookPrompt = {
      type: "hookPrompt",
      id,
      fragments: feedback.map(({ text, runId }) => ({ text, hookRunId: runId })),
    };
    append([
      {
        type: "response.item",
        turnId,
        item: {
          type: "message",
          id,
          role: "user",
          content: feedback.map(({ text, runId }) => ({
            type: "input_text",
            text: `<hook_prompt hook_run_id="${escaped(runId).replaceAll('"', "&quot;")}">${escaped(text)}</hook_prompt>`,
          })),
        },
        kinds: feedback.map(() => hookPromptKind),
        createdAtMs: atMs,
        sampledThrough: sampledThrough(),
      },
      { type: "item.completed", turnId, item, startedAtMs: atMs, completedAtMs: atMs },
    ]);
  }
}

const because = (reason: string): string => (reason === "" ? "." : `: ${reason}`);

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
