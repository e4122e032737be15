import { describe, expect, it } from "vitest";
import type { ClientOptions, HookContext, HookErrorEvent, PolicyEngine } from "../../../src/sdk/index.ts";
import { server, threadId, type Message } from "./scripted-server.ts";
import { until } from "../../support/until.ts";

const command = { threadId, turnId: "t", itemId: "c", command: "ls", kind: "command" };

/** What the server gets for what it asks, and what the client told of it. */
async function asked(
  method: string,
  params: unknown,
  options: ClientOptions = {},
  id: unknown = 0,
): Promise<{ answer: Message; errors: HookErrorEvent[]; grants: readonly unknown[] }> {
  const { client, answers } = await server(
    `after.initialized = () => ask(${JSON.stringify(id)}, ${JSON.stringify(method)}, ${JSON.stringify(params)});`,
  );
  const one = client(options);
  const errors: HookErrorEvent[] = [];
  one.on("hookError", (event) => errors.push(event));
  await one.connect();
  const answer = await until(() => answers()[0]);
  return { answer, errors, grants: one.grants };
}

const accept: PolicyEngine = { onCommandApproval: () => "accept" };

describe("AS-114: who answers", () => {
  it("answers a request with the id 0", async () => {
    const { answer } = await asked("item/commandExecution/requestApproval", command);
    expect(answer).toEqual({ jsonrpc: "2.0", id: 0, result: { decision: "decline" } });
  });

  it("a hook goes before engines, engines before the rubric, that before the default", async () => {
    const method = "item/commandExecution/requestApproval";
    const rubric = { policyRubric: { defaults: { command: "cancel" as const } } };
    const result = async (options: ClientOptions) => (await asked(method, command, options)).answer.result;
    expect(await result({ onCommandApproval: () => "decline", policyEngine: accept })).toEqual({ decision: "decline" });
    expect(await result({ onCommandApproval: () => undefined, policyEngine: accept, ...rubric })).toEqual({
      decision: "accept",
    });
    expect(await result({ policyEngine: { onCommandApproval: () => undefined }, ...rubric })).toEqual({
      decision: "cancel",
    });
    expect(await result({ approvalDefaults: "legacy" })).toEqual({ decision: "accept" });
  });

  it("a hook hears what is asked, and about which item", async () => {
    const heard: unknown[] = [];
    const { client, answers } = await server(`after.initialized = () => {
      tell("item/started", { threadId: thread, turnId: "t", item: { id: "c", type: "fileChange", changes: [{ path: "/x" }] } });
      ask("r", "item/fileChange/requestApproval", { threadId: thread, turnId: "t", itemId: "c", reason: "why" }); };`);
    const onFileChangeApproval = (params: unknown, { signal, ...context }: HookContext) => {
      heard.push(params, context, signal.aborted);
      return { decision: "acceptForSession" as const };
    };
    const one = client({ onFileChangeApproval });
    await one.connect();
    await until(() => answers()[0]);
    expect(answers()[0]).toEqual({ jsonrpc: "2.0", id: "r", result: { decision: "acceptForSession" } });
    const item = { id: "c", type: "fileChange", changes: [{ path: "/x" }] };
    expect(heard).toEqual([
      { threadId, turnId: "t", itemId: "c", reason: "why" },
      { method: "item/fileChange/requestApproval", requestId: "r", threadId, turnId: "t", itemId: "c", item },
      false,
    ]);
    expect(one.grants).toMatchObject([
      { method: "item/fileChange/requestApproval", threadId, itemId: "c", answer: { decision: "acceptForSession" } },
    ]);
    await one.dropGrants(threadId);
    expect(one.grants).toEqual([]);
  });

  it("a question that is repeated while its answer is thought about is the same one", async () => {
    const params = JSON.stringify(command);
    const { client, answers } = await server(`after.initialized = () => {
      for (let again = 0; again < 2; again++) ask("r", "item/commandExecution/requestApproval", ${params});
      ask("later", "item/commandExecution/requestApproval", ${params}); };`);
    const asked: unknown[] = [];
    let decide = (): void => {};
    const decided = new Promise<"accept">((resolve) => (decide = () => resolve("accept")));
    const one = client({
      onCommandApproval: (_, { requestId }) => {
        asked.push(requestId);
        return decided;
      },
    });
    await one.connect();
    await until(() => asked.includes("later"));
    decide();
    await until(() => answers().length >= 2);
    expect(asked).toEqual(["r", "later"]);
    expect(answers().map(({ id }) => id)).toEqual(["r", "later"]);
  });

  const safe: [string, unknown, unknown, unknown][] = [
    ["item/commandExecution/requestApproval", command, { decision: "decline" }, { decision: "accept" }],
    ["item/fileChange/requestApproval", { threadId }, { decision: "decline" }, { decision: "accept" }],
    ["item/tool/requestUserInput", { threadId, questions: [] }, { answers: {} }, { answers: {} }],
    [
      "item/tool/call",
      { threadId },
      { success: false, contentItems: [{ type: "inputText", text: "This client has no such tool." }] },
      expect.objectContaining({ success: false }),
    ],
    ["item/permissions/requestApproval", { threadId }, { permissions: {}, scope: "turn" }, -32601],
    ["mcpServer/elicitation/request", { threadId }, { action: "decline", content: null, _meta: null }, -32601],
    ["account/chatgptAuthTokens/refresh", {}, -32000, -32601],
    ["attestation/generate", {}, -32000, -32601],
    ["currentTime/read", { threadId }, { currentTimeAt: expect.any(Number) }, -32601],
    [
      "applyPatchApproval",
      { conversationId: threadId },
      { decision: { denied: { rejection: expect.any(String) } } },
      -32601,
    ],
    [
      "execCommandApproval",
      { conversationId: threadId },
      { decision: { denied: { rejection: expect.any(String) } } },
      -32601,
    ],
  ];
  it.each(safe)(
    "where nobody answers %s has its default, safe and as of old",
    async (method, params, otherwise, legacy) => {
      for (const [approvalDefaults, expected] of [
        ["safe", otherwise],
        ["legacy", legacy],
      ] as const) {
        const { answer } = await asked(method, params, { approvalDefaults });
        if (typeof expected === "number") expect(answer.error).toMatchObject({ code: expected });
        else expect(answer.result).toEqual(expected);
      }
    },
  );

  it("what a person typed is answered by a hook alone, for this once", async () => {
    const human = { ...command, kind: "humanCommand" };
    const method = "item/commandExecution/requestApproval";
    const result = async (options: ClientOptions) => (await asked(method, human, options)).answer.result;
    expect(await result({ policyEngine: accept, approvalDefaults: "legacy" })).toEqual({ decision: "decline" });
    const { answer, grants } = await asked(method, human, { onCommandApproval: () => "acceptForSession" });
    expect(answer.result).toEqual({ decision: "accept" });
    expect(grants).toEqual([]);
  });

  it("AS-95: what the server does not offer becomes a no, which it always takes", async () => {
    const availableDecisions = [
      "accept",
      { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["ls"] } },
      "cancel",
    ];
    const offer = { ...command, availableDecisions };
    const method = "item/commandExecution/requestApproval";
    const of = async (decision: "decline" | "acceptForSession") =>
      asked(method, offer, { onCommandApproval: () => decision });
    expect(await of("decline")).toMatchObject({ answer: { result: { decision: "decline" } }, errors: [] });
    const { answer, errors } = await of("acceptForSession");
    expect(answer.result).toEqual({ decision: "decline" });
    expect(errors).toMatchObject([{ message: "the server does not offer acceptForSession here" }]);
    const amended = { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["ls"] } };
    expect((await asked(method, offer, { onCommandApproval: () => amended })).answer.result).toEqual({
      decision: amended,
    });
  });
});

describe("AS-115: hooks that fail", () => {
  const broken = {
    onCommandApproval: () => {
      throw new Error("internal /secret/path");
    },
  };

  it.each([7, "seven"])("come to a no for approvals, under the id %s", async (id) => {
    const { answer, errors } = await asked("item/commandExecution/requestApproval", command, broken, id);
    expect(answer).toEqual({ jsonrpc: "2.0", id, result: { decision: "decline" } });
    expect(errors).toMatchObject([
      { method: "item/commandExecution/requestApproval", requestId: id, threadId, message: "the hook failed" },
    ]);
  });

  it("come to an error for others, which tells nothing of what is inside", async () => {
    const onToolCall = () => Promise.reject(new Error("internal /secret/path"));
    const { answer, errors } = await asked("item/tool/call", { threadId }, { onToolCall });
    expect(answer.error).toEqual({ code: -32000, message: "item/tool/call could not be answered by this client" });
    expect(errors).toHaveLength(1);
  });

  it("by answering what is no answer", async () => {
    for (const [method, hook, value] of [
      ["item/commandExecution/requestApproval", "onCommandApproval", "yes"],
      [
        "item/fileChange/requestApproval",
        "onFileChangeApproval",
        { decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: [] } } },
      ],
      ["item/permissions/requestApproval", "onPermissionsApproval", { permissions: "all" }],
      ["mcpServer/elicitation/request", "onElicitation", { action: "maybe" }],
      ["execCommandApproval", "onLegacyApproval", "accept"],
      ["item/tool/requestUserInput", "onToolRequestUserInput", { answers: { q: "text" } }],
      ["currentTime/read", "onCurrentTime", { currentTimeAt: "now" }],
    ] as const) {
      const { errors, answer } = await asked(method, { threadId }, { [hook]: () => value } as never);
      expect(errors).toMatchObject([{ method, message: "what was answered is no answer to that" }]);
      if (!/Input|currentTime/.test(method)) expect(answer.error).toBeUndefined();
    }
  });

  it("by never answering", async () => {
    const { answer, errors } = await asked("item/commandExecution/requestApproval", command, {
      hookTimeoutMs: 50,
      onCommandApproval: () => new Promise(() => {}),
    });
    expect(answer.result).toEqual({ decision: "decline" });
    expect(errors).toMatchObject([{ message: "no hook answered within 50 ms" }]);
  });

  it("are not asked about requests whose id is none", async () => {
    const { client, answers } = await server(
      `after.initialized = () => { ask(true, "currentTime/read", {}); ask(3, "currentTime/read", {}); };`,
    );
    const one = client();
    await one.connect();
    await until(() => answers().length > 0);
    expect(answers().map(({ id }) => id)).toEqual([3]);
    expect(one.counters.ignoredRequests).toBe(1);
  });
});

describe("AS-115: questions that nobody waits for any more", () => {
  it.each([
    ["answered elsewhere", `tell("serverRequest/resolved", { threadId: thread, requestId: 0 })`],
    [
      "of a turn that is over",
      `tell("turn/completed", { threadId: thread, turn: { id: "t", status: "interrupted" } })`,
    ],
  ])("%s: the hook is told, and nothing is sent", async (_, end) => {
    const { client, answers, seen } =
      await server(`after.initialized = () => ask(0, "item/commandExecution/requestApproval", ${JSON.stringify(command)});
      on.end = () => { ${end}; return {}; };`);
    let context: HookContext | null = null;
    let finish: ((decision: "accept") => void) | null = null;
    const one = client({
      onCommandApproval: (__, given) => {
        context = given;
        return new Promise((resolve) => (finish = resolve));
      },
    });
    await one.connect();
    const { signal } = await until(() => context as HookContext | null);
    await one.request("end", {});
    await until(() => signal.aborted);
    (finish as ((decision: "accept") => void) | null)?.("accept");
    await one.request("last", {});
    await until(() => seen().some(({ method }) => method === "last"));
    expect(answers()).toEqual([]);
  });

  it("because the client closes", async () => {
    const { client } = await server(
      `after.initialized = () => ask(0, "item/commandExecution/requestApproval", ${JSON.stringify(command)});`,
    );
    let signal: AbortSignal | null = null;
    const one = client({
      onCommandApproval: (__, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    });
    await one.connect();
    await until(() => signal);
    await one.close();
    expect((signal as AbortSignal | null)!.aborted).toBe(true);
  });

  it("are answered side by side, and reading goes on meanwhile", async () => {
    const { client, answers } = await server(
      `after.initialized = () => { for (let n = 0; n < 3; n++) ask(n, "item/commandExecution/requestApproval", { ...${JSON.stringify(command)}, itemId: "c" + n }); };`,
    );
    const waiting: ((decision: "accept") => void)[] = [];
    const one = client({ onCommandApproval: () => new Promise((resolve) => waiting.push(resolve)) });
    await one.connect();
    await until(() => waiting.length === 3);
    expect(await one.modelList()).toEqual({});
    for (const resolve of waiting.reverse()) resolve("accept");
    await until(() => answers().length === 3);
    for (const { result } of answers()) expect(result).toEqual({ decision: "accept" });
  });
});

describe("AS-116: methods by their exact names", () => {
  it("one without its prefix is not supported", async () => {
    const { answer } = await asked(
      "tool/requestUserInput",
      { threadId },
      { onToolRequestUserInput: () => ({ answers: {} }) },
    );
    expect(answer.error).toEqual({ code: -32601, message: "tool/requestUserInput is not supported by this client" });
  });

  it("those of old are answered in their own words", async () => {
    const denied = { denied: { rejection: "not today" } };
    const { answer } = await asked(
      "applyPatchApproval",
      { conversationId: threadId, callId: "c" },
      { onLegacyApproval: () => denied },
    );
    expect(answer.result).toEqual({ decision: denied });
    const session = await asked(
      "execCommandApproval",
      { conversationId: threadId, callId: "c" },
      { onLegacyApproval: () => "approved_for_session" },
    );
    expect(session.answer.result).toEqual({ decision: "approved_for_session" });
    expect(session.grants).toHaveLength(1);
  });
});
