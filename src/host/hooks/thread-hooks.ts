import { compileMatcher, type Matcher } from "../../config/hooks/matcher.ts";
import { kebabName } from "../../config/hooks/events.ts";
import { combine, guarded, type RunOutcome } from "../../kernel/hooks/combine.ts";
import { hookInput, hookNameOf, matchedName, type HookThread } from "../../kernel/hooks/input.ts";
import {
  noEffects,
  type HookEffects,
  type HookEvent,
  type Hooks,
  type HookScene,
  type SessionSource,
} from "../../kernel/hooks/hooks.ts";
import { failure, type Outcome } from "../../kernel/hooks/outcome.ts";
import { TurnHooks, type TurnHookPorts } from "../../kernel/hooks/turn-hooks.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { HookEventName, HookFacts, HookRun } from "../../protocol/hooks.ts";
import type { Clock } from "../../system/ports.ts";

export interface HookPorts {
  readonly threadId: string;
  readonly clock: Clock;
  emit(event: AgentEvent): void;
  /** Runs one hook to its end; what it says is data, whatever happens. */
  perform(hook: HookFacts, input: string, runId: string, scene: HookScene): Promise<Outcome>;
  /** A context as the model is to get it. */
  limit(text: string, hook: HookFacts): string;
  /** Hooks that guard something block when they fail. */
  readonly failuresBlock: boolean;
  /** How the thread comes to its first turn. */
  readonly start: SessionSource;
}

interface Ready {
  readonly hook: HookFacts;
  readonly matches: Matcher;
}

/** The hooks of a thread that may run. */
export class ThreadHooks implements Hooks {
  readonly #thread: HookThread;
  readonly #ports: HookPorts;
  readonly #ready = new Map<HookEventName, Ready[]>();
  readonly #aside = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #start: SessionSource | null;
  #late: string[] = [];
  #ended = 0;

  constructor(hooks: readonly HookFacts[], thread: HookThread, ports: HookPorts) {
    this.#thread = thread;
    this.#ports = ports;
    this.#start = ports.start;
    for (const hook of hooks) {
      const matches = compileMatcher(hook.matcher);
      if (typeof matches === "string") continue;
      const ready = this.#ready.get(hook.eventName);
      if (ready === undefined) this.#ready.set(hook.eventName, [{ hook, matches }]);
      else ready.push({ hook, matches });
    }
  }

  listens(event: HookEvent["name"]): boolean {
    const { agent } = this.#thread;
    const heard =
      agent === null ? event : event === "sessionStart" ? "subagentStart" : event === "stop" ? "subagentStop" : event;
    return this.#ready.has(heard);
  }

  async fire(event: HookEvent, scene: HookScene): Promise<HookEffects> {
    const { agent } = this.#thread;
    const name = hookNameOf(event, agent);
    const matched = matchedName(event, agent);
    const ready = (this.#ready.get(name) ?? []).filter(({ matches }) => matches(matched));
    if (ready.length === 0) return noEffects;
    const input = JSON.stringify(hookInput(event, scene, this.#thread));
    const callId = "callId" in event ? event.callId : null;
    const runs: { hook: HookFacts; run: HookRun }[] = [];
    for (const { hook } of ready) {
      const run = this.#newRun(hook, callId);
      if (run.executionMode === "async") this.#runAside(hook, input, run.id, scene);
      else runs.push({ hook, run });
    }
    for (const { run } of runs) this.#tell("hook.started", run, scene);
    const ended = await Promise.all(runs.map(({ hook, run }) => this.#run(hook, run, input, scene)));
    for (const { run } of ended) this.#tell("hook.completed", run, scene);
    return combine(ended.map(({ outcome }) => outcome));
  }

  forTurn(ports: TurnHookPorts): TurnHooks {
    return new TurnHooks(this, ports);
  }

  takeStart(): SessionSource | null {
    const start = this.#start;
    this.#start = null;
    return start;
  }

  startsAgain(source: SessionSource): void {
    this.#start = source;
  }

  late(): readonly string[] {
    const late = this.#late;
    this.#late = [];
    return late;
  }

  /** Ends the hooks that nobody waits for. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#aside);
  }

  async #run(
    hook: HookFacts,
    run: HookRun,
    input: string,
    scene: HookScene,
  ): Promise<{ run: HookRun; outcome: RunOutcome }> {
    const { clock, failuresBlock } = this.#ports;
    const began = clock.monotonic();
    const said = this.#limited(hook, await this.#outcome(hook, input, run.id, scene));
    const endedAs = this.#ended++;
    const outcome = failuresBlock ? guarded(hook.eventName, said) : said;
    return {
      run: {
        ...run,
        status: outcome.status,
        completedAt: Math.floor(clock.now() / 1000),
        durationMs: Math.round(clock.monotonic() - began),
        entries: [...outcome.entries],
      },
      outcome: { runId: run.id, outcome, endedAs },
    };
  }

  async #outcome(hook: HookFacts, input: string, runId: string, scene: HookScene): Promise<Outcome> {
    try {
      return await this.#ports.perform(hook, input, runId, scene);
    } catch (error) {
      return failure(`hook could not be run: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #limited(hook: HookFacts, outcome: Outcome): Outcome {
    if (outcome.contexts.length === 0) return outcome;
    const contexts = outcome.contexts.map((text) => this.#ports.limit(text, hook));
    let next = 0;
    const entries = outcome.entries.map((entry) =>
      entry.kind === "context" ? { ...entry, text: contexts[next++] ?? entry.text } : entry,
    );
    return { ...outcome, contexts, entries };
  }

  /** Its decisions come too late for anything; what it has to say to the model and to the user does not. */
  #runAside(hook: HookFacts, input: string, runId: string, scene: HookScene): void {
    const running = this.#outcome(hook, input, runId, { ...scene, signal: this.#closing.signal }).then((outcome) => {
      this.#aside.delete(running);
      if (this.#closing.signal.aborted) return;
      this.#late.push(...this.#limited(hook, outcome).contexts);
      for (const { kind, text: message } of outcome.entries) {
        if (kind === "warning") this.#ports.emit({ type: "warning", threadId: this.#ports.threadId, message });
      }
    });
    this.#aside.add(running);
  }

  #newRun(hook: HookFacts, callId: string | null): HookRun {
    const { eventName, handlerType, sourcePath, source, displayOrder, statusMessage } = hook;
    const id = `${kebabName(eventName)}:${displayOrder}:${sourcePath}`;
    return {
      id: callId === null ? id : `${id}:${callId}`,
      eventName,
      handlerType,
      executionMode: hook.handlerType === "command" && hook.async ? "async" : "sync",
      scope: eventName === "sessionStart" || eventName === "subagentStart" ? "thread" : "turn",
      sourcePath,
      source,
      displayOrder,
      status: "running",
      statusMessage,
      startedAt: Math.floor(this.#ports.clock.now() / 1000),
      completedAt: null,
      durationMs: null,
      entries: [],
    };
  }

  #tell(type: "hook.started" | "hook.completed", run: HookRun, { turnId }: HookScene): void {
    this.#ports.emit({ type, threadId: this.#ports.threadId, turnId, run });
  }
}
