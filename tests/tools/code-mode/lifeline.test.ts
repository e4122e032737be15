import { expect, test } from "vitest";
import { dropLifeline, holdLifeline } from "../../../src/tools/code-mode/lifeline.ts";

test("processes that come and go leave nothing behind in ours", () => {
  // No process group of the machine has so high a number.
  const nobody = 2 ** 30;
  const once = (): void => {
    holdLifeline(nobody);
    dropLifeline(nobody);
  };
  once();
  const before = process.listenerCount("exit");
  for (let count = 0; count < 12; count++) once();
  expect(process.listenerCount("exit")).toBe(before);
});
