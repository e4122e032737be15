import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "../../../../src/doors/app-server/transports/json-lines.ts";

function split(chunks: Uint8Array[], maxBytes = 1_000): (string | null)[] {
  const lines: (string | null)[] = [];
  const splitter = new LineSplitter(
    maxBytes,
    (line) => lines.push(Buffer.from(line).toString()),
    () => lines.push(null),
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

test("however the bytes are cut, the lines are the same", () => {
  const line = fc.string({ maxLength: 40, unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 20 })), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
      const chunks: Uint8Array[] = [];
      let from = 0;
      for (const size of sizes) chunks.push(bytes.subarray(from, (from += size)));
      chunks.push(bytes.subarray(from));
      expect(split(chunks)).toEqual(lines);
    }),
  );
});

test("a last line needs no line break", () => {
  expect(split([Buffer.from("one\ntw"), Buffer.from("o")])).toEqual(["one", "two"]);
});

test("a line that is too long is passed over, and the next one is read", () => {
  const long = Array.from({ length: 20 }, () => Buffer.from("x".repeat(100)));
  expect(split([Buffer.from("a\n"), ...long, Buffer.from("\nb\n")])).toEqual(["a", null, "b"]);
  expect(split([Buffer.from(`${"x".repeat(1_000)}\n${"x".repeat(1_001)}\n`)])).toEqual(["x".repeat(1_000), null]);
});
