import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Questions } from "../../src/host/questions.ts";
import type { AgentEvent } from "../../src/protocol/events.ts";
import type { Answer, Question } from "../../src/protocol/questions.ts";
import { createIds } from "../../src/system/ids.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { call, message, respond, type Reply } from "../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../support/live-thread.ts";

let live: LiveThread | undefined;
afterEach(async () => live?.close());

const end = respond([message("end", "done")]);
const flags = ["default_mode_request_user_input", "request_permissions_tool"];
const question = { id: "a", header: "H", question: "Q?", options: [{ label: "x", description: "y" }] };

let steps: Reply[] = [];

/** A thread whose model makes these calls one after the other. */
async function start(calls: [string, object][], thread: object = {}, stage: object = {}): Promise<LiveThread> {
  steps = [...calls.map(([name, args], index) => respond([call(String(index), name, args)])), end];
  live = await startLiveThread(() => steps.shift() ?? end, { thread: { enable: flags, ...thread }, stage });
  return live;
}

/** One more turn, in which the model makes this call; resolves with its output. */
async function startCall(thread: LiveThread, [name, args]: [string, object]): Promise<string> {
  steps = [respond([call("later", name, args)]), end];
  await thread.say("more");
  return output(thread, thread.model.requests.length - 1);
}

const answerWith = async (thread: LiveThread, answer: Answer): Promise<Question> => {
  const { questionId, question: asked } = await thread.next("question.asked");
  await thread.client.call("question/answer", { threadId: thread.info.threadId, questionId, answer });
  return asked;
};

/** The output of the call that the request answers. */
const output = (thread: LiveThread, request: number): string => {
  const { input } = thread.model.requests[request]!.body as { input: { output?: string }[] };
  return String(input.findLast((item) => item.output !== undefined)?.output);
};

describe("the network that the user grants", () => {
  const ask: [string, object] = ["request_permissions", { permissions: { network: { enabled: true } } }];
  const show: [string, object] = ["exec_command", { cmd: 'echo "proxy=$HTTPS_PROXY"', login: false }];
  const grant: Answer = { type: "rights", rights: { network: { enabled: true } }, scope: "turn" };

  it.each([
    [
      "is had by way of the gate, where hosts are listed, in that turn",
      '[codex_agent.network]\ndeny = ["evil.test"]',
      "http://",
    ],
    ["is open where none are", "", "\n"],
  ])("%s", async (_, config, proxy) => {
    const thread = await start([show, ask, show], { sandbox: "read-only" }, { config });
    const turn = thread.say("go");
    await answerWith(thread, grant);
    await turn;
    expect(output(thread, 1)).toContain("proxy=\n");
    expect(output(thread, 3)).toContain(`proxy=${proxy}`);
    expect(await startCall(thread, show)).toContain("proxy=\n");
  });
});

describe("questions of the model", () => {
  it("reach the user, and their answers the model", async () => {
    const other = { ...question, id: "b" };
    const thread = await start([["request_user_input", { questions: [question, other] }]]);
    const turn = thread.say("go");
    const asked = await answerWith(thread, {
      type: "choices",
      answers: { a: ["x"], b: ["something else", "and more"] },
    });
    expect(asked).toEqual({ type: "choices", callId: "call_0", questions: [question, other], resolveAfterMs: null });
    await turn;
    expect(JSON.parse(output(thread, 1))).toEqual({
      answers: { a: { answers: ["x"] }, b: { answers: ["something else", "and more"] } },
    });
  });

  it("take no answer to what was not asked", async () => {
    const thread = await start([["request_user_input", { questions: [question] }]]);
    const turn = thread.say("go");
    const { questionId } = await thread.next("question.asked");
    const give = (answer: Answer) =>
      thread.client.call("question/answer", { threadId: thread.info.threadId, questionId, answer });
    await expect(give({ type: "choices", answers: { z: ["x"] } })).rejects.toMatchObject({
      code: "usage",
      message: "no question has the id z; there are: a",
    });
    await expect(give({ type: "choices", answers: { a: "x" as unknown as string[] } })).rejects.toMatchObject({
      code: "usage",
    });
    await expect(give({ type: "allow", scope: "once" })).rejects.toMatchObject({ code: "usage" });
    await give({ type: "deny" });
    await turn;
    expect(output(thread, 1)).toBe('{"answers":{}}');
  });

  it("that the user declines with a word bring the model that word", async () => {
    const thread = await start([["request_user_input", { questions: [question] }]]);
    const turn = thread.say("go");
    await answerWith(thread, { type: "deny", message: "decide yourself" });
    await turn;
    expect(output(thread, 1)).toContain("decide yourself");
  });

  it("end the turn when the user stops it instead of answering", async () => {
    const thread = await start([["request_user_input", { questions: [question] }]]);
    const turn = thread.say("go");
    await answerWith(thread, { type: "cancel" });
    expect(await turn).toMatchObject({ type: "turn.interrupted" });
    expect((await thread.say("more")).type).toBe("turn.completed");
  });

  it("are not to be asked outside of plan mode without the feature", async () => {
    const thread = await start([["request_user_input", {}]], { enable: [] });
    await thread.say("go");
    expect(output(thread, 1)).toBe("request_user_input is unavailable in Default mode");
  });

  it("that nobody waits for are shown as words of the model", async () => {
    const questions = [{ title: "T?", options: ["a", "b"] }, { title: "U?" }];
    const thread = await start([["request_user_input_async", { questions }]], { model: "gpt-6.1-sol" });
    await thread.say("go");
    expect(output(thread, 1)).toBe('{"accepted":true}');
    const { item } = thread.events.find((event) => event.type === "item.completed" && event.item.id === "call_0") as {
      item: object;
    };
    expect(item).toEqual({
      type: "agentMessage",
      id: "call_0",
      text: "T?\n- a\n- b\n\nU?",
      phase: "final_answer",
      questions: [questions[0], { title: "U?", options: null }],
    });
    // As the real one keeps it.
    expect(readFileSync(thread.info.path!, "utf8")).toContain(
      '"item":{"type":"AgentMessage","id":"call_0","content":[{"type":"Text","text":"T?\\n- a\\n- b\\n\\nU?"}],"phase":"final_answer","delivery":"async","questions":[{"title":"T?","options":["a","b"]},{"title":"U?","options":null}]}',
    );
    await thread.client.call("thread/close", { threadId: thread.info.threadId });
    const stored = await thread.client.call("thread/read", { threadId: thread.info.threadId });
    expect(stored.turns.flatMap(({ items }) => items)).toContainEqual(item);
  });

  it("wait as long as the model says, within limits, and then take the first options", async () => {
    const events: AgentEvent[] = [];
    const machine = nodeSystem();
    const slept: number[] = [];
    let wake = (): void => {};
    const clock = {
      ...machine.clock,
      sleep: (ms: number) => new Promise<void>((resolve) => slept.push(ms) && (wake = resolve)),
    };
    const ids = createIds(machine.clock, machine.random);
    const questions = new Questions("t", ids, (event) => events.push(event), false, clock);
    const asked: Question = { type: "choices", callId: "c", questions: [question], resolveAfterMs: 60_000 };
    const answer = questions.ask("turn", asked, new AbortController().signal);
    wake();
    expect(await answer).toEqual({ type: "choices", answers: { a: ["x"] } });
    expect(slept).toEqual([60_000]);
    expect(events.at(-1)).toMatchObject({ type: "question.closed", answer: { answers: { a: ["x"] } } });

    const thread = await start([
      ["request_user_input", { questions: [question], autoResolutionMs: 5 }],
      ["request_user_input", { questions: [question], autoResolutionMs: 1e9 }],
    ]);
    const turn = thread.say("go");
    expect(await answerWith(thread, { type: "deny" })).toMatchObject({ resolveAfterMs: 60_000 });
    expect(await answerWith(thread, { type: "deny" })).toMatchObject({ resolveAfterMs: 240_000 });
    await turn;
  });
});

describe("rights beyond the sandbox", () => {
  const touch = (path: string) => ["exec_command", { cmd: `touch ${path} && echo made` }] as [string, object];

  it("hold for the commands and patches of the turn, and for no other", async () => {
    const asks = { permissions: { file_system: { write: ["../home"] } }, reason: "because" };
    const patch = "*** Begin Patch\n*** Add File: ../home/patched\n+x\n*** End Patch";
    const thread = await start(
      [
        touch("../home/a"),
        ["request_permissions", asks],
        touch("../home/a"),
        ["exec_command", { cmd: `apply_patch <<'EOF'\n${patch}\nEOF` }],
      ],
      { sandbox: "workspace-write" },
    );
    const { home } = thread.stage;
    const turn = thread.say("go");
    const asked = await answerWith(thread, {
      type: "rights",
      rights: { network: { enabled: true }, file_system: { write: [home, "/etc"] } },
      scope: "turn",
    });
    expect(asked).toMatchObject({ type: "rights", rights: { file_system: { write: [home] } }, reason: "because" });
    await turn;
    expect(output(thread, 1)).toContain("Read-only file system");
    // Not more than was asked for.
    expect(JSON.parse(output(thread, 2))).toEqual({
      permissions: { network: null, file_system: { write: [home] } },
      scope: "turn",
    });
    expect(output(thread, 3)).toContain("made");
    expect(existsSync(join(home, "patched"))).toBe(true);
    expect(await startCall(thread, touch("../home/later"))).toContain("Read-only file system");
    expect(readFileSync(thread.info.path!, "utf8")).toContain('"type":"rights_granted"');
  });

  it("hold for the session when the user says so, the network too, also in read-only", async () => {
    const permissions = { network: { enabled: true }, file_system: { write: ["../home"] } };
    const network: [string, object] = [
      "exec_command",
      { cmd: "echo ${CODEX_SANDBOX_NETWORK_DISABLED-free}; touch in 2>&1; touch ../home/b && echo made" },
    ];
    const thread = await start([["request_permissions", { permissions }]], { sandbox: "read-only" });
    const first = thread.say("go");
    await answerWith(thread, {
      type: "rights",
      rights: { network: { enabled: true }, file_system: { write: [join(thread.stage.home)] } },
      scope: "session",
    });
    await first;
    const later = await startCall(thread, network);
    expect(later).toMatch(/free\n.*touch: cannot touch 'in': .*\nmade\n/s);
  });

  it("never reach the product's own folders or protected ones, whatever the user says", async () => {
    const thread = await start([], { sandbox: "workspace-write" }, { git: true });
    const { codexHome, workspace } = thread.stage;
    const write = [codexHome, join(codexHome, "auth.json"), join(workspace, ".git", "hooks"), join(workspace, "sub")];
    const asked = startCall(thread, ["request_permissions", { permissions: { file_system: { write } } }]);
    await answerWith(thread, { type: "rights", rights: { file_system: { write } }, scope: "session" });
    expect(JSON.parse(await asked)).toEqual({
      permissions: { network: null, file_system: { write: [join(workspace, "sub")] } },
      scope: "session",
    });
    expect(await startCall(thread, touch("$CODEX_HOME/x; touch .git/hooks/x"))).not.toContain("made");
    expect(existsSync(join(codexHome, "x"))).toBe(false);
  });

  it("are not asked for where the user wants no questions", async () => {
    const asks = { permissions: { network: { enabled: true } } };
    const thread = await start([["request_permissions", asks]], { approvalPolicy: "never" });
    await thread.say("go");
    expect(output(thread, 1)).toBe('{"permissions":{"network":null,"file_system":null},"scope":"turn"}');
    expect(thread.events.some(({ type }) => type === "question.asked")).toBe(false);
  });

  it("that are denied are none", async () => {
    const thread = await start([["request_permissions", { permissions: { network: { enabled: true } } }]]);
    const turn = thread.say("go");
    await answerWith(thread, { type: "deny" });
    await turn;
    expect(output(thread, 1)).toBe('{"permissions":{"network":null,"file_system":null},"scope":"turn"}');
  });
});

it("questions are for plan mode, in which no goal is pursued", async () => {
  const thread = await start(
    [
      ["create_goal", { objective: "make it" }],
      ["request_user_input", { questions: [question] }],
    ],
    { enable: [], collaborationMode: "plan" },
  );
  const turn = thread.say("go");
  await answerWith(thread, { type: "choices", answers: { a: ["x"] } });
  await turn;
  expect(output(thread, 2)).toBe('{"answers":{"a":{"answers":["x"]}}}');
  const { threadId } = thread.info;
  const { goal } = await thread.client.call("thread/goal/get", { threadId });
  expect(goal).toMatchObject({ status: "active", tokensUsed: 0 });
  await thread.client.call("thread/close", { threadId });
  expect(thread.model.requests).toHaveLength(3);
});
