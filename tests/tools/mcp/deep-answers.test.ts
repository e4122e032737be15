import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { McpToolCall } from "../../../src/protocol/items.ts";
import { message, respond } from "../../support/fake-model.ts";
import { startLiveThread } from "../../support/live-thread.ts";
import { mcpCall } from "../../support/mcp/servers.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** What a server answers to a message; null: nothing. A call of its tool is answered with as many levels as it says. */
function answerTo(line: string): string | null {
  const { id, method, params } = JSON.parse(line);
  const serverInfo = { name: "deep", version: "1" };
  if (id === undefined) return null;
  const levels = params?.arguments?.levels ?? 0;
  const results: Record<string, unknown> = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo },
    "tools/list": { tools: [{ name: "nest", inputSchema: { type: "object" } }] },
    "tools/call": { content: [{ type: "text", text: "said" }], structuredContent: { a: "DEEP" } },
  };
  const answer = JSON.stringify({ jsonrpc: "2.0", id, result: results[method] });
  return answer.replace('"DEEP"', "[".repeat(levels) + "]".repeat(levels));
}

/** The server as a process. */
async function overStdio(): Promise<string> {
  const program = `require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const said = (${String(answerTo)})(line);
    if (said !== null) console.log(said);
  })`;
  return `command = ${JSON.stringify(process.execPath)}\nargs = ["-e", ${JSON.stringify(program)}]`;
}

async function overHttp(): Promise<string> {
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const said = answerTo((await request.setEncoding("utf8").toArray()).join(""));
    if (said === null) response.writeHead(202).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(said);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => (server.closeAllConnections(), server.close()));
  return `url = "http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp"`;
}

it.each([
  ["over stdio", overStdio],
  ["over HTTP", overHttp],
])("what nests too deep fails its call alone, whichever side wrote it: %s", async (_, start) => {
  const deep = `{"a":${"[".repeat(6000)}${"]".repeat(6000)}}`;
  const script = ["6000", "1", deep].map((each, index) => {
    const args = each === deep ? deep : `{"levels":${each}}`;
    return respond([mcpCall(String(index), "mcp__deep", "nest", args)]);
  });
  const config = `[mcp_servers.deep]\n${await start()}\nrequired = true\ndefault_tools_approval_mode = "approve"\n`;
  const live = await startLiveThread([...script, respond([message("end", "done")])], { stage: { config } });
  ends.push(() => live.close());
  expect((await live.say("go")).type).toBe("turn.completed");
  const calls = live.events.flatMap((event): McpToolCall[] =>
    event.type === "item.completed" && event.item.type === "mcpToolCall" ? [event.item] : [],
  );
  expect(calls).toMatchObject([
    { status: "failed", error: expect.stringContaining("nests deeper than 127 levels") },
    { status: "completed", result: { structuredContent: { a: [] } } },
  ]);
  const { input } = live.model.requests.at(-1)!.body as { input: { type: string; output?: unknown }[] };
  const read = input.filter(({ type }) => type === "function_call_output").map(({ output }) => JSON.stringify(output));
  expect(read[0]).toContain("nests deeper than 127 levels");
  expect(read[2]).toContain("recursion limit exceeded at line 1 column 132");
});
