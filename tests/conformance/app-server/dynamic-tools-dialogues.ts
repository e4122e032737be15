import { call, message, respond } from "../../support/fake-model.ts";
import { inOtherWords } from "./changes.ts";
import type { Desk, Dialogue } from "./dialogue.ts";
import { begin, thread } from "./steps.ts";

const end = respond([message("msg_end", "end")]);
const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const weather = { type: "function", name: "weather", description: "Tells the weather", inputSchema: schema };
const space = { type: "namespace", name: "lab", description: "Tools of the lab", tools: [weather] };

const asked =
  (tools: unknown[], answer: unknown, how: "result" | "error" = "result") =>
  async (desk: Desk): Promise<void> => {
    const client = await desk.connect();
    const threadId = await thread(desk, client, { dynamicTools: tools });
    await begin(client, threadId);
    const { id } = await client.next("item/tool/call");
    client.send({ id, [how]: answer });
    await client.next("turn/completed");
  };

const refusals: [string, unknown][] = [
  ["no name", [{ ...weather, name: "" }]],
  ["a name with a space", [{ ...weather, name: "we ather" }]],
  ["a name of a built-in tool", [{ ...weather, name: "exec_command" }]],
  ["the same name twice", [weather, weather]],
  ["no schema that says object", [{ ...weather, inputSchema: { type: "string" } }]],
  ["a schema that is none", [{ ...weather, inputSchema: 3 }]],
  ["a namespace without tools", [{ ...space, tools: [] }]],
  ["a namespace of Codex", [{ ...space, name: "mcp__x" }]],
  ["the namespace functions", [{ ...space, name: "functions" }]],
  ["a long name", [{ ...weather, name: "x".repeat(129) }]],
  ["a name with a reserved prefix", [{ ...weather, name: "mcp__x" }]],
  ["deferred without a namespace", [{ ...weather, deferLoading: true }]],
  ["another type", [{ ...weather, type: "custom" }]],
  ["no list", {}],
];

export const dynamicToolsDialogues: Dialogue[] = [
  {
    name: "a tool of the client",
    script: () => [respond([call("1", "weather", { city: "Rome" })]), end],
    play: asked([weather], { contentItems: [{ type: "inputText", text: "sunny" }], success: true }),
  },
  {
    name: "a tool of the client in a namespace",
    script: () => [respond([call("1", "weather", { city: "Rome" }, { namespace: "lab" })]), end],
    play: asked([space], {
      contentItems: [
        { type: "inputText", text: "sunny" },
        { type: "inputText", text: "warm" },
      ],
      success: true,
    }),
  },
  {
    name: "a tool of the client that fails",
    script: () => [respond([call("1", "weather", { city: "Rome" })]), end],
    play: asked([weather], { contentItems: [{ type: "inputText", text: "no idea" }], success: false }),
  },
  {
    name: "a tool of the client that brings nothing",
    script: () => [respond([call("1", "weather", { city: "Rome" })]), end],
    play: asked([weather], { contentItems: [], success: true }),
  },
  {
    name: "a tool of the client that is answered with an error",
    script: () => [respond([call("1", "weather", { city: "Rome" })]), end],
    play: asked([weather], { code: -32000, message: "broken" }, "error"),
  },
  {
    name: "a tool of the client that is answered with nonsense",
    script: () => [respond([call("1", "weather", { city: "Rome" })]), end],
    play: asked([weather], { nonsense: true }),
  },
  {
    name: "a tool of the client with arguments that are no JSON",
    script: () => [respond([call("1", "weather", "{bad")]), end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { dynamicTools: [weather] });
      await begin(client, threadId);
      await client.next("turn/completed");
    },
  },
  {
    name: "a tool of the client with arguments that do not fit",
    script: () => [respond([call("1", "weather", { town: 3 })]), end],
    play: asked([weather], { contentItems: [{ type: "inputText", text: "sunny" }], success: true }),
  },
  {
    name: "a tool of the client, interrupted",
    wanted: {
      reason: "the model reads of every call alike that the user has stopped it",
      change: (real) =>
        inOtherWords(real, {
          "dynamic tool call was cancelled before receiving a response": "Wall time: <n> seconds\naborted by user",
        }),
    },
    script: () => [respond([call("1", "weather", { city: "Rome" })]), end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { dynamicTools: [weather] });
      const turnId = await begin(client, threadId);
      const question = await client.next("item/tool/call");
      await client.call("turn/interrupt", { threadId, turnId });
      await client.next("turn/completed");
      client.answer(question, { contentItems: [], success: true });
      await begin(client, threadId, "go on");
      await client.next("turn/completed");
    },
  },
  {
    name: "a tool of the client that is looked for",
    script: () => [respond([call("1", "weather", { city: "Rome" }, { namespace: "lab" })]), end],
    play: asked([{ ...space, tools: [{ ...weather, deferLoading: true }] }], {
      contentItems: [{ type: "inputText", text: "sunny" }],
      success: true,
    }),
  },
  {
    name: "tools of clients that cannot be",
    script: () => [end],
    async play(desk) {
      const client = await desk.connect();
      for (const [, tools] of refusals) {
        await client.request("thread/start", { cwd: desk.stage.workspace, model: "gpt-5.5", dynamicTools: tools });
      }
    },
  },
  {
    name: "a resumed thread has the tools of its client",
    script: () => [end, respond([call("1", "weather", { city: "Rome" })]), end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { dynamicTools: [weather] });
      await begin(client, threadId);
      await client.next("turn/completed");
      await client.call("thread/unsubscribe", { threadId });
      await client.call("thread/resume", { threadId, excludeTurns: true });
      await begin(client, threadId);
      client.answer(await client.next("item/tool/call"), {
        contentItems: [{ type: "inputText", text: "sunny" }],
        success: true,
      });
      await client.next("turn/completed");
    },
  },
];
