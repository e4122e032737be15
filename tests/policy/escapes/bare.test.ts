import { expect, test } from "vitest";
import { attempts } from "./attempts/index.ts";
import { comesThroughWithoutWalls } from "./suite.ts";

comesThroughWithoutWalls();

test("there are enough of them, each with a name of its own", () => {
  expect(new Set(attempts.map(({ name }) => name)).size).toBe(attempts.length);
  expect(attempts.length).toBeGreaterThanOrEqual(220);
});
