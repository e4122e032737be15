import * as fc from "fast-check";
import { expect, test } from "vitest";
import { editText } from "../../../src/tools/apply-patch/edit.ts";
import { parsePatch } from "../../../src/tools/apply-patch/parse.ts";
import { unifiedDiff } from "../../../src/tools/apply-patch/unified-diff.ts";

const seed = Number(process.env["CODEX_AGENT_PATCH_SEED"] ?? 3);
const settings = { seed, numRuns: 1000 };

function patched(before: string, chunks: readonly string[]): string {
  const { hunks } = parsePatch(["*** Begin Patch", "*** Update File: f", ...chunks, "*** End Patch"].join("\n"));
  const [hunk] = hunks;
  if (hunk?.type !== "update") throw new Error("not an update");
  return editText(before, hunk.chunks, "f");
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** A line as a patch can carry it: LF ends it, and a CR at its end belongs to the patch's own line ends. */
const line = fc.oneof(
  fc.constantFrom("", "a", "b", "  b", "b ", "@@", "*** End Patch", "*** Add File: x", "–", "-", "+", "\ufeff"),
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, "")),
);

/** A second version in which every change stands next to a line that both have. */
const versions = fc.array(fc.tuple(line, fc.constantFrom("keep", "keep", "remove", "replace", "insert"), line), {
  maxLength: 30,
});

test("one chunk that holds both texts turns the one into the other", () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(line), (before, after) => {
      fc.pre(before.length + after.length > 0);
      const chunk = [...before.map((text) => `-${text}`), ...after.map((text) => `+${text}`)];
      expect(patched(textOf(before), ["@@", ...chunk])).toBe(textOf(after));
    }),
    settings,
  );
});

test("the hunks of a diff, as chunks of a patch, turn the one text into the other", () => {
  fc.assert(
    fc.property(versions, (entries) => {
      // Numbered, so that one line of context is enough to find the place.
      const before = textOf(entries.map(([text], index) => `${index} ${text}`));
      const after = textOf(
        entries.flatMap(([text, what, other], index) => {
          const kept = `${index} ${text}`;
          if (what === "remove") return [];
          if (what === "replace") return [`${index} new ${other}`];
          return what === "insert" ? [kept, other] : [kept];
        }),
      );
      fc.pre(before !== after);
      const chunks = unifiedDiff(before, after)
        .replaceAll(/^@@ .*$/gm, "@@")
        .split("\n")
        .slice(0, -1);
      expect(patched(before, chunks)).toBe(after);
    }),
    settings,
  );
});

/** Applies a unified diff by its line numbers alone. */
function applyByNumber(before: string, diff: string): string {
  const old = before.split(/(?<=\n)/);
  const out: string[] = [];
  let position = 0;
  let lines = diff.split(/(?<=\n)/).filter((text) => text !== "");
  lines = lines.flatMap((text, index) => {
    if (text.startsWith("\\")) return [];
    return lines[index + 1]?.startsWith("\\") ? [text.slice(0, -1)] : [text];
  });
  for (const text of lines) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n$/.exec(text);
    if (header !== null) {
      const start = header[2] === "0" ? Number(header[1]) : Number(header[1]) - 1;
      out.push(...old.slice(position, start));
      position = start;
      expect(out.length).toBe(header[4] === "0" ? Number(header[3]) : Number(header[3]) - 1);
    } else if (text[0] === "+") out.push(text.slice(1));
    else {
      expect(text.slice(1)).toBe(old[position]);
      if (text[0] === " ") out.push(text.slice(1));
      position++;
    }
  }
  return out.join("") + old.slice(position).join("");
}

test("a diff's line numbers and lines lead from the one text to the other", () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "c", "", "d\r")), fc.boolean())
    .map(([lines, ended]) => lines.join("\n") + (ended && lines.length > 0 ? "\n" : ""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(applyByNumber(before, unifiedDiff(before, after))).toBe(after);
    }),
    settings,
  );
});

test("diffs look like those of Codex: one line of context, a mark where the last newline is missing", () => {
  const numbered = Array.from({ length: 30 }, (_, index) => `l${index + 1}`);
  const changed = numbered.map((text) => (["l10", "l15"].includes(text) ? text.toUpperCase() : text));
  expect(unifiedDiff(textOf(numbered), textOf(changed))).toBe(
    "@@ -9,3 +9,3 @@\n l9\n-l10\n+L10\n l11\n@@ -14,3 +14,3 @@\n l14\n-l15\n+L15\n l16\n",
  );
  expect(unifiedDiff("gamma\n", "GAMMA\n")).toBe("@@ -1 +1 @@\n-gamma\n+GAMMA\n");
  expect(unifiedDiff("a\nb", "a\nB\n")).toBe("@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n");
  expect(unifiedDiff("a\r\nb\r\n", "A\r\nb\r\n")).toBe("@@ -1,2 +1,2 @@\n-a\r\n+A\r\n b\r\n");
  expect(unifiedDiff("", "a\n")).toBe("@@ -0,0 +1 @@\n+a\n");
  expect(unifiedDiff("a\n", "a\n")).toBe("");
});
