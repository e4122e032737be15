import * as fc from "fast-check";
import { expect, test } from "vitest";
import { markRepaired, repairNote } from "../../../../src/model/dialect/repair/marks.ts";
import type { RepairKind } from "../../../../src/protocol/repairs.ts";

const kinds = fc.subarray<RepairKind>(["text", "name", "json", "types"], { minLength: 1 });

test("an id says what was repaired, and the model is told so with the output", () => {
  const id = markRepaired("call_1", ["types", "json", "types"]);
  expect(id).toBe("call_1-repaired-json-types");
  const note = repairNote(id);
  expect(note).toContain("no valid JSON; ");
  expect(note).toContain("another form");
  expect(note).not.toContain("written as text");
});

test("an id of a call that nothing was wrong with stays, and says nothing", () => {
  expect(markRepaired("call_1", [])).toBe("call_1");
  for (const id of ["call_1", "", "call-repaired", "call-repaired-", "x-repaired-other", "-repaired-json-x"])
    expect(repairNote(id)).toBeNull();
});

test("marked ids are short enough for every provider, different where they were, and always have their note", () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 90, size: "max" }),
      fc.string({ maxLength: 90, size: "max" }),
      kinds,
      (one, other, repairs) => {
        const [first, second] = [markRepaired(one, repairs), markRepaired(other, repairs)];
        if (one.length <= 64 - "-repaired-text-name-json-types".length) expect(first.startsWith(one)).toBe(true);
        expect(first.length).toBeLessThanOrEqual(64);
        expect(first === second).toBe(one === other);
        expect(repairNote(first)).toMatch(/^\[This call was repaired before it ran: .+\.\]$/);
      },
    ),
  );
  const long = "a".repeat(80);
  expect(markRepaired(`${long}1`, ["json"])).not.toBe(markRepaired(`${long}2`, ["json"]));
});
