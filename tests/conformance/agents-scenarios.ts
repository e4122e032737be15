import { setTimeout as sleep } from "node:timers/promises";
import {
  call,
  httpError,
  message,
  respond,
  type ModelItem,
  type RecordedRequest,
  type Reply,
} from "../support/fake-model.ts";
import type { Played, Scenario } from "../support/scenario.ts";
import { commonRules } from "./rules.ts";

const by = { namespace: "multi_agent_v1" };
const nobody = "01a1fd14-7bcc-7943-8ea6-7f08cba8682f";

export const isAgent = (request: RecordedRequest): boolean => request.headers["x-openai-subagent"] !== undefined;

/** Requests of the user's thread, then those of each agent, in the order in which they were made: so their ids are sorted. */
export function byThread(requests: readonly RecordedRequest[]): RecordedRequest[] {
  const keyOf = (request: RecordedRequest): string => (isAgent(request) ? request.headers["thread-id"]! : "");
  return requests.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : keyOf(one) > keyOf(other) ? 1 : 0));
}

/** Ids of the agents that were made so far, in order. */
function madeSoFar({ body }: RecordedRequest): string[] {
  return (body as { input: Record<string, unknown>[] }).input.flatMap(({ output }) => {
    const id = typeof output === "string" ? /"agent_id":"([^"]+)"/.exec(output)?.[1] : undefined;
    return id === undefined ? [] : [id];
  });
}

type Calls = (agents: string[], step: number) => ModelItem[];
type AgentReply = (number: number, request: RecordedRequest) => Reply | Promise<Reply>;

/**
 * The parent's calls, response by response; agents answer as `agent` says, counted for each of them, and not before their
 * parent waits: where what they say would come to it otherwise is chance.
 */
export function script(parent: Calls[], agent: AgentReply): Scenario["script"] {
  return () => {
    let step = 0;
    const counts = new Map<string, number>();
    const waiting = new Set<string>();
    const told = (thread: string, reply: Reply): Reply => {
      const goesOn = reply.parts.some((part) => "event" in part && isCall(part.event["item"]));
      if (!goesOn) waiting.add(thread);
      return reply;
    };
    return async (request) => {
      const id = request.headers["thread-id"]!;
      waiting.delete(id);
      if (isAgent(request)) {
        const above = request.headers["x-codex-parent-thread-id"]!;
        while (!waiting.has(above)) await sleep(5);
        // Until its parent has the answer and waits, which nothing tells here.
        await sleep(1000);
        const number = counts.get(id) ?? 0;
        counts.set(id, number + 1);
        return told(id, await agent(number, request));
      }
      const items = parent[step]?.(madeSoFar(request), step++);
      return told(id, respond(items ?? [message("msg_last", "answer")]));
    };
  };
}

/** Of a call that its thread does not wait in. */
const isCall = (item: unknown): boolean =>
  (item as ModelItem | undefined)?.type === "function_call" && (item as { name?: string }).name !== "wait_agent";

const said: AgentReply = (number) => respond([message(`msg_agent_${number}`, `answer ${number}`)]);

export const one =
  (name: string, args: (agents: string[]) => unknown, namespace = by): Calls =>
  (agents, step) => [call(`c${step}`, name, args(agents), namespace)];
const spawn = (args: unknown): Calls => one("spawn_agent", () => args);
const by2 = (name: string, args: unknown): Calls => one(name, () => args, { namespace: "collaboration" });
const wait = (index: number): Calls =>
  one("wait_agent", (agents) => ({ targets: [agents[index]], timeout_ms: 60_000 }));

const turn = (model = "unknown-model", ...rest: string[]): Scenario["turns"][number] => ({
  argv: ["exec", "--json", "--skip-git-repo-check", "-m", model, ...rest, "go"],
  limitMs: 90_000,
});

const rules = {
  ...commonRules,
  freeWordings: [
    ...(commonRules.freeWordings ?? []),
    { pattern: /"nickname":"[^"]*"/g, becomes: '"nickname":"<name>"' },
    { pattern: /^(Unknown model `[^`]*` for spawn_agent\. Available models: ).*$/s, becomes: "$1<models>" },
    { pattern: /^(invalid agent id \w+: ).*$/s, becomes: "$1<text>" },
  ],
};

interface Shown {
  type: string;
  item?: { type: string; status: string; tool: string; prompt: string };
}

/** The real one tells the start of an agent that it then refuses, and never its end. */
function everyEndTold(real: Played): Played {
  return {
    ...real,
    runs: real.runs.map((run) => {
      const events = run.events as unknown as Shown[];
      const isOpen = ({ item }: Shown, index: number): boolean =>
        item?.type === "collab_tool_call" &&
        item.status === "in_progress" &&
        !events.slice(index).some((later) => later.type === "item.completed" && later.item?.prompt === item.prompt);
      const all = events.flatMap((event, index) =>
        isOpen(event, index)
          ? [event, { type: "item.completed", item: { ...event.item!, status: "failed" } }]
          : [event],
      );
      return { ...run, events: all as unknown as typeof run.events };
    }),
  };
}

const saidOnce = (real: Played): Played => ({
  ...real,
  runs: real.runs.map((run) => ({
    ...run,
    events: run.events.filter((event, at) => JSON.stringify(event) !== JSON.stringify(run.events[at - 1])),
  })),
});

const scenario = (given: Pick<Scenario, "name" | "script"> & Partial<Scenario>): Scenario => ({
  turns: [turn()],
  rules,
  inOrder: byThread,
  ...given,
});

/** Sub-agents that are known by id. What they do side by side is put into one order. */
export const agentsScenarios: Scenario[] = [
  scenario({
    name: "an agent is made, waited for, told more, closed and opened again",
    script: script(
      [
        spawn({ message: "look", agent_type: "explorer" }),
        wait(0),
        one("send_input", ([id]) => ({ target: id, message: "more" })),
        wait(0),
        one("close_agent", ([id]) => ({ target: id })),
        one("send_input", ([id]) => ({ target: id, message: "too late" })),
        wait(0),
        one("resume_agent", ([id]) => ({ id })),
        one("send_input", ([id]) => ({ target: id, message: "again" })),
        wait(0),
      ],
      said,
    ),
  }),
  scenario({
    name: "an agent that works with tools of its own",
    script: script([spawn({ message: "write" }), wait(0)], (number) =>
      number === 0
        ? respond([call("w", "exec_command", { cmd: "echo text > made.txt; cat made.txt" })])
        : respond([message("msg_done", "written")]),
    ),
    turns: [turn("unknown-model", "-s", "workspace-write", "-c", "sandbox_workspace_write.exclude_slash_tmp=true")],
  }),
  scenario({
    name: "an agent that begins with what was said so far",
    script: script(
      [
        one("exec_command", () => ({ cmd: "echo first" }), {} as typeof by),
        spawn({ message: "go on", fork_context: true }),
        wait(0),
      ],
      said,
    ),
  }),
  scenario({
    name: "several agents of one response",
    script: script(
      [
        () => ["a", "b", "c"].map((name) => call(name, "spawn_agent", { message: `task ${name}` }, by)),
        wait(0),
        wait(1),
        wait(2),
      ],
      said,
    ),
    // When each ends is chance, and with it where its notice stands.
    rules: { ...rules, withoutBlocks: [...(rules.withoutBlocks ?? []), "<subagent_notification>"] },
  }),
  scenario({
    name: "an agent whose provider refuses",
    script: script([spawn({ message: "try" }), wait(0)], () => httpError(400, { error: { message: "no such luck" } })),
  }),
  scenario({
    name: "an agent that gives its words in parts",
    script: script(
      [
        spawn({
          items: [
            { type: "text", text: "first" },
            { type: "text", text: "second" },
          ],
        }),
        wait(0),
      ],
      said,
    ),
  }),
  scenario({
    name: "no more agents than are allowed",
    script: script([spawn({ message: "one" }), wait(0), spawn({ message: "two" })], said),
    turns: [turn("unknown-model", "-c", "agents.max_threads=1")],
  }),
  scenario({
    name: "agents of agents",
    script: script([spawn({ message: "delegate" }), wait(0)], (number, request) => {
      const text = JSON.stringify(request.body);
      if (text.includes("deeper") && !text.includes("delegate")) return said(number, request);
      const [inner] = madeSoFar(request);
      if (number === 0) return respond([call("i", "spawn_agent", { message: "deeper" }, by)]);
      if (number === 1) return respond([call("j", "wait_agent", { targets: [inner], timeout_ms: 60_000 }, by)]);
      return respond([message("msg_outer", "delegated")]);
    }),
    turns: [turn("unknown-model", "-c", "agents.max_depth=2")],
  }),
  scenario({
    name: "calls that make no sense",
    script: script(
      [
        spawn({}),
        spawn({ message: "a", items: [{ type: "text", text: "b" }] }),
        spawn({ message: " " }),
        one("wait_agent", () => ({ targets: [] })),
        one("wait_agent", () => ({ targets: [nobody], timeout_ms: 0 })),
        one("wait_agent", () => ({ targets: [nobody] })),
        one("wait_agent", () => ({ targets: ["nobody"] })),
        one("close_agent", () => ({ target: nobody })),
        one("resume_agent", () => ({ id: nobody })),
        one("resume_agent", () => ({ id: "nobody" })),
        one("send_input", () => ({ target: nobody, message: "x" })),
        one("send_input", () => ({ target: nobody })),
        one("send_input", () => ({ message: "x" })),
      ],
      said,
    ),
  }),
  scenario({
    name: "agents that cannot be made",
    script: script(
      [
        spawn({ message: "a role", agent_type: "no_such_role" }),
        spawn({ message: "a model", model: "no-such-model" }),
        spawn({ message: "an effort", model: "gpt-5.5", reasoning_effort: "max" }),
        spawn({ message: "an effort of a model that nobody knows", reasoning_effort: "low" }),
        spawn({ message: "both", agent_type: "worker", fork_context: true }),
      ],
      said,
    ),
    wanted: { reason: "an item that was begun is ended", change: everyEndTold },
  }),
  scenario({
    name: "agents of roles that the configuration describes",
    script: script(
      [
        spawn({ message: "look", agent_type: "reviewer", reasoning_effort: "low" }),
        wait(0),
        spawn({ message: "look", agent_type: "plain", reasoning_effort: "xhigh" }),
        wait(1),
        spawn({ message: "look", agent_type: "checker" }),
        wait(2),
        spawn({ message: "none", agent_type: "lost" }),
      ],
      said,
    ),
    turns: [turn("gpt-5.5")],
    stage: {
      config: `developer_instructions = "from the parent"
[agents.reviewer]
description = "Reviews"
config_file = "roles/reviewer.toml"
[agents.plain]
description = "Nothing special"
[agents.lost]
description = "Has no file"
config_file = "roles/lost.toml"`,
      homeFiles: {
        "roles/reviewer.toml": `model = "gpt-5.5"\nmodel_reasoning_effort = "high"\ndeveloper_instructions = "to a reviewer"`,
        "agents/deep/checker.toml": `name = "checker"\ndescription = "Checks"\ndeveloper_instructions = "to a checker"`,
      },
    },
    wanted: {
      reason: "an item that was begun is ended, and a warning is said once",
      change: (real) => saidOnce(everyEndTold(real)),
    },
  }),
  scenario({
    name: "agents of the model and the effort that the configuration names, where the call names none",
    script: script(
      [
        spawn({ message: "of both" }),
        wait(0),
        spawn({ message: "of another effort", reasoning_effort: "high" }),
        wait(1),
        spawn({ message: "of another model", model: "gpt-5.5" }),
        wait(2),
      ],
      said,
    ),
    turns: [turn("gpt-5.5")],
    stage: {
      config: `model_reasoning_effort = "xhigh"
[agents]
default_subagent_model = "gpt-6-luna"
default_subagent_reasoning_effort = "low"`,
    },
  }),
  scenario({
    name: "agents of a model that is named begin with its usual effort",
    script: script(
      [spawn({ message: "of my own", model: "gpt-5.5" }), wait(0), spawn({ message: "as I" }), wait(1)],
      said,
    ),
    turns: [turn("gpt-5.5")],
    stage: { config: 'model_reasoning_effort = "high"' },
  }),
  scenario({
    name: "a configured model of agents that nobody knows is told to whoever wants one",
    script: script([spawn({ message: "x" })], said),
    turns: [turn("gpt-5.5", "-c", 'agents.default_subagent_model="no-such-model"')],
    wanted: { reason: "an item that was begun is ended", change: everyEndTold },
  }),
  scenario({
    name: "an agent with a path, of the configured model",
    script: script(
      [
        by2("spawn_agent", { task_name: "scout", message: "look", fork_turns: "none" }),
        by2("wait_agent", { timeout_ms: 60_000 }),
      ],
      said,
    ),
    turns: [turn("gpt-6.1-sol")],
    stage: {
      config: '[agents]\ndefault_subagent_model = "gpt-6-luna"\ndefault_subagent_reasoning_effort = "high"',
    },
  }),
  scenario({
    name: "a model that finds the tools by search may call them at once",
    script: script([spawn({ message: "look" }), wait(0)], said),
    turns: [turn("gpt-5.5")],
  }),
  scenario({
    name: "agents that are known by path",
    script: script(
      [
        by2("spawn_agent", { task_name: "scout", message: "look", fork_turns: "none" }),
        by2("wait_agent", { timeout_ms: 60_000 }),
        by2("send_message", { target: "scout", message: "by the way" }),
        by2("followup_task", { target: "/root/scout", message: "and there" }),
        by2("wait_agent", {}),
        by2("list_agents", {}),
        by2("list_agents", { path_prefix: "sco" }),
        by2("interrupt_agent", { target: "scout" }),
        by2("send_message", { target: "nobody", message: "x" }),
        by2("spawn_agent", { task_name: "scout", message: "x" }),
        by2("spawn_agent", { task_name: "Bad Name", message: "x" }),
        by2("spawn_agent", { task_name: "other", message: "" }),
        by2("spawn_agent", { task_name: "other", message: "x", fork_turns: "some" }),
        by2("followup_task", { target: "/root", message: "x" }),
        by2("wait_agent", { timeout_ms: 0 }),
      ],
      said,
    ),
    turns: [turn("gpt-6.1-sol")],
  }),
  scenario({
    name: "an agent with a path that begins with all that was said so far",
    script: script(
      [
        one("exec_command", () => ({ cmd: "echo first" }), {} as typeof by),
        by2("spawn_agent", { task_name: "scout", message: "go on" }),
        by2("wait_agent", { timeout_ms: 60_000 }),
      ],
      said,
    ),
    turns: [turn("gpt-6.1-sol")],
    // That a tool of its parent's is not for it, each in its own words.
    rules: { ...rules, withoutBlocks: [...(rules.withoutBlocks ?? []), "The following tools are", "Not for you"] },
  }),
  scenario({
    name: "agents as a person is told of them",
    script: script(
      [
        spawn({ message: "look" }),
        wait(0),
        one("send_input", ([id]) => ({ target: id, message: "more" })),
        wait(0),
        one("close_agent", ([id]) => ({ target: id })),
        one("resume_agent", ([id]) => ({ id })),
      ],
      said,
    ),
    turns: [{ argv: ["exec", "--skip-git-repo-check", "-m", "gpt-5.5", "go"], limitMs: 90_000 }],
    compareStderr: true,
  }),
  scenario({
    name: "agents switched off",
    script: script([spawn({ message: "look" })], said),
    turns: [turn("unknown-model", "--disable", "multi_agent")],
  }),
];
