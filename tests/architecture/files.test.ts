import { expect, test } from "vitest";
import { sourcesBelow } from "./sources.ts";

const limit = 500;

test(`no source file is longer than ${limit} lines`, () => {
  const long = sourcesBelow("src")
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > limit);
  expect(long).toEqual([]);
});

test("nothing depends on files outside of the repository", () => {
  const outside = ["..", "shared"].join("/");
  const naming = ["src", "tests", "scripts", "bin", "examples"].flatMap(sourcesBelow);
  expect(naming.length).toBeGreaterThan(0);
  expect(naming.filter(({ text }) => text.includes(outside)).map(({ path }) => path)).toEqual([]);
});
