import type { Config } from "../../config/config.ts";
import { readHooks } from "../../config/hooks/read-hooks.ts";
import { valueAt } from "../../config/toml/toml-values.ts";
import type { SessionSource } from "../../kernel/hooks/hooks.ts";
import type { Outcome } from "../../kernel/hooks/outcome.ts";
import type { HookAgent } from "../../kernel/hooks/input.ts";
import type { JournalRecord } from "../../kernel/journal-port.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { HookFacts } from "../../protocol/hooks.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import type { McpKeeper } from "../parts/part.ts";
import { userShell } from "../user-shell.ts";
import { callHookTool } from "./call-tool.ts";
import { limitContext } from "./context-limit.ts";
import { runHookCommand } from "./run-command.ts";
import { ThreadHooks } from "./thread-hooks.ts";

/** The thread that hooks are loaded for. */
export interface HookedThread {
  readonly threadId: string;
  /** Of a sub-agent, that of the thread at the root of its tree. */
  readonly sessionId: string;
  readonly transcript: string | null;
  readonly agent: HookAgent | null;
  readonly start: SessionSource;
  readonly config: Config;
  readonly system: System;
  readonly ids: Ids;
  /** The thread's MCP servers; null where it has none. */
  readonly servers: McpKeeper | null;
  /** Hooks run that nobody has trusted. */
  readonly trustAll: boolean;
  emit(event: AgentEvent): void;
  keep(record: JournalRecord): void;
}

export interface LoadedHooks {
  /** Null when none of those that are configured may run. */
  readonly hooks: ThreadHooks | null;
  readonly warnings: readonly string[];
}

/** @throws AgentError `config` for hooks in a `config.toml` that cannot be understood. */
export function loadHooks(thread: HookedThread): LoadedHooks {
  const { config, trustAll } = thread;
  const failuresBlock = blocksOnFailure(config);
  const { hooks, warnings } = readHooks(config.hooks.places, config.hooks.state);
  const enabled = hooks.filter((hook) => hook.enabled);
  const allowed = enabled.filter(
    ({ trustStatus }) => trustAll || trustStatus === "trusted" || trustStatus === "managed",
  );
  const told = [
    ...(trustAll && enabled.length > 0 ? [bypassWarning] : []),
    ...warnings,
    ...(allowed.length < enabled.length ? [untrustedWarning(enabled.filter((hook) => !allowed.includes(hook)))] : []),
  ];
  return { hooks: allowed.length === 0 ? null : createHooks(thread, allowed, failuresBlock), warnings: told };
}

const bypassWarning =
  "`--dangerously-bypass-hook-trust` was given: hooks run in this thread whether anybody has trusted them or not.";

function untrustedWarning(hooks: readonly HookFacts[]): string {
  const many = hooks.length > 1;
  const listed = hooks
    .slice(0, 5)
    .map(({ key, trustStatus }) => (trustStatus === "modified" ? `${key} (changed)` : key));
  const more = hooks.length > listed.length ? ` and ${hooks.length - listed.length} more` : "";
  return `${many ? `${hooks.length} hooks do` : "A hook does"} not run, for nobody has trusted ${many ? "them" : "it"} as ${many ? "they are" : "it is"} now: ${listed.join(", ")}${more}. Read what ${many ? "they run" : "it runs"}, then trust ${many ? "them" : "it"} with \`codex-agent hooks trust\`.`;
}

/** What `[codex_agent.hooks]` says about hooks that guard something and fail. */
const blocksOnFailure = ({ codexAgent }: Config): boolean => valueAt(codexAgent, ["hooks", "on_failure"]) === "block";

function createHooks(thread: HookedThread, hooks: readonly HookFacts[], failuresBlock: boolean): ThreadHooks {
  const { threadId, sessionId, transcript, agent, config, system, ids } = thread;
  const env = hookEnvironment(config);
  const shell = userShell(system);
  return new ThreadHooks(
    hooks,
    { sessionId, transcript, agent },
    {
      threadId,
      clock: system.clock,
      start: thread.start,
      failuresBlock,
      emit: (event) => thread.emit(event),
      limit: (text, hook) => limitContext(text, hook.additionalContextLimit, threadId, system, ids),
      async perform(hook, input, runId, { signal, cwd }): Promise<Outcome> {
        if (hook.handlerType === "mcpTool") {
          return callHookTool(hook, input, { servers: thread.servers, clock: system.clock, signal });
        }
        return runHookCommand(hook, input, {
          processes: system.processes,
          shell,
          env: { ...env, PWD: cwd },
          cwd,
          signal,
          onStart: (process) => noteRun(thread, runId, process),
        });
      },
    },
  );
}

/** Should this program be killed, the next one to open the thread ends the hook. */
function noteRun({ keep }: HookedThread, runId: string, process: Parameters<NonNullable<Noted>>[0]): void {
  try {
    keep({ type: "child.started", callId: `hook ${runId}`, process });
  } catch {
    // The thread is closed, or cannot be written: that is told elsewhere.
  }
}

type Noted = Parameters<typeof runHookCommand>[2]["onStart"];

/** Everything but what pays for the model. */
export function hookEnvironment({ environment, secretNames }: Config): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secretNames.has(name)));
}
