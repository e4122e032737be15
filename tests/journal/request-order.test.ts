import { describe, expect, it } from "vitest";
import { RequestOrder } from "../../src/journal/request-order.ts";
import type { ResponseItem } from "../../src/protocol/response-items.ts";

const call = (id: string): ResponseItem => ({ type: "function_call", name: "x", arguments: "{}", call_id: id });
const output = (id: string): ResponseItem => ({ type: "function_call_output", call_id: id, output: id });
const says = (role: "user" | "assistant" | "developer", text: string): ResponseItem => ({
  type: "message",
  role,
  content: [role === "assistant" ? { type: "output_text", text } : { type: "input_text", text }],
});

function ordered(lines: readonly [ResponseItem, number | null][]): string[] {
  const order = new RequestOrder();
  for (const [item, mark] of lines) order.add(item, mark);
  return order.finish().map((item) => {
    if (item.type === "message") return (item as { content: { text: string }[] }).content[0]!.text;
    return `${item.type === "function_call" ? "call" : "out"} ${(item as { call_id: string }).call_id}`;
  });
}

describe("journaled items in the order of a request", () => {
  it("outputs follow all items of their response, in the order of the calls", () => {
    expect(
      ordered([
        [says("user", "go"), 0],
        [call("a"), 1],
        [call("b"), 1],
        [output("b"), 1],
        [says("assistant", "text behind the calls"), 1],
        [output("a"), 1],
        [says("assistant", "end"), 6],
      ]),
    ).toEqual(["go", "call a", "call b", "text behind the calls", "out a", "out b", "end"]);
  });

  it("what a user says closes the response before it", () => {
    expect(
      ordered([
        [call("a"), 1],
        [output("a"), 1],
        [says("user", "steered"), 1],
        [says("assistant", "same mark, but later"), 1],
      ]),
    ).toEqual(["call a", "out a", "steered", "same mark, but later"]);
  });

  it("a late output stands where it came, behind what it follows", () => {
    expect(
      ordered([
        [call("a"), 1],
        [says("user", "stopped"), 1],
        [output("a"), 1],
        [says("assistant", "next"), 3],
      ]),
    ).toEqual(["call a", "stopped", "out a", "next"]);
  });

  it("an output of a call of another response comes last among the outputs", () => {
    expect(
      ordered([
        [call("b"), 4],
        [output("old"), 4],
        [output("b"), 4],
      ]),
    ).toEqual(["call b", "out b", "out old"]);
  });

  it("files without marks keep their order", () => {
    expect(
      ordered([
        [call("a"), null],
        [call("b"), null],
        [output("b"), null],
        [says("assistant", "between"), null],
        [output("a"), null],
      ]),
    ).toEqual(["call a", "call b", "out b", "between", "out a"]);
  });
});
