import { message, respond } from "../../support/fake-model.ts";
import { handmade, mcpCall } from "../../support/mcp/servers.ts";
import { toldInstead } from "./changes.ts";
import type { Dialogue } from "./dialogue.ts";
import { begin, oneTurn, thread } from "./steps.ts";

const end = respond([message("msg_end", "end")]);
const demo = "mcp__demo";
const asking = { approvalPolicy: "on-request", sandbox: "read-only" };
const elicitation = "mcpServer/elicitation/request";

const toolOnce =
  (reply: unknown, params: Record<string, unknown> = asking): Dialogue["play"] =>
  async (desk) => {
    const client = await desk.connect();
    const threadId = await thread(desk, client, params);
    await begin(client, threadId);
    client.answer(await client.next(elicitation), reply);
    await client.next("turn/completed");
  };

/** Tools of MCP servers. */
const dialogues: Dialogue[] = [
  {
    name: "a tool of an MCP server that needs no leave",
    script: () => [
      respond([mcpCall("1", demo, "safe", { text: "x" })]),
      respond([mcpCall("2", demo, "fail_rpc", {})]),
      end,
    ],
    stage: { config: handmade() },
    play: oneTurn(),
  },
  ...["accept", "decline"].map((action): Dialogue => ({
    name: `a tool of an MCP server that is asked about: ${action}`,
    script: () => [respond([mcpCall("1", demo, "destructive", { text: "x" })]), end],
    stage: { config: handmade() },
    play: toolOnce({ action, content: {}, _meta: null }),
  })),
  {
    name: "a tool of an MCP server that is allowed for the session",
    script: () => [
      respond([mcpCall("1", demo, "destructive", { text: "x" })]),
      respond([mcpCall("2", demo, "destructive", { text: "y" })]),
      end,
    ],
    stage: { config: handmade() },
    play: toolOnce({ action: "accept", content: {}, _meta: { persist: "session" } }),
  },
  {
    name: "an MCP server that asks something",
    script: () => [respond([mcpCall("1", demo, "ask", {})]), end],
    stage: { config: handmade("demo", { more: 'default_tools_approval_mode = "approve"' }) },
    play: toolOnce({ action: "accept", content: { name: "Ann" }, _meta: null }),
  },
];

export const toolsDialogues = dialogues.map((dialogue): Dialogue => ({
  ...dialogue,
  // When a server is there is its own affair.
  without: ["mcpServer/startupStatus/updated"],
  wanted: {
    reason: "what a server says of its tools in annotations is not repeated to people",
    change: toldInstead((told) =>
      told.map((message) => {
        const { tool_annotations: _, ...meta } = (message.params["_meta"] ?? {}) as Record<string, unknown>;
        return Object.keys(meta).length === 0 ? message : { ...message, params: { ...message.params, _meta: meta } };
      }),
    ),
  },
}));
