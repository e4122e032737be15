import type { HookAgent } from "../../kernel/hooks/input.ts";
import type { SessionSource } from "../../kernel/hooks/hooks.ts";
import type { McpKeeper, PartPlace, ThreadPart } from "./part.ts";

/** The hooks of a thread. Null where there is nothing to run and nothing to say. @throws AgentError `config` */
export async function loadHooksPart(place: PartPlace, servers: McpKeeper | null): Promise<ThreadPart | null> {
  const { loadHooks } = await import("../hooks/load-hooks.ts");
  const { agent, system, config } = place;
  const { hooks, warnings } = loadHooks({
    threadId: place.threadId,
    sessionId: agent?.sessionId ?? place.threadId,
    transcript: place.path,
    agent: agent === null ? null : hookAgent(place, agent),
    start: startOf(place),
    config,
    system,
    ids: place.ids,
    servers,
    trustAll: place.options.bypassHookTrust === true,
    emit: (event) => place.emit(event),
    keep: (record) => place.keep(record),
  });
  // Of the same hooks the thread of the user has told already.
  const told = agent === null ? warnings : [];
  if (hooks === null) return told.length === 0 ? null : { warnings: told };
  return {
    warnings: told,
    hooks,
    async ended() {
      await hooks.close();
      const { model, permissions } = { model: place.model.name, permissions: place.config.permissions };
      // A sub-agent has its own end, and is no session.
      if (agent !== null || !hooks.listens("sessionEnd")) return;
      const scene = { turnId: null, model, permissions, cwd: config.cwd, planning: false, signal: null };
      await hooks.fire({ name: "sessionEnd", reason: "other" }, scene);
    },
  };
}

function startOf({ opening }: PartPlace): SessionSource {
  return opening === "new" ? "startup" : opening;
}

function hookAgent({ store, threadId }: PartPlace, agent: NonNullable<PartPlace["agent"]>): HookAgent {
  return { id: threadId, type: agent.role ?? "default", parentTranscript: pathOf(store, agent.parentThreadId) };
}

function pathOf(store: PartPlace["store"], threadId: string): string | null {
  try {
    return store.read(threadId).meta.path;
  } catch {
    return null;
  }
}
