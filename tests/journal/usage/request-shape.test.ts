import fc from "fast-check";
import { expect, test } from "vitest";
import { apportion, type Piece, RequestShape } from "../../../src/journal/usage/request-shape.ts";
import { usageCauses } from "../../../src/protocol/usage-report.ts";

const piece = fc.record({ cause: fc.constantFrom(...usageCauses), tokens: fc.nat(5000) });
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** The same by walking over every piece. */
function bySteps(pieces: readonly Piece[], cachedShare: number): Map<string, number> {
  let left = sum(pieces.map(({ tokens }) => tokens)) * cachedShare;
  const cached = new Map<string, number>();
  for (const { cause, tokens } of pieces) {
    const part = Math.min(tokens, left);
    left -= part;
    cached.set(cause, (cached.get(cause) ?? 0) + part);
  }
  return cached;
}

test("a split adds up to the provider's counts exactly, whatever the request held", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(piece, { maxLength: 3 }), { maxLength: 12 }),
      fc.array(piece, { maxLength: 2 }),
      fc.nat(1_000_000),
      fc.nat(1_000_000),
      fc.nat(14),
      (items, head, input, wanted, upTo) => {
        const cached = Math.min(wanted, input);
        const shape = new RequestShape();
        items.forEach((pieces, index) => shape.add(index + 1, `item-${index}`, pieces));
        const count = shape.upTo(upTo);
        expect(count).toBe(Math.min(upTo, items.length));
        const parts = [...shape.split(count, head, { input, cached }).values()];
        expect(sum(parts.map((part) => part.input))).toBe(input);
        expect(sum(parts.map((part) => part.cached))).toBe(cached);
        for (const part of parts) {
          expect(part.cached).toBeGreaterThanOrEqual(0);
          expect(part.cached).toBeLessThanOrEqual(part.input);
        }
      },
    ),
  );
});

test("what is cached is the beginning of a request", () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.nat(100), (pieces, percent) => {
      const all = sum(pieces.map(({ tokens }) => tokens));
      fc.pre(all > 0);
      const shape = new RequestShape();
      pieces.forEach((each, index) => shape.add(index + 1, `item-${index}`, [each]));
      // As many tokens as were estimated: nothing is rounded but the end of what is cached.
      const cached = Math.floor((all * percent) / 100);
      const split = shape.split(pieces.length, [], { input: all, cached });
      const expected = bySteps(pieces, cached / all);
      for (const [cause, part] of split)
        expect(Math.abs(part.cached - (expected.get(cause) ?? 0))).toBeLessThanOrEqual(1);
    }),
  );
});

test("whole numbers in proportion, none above its bound", () => {
  expect(apportion([1, 1, 1], 10)).toEqual([4, 3, 3]);
  expect(apportion([1, 3], 8)).toEqual([2, 6]);
  expect(apportion([1, 1], 10, [2, 100])).toEqual([2, 8]);
  expect(apportion([], 0)).toEqual([]);
});

test("histories are told apart at the first item that differs", () => {
  const shape = new RequestShape();
  for (const id of ["a", "b", "c"]) shape.add(1, id, []);
  const before = shape.clear();
  for (const id of ["a", "summary", "c"]) shape.add(1, id, []);
  expect(shape.sameAs(before)).toBe(1);
});
