import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ModelEvent } from "../../src/model/model-client.ts";
import { readResponseEvent } from "../../src/model/responses/read-stream.ts";

function read(data: string): ModelEvent[] {
  const events: ModelEvent[] = [];
  expect(readResponseEvent({ event: "", data }, (event) => events.push(event))).toBeNull();
  return events;
}

/** What the same bytes mean to a plain reader of JSON. */
function plainly(data: string): ModelEvent[] {
  try {
    const wire = JSON.parse(data) as { type?: unknown; item_id?: unknown; delta?: unknown };
    if (wire.type !== "response.output_text.delta") return [];
    return [{ type: "text.delta", itemId: String(wire.item_id ?? ""), delta: String(wire.delta ?? "") }];
  } catch {
    return [];
  }
}

const start = '"type":"response.output_text.delta"';
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }).map((value) => JSON.stringify(value)),
  // Not all of them are JSON.
  fc.constantFrom(
    '"word "',
    '"a\\nb"',
    '"\t"',
    '"\u2028"',
    '"\\u0022"',
    '"\\"',
    '"',
    "1",
    "null",
    "[]",
    '""',
    '"\\ud800"',
  ),
);
const field = fc.oneof(
  { weight: 3, arbitrary: text.map((value) => `"delta":${value}`) },
  { weight: 3, arbitrary: text.map((value) => `"item_id":${value}`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '"content_index":0',
      '"output_index":12',
      '"sequence_number":01',
      '"sequence_number":1e3',
      '"logprobs":[]',
      '"logprobs":[{"delta":"x"}]',
      '"obfuscation":"Q2k"',
      '"\\u0064elta":"spelt otherwise"',
      '"__proto__":{"delta":"inherited"}',
      start,
      "",
    ),
  },
);
const event = fc
  .tuple(fc.array(field, { maxLength: 6 }), fc.constantFrom("}", "}", "}", "} ", "", ",}", "}}"))
  .map(([fields, end]) => `{${[start, ...fields].join(",")}${end}`);

test("a piece of text reads as JSON does, whatever stands beside it, broken or twice", () => {
  fc.assert(
    fc.property(event, (data) => {
      expect(read(data)).toEqual(plainly(data));
    }),
    { numRuns: 3000 },
  );
  expect(read(`{${start},"delta":"x","item_id":"m","type":"response.unknown"}`)).toEqual([]);
});

test("pieces as providers write them", () => {
  const wanted = [{ type: "text.delta", itemId: "msg_1", delta: "Ünder, it: {}" }];
  const place = '"content_index":0,"output_index":1,"sequence_number":4';
  for (const data of [
    `{${start},"item_id":"msg_1",${place},"delta":"Ünder, it: {}"}`,
    `{${start},"content_index":0,"delta":"Ünder, it: {}","item_id":"msg_1","logprobs":[],"obfuscation":"x","output_index":0}`,
    `{ ${start}, "item_id": "msg_1", "delta": "Ünder, it: {}" }`,
    `{"delta":"Ünder, it: {}",${start},"item_id":"msg_1"}`,
  ])
    expect(read(data)).toEqual(wanted);
});

test("a piece of many megabytes is read whole", () => {
  const delta = "x".repeat(20_000_000);
  expect(read(`{${start},"item_id":"msg_1","delta":"${delta}"}`)).toEqual([
    { type: "text.delta", itemId: "msg_1", delta },
  ]);
});
