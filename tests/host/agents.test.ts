import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentInfo } from "../../src/protocol/agents.ts";
import type { AgentEvent } from "../../src/protocol/events.ts";
import { call, message, respond, type ModelItem, type RecordedRequest, type Reply } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";
import type { StageOptions } from "../support/run.ts";
import type { ThreadOptions } from "../../src/protocol/methods.ts";
import { until } from "../support/until.ts";

const open: LiveThread[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((live) => live.close()));
});

/** What a thread that is told SCRIPT does. */
let scripted: ModelItem[] = [];

const ns = { namespace: "multi_agent_v1" };
const spawn = (id: string, args: Record<string, unknown>): ModelItem => call(id, "spawn_agent", args, ns);
const isChild = (request: RecordedRequest): boolean => request.headers["x-openai-subagent"] !== undefined;
const bodyOf = (request: RecordedRequest) =>
  request.body as { input: Record<string, unknown>[]; tools: { name?: string }[]; prompt_cache_key: string };
/** Ids of the agents that were made, in the order of the calls. */
const madeIn = (request: RecordedRequest): string[] =>
  bodyOf(request).input.flatMap(({ output }) => {
    const id = typeof output === "string" ? /"agent_id":"([^"]+)"/.exec(output)?.[1] : undefined;
    return id === undefined ? [] : [id];
  });

interface Played {
  parent: ((request: RecordedRequest) => Reply | Promise<Reply>)[];
  child: (request: RecordedRequest, number: number) => Reply | Promise<Reply>;
}

/** A parent with a script, and children that all answer in one way. */
async function start(
  { parent, child }: Played,
  options: { stage?: StageOptions; thread?: ThreadOptions } = {},
): Promise<LiveThread> {
  const steps = [...parent];
  const numbers = new Map<string, number>();
  const live = await startLiveThread(
    (request) => {
      const last = JSON.stringify(bodyOf(request).input);
      if (!isChild(request) && last.includes("SCRIPT") && scripted.length > 0) return respond([scripted.shift()!]);
      if (!isChild(request)) return steps.shift()?.(request) ?? respond([message("msg_end", "end")]);
      const id = request.headers["thread-id"]!;
      const number = numbers.get(id) ?? 0;
      numbers.set(id, number + 1);
      return child(request, number);
    },
    { ...options, thread: { model: "unknown-model", ...options.thread } },
  );
  open.push(live);
  return live;
}

const children = async ({ client, info }: LiveThread): Promise<AgentInfo[]> =>
  (await client.call("agent/children", { threadId: info.threadId })).agents;

/** Everything that is told of one thread, from now on. */
function hear({ client }: LiveThread, threadId: string): AgentEvent[] {
  const heard: AgentEvent[] = [];
  client.subscribe(threadId, (event) => heard.push(event));
  return heard;
}

const processesOf = (threadId: string): string[] =>
  readdirSync("/proc").filter((name) => {
    try {
      return (
        /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, "latin1").includes(`CODEX_THREAD_ID=${threadId}\0`)
      );
    } catch {
      return false;
    }
  });

const answer = (text: string): Reply => respond([message("msg_child", text)]);
const hang: Reply = { parts: [{ hang: true }] };

describe("a sub-agent", () => {
  it("knows the repository that its parent knows, without asking Git once more", async () => {
    const live = await start(
      {
        parent: [
          () => {
            renameSync(join(live.stage.workspace, ".git"), join(live.stage.workspace, "gone"));
            return respond([spawn("1", { message: "look around" })]);
          },
        ],
        child: () => answer("seen"),
      },
      { stage: { git: true } },
    );
    await live.say("go");
    await until(async () => (await children(live))[0]?.status !== "running");
    const metaOf = (fits: (request: RecordedRequest) => boolean): string | undefined =>
      live.model.requests.find(fits)!.headers["x-codex-turn-metadata"];
    const workspacesOf = (text: string | undefined): unknown =>
      (JSON.parse(text ?? "{}") as { workspaces?: unknown }).workspaces;
    expect(workspacesOf(metaOf(isChild))).toEqual({ [live.stage.workspace]: { has_changes: false } });
    expect(workspacesOf(metaOf(isChild))).toEqual(workspacesOf(metaOf((request) => !isChild(request))));
  });

  it("is a thread of its own with its parent's instructions, permissions and cache, and without agents of its own", async () => {
    const live = await start(
      { parent: [() => respond([spawn("1", { message: "look around" })])], child: () => answer("seen") },
      { stage: { files: { "AGENTS.md": "Speak Latin.\n" } }, thread: { sandbox: "workspace-write" } },
    );
    await live.say("go");
    await until(async () => (await children(live))[0]?.status !== "running");
    const request = live.model.requests.find(isChild)!;
    const [agent] = await children(live);
    const parentRequest = live.model.requests.find((sent) => !isChild(sent))!;
    expect(request.headers).toMatchObject({
      "x-openai-subagent": "collab_spawn",
      "x-codex-parent-thread-id": live.info.threadId,
      "session-id": live.info.threadId,
      "thread-id": agent!.threadId,
    });
    const contextOf = (sent: RecordedRequest) =>
      JSON.stringify(
        bodyOf(sent)
          .input.slice(1, -1)
          .map(({ content }) => content),
      );
    expect(contextOf(request)).toContain("Speak Latin.");
    expect(contextOf(request)).toBe(
      JSON.stringify(
        bodyOf(parentRequest)
          .input.slice(1, 3)
          .map(({ content }) => content),
      ),
    );
    expect(bodyOf(request).prompt_cache_key).toBe(live.info.threadId);
    const namesOf = (sent: RecordedRequest) => bodyOf(sent).tools.map(({ name }) => name);
    expect(namesOf(request)).toEqual(namesOf(parentRequest).filter((name) => name !== "multi_agent_v1"));
  });

  it("is told of before any of its events, and its cost is its own", async () => {
    const live = await start({
      parent: [
        () => respond([spawn("1", { message: "look around", agent_type: "explorer" })]),
        (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
      ],
      child: () => answer("seen"),
    });
    const heard: AgentEvent[] = [];
    const first = live.next("agent.changed").then(({ agent }) => {
      live.client.subscribe(agent.threadId, (event) => heard.push(event));
      return agent;
    });
    const end = await live.say("go");
    const agent = await first;
    const [info] = await children(live);
    expect(info).toMatchObject({
      threadId: agent.threadId,
      nickname: agent.nickname,
      role: "explorer",
      path: null,
      status: { completed: "seen" },
      usage: { inputTokens: 100, outputTokens: 10 },
    });
    expect(end).toMatchObject({ type: "turn.completed", usage: { inputTokens: 300, outputTokens: 30 } });
    expect(heard.map(({ type }) => type)).toContain("turn.started");
    expect(live.events.every(({ threadId }) => threadId === live.info.threadId)).toBe(true);
  });

  it("that asks for leave is answered by the person at its parent", async () => {
    const live = await start(
      {
        parent: [
          () => respond([spawn("1", { message: "write it" })]),
          (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
        ],
        child: (_, number) =>
          number === 0
            ? respond([
                call("c", "exec_command", {
                  cmd: "echo done > ../outside.txt",
                  sandbox_permissions: "require_escalated",
                  justification: "because",
                }),
              ])
            : answer("written"),
      },
      { stage: { config: 'approval_policy = "on-request"' }, thread: { sandbox: "workspace-write" } },
    );
    const asked = live.next("agent.changed").then(
      ({ agent }) =>
        new Promise<Extract<AgentEvent, { type: "question.asked" }>>((resolve) =>
          live.client.subscribe(agent.threadId, (event) => {
            if (event.type === "question.asked") resolve(event);
          }),
        ),
    );
    const ended = live.say("go");
    const { threadId, questionId, question } = await asked;
    expect(threadId).not.toBe(live.info.threadId);
    expect(question).toMatchObject({ type: "command", reason: "because" });
    await live.client.call("question/answer", { threadId, questionId, answer: { type: "allow", scope: "once" } });
    expect(await ended).toMatchObject({ type: "turn.completed" });
    expect(readFileSync(join(live.stage.root, "outside.txt"), "utf8")).toBe("done\n");
  });

  it("where nobody is there to answer is denied at once", async () => {
    const live = await start(
      {
        parent: [
          () => respond([spawn("1", { message: "write it" })]),
          (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
        ],
        child: (_, number) =>
          number === 0
            ? respond([call("c", "exec_command", { cmd: "true", sandbox_permissions: "require_escalated" })])
            : answer("could not"),
      },
      { thread: { unattended: true, sandbox: "workspace-write" } },
    );
    await live.say("go");
    const second = live.model.requests.filter(isChild)[1]!;
    expect(JSON.stringify(bodyOf(second).input)).toContain("approval policy is Never");
  });

  it("whose provider fails ends with that error, which its parent reads", async () => {
    const live = await start({
      parent: [
        () => respond([spawn("1", { message: "try" })]),
        (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
      ],
      child: () => ({ status: 400, headers: { "content-type": "text/plain" }, parts: [{ raw: "bad luck" }] }),
    });
    expect(await live.say("go")).toMatchObject({ type: "turn.completed" });
    const last = live.model.requests.filter((sent) => !isChild(sent)).at(-1)!;
    expect(JSON.stringify(bodyOf(last).input)).toMatch(/errored[^}]*bad luck/);
  });

  it("begins with what was said so far when it is asked to, without the calls", async () => {
    const live = await start({
      parent: [
        () => respond([call("0", "exec_command", { cmd: "echo first" })]),
        () => respond([spawn("1", { message: "look around", fork_context: true })]),
        (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
      ],
      child: () => answer("seen"),
    });
    await live.say("the whole story");
    const request = live.model.requests.find(isChild)!;
    const before = live.model.requests[0]!;
    const input = bodyOf(request).input;
    expect(input.slice(1, -1)).toEqual(bodyOf(before).input.slice(1));
    expect(JSON.stringify(input.at(-1))).toContain("look around");
    expect(JSON.stringify(input)).not.toContain("spawn_agent");
    expect(JSON.parse(request.headers["x-codex-turn-metadata"]!)).toMatchObject({
      history_initialization: "warm_fork",
    });
    // It is kept so: the thread is the same when it is opened again.
    const [agent] = await children(live);
    await live.client.call("thread/close", { threadId: agent!.threadId });
    await live.client.call("thread/resume", { threadId: agent!.threadId, model: "unknown-model" });
    const heard = hear(live, agent!.threadId);
    await live.client.call("turn/start", { threadId: agent!.threadId, input: [{ type: "text", text: "and now" }] });
    await until(() => heard.some(({ type }) => type === "turn.completed"));
    const resumed = bodyOf(live.model.requests.filter(isChild).at(-1)!).input;
    expect(resumed.slice(0, input.length)).toEqual(input);
  });
});

describe("the threads of sub-agents", () => {
  it("are found, read and resumed by their ids when their parent is closed", async () => {
    const live = await start({
      parent: [
        () => respond([spawn("1", { message: "look around" })]),
        (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
      ],
      child: () => answer("seen"),
    });
    await live.say("go");
    const [agent] = await children(live);
    await live.client.call("thread/close", { threadId: live.info.threadId });
    const { threadId } = agent!;
    expect(await live.client.call("thread/find", { by: "id", id: threadId })).toEqual({ threadId });
    const resumed = await live.client.call("thread/resume", { threadId, model: "unknown-model" });
    expect(resumed.usage).toMatchObject({ inputTokens: 100 });
    const head = JSON.parse(readFileSync(resumed.path!, "utf8").split("\n")[0]!) as {
      payload: Record<string, unknown>;
    };
    expect(head.payload).toMatchObject({
      session_id: live.info.threadId,
      parent_thread_id: live.info.threadId,
      thread_source: "subagent",
      agent_nickname: agent!.nickname,
      source: {
        subagent: {
          thread_spawn: {
            parent_thread_id: live.info.threadId,
            depth: 1,
            agent_path: null,
            agent_nickname: agent!.nickname,
            agent_role: null,
          },
        },
      },
    });
    const { thread } = await live.client.call("thread/read", { threadId });
    expect(JSON.stringify(thread)).toContain("look around");
  });

  it("cannot be opened a second time while their parent has them", async () => {
    const live = await start({
      parent: [() => respond([spawn("1", { message: "look around" })])],
      child: () => answer("seen"),
    });
    await live.say("go");
    // By then it has begun, and holds its own lock.
    await until(() => live.model.requests.some(isChild));
    const [agent] = await children(live);
    await expect(live.client.call("thread/resume", { threadId: agent!.threadId })).rejects.toMatchObject({
      code: "thread_locked",
    });
  });

  it("are opened again by their parent after it was closed itself, and by no other thread", async () => {
    const live = await start({
      parent: [() => respond([spawn("1", { message: "look around" })])],
      child: (_, number) => answer(`seen ${number}`),
    });
    await live.say("go");
    await until(async () => typeof (await children(live))[0]?.status === "object");
    const [agent] = await children(live);
    await live.client.call("thread/close", { threadId: live.info.threadId });
    const script = [
      call("3", "resume_agent", { id: agent!.threadId }, ns),
      call("4", "send_input", { target: agent!.threadId, message: "once more" }, ns),
      call("5", "wait_agent", { targets: [agent!.threadId] }, ns),
    ];
    const other = await live.client.call("thread/start", { cwd: live.stage.workspace, model: "unknown-model" });
    for (const [threadId, expected] of [
      [other.threadId, `agent with id ${agent!.threadId} not found`],
      [live.info.threadId, `{"completed":"seen 1"}`],
    ] as const) {
      if (threadId === live.info.threadId)
        await live.client.call("thread/resume", { threadId, model: "unknown-model" });
      scripted = [...script];
      const heard = hear(live, threadId);
      await live.client.call("turn/start", { threadId, input: [{ type: "text", text: "SCRIPT" }] });
      await until(() => heard.some(({ type }) => type === "turn.completed"));
      const last = live.model.requests.filter((sent) => sent.headers["thread-id"] === threadId).at(-1)!;
      expect(JSON.stringify(bodyOf(last).input)).toContain(JSON.stringify(expected).slice(1, -1));
    }
  });
});

it("the agents of a thread that is kept in memory alone are, too", async () => {
  const live = await start(
    {
      parent: [
        () => respond([spawn("1", { message: "look around", fork_context: true })]),
        (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
        (request) => respond([call("3", "close_agent", { target: madeIn(request)[0] }, ns)]),
        (request) => respond([call("4", "resume_agent", { id: madeIn(request)[0] }, ns)]),
      ],
      child: () => answer("seen"),
    },
    { thread: { ephemeral: true } },
  );
  await live.say("go");
  const [agent] = await children(live);
  expect(agent!.status).toBe("shutdown");
  expect(JSON.stringify(bodyOf(live.model.requests.at(-1)!).input)).toContain(
    `agent with id ${agent!.threadId} not found`,
  );
  expect(existsSync(join(live.stage.codexHome, "sessions"))).toBe(false);
});

describe("stopping", () => {
  it("the parent's turn leaves its agents at work; what they find comes with the next turn", async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const live = await start({
      parent: [
        () => respond([spawn("1", { message: "look around" })]),
        (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
      ],
      child: async () => {
        await held;
        return answer("found after all");
      },
    });
    const ended = live.say("go");
    await until(() =>
      live.events.some((event) => event.type === "item.started" && JSON.stringify(event).includes('"wait"')),
    );
    await live.client.call("turn/interrupt", { threadId: live.info.threadId });
    expect(await ended).toMatchObject({ type: "turn.interrupted" });
    const waits = live.events.filter(
      (event) => "item" in event && event.item.type === "collabToolCall" && event.item.tool === "wait",
    );
    expect(waits.map(({ type }) => type)).toEqual(["item.started", "item.completed"]);
    expect((await children(live))[0]!.status).toBe("running");
    letGo();
    await until(async () => typeof (await children(live))[0]?.status === "object");
    await live.say("and?");
    const input = JSON.stringify(bodyOf(live.model.requests.at(-1)!).input);
    expect(input).toContain("found after all");
    expect(input).toMatch(/"aborted by user after \d+\.\ds"/);
  });

  it("the parent ends its agents at once, with their commands", async () => {
    const live = await start(
      {
        parent: [() => respond([spawn("1", { message: "sleep" }), spawn("2", { message: "sleep" })])],
        child: (_, number) =>
          number === 0
            ? respond([call("s", "exec_command", { cmd: "sleep 300", login: false, yield_time_ms: 30_000 })])
            : hang,
      },
      { thread: { sandbox: "danger-full-access" } },
    );
    await live.say("go");
    const agents = await children(live);
    await until(() => agents.every(({ threadId }) => processesOf(threadId).length > 0));
    const begun = Date.now();
    await live.client.call("thread/close", { threadId: live.info.threadId });
    expect(Date.now() - begun).toBeLessThan(20_000);
    // They have been killed: that they are gone is a matter of a moment.
    await until(() => agents.every(({ threadId }) => processesOf(threadId).length === 0));
    for (const { threadId } of agents) {
      const { thread } = await live.client.call("thread/read", { threadId });
      expect(thread).toBeDefined();
    }
  });

  it("an agent by its own id ends it for its parent, too", async () => {
    const live = await start({
      parent: [() => respond([spawn("1", { message: "think" })])],
      child: () => hang,
    });
    await live.say("go");
    const [agent] = await children(live);
    await live.client.call("thread/close", { threadId: agent!.threadId });
    expect((await children(live))[0]!.status).toBe("shutdown");
    await expect(live.client.call("turn/interrupt", { threadId: agent!.threadId })).rejects.toMatchObject({
      code: "thread_not_found",
    });
    await live.say("and?");
    expect(JSON.stringify(bodyOf(live.model.requests.at(-1)!).input)).toContain(`\\"status\\":\\"shutdown\\"`);
  });

  it("an agent's turn by its id leaves the agent, which takes more work from its user", async () => {
    const live = await start({
      parent: [() => respond([spawn("1", { message: "think" })])],
      child: (_, number) => (number === 0 ? hang : answer("at last")),
    });
    await live.say("go");
    const [agent] = await children(live);
    await until(() => live.model.requests.some(isChild));
    await live.client.call("turn/interrupt", { threadId: agent!.threadId });
    await until(async () => (await children(live))[0]!.status === "interrupted");
    await live.client.call("turn/start", { threadId: agent!.threadId, input: [{ type: "text", text: "now" }] });
    await until(async () => typeof (await children(live))[0]!.status === "object");
    expect((await children(live))[0]!.status).toEqual({ completed: "at last" });
  });
});

describe("what bounds sub-agents", () => {
  const ask = (count: number): Played => ({
    parent: [() => respond(Array.from({ length: count }, (_, index) => spawn(String(index), { message: "work" })))],
    child: () => answer("done"),
  });

  it("agents.max_threads says how many there may be, six when nobody does", async () => {
    const few = await start(ask(3), { stage: { config: "[agents]\nmax_threads = 2" } });
    await few.say("go");
    expect(await children(few)).toHaveLength(2);
    const usual = await start(ask(8));
    await usual.say("go");
    expect(await children(usual)).toHaveLength(6);
  });

  it("agents.max_depth lets agents have agents, all in the places of one tree", async () => {
    const live = await start(
      {
        parent: [
          () => respond([spawn("1", { message: "delegate" })]),
          (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
        ],
        child: (request, number) => {
          const text = JSON.stringify(bodyOf(request).input);
          const mayHave = bodyOf(request).tools.some(({ name }) => name === "multi_agent_v1");
          if (number === 0 && mayHave)
            return respond([spawn("a", { message: "deeper" }), spawn("b", { message: "deeper" })]);
          if (number === 1) return respond([call("w", "wait_agent", { targets: madeIn(request) }, ns)]);
          return answer(mayHave ? `limit: ${text.includes("thread limit reached")}` : "leaf");
        },
      },
      { stage: { config: "[agents]\nmax_depth = 2\nmax_threads = 2" } },
    );
    await live.say("go");
    const [agent] = await children(live);
    expect(agent!.status).toEqual({ completed: "limit: true" });
    const leaf = live.model.requests.find(
      (sent) => isChild(sent) && sent.headers["x-codex-parent-thread-id"] === agent!.threadId,
    )!;
    expect(leaf.headers["session-id"]).toBe(live.info.threadId);
    expect(bodyOf(leaf).tools.map(({ name }) => name)).not.toContain("multi_agent_v1");
  });

  it("codex_agent.agents.max_tokens stops an agent that goes on and on", async () => {
    const live = await start(
      {
        parent: [
          () => respond([spawn("1", { message: "forever" })]),
          (request) => respond([call("2", "wait_agent", { targets: madeIn(request) }, ns)]),
        ],
        child: (_, number) => respond([call(`x${number}`, "exec_command", { cmd: "true", login: false })]),
      },
      { stage: { config: "[codex_agent.agents]\nmax_tokens = 500" } },
    );
    await live.say("go");
    expect((await children(live))[0]!.status).toEqual({
      errored: "The agent was stopped: it used more than 500 tokens.",
    });
  });

  it.each([
    ["[agents]\nmax_threads = 0", "agents.max_threads must be at least 1"],
    ['[agents]\nmax_depth = "deep"', "`agents.max_depth` must be an integer"],
    [
      "[codex_agent.agents]\nmax_minutes = 0",
      "`codex_agent.agents.max_minutes` must be an integer from 1 on, found the integer 0",
    ],
    ["[codex_agent.agents]\nmax_hours = 1", "`codex_agent.agents.max_hours` is not known"],
  ])("a bound that makes no sense is a configuration error: %j", async (config, text) => {
    await expect(startLiveThread([], { stage: { config }, thread: { model: "unknown-model" } })).rejects.toThrow(text);
  });

  it("features.multi_agent switches them off", async () => {
    const live = await start(ask(1), { stage: { config: "[features]\nmulti_agent = false" } });
    await live.say("go");
    expect(bodyOf(live.model.requests[0]!).tools.map(({ name }) => name)).not.toContain("multi_agent_v1");
    expect(JSON.stringify(bodyOf(live.model.requests[1]!).input)).toContain(
      "unsupported call: multi_agent_v1spawn_agent",
    );
    expect(await children(live)).toEqual([]);
  });

  it("roles are those that Codex has and those that the configuration describes", async () => {
    const live = await start(
      {
        parent: [
          () =>
            respond([
              spawn("1", { message: "a", agent_type: "reviewer" }),
              spawn("2", { message: "b", agent_type: "nobody" }),
              spawn("3", { message: "c", model: "no-such-model" }),
            ]),
        ],
        child: () => answer("done"),
      },
      { stage: { config: '[agents.reviewer]\ndescription = "Reviews."' } },
    );
    await live.say("go");
    expect((await children(live)).map(({ role }) => role)).toEqual(["reviewer"]);
    const outputs = JSON.stringify(bodyOf(live.model.requests.filter((sent) => !isChild(sent))[1]!).input);
    expect(outputs).toContain("unknown agent_type 'nobody'");
    expect(outputs).toContain("Unknown model `no-such-model` for spawn_agent. Available models: ");
  });
});

describe("agents that are known by path", () => {
  it("share what their parent was told, and answer by mail", async () => {
    const path = { namespace: "collaboration" };
    const live = await start(
      {
        parent: [
          () => respond([call("1", "spawn_agent", { task_name: "scout", message: "look" }, path)]),
          () => respond([call("2", "wait_agent", {}, path)]),
        ],
        child: () => answer("seen"),
      },
      { thread: { model: "gpt-6.1-sol" } },
    );
    await live.say("go");
    expect(await children(live)).toMatchObject([{ path: "/root/scout", status: { completed: "seen" } }]);
    const request = live.model.requests.find(isChild)!;
    expect(JSON.parse(request.headers["x-codex-turn-metadata"]!)).toMatchObject({ agent_name: "/root/scout" });
    const input = JSON.stringify(bodyOf(request).input);
    expect(input).toContain("<multi_agent_role>You are `/root/scout`");
    expect(input).toMatch(/"type":"agent_message".*NEW_TASK.*"encrypted_content":"look"/);
    const last = bodyOf(live.model.requests.at(-1)!).input.at(-1)!;
    expect(last).toMatchObject({ type: "agent_message", author: "/root/scout", recipient: "/root" });
    expect(existsSync(live.info.path!)).toBe(true);
  });

  it("are there again when their parent is resumed", async () => {
    const path = { namespace: "collaboration" };
    const live = await start(
      {
        parent: [() => respond([call("1", "spawn_agent", { task_name: "scout", message: "look" }, path)])],
        child: (_, number) => answer(`seen ${number}`),
      },
      { thread: { model: "gpt-6.1-sol" } },
    );
    await live.say("go");
    await until(async () => typeof (await children(live))[0]?.status === "object");
    const { threadId } = live.info;
    await live.client.call("thread/close", { threadId });
    await live.client.call("thread/resume", { threadId, model: "gpt-6.1-sol" });
    scripted = [
      call("2", "spawn_agent", { task_name: "scout", message: "x", fork_turns: "none" }, path),
      call("3", "followup_task", { target: "scout", message: "once more" }, path),
      call("4", "wait_agent", {}, path),
    ];
    const heard = hear(live, threadId);
    await live.client.call("turn/start", { threadId, input: [{ type: "text", text: "SCRIPT" }] });
    await until(() => heard.some(({ type }) => type === "turn.completed"));
    const last = JSON.stringify(bodyOf(live.model.requests.filter((sent) => !isChild(sent)).at(-1)!).input);
    expect(last).toContain("agent path `/root/scout` already exists");
    expect(last).toContain("Sender: /root/scout\\nPayload:\\nseen 1");
  });

  it("whose pictures cannot be read are not made, and say why", async () => {
    const live = await start({
      parent: [() => respond([spawn("1", { items: [{ type: "local_image", path: "/no/such.png" }] })])],
      child: () => answer("seen"),
    });
    await live.say("go");
    const outputs = JSON.stringify(bodyOf(live.model.requests[1]!).input);
    expect(outputs).toContain("image file not found: /no/such.png");
    expect((await children(live)).map(({ status }) => status)).toEqual(["shutdown"]);
    expect(live.model.requests.some(isChild)).toBe(false);
  });
});
