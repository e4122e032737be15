import { describe, expect, it } from "vitest";
import {
  AbortError,
  AppServerConnectionError,
  CodexNotFoundError,
  createClient,
  RequestTimeoutError,
  ValidationError,
  type ClientOptions,
} from "../../../src/sdk/index.ts";
import { launchArguments } from "../../../src/sdk/app-server/connection/launch.ts";
import { failure, isAlive } from "../exec/scripted.ts";
import { kept, server } from "./scripted-server.ts";
import { until, untilPasses } from "../../support/until.ts";

describe("AS-101: launching", () => {
  const args = (options: ClientOptions): string[] =>
    launchArguments({ appServerArgs: ["app-server"], ...options } as never);

  it("passes nothing that was not asked for", () => {
    expect(args({})).toEqual(["app-server"]);
  });

  it("puts search before overrides, both in TOML", () => {
    const serverConfigOverrides = { list: ["a", 1], nested: { path: "C:\\x", bell: "\u0007" }, on: true };
    const [first, ...rest] = args({ enableWebSearch: true, serverConfigOverrides });
    expect(first).toBe("app-server");
    expect(rest.filter((_, index) => index % 2 === 0)).toEqual(Array(5).fill("-c"));
    expect(rest.filter((_, index) => index % 2 === 1)).toEqual([
      'web_search="live"',
      'list=["a", 1]',
      'nested.path="C:\\\\x"',
      'nested.bell="\\u0007"',
      "on=true",
    ]);
    expect(args({ enableWebSearch: false })).toEqual(["app-server", "-c", 'web_search="disabled"']);
  });

  it("leaves an empty environment empty, but for who it is", async () => {
    const { client, starts } = await server();
    await client({ env: {} }).connect();
    const names = Object.keys(starts()[0]!.env).filter((name) => !["_", "PWD", "SHLVL", "OLDPWD"].includes(name));
    expect(names).toEqual(["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"]);
  });

  it.each([
    [{ nothing: 1 }, "ClientOptions.nothing is no option"],
    [{ transport: { type: "ws", url: "http://x" } }, "ClientOptions.transport.url must be an address"],
    [{ reconnect: { attempts: -1 } }, "ClientOptions.reconnect.attempts"],
    [{ approvalDefaults: "yes" }, "ClientOptions.approvalDefaults must be one of safe, legacy"],
    [{ streamIdleTimeoutMs: 0 }, "ClientOptions.streamIdleTimeoutMs"],
  ])("refuses the options %j before anything starts", (options, message) => {
    expect(() => createClient(options as never)).toThrow(ValidationError);
    expect(() => createClient(options as never)).toThrow(message);
  });

  it("takes the names of the Python client", async () => {
    const { path, asked } = await server();
    const options = { codex_command: path, client_info: { name: "py", version: "2" }, stream_idle_timeout_seconds: 5 };
    const client = kept(createClient(options as never));
    await client.thread_start({ model: "m" });
    expect(asked("initialize")).toEqual([
      { clientInfo: { name: "py", version: "2" }, capabilities: { experimentalApi: false, requestAttestation: false } },
    ]);
    expect(asked("thread/start")).toEqual([{ model: "m" }]);
  });
});

describe("AS-102: the handshake", () => {
  it("is made once for all who ask, before any request", async () => {
    const { client, seen, starts } = await server();
    const one = client({ experimentalApi: true, optOutNotifications: ["thread/started"] });
    expect(one.serverInfo).toBeNull();
    await Promise.all([one.connect(), one.connect(), one.threadStart(), one.modelList()]);
    expect(starts()).toHaveLength(1);
    const methods = seen().map(({ method }) => method);
    expect(methods.slice(0, 2)).toEqual(["initialize", "initialized"]);
    expect(methods.filter((method) => method === "initialize")).toHaveLength(1);
    expect(seen()[0]).toMatchObject({
      jsonrpc: "2.0",
      id: 1,
      params: { capabilities: { experimentalApi: true, optOutNotificationMethods: ["thread/started"] } },
    });
    expect(one.serverInfo).toMatchObject({ userAgent: "scripted/1.0" });
  });

  it("that is refused leaves no process, and says what the server said", async () => {
    const { client, starts } = await server(
      `console.error("no config"); on.initialize = () => fail(-32600, "too old");`,
    );
    const one = client();
    const error = await failure(one.connect());
    expect(error).toBeInstanceOf(AppServerConnectionError);
    expect(error.message).toContain("refused the handshake: too old");
    expect(error).toMatchObject({ stderrTail: ["no config"] });
    await until(() => !isAlive(starts()[0]!.pid));
    await failure(one.connect());
    expect(starts()).toHaveLength(2);
  });

  it("of a server that ends at once names the code and the last words", async () => {
    const { client } = await server(`console.error("unknown feature web_serch"); process.exit(2);`);
    const error = await failure(client().threadStart());
    expect(error).toMatchObject({
      name: "AppServerConnectionError",
      exitCode: 2,
      stderrTail: ["unknown feature web_serch"],
    });
    expect(error.message).toBe("The app-server ended with code 2; it said:\nunknown feature web_serch");
  });

  it("that is never answered is given up", async () => {
    const { client, starts } = await server(`on.initialize = () => undefined;`);
    // On a machine that is busy, the time may be over before the server has begun.
    await untilPasses(async () => {
      const error = await failure(client({ connectTimeoutMs: 500 }).connect());
      expect(error.message).toContain("was not ready within 500 ms");
      expect(starts()).not.toEqual([]);
    });
    await until(() => starts().every(({ pid }) => !isAlive(pid)));
  });

  it("is left by close, at any time", async () => {
    const { client, starts } = await server(`on.initialize = () => { note("asked"); };`);
    const one = client();
    const connecting = failure(one.connect());
    const { pid } = await until(() => starts()[0]);
    await Promise.all([one.close(), one.close()]);
    expect(await connecting).toMatchObject({ code: "closed" });
    expect(isAlive(pid)).toBe(false);
    expect(await failure(one.threadStart())).toMatchObject({ code: "closed" });
  });

  it("of a program that is not there names it, with the first request", async () => {
    const client = kept(createClient({ codexCommand: "/nowhere/codex" }));
    expect(await failure(client.modelList())).toBeInstanceOf(CodexNotFoundError);
  });
});

describe("AS-104: requests", () => {
  it("leave nothing behind, whether answered, given up, aborted or not sent", async () => {
    const { client } = await server(`on["model/list"] = () => undefined; on.plain = () => 7;`);
    const one = client();
    expect(await one.requestRaw("plain")).toEqual({ value: 7 });
    expect(await failure(one.modelList({}, { timeoutMs: 20 }))).toBeInstanceOf(RequestTimeoutError);
    const stop = new AbortController();
    const waiting = failure(one.modelList({}, { signal: stop.signal }));
    await until(() => one.counters.pending === 1);
    stop.abort(new Error("enough"));
    expect(await waiting).toBeInstanceOf(AbortError);
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    expect(await failure(one.request("plain", circular))).toMatchObject({
      name: "AppServerConnectionError",
      method: "plain",
    });
    expect(one.counters.pending).toBe(0);
  });

  it("drop an answer that comes too late", async () => {
    const { client } = await server(`on["model/list"] = (_, { id }) => { late = id; }; let late;
      on.go = () => { write({ id: late, result: {} }); return {}; };`);
    const one = client();
    await failure(one.modelList({}, { timeoutMs: 20 }));
    await one.request("go", {});
    expect(one.counters).toMatchObject({ unknownResponses: 1, pending: 0 });
  });

  it("of commands wait as long as the command may take", async () => {
    const { client, asked } = await server(
      `on["command/exec"] = () => { setTimeout(() => write({ id: 2, result: { exitCode: 0 } }), 60); };`,
    );
    const one = client({ requestTimeoutMs: 20 });
    expect(await one.commandExec(["true"])).toEqual({ exitCode: 0 });
    expect(asked("command/exec")).toEqual([{ command: ["true"] }]);
  });
});
