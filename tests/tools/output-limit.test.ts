import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { InputPart } from "../../src/protocol/response-items.ts";
import { clipOutput } from "../../src/tools/output-limit.ts";

const text = (value: string): InputPart => ({ type: "input_text", text: value });
const image: InputPart = { type: "input_image", image_url: "data:," };

test("a text keeps its head and tail around a marker", () => {
  expect(clipOutput("0123456789".repeat(5), 5)).toBe("0123456789…8 tokens truncated…0123456789");
  expect(clipOutput("é".repeat(21), 4)).toBe("éééé…7 tokens truncated…éééé");
  expect(clipOutput("abcdefgh", 0)).toBe("…2 tokens truncated…");
  expect(clipOutput("x".repeat(48_000))).toBe("x".repeat(48_000));
  expect(clipOutput("x".repeat(48_001))).toContain("tokens truncated");
});

test("texts of a list share the budget; images are kept; the rest is counted", () => {
  const parts = [text("aaaa"), image, text("b".repeat(40)), text("c"), image, text("d")];
  expect(clipOutput(parts, 3)).toEqual([
    text("aaaa"),
    image,
    text("bbbb…8 tokens truncated…bbbb"),
    image,
    text("[omitted 2 text items ...]"),
  ]);
  expect(clipOutput(parts, 100)).toBe(parts);
});

test("whatever comes in, the kept text stays within the budget and no image is lost", () => {
  const part = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }).map(text), fc.constant(image));
  fc.assert(
    fc.property(fc.array(part), fc.nat(40), (parts, tokens) => {
      const clipped = clipOutput(parts, tokens) as InputPart[];
      expect(clipped.filter((entry) => entry.type === "input_image").length).toBe(
        parts.filter((entry) => entry.type === "input_image").length,
      );
      let bytes = 0;
      for (const entry of clipped) {
        if (entry.type === "input_text" && !entry.text.startsWith("[omitted"))
          bytes += Buffer.byteLength(entry.text.replace(/…\d+ tokens truncated…/u, ""));
      }
      expect(bytes).toBeLessThanOrEqual(tokens * 4);
    }),
  );
});
