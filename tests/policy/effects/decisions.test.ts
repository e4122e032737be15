import { afterAll, describe, expect, test } from "vitest";
import { resolve } from "node:path";
import { changing } from "./decisions/changing.ts";
import { destroying } from "./decisions/destroying.ts";
import { hiding } from "./decisions/hiding.ts";
import { looking } from "./decisions/looking.ts";
import { outwitting } from "./decisions/outwitting.ts";
import { makeScene } from "./scene.ts";

const scene = makeScene();
afterAll(scene.remove);

const table = { looking, changing, destroying, hiding, outwitting };

describe.each(Object.entries(table))("%s", (_, rows) => {
  test.each(rows.map(([danger, line, touched]) => [danger, line, touched] as const))(
    "%s: %j",
    (danger, line, touched) => {
      const assessment = scene.assess(line);
      expect(assessment.danger, assessment.reasons.join("\n")).toBe(danger);
      expect(assessment.reasons.length > 0).toBe(danger !== "none");
      for (const [kind, expected] of Object.entries(touched ?? {})) {
        const isPath = kind === "reads" || kind === "writes";
        const found = assessment.effects[kind as keyof typeof assessment.effects];
        expect(found.toSorted(), kind).toEqual(
          expected.map((each: string) => (isPath ? resolve(scene.root, each) : each)).toSorted(),
        );
      }
      if (danger === "unknown") expect(assessment.effects.unknown).not.toEqual([]);
    },
  );
});

test("the table has no line twice, and at least four hundred", () => {
  const lines = Object.values(table).flatMap((rows) => rows.map(([, line]) => line));
  expect(lines.length).toBe(new Set(lines).size);
  expect(lines.length).toBeGreaterThanOrEqual(400);
});
