import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { McpToolCall } from "../../../src/protocol/items.ts";
import { message, respond, type ModelItem, type Step } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { everythingFile, mcpCall } from "../../support/mcp/servers.ts";
import { startOAuthServer, type OAuthServer } from "../../support/mcp/oauth-server.ts";
import { makeStage, oracle, ours, run, type Outcome, type Stage } from "../../support/run.ts";
import { play } from "../../support/scenario.ts";
import { commonRules } from "../../conformance/rules.ts";

const last = respond([message("msg_last", "answer")]);
const turn = (...items: ModelItem[]): Step[] => [...items.map((item) => respond([item])), last];
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const calls = ({ events }: LiveThread): McpToolCall[] =>
  events.flatMap((event) => (event.type === "item.completed" && event.item.type === "mcpToolCall" ? [event.item] : []));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The reference server over streamable HTTP; resolves when it answers. */
async function startEverything(): Promise<string> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, [everythingFile(), "streamableHttp"], {
    env: { PATH: process.env["PATH"], PORT: String(port) },
    stdio: "ignore",
  });
  ends.push(() => void child.kill("SIGKILL"));
  for (;;) {
    const up = await fetch(`http://127.0.0.1:${port}/mcp`).then(
      () => true,
      () => false,
    );
    if (up) return `http://127.0.0.1:${port}/mcp`;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("servers at an address", () => {
  it("the reference server gives both programs the same tools and results", async () => {
    const url = await startEverything();
    const scenario = {
      name: "everything over HTTP",
      script: () =>
        turn(
          mcpCall("1", "mcp__everything", "echo", { message: "hi" }),
          mcpCall("2", "mcp__everything", "get_structured_content", { location: "New York" }),
        ),
      stage: {
        config: `[mcp_servers.everything]\nurl = "${url}"\nrequired = true\ndefault_tools_approval_mode = "approve"\n`,
      },
      turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "mystery-1", "go"] }],
      rules: commonRules,
    };
    const [real, got] = [await play(oracle(), scenario), await play(ours(), scenario)];
    expect(real.runs[0]!.events).toContainEqual(expect.objectContaining({ type: "turn.completed" }));
    expect(got).toEqual(real);
  });

  it("an address where nobody answers is one warning", async () => {
    const config = `[mcp_servers.away]\nurl = "http://127.0.0.1:${await freePort()}/mcp"\n`;
    const live = await startLiveThread([last], { stage: { config }, thread: { model: "mystery-1" } });
    ends.push(() => live.close());
    await live.say("go");
    const told = live.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(told).toContainEqual(expect.stringMatching(/`away` did not start.*ECONNREFUSED/));
  });

  it("a token from a variable is sent, and one that is missing is said", async () => {
    const server = await startOAuthServer();
    ends.push(() => server.close());
    const config = `[mcp_servers.locked]\nurl = "${server.url}"\nbearer_token_env_var = "NOT_THERE"\n`;
    const live = await startLiveThread([last], { stage: { config }, thread: { model: "mystery-1" } });
    ends.push(() => live.close());
    await live.say("go");
    const told = live.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(told).toContainEqual(expect.stringContaining("Environment variable NOT_THERE"));
    expect(server.asked).toEqual([]);
  });
});

describe("logging in at a server", () => {
  /** Runs `mcp login`, and does in its place what the user would do in the browser. */
  async function logIn(stage: Stage, server: OAuthServer, refuse = false): Promise<Outcome> {
    return run(ours(), stage, ["mcp", "login", "locked", "--no-browser"], {
      stdin: null,
      onStart: (child) => {
        let said = "";
        child.stdout!.on("data", (chunk: Buffer) => {
          const before = said;
          said += chunk.toString("utf8");
          const page = /^http\S+\n/m.exec(said)?.[0].trim();
          if (page !== undefined && !/^http\S+\n/m.test(before)) void server.allow(page, refuse);
        });
      },
    });
  }

  async function lockedStage(server: OAuthServer): Promise<Stage> {
    const stage = await makeStage({
      homeFiles: { "config.toml": `[mcp_servers.locked]\nurl = "${server.url}"\n` },
    });
    ends.push(() => stage.dispose());
    return stage;
  }

  const kept = (stage: Stage): string[] => {
    const folder = join(stage.home, ".agent_runtime", "mcp-logins");
    try {
      return readdirSync(folder).map((name) => join(folder, name));
    } catch {
      return [];
    }
  };

  it("keeps the tokens for the user's eyes only, uses them, renews them, and forgets them", async () => {
    const server = await startOAuthServer();
    ends.push(() => server.close());
    const config = `[mcp_servers.locked]\nurl = "${server.url}"\n`;
    const script = [...turn(), ...turn(mcpCall("1", "mcp__locked", "whoami", {}))];
    const before = await startLiveThread([last], { stage: { config }, thread: { model: "mystery-1" } });
    ends.push(() => before.close());
    await before.say("go");
    const told = before.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(told).toContainEqual(expect.stringContaining("codex-agent mcp login locked"));

    const stage = await lockedStage(server);
    const outcome = await logIn(stage, server);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toContain("Logged in to MCP server 'locked'.");
    const [file] = kept(stage);
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    expect((await run(ours(), stage, ["mcp", "list"], { stdin: null })).stdout).toContain("OAuth");

    const tokens = readFileSync(file!, "utf8");
    server.expire();
    const env = { AGENT_RUNTIME_DIR: join(stage.home, ".agent_runtime") };
    const after = await startLiveThread(script.slice(1), { stage: { config, env }, thread: { model: "mystery-1" } });
    ends.push(() => after.close());
    await after.say("go");
    expect(calls(after)).toMatchObject([{ status: "completed", result: { content: [{ text: "somebody" }] } }]);
    expect(readFileSync(file!, "utf8")).not.toBe(tokens);

    expect((await run(ours(), stage, ["mcp", "logout", "locked"], { stdin: null })).stdout).toContain(
      "Forgot the login",
    );
    expect(kept(stage)).toEqual([]);
  });

  it("says what the server said when the user refuses", async () => {
    const server = await startOAuthServer();
    ends.push(() => server.close());
    const stage = await lockedStage(server);
    const outcome = await logIn(stage, server, true);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toBe("Error: The login at MCP server 'locked' failed: access_denied\n");
    expect(kept(stage)).toEqual([]);
  });
});
