import { readAgentRoles, type AgentRole, type AgentRoles } from "../../config/agent-roles.ts";
import type { Config } from "../../config/config.ts";
import { AgentTree } from "../../kernel/agents/agent-tree.ts";
import { inherited } from "../../kernel/agents/fork.ts";
import type { AgentThread, Member } from "../../kernel/agents/member.ts";
import { Roster } from "../../kernel/agents/roster.ts";
import type { ContextBlock } from "../../kernel/context/context.ts";
import { isTool } from "../../kernel/tool-offer.ts";
import type { AgentInfo, AgentOrigin } from "../../protocol/agents.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { HostedSpec } from "../../protocol/tool-spec.ts";
import { agentToolsById } from "../../tools/agents/by-id.ts";
import { agentToolsByPath } from "../../tools/agents/by-path.ts";
import type { SpawnRequest } from "../../tools/agents/desk.ts";
import { CallError, type Tool } from "../../tools/tool.ts";
import type { LiveThread, Opening } from "../thread/live-thread.ts";
import { agentContext } from "./agent-context.ts";
import { agentDefaults, agentLimits, standingRoles } from "./agent-settings.ts";
import type { Inherited, PartPlace, ThreadPart } from "./part.ts";

/** Its answer comes at any time, to whoever is there then. */
const notForAgents = "request_user_input_async";

type Generation = "id" | "path";

/** A thread's sub-agents: threads of their own in this process, with the parent's configuration, permissions and walls. */
export class AgentsPart implements ThreadPart {
  readonly #place: PartPlace;
  readonly #tree: AgentTree;
  readonly #generation: Generation;
  readonly #roles: ReadonlyMap<string, AgentRole>;
  readonly warnings: readonly string[];
  readonly #roster: Roster;
  readonly #tools: readonly Tool[];
  /** Whether its own agents would be too deep. */
  readonly #leaf: boolean;

  constructor(place: PartPlace, generation: Generation, { roles, warnings }: AgentRoles) {
    this.#place = place;
    this.#roles = roles;
    // Of the same roles the thread of the user has told already.
    this.warnings = place.agent === null ? warnings : [];
    this.#generation = generation;
    this.#tree = place.tree ?? new AgentTree(agentLimits(place.config, generation), place.system.random);
    const depth = place.agent?.depth ?? 0;
    this.#leaf = depth >= this.#tree.limits.depth;
    const version = generation === "id" ? "v1" : "v2";
    const { threadId } = place;
    this.#roster = new Roster({
      clock: place.system.clock,
      ids: place.ids,
      tree: this.#tree,
      version,
      parent: {
        threadId,
        path: place.agent?.path ?? "/root",
        sessionId: place.agent?.sessionId ?? threadId,
        depth,
        thread: () => place.thread(),
      },
      open: (member, request) => this.#open(member, this.#filled(request)),
      reopen: async (id) => this.#reopen(id),
      earlier: (path) => this.#earlier(path),
      check: (request) => this.#check(this.#filled(request)),
      nicknames: (role) => (role === null ? [] : (roles.get(role)?.nicknames ?? [])),
      changed: (agent) => place.emit({ type: "agent.changed", threadId, agent }),
      warn: (message) => place.emit({ type: "warning", threadId, message }),
    });
    this.#tools =
      generation === "id"
        ? agentToolsById(this.#roster, roles, place.model.toolSearch)
        : agentToolsByPath(this.#roster, roles);
  }

  tools(): readonly Tool[] {
    // A thread whose model was changed keeps to the words that its agents know.
    return this.#leaf || this.#place.model.agentTools === null ? [] : this.#tools;
  }

  arrange(tools: readonly (Tool | HostedSpec)[]): readonly (Tool | HostedSpec)[] {
    // What its parent was shown stands before all else in its requests: a change would cost all that is cached.
    if (this.#place.agent === null || this.#place.forkedAgent) return tools;
    return tools.filter((tool) => !isTool(tool) || tool.name !== notForAgents);
  }

  context(): readonly ContextBlock[] {
    if (this.#generation === "id" || this.#place.model.agentTools !== "path") return [];
    const { agent, forkedAgent } = this.#place;
    const places = this.#leaf ? null : this.#tree.limits.places;
    return agentContext({
      path: agent?.path ?? null,
      places,
      without: forkedAgent ? [`functions.${notForAgents}`] : [],
    });
  }

  agents(): AgentInfo[] {
    return this.#roster.agents;
  }

  stop(): Promise<void> {
    return this.#roster.closeAll();
  }

  /** With what the configuration says where the call leaves it open. */
  #filled<Request extends Pick<SpawnRequest, "model" | "effort">>(request: Request): Request {
    const { model, effort } = agentDefaults(this.#place.config);
    return { ...request, model: request.model ?? model, effort: request.effort ?? effort };
  }

  async #open(member: Member, request: Pick<SpawnRequest, "fork" | "model" | "effort">): Promise<AgentThread> {
    const { ids, windowId } = this.#place;
    const thread = this.#place.thread();
    const { history, ...rest } = thread.memory;
    const turnId = thread.work?.turnId ?? ids.uuid();
    const { version } = member.origin;
    const seed = request.fork ? { ...rest, turnId, history: inherited(history, version, () => ids.uuid()) } : null;
    const born = { threadId: member.threadId, origin: member.origin, windowId: request.fork ? windowId : null, seed };
    return this.#openThread(
      member,
      { type: "new" },
      { config: this.#config(request, member.origin), tree: this.#tree, born },
    );
  }

  /** Only agents of this thread: another one's may be at work elsewhere. */
  #reopen(threadId: string): { origin: AgentOrigin; open(member: Member): Promise<AgentThread> } | null {
    let origin: AgentOrigin | null;
    try {
      origin = this.#place.store.read(threadId).meta.agent;
    } catch (error) {
      if (error instanceof AgentError && error.code === "thread_not_found") return null;
      throw error;
    }
    if (origin?.parentThreadId !== this.#place.threadId) return null;
    const config = this.#config({ model: null, effort: null }, origin);
    return {
      origin,
      open: (member) =>
        this.#openThread(member, { type: "resume", threadId }, { config, tree: this.#tree, born: null }),
    };
  }

  #earlier(path: string): string | null {
    const items = this.#place.stored?.turns.flatMap((turn) => turn.items) ?? [];
    const found = items.findLast((item) => item.type === "subAgentActivity" && item.agentPath === path);
    return found?.type === "subAgentActivity" ? found.agentThreadId : null;
  }

  async #openThread(member: Member, opening: Opening, from: Inherited): Promise<AgentThread> {
    const live = await this.#place.openAgent(opening, from, (event) => {
      if (event.threadId === member.threadId) member.observe(event);
    });
    const release = this.#place.adopt(live, () => this.#roster.close(member));
    return {
      thread: live.thread,
      model: live.info.model,
      effort: live.info.reasoningEffort,
      input: (elements) => checkedInput(live, elements),
      close: () => live.close().finally(release),
    };
  }

  /** What a role says stands above what a call asks for, as in Codex; a model that is named begins with its own usual effort. */
  #config({ model, effort }: Pick<SpawnRequest, "model" | "effort">, { role }: AgentOrigin): Config {
    const { config, model: own } = this.#place;
    const changes = role === null ? undefined : this.#roles.get(role)?.changes;
    const reasoningEffort = effort ?? (model === null ? config.reasoningEffort : null);
    return { ...config, model: model ?? own.name, reasoningEffort, ...changes };
  }

  #check({ model, effort, role, fork }: SpawnRequest): void {
    const { catalog, model: own } = this.#place;
    if (role !== null && fork && this.#generation === "id")
      throw new CallError(
        "Full-history forked agents inherit the parent agent type; omit agent_type, or spawn without a full-history fork.",
      );
    if (role !== null && !this.#roles.has(role) && !standingRoles.includes(role))
      throw new CallError(`unknown agent_type '${role}'`);
    const asked = model === null || model === own.name ? own : catalog.find(model);
    if (asked !== own && !asked.known) {
      // As many as Codex names.
      const named = catalog.models.filter(({ listed, agentTools }) => listed && agentTools !== null).slice(0, 5);
      const available = named.map(({ name }) => name).join(", ");
      throw new CallError(`Unknown model \`${model}\` for spawn_agent. Available models: ${available}`);
    }
    if (effort !== null && !asked.efforts.includes(effort)) {
      throw new CallError(
        `Reasoning effort \`${effort}\` is not supported for model \`${asked.name}\`. Supported reasoning efforts: ${asked.efforts.join(", ")}`,
      );
    }
  }
}

function checkedInput(live: LiveThread, elements: Parameters<LiveThread["input"]>[0]): ReturnType<LiveThread["input"]> {
  try {
    return live.input(elements);
  } catch (error) {
    throw error instanceof AgentError ? new CallError(error.message) : error;
  }
}

/** @throws AgentError `config` */
export async function loadAgents(place: PartPlace): Promise<ThreadPart> {
  // A tree of agents knows all of them in one way, whatever their models are used to.
  const byPath = place.agent === null ? place.model.agentTools === "path" : place.agent.path !== null;
  return new AgentsPart(place, byPath ? "path" : "id", await readAgentRoles(place.config));
}
