// An MCP server over stdio with one tool that has an effect: it adds a line to the file `tokens` of its folder.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const mark = {
  name: "mark",
  description: "Leaves a mark",
  inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  switch (method) {
    case "initialize":
      return send({
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "marks", version: "1" },
        },
      });
    case "tools/list":
      return send({ id, result: { tools: [mark] } });
    case "tools/call":
      appendFileSync("tokens", `${params.arguments.text}\n`);
      return send({ id, result: { content: [{ type: "text", text: "marked" }] } });
    default:
      return send({ id, result: {} });
  }
});
