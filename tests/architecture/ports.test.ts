import { expect, test } from "vitest";
import { sourcesBelow, withoutComments, type Source } from "./sources.ts";

/** What reaches the machine past the ports of src/system/ports.ts. */
const forbidden: Record<string, RegExp> = {
  "a module of Node": /["']node:[^"']+["']/,
  "the process": /(?<![\w.])(?:globalThis\.)?process\./,
  "the clock": /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )(?<![\w.])Date\(\s*\)/,
  randomness: /\bMath\.random\b/,
  "a timer": /(?<![\w.])(?:setTimeout|setInterval|setImmediate)\s*\(|\bAbortSignal\.timeout\b/,
  crypto: /(?<![\w.])(?:globalThis\.)?crypto\./,
  "the network": /(?<![\w.])(?:fetch\s*\(|new WebSocket\b)/,
  "the performance clock": /(?<![\w.])(?:globalThis\.)?performance\./,
};

const held = ["kernel", "journal", "host", "policy"];

function reaches(source: Source): string[] {
  return withoutComments(source.text)
    .split("\n")
    .flatMap((line, index) =>
      Object.entries(forbidden)
        .filter(([, pattern]) => pattern.test(line))
        .map(([what]) => `${source.path}:${index + 1} reaches ${what}: ${line.trim()}`),
    );
}

test.each(held)("%s/ reaches the machine through the ports alone", (folder) => {
  expect(sourcesBelow(`src/${folder}`).flatMap(reaches)).toEqual([]);
});

test.each([
  ['import { readFileSync } from "node:fs";', 1],
  ["const home = process.env.HOME;", 1],
  ["const now = Date.now();", 1],
  ["const now = new Date();", 1],
  ["const shown = new Date(event.time);", 0],
  ["const pick = Math.random();", 1],
  ["setTimeout(done, 10);", 1],
  ["await clock.sleep(10);", 0],
  ["const id = crypto.randomUUID();", 1],
  ["const reply = await fetch(url);", 1],
  ["const reply = await client.fetch(url);", 0],
  ["const start = performance.now();", 1],
  ["// process.exit() is for doors", 0],
])("the check reads %s", (text, count) => {
  expect(reaches({ path: "src/kernel/example.ts", text })).toHaveLength(count);
});
