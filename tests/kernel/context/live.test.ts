import { expect, test } from "vitest";
import type { ModelRequest } from "../../../src/model/model-client.ts";
import { requestBody } from "../../../src/model/responses/request-body.ts";
import { ActedModel, bench, call, completed, input, say, tool } from "../kit.ts";

const itemTexts = (request: ModelRequest): string[] =>
  (JSON.parse(requestBody(request)) as { input: unknown[] }).input.map((item) => JSON.stringify(item));

test("live context stands at the end of every request as it is then, is kept nowhere, and changes nothing before it", async () => {
  const client = new ActedModel([
    (emit) => {
      emit({ type: "item.done", item: call("c1", "quick") });
      return completed();
    },
    (emit) => {
      emit({ type: "item.done", item: say("one", "msg_1") });
      return completed();
    },
    (emit) => {
      emit({ type: "item.done", item: say("two", "msg_2") });
      return completed();
    },
  ]);
  let asked = 0;
  const table = bench({
    client,
    tools: [tool("quick", () => "quick")],
    setUp: async (setup) => ({ ...setup, live: () => [{ role: "developer", text: `now ${++asked}` }] }),
  });
  for (const text of ["first", "second"]) {
    table.thread.submit(input(text));
    await table.thread.idle();
  }
  const requests = client.requests.map(itemTexts);
  expect(requests).toHaveLength(3);
  for (const [index, texts] of requests.entries()) {
    expect(texts.filter((text) => text.includes("now "))).toEqual([expect.stringContaining(`now ${index + 1}`)]);
    expect(texts.at(-1)).toContain(`now ${index + 1}`);
    const before = requests[index - 1]?.slice(0, -1) ?? [];
    expect(texts.slice(0, before.length)).toEqual(before);
  }
  expect(JSON.stringify(table.records)).not.toContain("now ");
});
