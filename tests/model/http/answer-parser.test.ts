import fc from "fast-check";
import { expect, test } from "vitest";
import { AnswerParser } from "../../../src/model/http/answer-parser.ts";
import type { ServerSentEvent } from "../../../src/model/sse.ts";

function read(body: string, cuts: readonly number[] = []): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  const parser = new AnswerParser((event) => events.push(event));
  const bytes = Buffer.from(body);
  let at = 0;
  for (const cut of cuts) parser.push(bytes.subarray(at, (at += cut)));
  parser.push(bytes.subarray(at));
  parser.end();
  return events;
}

test("a stream is read event by event", () => {
  expect(read("\n: a comment\n\nevent: a\ndata: {}\n\ndata: x\n\n")).toEqual([
    { event: "a", data: "{}" },
    { event: "", data: "x" },
  ]);
});

test("a body of JSON is one event, however it is cut and whatever lines it has", () => {
  const body = '\n{\n  "error": {"message": "née"}\n}\n';
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }), (cuts) => {
      expect(read(body, cuts).map(({ data }) => JSON.parse(data) as unknown)).toEqual([{ error: { message: "née" } }]);
    }),
  );
  expect(read("[1]")).toEqual([{ event: "", data: "[1]" }]);
});

test("nothing is no event", () => {
  expect(read("")).toEqual([]);
  expect(read(" \n")).toEqual([]);
});
