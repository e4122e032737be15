// An MCP server over stdio, written by hand so that it can do what no library lets it do. What it is told stands in MCP_LOG.
//
//   MCP_MODE   hang: never answers; words: prints a word first; silent-exit: goes at once; flood: writes without end;
//              stay: goes for SIGKILL alone
//   MCP_PID    file for its process id
//   MCP_DELAY  milliseconds before it reads anything
//   MCP_TOOLS  JSON, the tools instead of its own
import { appendFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { MCP_MODE: mode, MCP_LOG: logFile, MCP_DELAY: delay, MCP_INSTRUCTIONS: instructions } = process.env;
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const log = (line) => logFile && appendFileSync(logFile, `${line}\n`);
const object = (properties = {}, more = {}) => ({ type: "object", properties, ...more });
const reads = { readOnlyHint: true };
const tool = (name, description, annotations = reads, inputSchema = object()) => ({
  name,
  description,
  inputSchema,
  ...(annotations && { annotations }),
});

let tools = process.env.MCP_TOOLS
  ? JSON.parse(process.env.MCP_TOOLS)
  : [
      tool(
        "echo",
        "Gives back a text",
        reads,
        object({ text: { type: "string", default: "" } }, { required: ["text"] }),
      ),
      tool("boom", "Fails, and says nothing about itself", null),
      tool("safe", "Changes nothing that matters", { destructiveHint: false, openWorldHint: false }),
      tool("destructive", "Destroys", { readOnlyHint: false, destructiveHint: true }),
      tool("content", "Every kind of block"),
      tool("both", "Blocks and a structure"),
      tool("empty", "Nothing"),
      tool("fail_rpc", "An error of the protocol"),
      tool("fail_structured", "A failure with a structure"),
      tool("arguments", "What it was called with"),
      tool("environment", "Its environment"),
      tool("die", "Ends the process"),
      tool("hang", "Never answers"),
      tool("ask", "Asks the user"),
      tool("ask-url", "Sends the user to a page"),
      tool("big", "A long text", reads, object({ bytes: { type: "number" } })),
      tool("garbage", "Lines that are no messages"),
      tool("flood", "Notifications without end"),
      tool("change", "Has other tools from then on"),
      tool("child", "Starts a process that stays"),
    ];
if (process.env.MCP_PID) writeFileSync(process.env.MCP_PID, String(process.pid));
if (mode === "words") process.stdout.write("listening on stdin\n{ not json\n");
if (mode === "silent-exit") {
  process.stderr.write("no licence for this machine\n");
  process.exit(4);
}
if (mode === "flood") {
  const line = "x".repeat(1 << 16);
  const pour = () => {
    while (process.stdout.write(line));
    process.stdout.once("drain", pour);
  };
  pour();
}

const waiting = new Map();
let next = 1000;
const ask = (method, params) =>
  new Promise((resolve) => {
    const id = next++;
    waiting.set(id, resolve);
    send({ id, method, params });
  });

async function call({ id, params }) {
  const { name, arguments: given = {} } = params;
  const ok = (result) => send({ id, result });
  const text = (said) => ok({ content: [{ type: "text", text: said }] });
  switch (name) {
    case "echo":
      return ok({ content: [{ type: "text", text: `echo: ${given.text}` }], structuredContent: { said: given.text } });
    case "boom":
      return ok({ content: [{ type: "text", text: "it broke" }], isError: true });
    case "content":
      return ok({
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "" },
          {
            type: "image",
            data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            mimeType: "image/png",
          },
          { type: "image", data: "AAAA", mimeType: "image/png" },
          { type: "audio", data: "AAAA", mimeType: "audio/wav" },
          { type: "resource", resource: { uri: "x://r", mimeType: "text/plain", text: "inside" } },
          { type: "resource_link", uri: "x://l", name: "link" },
        ],
      });
    case "both":
      return ok({
        content: [{ type: "text", text: "human" }],
        structuredContent: { z: 1, a: [1, 2.5, "é"] },
        _meta: { k: 1 },
      });
    case "empty":
      return ok({ content: [] });
    case "fail_rpc":
      return send({ id, error: { code: -32000, message: "it broke", data: { x: 1 } } });
    case "fail_structured":
      return ok({ content: [{ type: "text", text: "bad" }], structuredContent: { e: 1 }, isError: true });
    case "arguments":
      return text(JSON.stringify("arguments" in params ? params.arguments : "none"));
    case "environment":
      return text(JSON.stringify(process.env));
    case "die":
      return process.exit(3);
    case "hang":
      return;
    case "ask": {
      const requestedSchema = object({ name: { type: "string" } }, { required: ["name"] });
      const answer = await ask("elicitation/create", { message: "Who are you?", requestedSchema });
      return text(JSON.stringify(answer.result ?? answer.error));
    }
    case "ask-url": {
      const params = { mode: "url", message: "Log in", url: "https://example.invalid/login", elicitationId: "e1" };
      const answer = await ask("elicitation/create", params);
      return text(JSON.stringify(answer.result ?? answer.error));
    }
    case "big":
      return text("x".repeat(given.bytes));
    case "garbage":
      process.stdout.write("\n\0\0garbage\n[1,2\n123\nnull\n[]\n{}\n");
      process.stdout.write('{"jsonrpc":"2.0","id":99999,"result":{}}\n{"jsonrpc":"2.0","method":5}\n');
      return text("still here");
    case "flood": {
      const line = `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x".repeat(1 << 20) } })}\n`;
      const pour = () => {
        while (process.stdout.write(line));
        process.stdout.once("drain", pour);
      };
      return pour();
    }
    case "change":
      tools = [tool("other", "A tool that was not there before"), tool("change", "Is still there")];
      send({ method: "notifications/tools/list_changed" });
      return text("changed");
    case "child": {
      const { spawn } = await import("node:child_process");
      const child = spawn("sleep", ["1000"], { stdio: "ignore" });
      return text(String(child.pid));
    }
    default:
      return text(`did ${name}`);
  }
}

setTimeout(
  () =>
    createInterface({ input: process.stdin }).on("line", (line) => {
      log(line);
      if (mode === "hang" || mode === "flood") return;
      const message = JSON.parse(line);
      if (message.method === undefined) return void waiting.get(message.id)?.(message);
      const { id, method, params } = message;
      if (method === "initialize") {
        const { protocolVersion } = params;
        const serverInfo = { name: "made by hand", version: "1" };
        const capabilities = { tools: { listChanged: true } };
        const result = { protocolVersion, capabilities, serverInfo, ...(instructions && { instructions }) };
        return send({ id, result });
      }
      if (method === "tools/list") return send({ id, result: { tools } });
      if (method === "tools/call") return void call(message);
      if (id !== undefined) send({ id, error: { code: -32601, message: "Method not found" } });
    }),
  Number(delay ?? 0),
);
if (mode === "hang" || mode === "stay") process.on("SIGTERM", () => {});
if (mode === "stay") setInterval(() => {}, 1 << 30);
