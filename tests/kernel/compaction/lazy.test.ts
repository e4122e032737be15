import { expect, test } from "vitest";
import { importsOf, sourcesBelow, withoutComments } from "../../architecture/sources.ts";

const folders = ["src/kernel/compaction/", "src/tools/read-history/"];
const inside = (path: string | null): boolean => path !== null && folders.some((folder) => path.startsWith(folder));

test("a turn that sums nothing up loads none of what does", () => {
  const loads = sourcesBelow("src")
    .filter(({ path }) => !inside(path))
    .flatMap((source) =>
      importsOf(source)
        .filter(({ path }) => inside(path))
        .map(({ specifier }) => ({ path: source.path, text: withoutComments(source.text), specifier })),
    );
  expect(loads.map(({ path }) => path).sort()).toEqual(["src/host/parts/past.ts", "src/kernel/turn/turn.ts"]);
  for (const { path, text, specifier } of loads) expect(text, path).toContain(`await import("${specifier}")`);
});
