import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent, AgentError, tool, type AgentOptions } from "../../src/agent/index.ts";
import {
  call,
  created,
  message,
  respond,
  textDelta,
  added,
  startFakeModel,
  type FakeModel,
  type Script,
} from "../support/fake-model.ts";
import { makeStage, type Stage } from "../support/run.ts";

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function start(
  script: Script,
  options: AgentOptions = {},
): Promise<{ agent: Agent; model: FakeModel; stage: Stage }> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const env = { ...stage.env, AGENT_RUNTIME_DIR: `${stage.root}/runtime` };
  const agent = new Agent({ cwd: stage.workspace, env, model: "gpt-5.5", permissionMode: "full", ...options });
  opened.push({ close: () => stage.dispose() }, model, agent);
  return { agent, model, stage };
}

const outputs = (model: FakeModel, request: number): unknown[] =>
  (model.requests[request]!.body as { input: { type: string; output?: unknown }[] }).input.flatMap((item) =>
    item.type === "function_call_output" ? [item.output] : [],
  );

describe("an agent", () => {
  it("is called with a prompt and resolves with the last message", async () => {
    const { agent } = await start([respond([message("msg_1", "first")]), respond([message("msg_2", "second")])]);
    expect(typeof agent).toBe("function");
    expect(agent).toBeInstanceOf(Agent);
    expect(await agent("hello")).toBe("first");
    expect(await agent("again")).toBe("second");
    expect(agent.currentSessionId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("tells what became of a turn", async () => {
    const { agent } = await start([
      respond([call("c1", "exec_command", { cmd: "echo one" })]),
      respond([message("msg_1", "done")]),
    ]);
    const result = await agent.run("go");
    expect(result).toMatchObject({ status: "completed", text: "done", steps: 2, deniedActions: [] });
    expect(result.usage).toMatchObject({ inputTokens: 200, outputTokens: 20, totalTokens: 220 });
    expect(result.toolCalls).toMatchObject([{ type: "commandExecution", exitCode: 0, aggregatedOutput: "one\n" }]);
    expect(result.messages.map(({ text }) => text)).toEqual(["done"]);
  });

  it("rejects where the model cannot be had, and run says so in its result", async () => {
    const bad = {
      status: 400,
      parts: [{ raw: '{"error":{"message":"no such thing"}}' }],
      headers: { "content-type": "application/json" },
    };
    const { agent } = await start([bad, bad]);
    await expect(agent("hello")).rejects.toMatchObject({ name: "AgentError", code: "bad_request" });
    expect(await agent.run("hello")).toMatchObject({ status: "error", error: { code: "bad_request" } });
  });

  it("streams the events of its turn, and leaving the loop interrupts it", async () => {
    const gate = Promise.withResolvers<void>();
    const { agent } = await start([
      { parts: [created(), added(message("msg_1", "")), textDelta("msg_1", "par"), { gate: () => gate.promise }] },
      respond([message("msg_2", "next")]),
    ]);
    const seen: string[] = [];
    for await (const event of agent.stream("go")) {
      seen.push(event.type);
      if (event.type === "message.delta") break;
    }
    expect(seen[0]).toBe("turn.started");
    expect(seen.at(-1)).toBe("message.delta");
    gate.resolve();
    expect(await agent("and now")).toBe("next");
  });

  it("runs turns one after the other, and refuses more than may wait", async () => {
    const gate = Promise.withResolvers<void>();
    const { agent } = await start(
      [
        { parts: [created(), { gate: () => gate.promise }, ...respond([message("msg_1", "one")]).parts.slice(1)] },
        respond([message("msg_2", "two")]),
      ],
      { maxQueuedTurns: 1 },
    );
    const own = { clientTurnId: "mine" };
    const [first, second, third] = [agent("1", own), agent("2"), agent("3")];
    await expect(third).rejects.toMatchObject({ code: "queue_full" });
    // What is asked a second time is what it was, and waits for no place.
    const again = agent("1", own);
    gate.resolve();
    expect(await Promise.all([first, second, again])).toEqual(["one", "two", "one"]);
  });

  it("interrupts what runs, and nothing where nothing runs", async () => {
    const { agent, model } = await start([{ parts: [created(), { hang: true }] }]);
    expect(await agent.interrupt()).toEqual({ interrupted: false });
    const turn = agent.run("go");
    await model.seen(1);
    expect(await agent.interrupt("enough")).toEqual({ interrupted: true });
    expect(await turn).toMatchObject({ status: "interrupted", error: { code: "interrupted", message: "enough" } });
  });

  it.each(["signal", "timeout"] as const)("ends a turn by its %s", async (by) => {
    const { agent, model } = await start([{ parts: [created(), { hang: true }] }]);
    const controller = new AbortController();
    const turn = agent.run("go", by === "signal" ? { signal: controller.signal } : { timeoutMs: 50 });
    // The time may be up before the model was asked.
    if (by === "signal") await model.seen(1);
    controller.abort();
    expect(await turn).toMatchObject({ status: "interrupted" });
  });

  it("ends a turn that is given up while it waits, as soon as it would begin", async () => {
    const gate = Promise.withResolvers<void>();
    const { agent, model } = await start([
      { parts: [created(), { gate: () => gate.promise }, ...respond([message("msg_1", "one")]).parts.slice(1)] },
      { parts: [created(), { hang: true }] },
    ]);
    const first = agent.run("1");
    await model.seen(1);
    const controller = new AbortController();
    const second = agent.run("2", { signal: controller.signal });
    await agent.ready();
    controller.abort();
    gate.resolve();
    expect(await first).toMatchObject({ status: "completed" });
    expect(await second).toMatchObject({ status: "interrupted" });
  });

  it("takes the same clientTurnId once, also when its turn has ended", async () => {
    const { agent, model } = await start([respond([message("msg_1", "one")])]);
    const first = await agent.run("go", { clientTurnId: "a" });
    const again = await agent.run("go", { clientTurnId: "a" });
    expect(again).toEqual(first);
    expect(model.requests).toHaveLength(1);
  });

  it("gives the answer as a schema says, and an error where it does not fit", async () => {
    const { agent, model } = await start([
      respond([message("msg_1", '{"city":"Bonn"}')]),
      respond([message("msg_2", '{"city":3}')]),
    ]);
    const outputSchema = z.object({ city: z.string() });
    expect((await agent.run("where?", { outputSchema })).output).toEqual({ city: "Bonn" });
    expect(await agent.run("where?", { outputSchema })).toMatchObject({
      status: "error",
      error: { code: "response_incomplete" },
    });
    expect(JSON.stringify(model.requests[0]?.body)).toContain('"additionalProperties":false');
  });

  it("keeps its session where the next one finds it", async () => {
    const { agent, stage, model } = await start([
      respond([message("msg_1", "one")]),
      respond([message("msg_2", "two")]),
    ]);
    await agent("remember this");
    const sessionId = agent.currentSessionId!;
    await agent.close();
    const env = { ...stage.env, AGENT_RUNTIME_DIR: `${stage.root}/runtime` };
    const next = await Agent.create({ cwd: stage.workspace, env, model: "gpt-5.5", session: "latest" });
    opened.push(next);
    expect(next.currentSessionId).toBe(sessionId);
    await next("and?");
    expect(JSON.stringify(model.requests[1]?.body)).toContain("remember this");
  });

  it("says that a session is not there", async () => {
    const { agent } = await start([], { session: "01a1fd19-b750-71e2-8002-67ef5314933d" });
    await expect(agent.ready()).rejects.toMatchObject({ code: "thread_not_found" });
    await expect(agent("hello")).rejects.toMatchObject({ code: "thread_not_found" });
  });

  it("takes a slash for a command, and two for one", async () => {
    const { agent, model } = await start([respond([message("msg_1", "ok")])]);
    await expect(agent("/nothing at all")).rejects.toThrow(/no command \/nothing/);
    await agent("//nothing");
    expect(JSON.stringify(model.requests[0]?.body)).toContain('"text":"/nothing"');
  });

  it("names an option that it does not have", () => {
    expect(() => new Agent({ modle: "x" } as AgentOptions)).toThrow(/no option modle; there are: cwd, model/);
    expect(() => new Agent({ permissionMode: "none" } as never)).toThrow(/permissionMode is one of plan/);
  });

  it("tells its listeners what happens, whatever they throw", async () => {
    const { agent } = await start([respond([message("msg_1", "hi")])]);
    const heard: string[] = [];
    agent.on("*", () => {
      throw new Error("mine");
    });
    const off = agent.on("turn.completed", (event) => heard.push(event.lastMessage ?? ""));
    await agent("go");
    off();
    expect(heard).toEqual(["hi"]);
  });
});

describe("tools of a program", () => {
  it("are called with checked input, and their results read by the model", async () => {
    const { agent, model } = await start([
      respond([call("c1", "weather", { city: "Bonn" }), call("c2", "weather", { city: 3 }), call("c3", "broken", {})]),
      respond([message("msg_1", "done")]),
    ]);
    const contexts: unknown[] = [];
    agent.addTool([
      tool({
        name: "weather",
        description: "Weather of a city",
        input: z.object({ city: z.string().describe("Its name"), unit: z.enum(["C", "F"]).default("C") }),
        annotations: { readOnly: true },
        run({ city, unit }, context) {
          contexts.push({ session: context.sessionId, agent: context.agent === agent, call: context.callId });
          return { city, unit, degrees: 7n };
        },
      }),
      tool({
        name: "broken",
        description: "Throws",
        run() {
          throw new RangeError("out of luck");
        },
      }),
    ]);
    const result = await agent.run("go");
    expect(outputs(model, 1)).toEqual([
      JSON.stringify({ city: "Bonn", unit: "C", degrees: "7" }, null, 2),
      expect.stringMatching(/^failed to parse function arguments: city: /),
      "RangeError: out of luck",
    ]);
    expect(contexts).toEqual([{ session: agent.currentSessionId, agent: true, call: "call_c1" }]);
    expect(result.toolCalls).toMatchObject([
      { type: "toolCall", tool: "weather", status: "completed" },
      { type: "toolCall", tool: "broken", status: "failed" },
    ]);
    const { tools } = model.requests[0]!.body as { tools: { name?: string; parameters?: object }[] };
    expect(tools.find(({ name }) => name === "weather")?.parameters).toMatchObject({
      properties: { city: { type: "string", description: "Its name" } },
      required: ["city"],
      additionalProperties: false,
    });
  });

  it("may be added and taken away between requests", async () => {
    const { agent, model } = await start(() => respond([message("msg_1", "ok")]));
    const remove = agent.addTool(tool({ name: "one", description: "First", run: () => undefined }));
    await agent("a");
    remove();
    await agent("b");
    const names = model.requests.map(({ body }) =>
      (body as { tools: { name?: string }[] }).tools.map(({ name }) => name),
    );
    expect(names[0]).toContain("one");
    expect(names[1]).not.toContain("one");
  });

  it.each([
    ["text", "as it is", "as it is"],
    ["nothing", undefined, "ok"],
    ["parts", [{ type: "text", text: "a" }], [{ type: "input_text", text: "a" }]],
    ["content that is an error", { content: "bad", isError: true }, "bad"],
    ["a circle", circle(), expect.stringContaining("cannot be shown")],
  ])("return %s", async (_name, value, output) => {
    const { agent, model } = await start([respond([call("c1", "give", {})]), respond([message("msg_1", "done")])]);
    agent.addTool(tool({ name: "give", description: "Gives", run: () => value }));
    await agent("go");
    expect(outputs(model, 1)).toEqual([output]);
  });

  it("that take too long are given up", async () => {
    const { agent, model } = await start([respond([call("c1", "slow", {})]), respond([message("msg_1", "done")])]);
    let aborted = false;
    agent.addTool(
      tool({
        name: "slow",
        description: "Never ends",
        timeoutMs: 50,
        run: (_input, { signal }) =>
          new Promise(() => signal.addEventListener("abort", () => (aborted = true), { once: true })),
      }),
    );
    await agent("go");
    expect(outputs(model, 1)).toEqual(["took longer than 50 ms"]);
    expect(aborted).toBe(true);
  });

  it.each(["allow", "deny"] as const)("that destroy something are asked about: %s", async (said) => {
    const asked: string[] = [];
    const { agent, model } = await start(
      [respond([call("c1", "wipe", { what: "all" })]), respond([message("msg_1", "done")])],
      {
        permissionMode: "auto",
        onApproval({ question }) {
          if (question.type === "mcpCall") asked.push(`${question.tool} ${JSON.stringify(question.arguments)}`);
          return said;
        },
      },
    );
    agent.addTool(
      tool({
        name: "wipe",
        description: "Wipes",
        input: z.object({ what: z.string() }),
        annotations: { destructive: true },
        run: () => "wiped",
      }),
    );
    const result = await agent.run("go");
    expect(asked).toEqual(['wipe {"what":"all"}']);
    expect(outputs(model, 1)).toEqual([said === "allow" ? "wiped" : expect.stringMatching(/rejected/)]);
    expect(result.deniedActions).toHaveLength(said === "allow" ? 0 : 1);
  });

  it.each([
    [{ network: true }, 1],
    [{ openWorld: true }, 1],
    [{ openWorld: true, readOnly: true }, 0],
    [{ network: true, approval: "never" }, 0],
    [{ readOnly: true, approval: "always" }, 1],
    [{ idempotent: true }, 0],
  ] as const)("are asked about as their annotations %j say", async (annotations, times) => {
    let asked = 0;
    const { agent, model } = await start([respond([call("c1", "act", {})]), respond([message("msg_1", "done")])], {
      permissionMode: "auto",
      onApproval() {
        asked++;
        return "allow";
      },
    });
    agent.addTool(tool({ name: "act", description: "Acts", annotations, run: () => "acted" }));
    await agent("go");
    expect([asked, outputs(model, 1)]).toEqual([times, ["acted"]]);
  });

  it.each(["allow", "deny", "nobody"] as const)("tell how far they are, and ask for themselves: %s", async (said) => {
    const reasons: unknown[] = [];
    const onApproval: AgentOptions["onApproval"] = ({ question }) => {
      if (question.type === "mcpCall") reasons.push(question.reason);
      return said === "allow" ? "allow" : "deny";
    };
    const { agent, model } = await start([respond([call("c1", "act", {})]), respond([message("msg_1", "done")])], {
      permissionMode: "full",
      ...(said !== "nobody" && { onApproval }),
    });
    const progress: string[] = [];
    agent.on("command.output", ({ itemId, delta }) => progress.push(`${itemId} ${delta}`));
    agent.addTool(
      tool({
        name: "act",
        description: "Acts",
        async run(_input, { emit, requestApproval }) {
          emit("half");
          return (await requestApproval("it costs a coin")) ? "paid" : "kept";
        },
      }),
    );
    await agent("go");
    expect(progress).toEqual(["call_c1 half"]);
    expect(outputs(model, 1)).toEqual([said === "allow" ? "paid" : "kept"]);
    expect(reasons).toEqual(said === "nobody" ? [] : ["it costs a coin"]);
  });

  it("take the place of one another only where that is said", async () => {
    const { agent, model } = await start([respond([call("c1", "one", {})]), respond([message("msg_1", "done")])]);
    const made = (text: string) => tool({ name: "one", description: "x", run: () => text });
    const takeFirst = agent.addTool(made("first"));
    agent.addTool(made("second"), { replace: true });
    takeFirst();
    await agent("go");
    expect(outputs(model, 1)).toEqual(["second"]);
  });

  it("have annotations that there are", () => {
    const make = (annotations: object) => () => tool({ name: "a", description: "x", annotations, run: () => 1 });
    expect(make({ readonly: true })).toThrow(/no annotation readonly; there are: readOnly, destructive/);
    expect(make({ readOnly: "yes" })).toThrow(/annotations.readOnly is true or false/);
    expect(make({ approval: "maybe" })).toThrow(/one of never, auto, always/);
  });

  it("have names and inputs that a model can be shown, each once", async () => {
    expect(() => tool({ name: "no spaces", description: "x", run: () => 1 })).toThrow(AgentError);
    expect(() => tool({ name: "a", description: " ", run: () => 1 })).toThrow(/description/);
    expect(() => tool({ name: "a", description: "x", input: z.string(), run: () => 1 })).toThrow(/an object/);
    expect(() => tool({ name: "a", description: "x", input: z.object({ when: z.date() }), run: () => 1 })).toThrow(
      /tool a: its input/,
    );
    const { agent } = await start([]);
    const one = tool({ name: "a", description: "x", run: () => 1 });
    agent.addTool(one);
    expect(() => agent.addTool(one)).toThrow(expect.objectContaining({ code: "duplicate_name" }));
  });
});

function circle(): object {
  const value: Record<string, unknown> = {};
  value["self"] = value;
  return value;
}
