// The MCP server of the benchmarks, over stdio: it answers at once, after the milliseconds of MCP_DELAY in which it starts.
import { createInterface } from "node:readline";

const tool = (name, annotations) => ({
  name,
  description: `Can ${name}.`,
  inputSchema: { type: "object" },
  annotations,
});
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "bench", version: "1" },
  }),
  "tools/list": () => ({ tools: [tool("look", { readOnlyHint: true }), tool("change", { readOnlyHint: false })] }),
  "tools/call": () => ({ content: [{ type: "text", text: "ok" }] }),
};

setTimeout(
  () => {
    createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method, params } = JSON.parse(line);
      if (id === undefined) return;
      const result = answers[method]?.(params) ?? {};
      process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
    });
  },
  Number(process.env.MCP_DELAY ?? 0),
);
