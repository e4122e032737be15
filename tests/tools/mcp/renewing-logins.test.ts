import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readMcpServers } from "../../../src/config/mcp-servers.ts";
import { takeLock } from "../../../src/system/processes/flock.ts";
import { dial } from "../../../src/tools/mcp/dial.ts";
import { writeLogin } from "../../../src/tools/mcp/oauth/login-store.ts";
import { McpServer } from "../../../src/tools/mcp/server.ts";
import { startOAuthServer, type OAuthServer } from "../../support/mcp/oauth-server.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

interface Place {
  readonly server: OAuthServer;
  readonly runtimeHome: string;
  /** Keeps a new login, in the place of one that is there. */
  logIn(tokens?: object): void;
  connect(): McpServer;
}

async function place(): Promise<Place> {
  const server = await startOAuthServer();
  const runtimeHome = mkdtempSync(join(scratchFolder, "logins-"));
  const opened: McpServer[] = [];
  onTestFinished(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await server.close();
    rmSync(runtimeHome, { recursive: true });
  });
  const [config] = readMcpServers({ mcp_servers: { locked: { url: server.url } } });
  const at = { threadId: "thread", cwd: runtimeHome, environment: {}, secretNames: new Set<string>(), runtimeHome };
  return {
    server,
    runtimeHome,
    logIn(tokens = {}) {
      const issuer = new URL(server.url).origin;
      const login = { client: { client_id: "client-1", issuer }, tokens: { ...server.give(), ...tokens, issuer } };
      writeLogin("locked", { url: server.url, ...login }, runtimeHome);
    },
    connect() {
      const connection = new McpServer(config!, { dial: (which) => dial(which, at), changed: () => {} });
      opened.push(connection);
      connection.start();
      return connection;
    },
  };
}

it("connections that find their login run out at the same time renew it once, and all go on", async () => {
  const { server, logIn, connect } = await place();
  logIn();
  server.expire();
  server.beforeRenewal = () => until(() => server.refused >= 3);
  const connections = [connect(), connect(), connect()];
  await Promise.all(connections.map((each) => each.settled));
  for (const { state, failure } of connections) expect([state, failure]).toEqual(["ready", ""]);
  expect(server.renewed).toBe(1);
});

it("a login that another process is renewing is waited for, and what that got is used", async () => {
  const { server, runtimeHome, logIn, connect } = await place();
  logIn();
  server.expire();
  const folder = join(runtimeHome, "mcp-logins");
  const lock = await takeLock(join(folder, `${readdirSync(folder)[0]}.lock`));
  const connection = connect();
  await until(() => server.refused === 1);
  logIn();
  await lock!.release();
  await connection.settled;
  expect([connection.state, connection.failure]).toEqual(["ready", ""]);
  expect(server.renewed).toBe(0);
});

it("a login that cannot be renewed any more says to every connection how to log in", async () => {
  const { server, logIn, connect } = await place();
  logIn({ refresh_token: "long forgotten" });
  server.expire();
  server.beforeRenewal = () => until(() => server.refused >= 2);
  const connections = [connect(), connect()];
  await Promise.all(connections.map((each) => each.settled));
  for (const { state, failure } of connections) {
    expect(state).toBe("failed");
    expect(failure).toBe("its login has run out: run `codex-agent mcp login locked`");
  }
  expect(server.renewed).toBe(1);
});

it("a server that wants more than the login reaches is not asked for a renewal, and the user learns what it wants", async () => {
  const { server, logIn, connect } = await place();
  logIn();
  server.wantsScope = "issues:write";
  const connection = connect();
  await connection.settled;
  expect(connection.state).toBe("failed");
  expect(connection.failure).toContain('"issues:write"');
  expect(connection.failure).toContain("run `codex-agent mcp login locked --scopes ...`");
  expect(server.renewed).toBe(0);
});
