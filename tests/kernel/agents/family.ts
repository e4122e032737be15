import { AgentTree, type AgentLimits } from "../../../src/kernel/agents/agent-tree.ts";
import type { Member } from "../../../src/kernel/agents/member.ts";
import { Roster } from "../../../src/kernel/agents/roster.ts";
import { memoryJournal } from "../../../src/kernel/memory-journal.ts";
import type { AgentInfo } from "../../../src/protocol/agents.ts";
import { createIds } from "../../../src/system/ids.ts";
import type { Agent, Sender } from "../../../src/tools/agents/desk.ts";
import { ActedModel, bench, FakeClock, input, steadyRandom, type Act, type Bench } from "../kit.ts";

export const parentId = "01a00000-0000-7000-8000-000000000001";

export interface Child extends Bench {
  readonly model: ActedModel;
  closes: number;
}

export interface Family {
  readonly parent: Bench;
  readonly model: ActedModel;
  readonly roster: Roster;
  readonly clock: FakeClock;
  readonly children: Map<string, Child>;
  readonly changes: AgentInfo[];
  readonly warnings: string[];
  spawn(text: string): Promise<Agent>;
  send(agent: Agent, text: string): Promise<string | null>;
  child(agent: Agent): Child;
}

const noItems: Sender["items"] = {
  started: () => undefined,
  output: () => undefined,
  input: () => undefined,
  patched: () => undefined,
  completed: () => undefined,
  plan: () => undefined,
  child: () => undefined,
};

interface FamilyOptions {
  /** What the models of the children do, one child after the other. */
  acts?: Act[][];
  parentActs?: Act[];
  limits?: Partial<AgentLimits>;
  version?: "v1" | "v2";
  /** Runs before a child's thread is opened. */
  opening?: () => Promise<void>;
  closing?: () => Promise<void>;
}

/** A thread and its agents in memory: real threads, models that act. */
export function family(options: FamilyOptions = {}): Family {
  const clock = new FakeClock();
  clock.hurried = false;
  const ids = createIds(clock, steadyRandom);
  const model = new ActedModel(options.parentActs ?? []);
  const parent = bench({ client: model, clock, ids });
  const limits = { places: 6, idleOnesCount: true, depth: 1, minutes: 10, tokens: 1000, ...options.limits };
  const version = options.version ?? "v1";
  const children = new Map<string, Child>();
  const changes: AgentInfo[] = [];
  const warnings: string[] = [];
  const acts = [...(options.acts ?? [])];
  const open = async (member: Member) => {
    await options.opening?.();
    const client = new ActedModel(acts.shift() ?? []);
    const journal = (records: Parameters<typeof memoryJournal>[1]) => memoryJournal(member.threadId, records);
    const made = bench({ client, clock, ids, journal, emit: (event) => member.observe(event) });
    const child: Child = Object.assign(made, { model: client, closes: 0 });
    children.set(member.threadId, child);
    return {
      thread: made.thread,
      model: "acted",
      effort: null,
      input: (elements: readonly { type: string }[]) => input((elements[0] as { text?: string }).text ?? ""),
      async close() {
        child.closes++;
        await made.thread.close();
        await options.closing?.();
      },
    };
  };
  const roster = new Roster({
    clock,
    ids,
    version,
    tree: new AgentTree(limits, steadyRandom),
    parent: { threadId: parentId, path: "/root", sessionId: parentId, depth: 0, thread: () => parent.thread },
    open,
    reopen: async () => null,
    earlier: () => null,
    check: () => undefined,
    nicknames: () => [],
    changed: (agent) => changes.push(agent),
    warn: (message) => warnings.push(message),
  });
  const sender: Sender = { turnId: "turn", items: noItems };
  let made = 0;
  return {
    parent,
    model,
    roster,
    clock,
    children,
    changes,
    warnings,
    spawn: (text) =>
      roster.spawn(
        {
          message:
            version === "v1"
              ? { type: "input", elements: [{ type: "text", text }], text }
              : { type: "mail", kind: "NEW_TASK", text },
          role: null,
          name: version === "v1" ? null : `agent_${++made}`,
          fork: false,
          model: null,
          effort: null,
        },
        sender,
      ),
    send: (agent, text) => roster.send(agent, { type: "input", elements: [{ type: "text", text }], text }, sender),
    child: (agent) => children.get(agent.threadId)!,
  };
}
