import { describe, expect, it } from "vitest";
import { createClient, MethodNotSupportedError, unset, type AppServerClient } from "../../../src/sdk/index.ts";
import { clientRequests } from "../../../src/protocol/codex-0.169/app-server/client-requests.ts";
import { failure } from "../exec/scripted.ts";
import { server, threadId } from "./scripted-server.ts";

type Call = (client: AppServerClient) => Promise<unknown>;

const id = threadId;
const calls: [string, Call, string, unknown][] = [
  ["AS-17", (c) => c.threadStart({ model: "m", cwd: "/x" }), "thread/start", { model: "m", cwd: "/x" }],
  ["AS-18", (c) => c.threadResume(id, { excludeTurns: true }), "thread/resume", { threadId: id, excludeTurns: true }],
  ["AS-19", (c) => c.threadRead(id), "thread/read", { threadId: id, includeTurns: false }],
  ["AS-20", (c) => c.threadList(), "thread/list", { limit: 50, sortKey: "updated_at" }],
  ["AS-21 archive", (c) => c.threadArchive(id), "thread/archive", { threadId: id }],
  ["AS-21 unarchive", (c) => c.threadUnarchive(id), "thread/unarchive", { threadId: id }],
  ["AS-21 delete", (c) => c.threadDelete(id), "thread/delete", { threadId: id }],
  ["AS-22", (c) => c.threadFork(id, { lastTurnId: "t" }), "thread/fork", { threadId: id, lastTurnId: "t" }],
  ["AS-23", (c) => c.threadNameSet(id, "n"), "thread/name/set", { threadId: id, name: "n" }],
  ["AS-24", (c) => c.threadCompactStart(id), "thread/compact/start", { threadId: id }],
  ["AS-26", (c) => c.threadLoadedList(), "thread/loaded/list", {}],
  [
    "AS-27",
    (c) => c.turnStart(id, "hi", { effort: "low" }),
    "turn/start",
    { effort: "low", threadId: id, input: [{ type: "text", text: "hi", text_elements: [] }] },
  ],
  ["AS-28", (c) => c.turnInterrupt(id, "t"), "turn/interrupt", { threadId: id, turnId: "t" }],
  [
    "AS-29",
    (c) => c.turnSteer(id, "t", "more"),
    "turn/steer",
    { threadId: id, expectedTurnId: "t", input: [{ type: "text", text: "more", text_elements: [] }] },
  ],
  [
    "AS-30",
    (c) => c.reviewStart(id, { type: "commit", sha: "abc" }, "inline"),
    "review/start",
    { threadId: id, target: { type: "commit", sha: "abc", title: null }, delivery: "inline" },
  ],
  ["AS-31", (c) => c.skillsList({ cwds: ["/x"] }), "skills/list", { cwds: ["/x"] }],
  ["AS-32", (c) => c.skillsRemoteRead(), "skills/remote/read", {}],
  ["AS-33", (c) => c.skillsRemoteWrite("h", true), "skills/remote/write", { hazelnutId: "h", isPreload: true }],
  ["AS-34", (c) => c.skillsConfigWrite("/s", false), "skills/config/write", { path: "/s", enabled: false }],
  ["AS-35", (c) => c.appList({ limit: 3 }), "app/list", { limit: 3 }],
  ["AS-36", (c) => c.modelList({ includeHidden: true }), "model/list", { includeHidden: true }],
  ["AS-37", (c) => c.accountRateLimitsRead(), "account/rateLimits/read", undefined],
  ["AS-38", (c) => c.accountRead(), "account/read", {}],
  [
    "AS-39",
    (c) => c.commandExec(["ls"], { cwd: "/x", timeoutMs: 5 }),
    "command/exec",
    { command: ["ls"], cwd: "/x", timeoutMs: 5 },
  ],
  ["AS-40", (c) => c.configRead({ includeLayers: false }), "config/read", {}],
  ["AS-40 layers", (c) => c.configRead({ includeLayers: true }), "config/read", { includeLayers: true }],
  [
    "AS-41",
    (c) => c.configValueWrite("a.b", null),
    "config/value/write",
    { keyPath: "a.b", value: null, mergeStrategy: "upsert" },
  ],
  [
    "AS-42",
    (c) => c.configBatchWrite([{ keyPath: "a", value: 1, mergeStrategy: "replace" }], { expectedVersion: "v" }),
    "config/batchWrite",
    { edits: [{ keyPath: "a", value: 1, mergeStrategy: "replace" }], expectedVersion: "v" },
  ],
  ["AS-43 requirements", (c) => c.configRequirementsRead(), "configRequirements/read", undefined],
  ["AS-43 reload", (c) => c.configMcpServerReload(), "config/mcpServer/reload", undefined],
  ["AS-44", (c) => c.mcpServerStatusList({ limit: 2 }), "mcpServerStatus/list", { limit: 2 }],
  [
    "AS-45",
    (c) => c.mcpServerOauthLogin("s", { scopes: ["x"] }),
    "mcpServer/oauth/login",
    { name: "s", scopes: ["x"] },
  ],
  ["AS-46", (c) => c.fuzzyFileSearch("q"), "fuzzyFileSearch", { query: "q", roots: [process.cwd()] }],
];

describe("AS-103: each function sends its method and parameters, and nothing else", () => {
  it.each(calls)("%s", async (_, call, method, params) => {
    const { client, asked } =
      await server(`on["thread/read"] = () => ({ thread: {} }); on["thread/list"] = () => ({ data: [] });
      on["thread/fork"] = on["thread/start"];`);
    await call(client());
    expect(asked(method)).toEqual([params]);
  });

  it("has a name in snake case for each of them", () => {
    const client = createClient() as unknown as Record<string, unknown>;
    for (const name of ["thread_start", "turn_steer", "responses_create", "config_mcp_server_reload", "request_raw"])
      expect(client[name]).toBeTypeOf("function");
  });

  it("searches files where the server runs, if that was said", async () => {
    const { client, folder, asked } = await server();
    await client({ processCwd: folder }).fuzzyFileSearch("q");
    expect(asked("fuzzyFileSearch")).toEqual([{ query: "q", roots: [folder] }]);
  });

  it("reviews apart in a fork, which the server does not make by itself", async () => {
    const { client, asked } = await server(`on["thread/fork"] = () => ({ thread: { id: "fork" } });`);
    await client().reviewStart(id, { type: "uncommittedChanges" }, "detached");
    expect(asked("review/start")).toEqual([{ threadId: "fork", target: { type: "uncommittedChanges" } }]);
  });

  it("takes turns back by reverting before the first of them", async () => {
    const { client, asked } = await server(
      `on["thread/turns/list"] = () => ({ data: [{ id: "t3" }, { id: "t2" }], nextCursor: "x" });`,
    );
    await client().threadRollback(id, 2);
    expect(asked("thread/turns/list")).toEqual([{ threadId: id, limit: 2, sortDirection: "desc" }]);
    expect(asked("thread/revert")).toEqual([{ threadId: id, beforeTurnId: "t2" }]);
  });

  it("lists all threads page by page", async () => {
    const { client, asked } = await server(`on["thread/list"] = ({ cursor }) =>
      cursor ? { data: [{ id: "b" }], nextCursor: null } : { data: [{ id: "a" }], nextCursor: "2" };`);
    const ids: string[] = [];
    for await (const thread of client().listAllThreads({ limit: 1 })) ids.push(thread.id);
    expect(ids).toEqual(["a", "b"]);
    expect(asked("thread/list")).toEqual([{ limit: 1 }, { limit: 1, cursor: "2" }]);
  });
});

describe("AS-105: errors of the server", () => {
  const says = (message: string, more = "", code = -32600): string =>
    `on["model/list"] = () => fail(${code}, ${JSON.stringify(message)}${more});`;

  it.each([
    ["authentication required to read", "", "NotAuthenticatedError"],
    ["you are not logged in", "", "NotAuthenticatedError"],
    ["the upstream said 401 Unauthorized", "", "NotAuthenticatedError"],
    ["denied", `, { codexErrorInfo: "unauthorized" }`, "NotAuthenticatedError"],
    ["denied", `, { codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 401 } } }`, "NotAuthenticatedError"],
    ["thread not found: x", "", "SessionNotFoundError"],
    ["no rollout found for thread id x", "", "SessionNotFoundError"],
    ["thread not loaded: x", "", "SessionNotFoundError"],
    ["invalid thread id: x", "", "SessionNotFoundError"],
    ["Invalid request: unknown variant `model/list`, expected one of `a`", "", "MethodNotSupportedError"],
    ["Invalid request: settings.type: unknown variant `openai`", "", "RpcError"],
    ["the author of this login page is unknown", "", "RpcError"],
    ["file not found", "", "RpcError"],
  ])("%s%s is a %s... %s", async (message, more, name) => {
    const { client } = await server(says(message, more));
    const error = await failure(client().modelList());
    expect(error.name).toBe(name);
    expect(error).toMatchObject({ method: "model/list" });
    if (name === "NotAuthenticatedError") expect(error.message).toContain("codex login");
  });

  it("names the version of a server that lacks a method, whatever the code", async () => {
    const { client } = await server(says("not for fresh threads", "", -32601));
    const error = await failure(client().modelList());
    expect(error).toBeInstanceOf(MethodNotSupportedError);
    expect(error).toMatchObject({ serverVersion: "scripted/1.0", rpcCode: -32601 });
  });

  it("keeps code and data", async () => {
    const { client } = await server(says("no", `, { why: "x" }`, -32603));
    expect(await failure(client().modelList())).toMatchObject({ code: "rpc", rpcCode: -32603, data: { why: "x" } });
  });
});

describe("AS-106: parameters", () => {
  it("of calls win over defaults, and neither replaces thread or input", async () => {
    const { client, asked } = await server();
    const one = client({
      defaultThreadParams: { model: "default", cwd: "/d", ephemeral: true, sandboxPolicy: { type: "readOnly" } },
      defaultTurnParams: { effort: "low", summary: "auto" },
    });
    await one.threadStart({ model: "call", cwd: undefined, serviceTier: null, sandbox: "danger-full-access" });
    await one.threadResume(id, { threadId: "other", model: null } as never);
    await one.turnStart(id, "hi", { threadId: "x", input: [], effort: "high", ...unset("summary") } as never);
    expect(asked("thread/start")).toEqual([
      { model: "call", cwd: "/d", ephemeral: true, sandbox: "danger-full-access" },
    ]);
    expect(asked("thread/resume")).toEqual([{ model: "default", cwd: "/d", sandbox: "read-only", threadId: id }]);
    expect(asked("turn/start")).toEqual([
      { effort: "high", summary: null, threadId: id, input: [{ type: "text", text: "hi", text_elements: [] }] },
    ]);
  });

  it("say the sandbox as the method wants it", async () => {
    const { client, asked } = await server();
    const one = client();
    await one.turnStart(id, "hi", { sandbox: "workspace-write" });
    await one.threadStart({
      sandboxPolicy: { type: "workspaceWrite", networkAccess: true, writableRoots: ["/w"] },
      config: { a: 1 },
    });
    expect(asked("turn/start")[0]).toMatchObject({ sandboxPolicy: { type: "workspaceWrite" } });
    expect(asked("thread/start")[0]).toEqual({
      sandbox: "workspace-write",
      config: {
        a: 1,
        "sandbox_workspace_write.network_access": true,
        "sandbox_workspace_write.writable_roots": ["/w"],
      },
    });
    expect((await failure(one.threadStart({ sandboxPolicy: { type: "externalSandbox" } }))).message).toContain(
      "none that a thread can have",
    );
    expect(
      (await failure(one.turnStart(id, "hi", { sandbox: "read-only", sandboxPolicy: { type: "readOnly" } }))).message,
    ).toContain("is given beside");
  });

  it("that nobody knows are refused, unless that is asked for", async () => {
    const { client, asked } = await server();
    const one = client();
    expect((await failure(one.threadStart({ modle: "m" } as never))).message).toContain(
      "thread/start.modle is not known",
    );
    expect((await failure(one.turnStart(id, "hi", { sandboxx: 1 } as never))).message).toContain("turn/start.sandboxx");
    await one.threadStart({ modle: "m" } as never, { allowUnknown: true });
    expect(asked("thread/start")).toEqual([{ modle: "m" }]);
  });

  it("take auto and manual for what they are called now, with one notice each", async () => {
    const { client, asked } = await server();
    const one = client();
    const notices: string[] = [];
    one.on("deprecation", ({ notice }) => notices.push(notice));
    for (const approvalPolicy of ["auto", "manual", "auto"] as const) await one.threadStart({ approvalPolicy });
    expect(asked("thread/start")).toEqual(
      ["never", "on-request", "never"].map((approvalPolicy) => ({ approvalPolicy })),
    );
    expect(notices).toEqual([
      'thread/start: approvalPolicy "auto" is deprecated; use "never"',
      'thread/start: approvalPolicy "manual" is deprecated; use "on-request"',
    ]);
  });

  it("are checked against all that the protocol has", async () => {
    const { client, asked } = await server(`on["thread/fork"] = on["thread/start"];`);
    const one = client();
    for (const [method, send] of [
      ["thread/start", (params: object) => one.threadStart(params)],
      ["thread/resume", (params: object) => one.threadResume(id, params)],
      ["thread/fork", (params: object) => one.threadFork(id, params)],
      ["turn/start", (params: object) => one.turnStart(id, "hi", params)],
    ] as const) {
      const { fields } = clientRequests[method].params as unknown as { fields: Record<string, unknown> };
      const params = Object.fromEntries(Object.keys(fields).map((name) => [name, { any: "value" }]));
      delete params["sandbox"];
      delete params["sandboxPolicy"];
      await send(params);
      const sent = Object.keys(asked(method).at(-1) as object);
      expect(sent.sort()).toEqual(Object.keys({ ...params }).sort());
    }
  });
});
