import fc from "fast-check";
import { expect, test } from "vitest";
import { chatDone, delta, finish, text } from "../../support/fake-chat.ts";
import { hear } from "./kit.ts";

interface Call {
  cmd: string;
  /** Where the arguments are cut. */
  cuts: number[];
}
const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.record({
    cmd: fc.oneof(fc.string({ unit: "grapheme", maxLength: 20 }), fc.constantFrom('"', "\\", "}{", 'say "}"')),
    cuts: fc.array(fc.nat({ max: 40 }), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 5 },
);

const argumentsOf = ({ cmd }: Call): string => JSON.stringify({ cmd });

function piecesOf(call: Call): string[] {
  const whole = argumentsOf(call);
  const places = [0, ...call.cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b), whole.length];
  return places.slice(1).map((end, index) => whole.slice(places[index], end));
}

const bytesOf = (deltas: readonly Record<string, unknown>[]): string =>
  [...deltas.map((each) => delta(each)), finish("tool_calls"), chatDone]
    .map((part) => ("raw" in part ? String(part.raw) : ""))
    .join("");

const heardOf = (bytes: string): unknown[] =>
  hear(bytes).items.map((item) => [
    (item as { call_id?: unknown }).call_id,
    (item as { arguments?: unknown }).arguments,
  ]);

test("calls come out whole and in the order of their places, however their pieces are mixed", () => {
  fc.assert(
    fc.property(calls, fc.infiniteStream(fc.nat()), fc.boolean(), (made, dice, idInEach) => {
      const left = made.map((call, index) =>
        piecesOf(call).map((piece, at) => ({
          index,
          ...((at === 0 || idInEach) && { id: `call_${index}` }),
          function: { ...(at === 0 && { name: "exec_command" }), arguments: piece },
        })),
      );
      const deltas: Record<string, unknown>[] = [];
      while (left.some((pieces) => pieces.length > 0)) {
        const open = left.filter((pieces) => pieces.length > 0);
        deltas.push({ tool_calls: [open[dice.next().value % open.length]!.shift()] });
      }
      expect(heardOf(bytesOf(deltas))).toEqual(made.map((call, index) => [`call_${index}`, argumentsOf(call)]));
    }),
    { numRuns: 300 },
  );
});

test("calls without places come out whole where they come one after the other", () => {
  fc.assert(
    fc.property(calls, fc.constantFrom("once", "each", "never"), (made, ids) => {
      const deltas = made.flatMap((call, index) =>
        piecesOf(call).map((piece, at) => ({
          tool_calls: [
            {
              ...((ids === "each" || (ids === "once" && at === 0)) && { id: `call_${index}` }),
              function: { ...(at === 0 && { name: "exec_command" }), arguments: piece },
            },
          ],
        })),
      );
      const heard = heardOf(bytesOf(deltas)) as [string, string][];
      expect(heard.map(([, args]) => args)).toEqual(made.map(argumentsOf));
      if (ids !== "never") expect(heard.map(([id]) => id)).toEqual(made.map((_, index) => `call_${index}`));
      expect(new Set(heard.map(([id]) => id)).size).toBe(made.length);
    }),
    { numRuns: 300 },
  );
});

test("text comes out as it was said, however it was cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 12 }), { minLength: 1 }), (said) => {
      const head = "Says: ";
      const bytes = [text(head), ...said.map(text), finish(), chatDone]
        .map((part) => ("raw" in part ? part.raw : ""))
        .join("");
      expect(hear(bytes).texts.join("")).toBe(head + said.join(""));
    }),
    { numRuns: 300 },
  );
});
