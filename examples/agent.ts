/**
 * An agent in your program: a tool of your own, events as they come, and an answer in a form that you ask for. The model is a
 * small server of this file's own, so that it runs without a key. Checks itself: exits with 0 only when everything was as it
 * should be.
 *
 *     node examples/agent.ts
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { Agent, tool } from "../src/agent/index.ts";

/** What the model says, one reply after the other. */
const replies = [
  [{ type: "function_call", id: "fc_1", call_id: "call_1", name: "weather", arguments: '{"city":"Bonn"}' }],
  [said("It is 21 degrees in Bonn.")],
  [said('{"city":"Bonn","degrees":21}')],
];

function said(text: string): object {
  return { type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text }] };
}

const model = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const items = replies.shift() ?? [];
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    const events = [
      { type: "response.created", response: { id: "resp_1" } },
      ...items.map((item) => ({ type: "response.output_item.done", item })),
      { type: "response.completed", response: { id: "resp_1", usage } },
    ];
    response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
  });
});
await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
const home = mkdtempSync(join(tmpdir(), "codex-agent-example-"));

const weather = tool({
  name: "weather",
  description: "The weather of a city",
  input: {
    type: "object",
    properties: { city: { type: "string", description: "Its name" } },
    required: ["city"],
    additionalProperties: false,
  },
  annotations: { readOnly: true },
  run: () => ({ degrees: 21 }),
});

{
  await using agent = new Agent({
    cwd: home,
    model: "some-model",
    tools: [weather],
    env: { PATH: process.env["PATH"] ?? "", HOME: home, KEY: "any" },
    config: {
      model_provider: "here",
      model_providers: {
        here: {
          name: "here",
          base_url: `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`,
          wire_api: "responses",
          env_key: "KEY",
        },
      },
    },
  });

  for await (const event of agent.stream("What is the weather in Bonn?")) {
    if (event.type === "item.completed" && event.item.type === "toolCall") {
      console.log(`${event.item.tool} ${JSON.stringify(event.item.arguments)} -> ${event.item.result}`);
    }
    if (event.type === "turn.completed") console.log(event.lastMessage);
  }

  const { output, usage } = await agent.run("The same as JSON, please", {
    outputSchema: {
      type: "object",
      properties: { city: { type: "string" }, degrees: { type: "number" } },
      required: ["city", "degrees"],
      additionalProperties: false,
    },
  });
  console.log(output);
  assert.deepEqual(output, { city: "Bonn", degrees: 21 });
  assert.equal(usage.totalTokens, 15);
}

model.close();
rmSync(home, { recursive: true, force: true });
