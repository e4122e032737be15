import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutputBuffer } from "../../../src/tools/exec/output-buffer.ts";

const half = 512 * 1024;

function pushInPieces(buffer: OutputBuffer, bytes: Buffer, sizes: readonly number[]): void {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length]!;
    buffer.push(bytes.subarray(at, at + size));
    at += size;
  }
}

describe("an output buffer", () => {
  test("gives back what it was given, however it was cut", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (text, sizes) => {
          const buffer = new OutputBuffer();
          const bytes = Buffer.from(text);
          pushInPieces(buffer, bytes, sizes);
          expect(buffer.read()).toEqual({ text: bytes.toString("utf8"), bytes: bytes.length, dropped: 0 });
        },
      ),
    );
  });

  test("drained after each piece, splits no character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 100 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        (text, sizes) => {
          const buffer = new OutputBuffer();
          const bytes = Buffer.from(text);
          let joined = "";
          let counted = 0;
          for (let at = 0, index = 0; at < bytes.length; index++) {
            const size = sizes[index % sizes.length]!;
            buffer.push(bytes.subarray(at, at + size));
            at += size;
            const output = buffer.drain(at >= bytes.length);
            joined += output.text;
            counted += output.bytes;
          }
          expect(joined).toBe(bytes.toString("utf8"));
          expect(counted).toBe(bytes.length);
        },
      ),
    );
  });

  test("reads any bytes as a decoder would, in pieces or whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (raw, size) => {
        const bytes = Buffer.from(raw);
        const buffer = new OutputBuffer();
        let joined = "";
        for (let at = 0; at < bytes.length; at += size) {
          buffer.push(bytes.subarray(at, at + size));
          joined += buffer.drain(at + size >= bytes.length).text;
        }
        expect(joined).toBe(bytes.toString("utf8"));
      }),
      { numRuns: 500 },
    );
  });

  test.each([1, 7, 4096, 65536, 3_000_000])("keeps the first and last half mebibyte, given in pieces of %i", (size) => {
    const bytes = Buffer.alloc(2_500_001);
    for (let at = 0; at < bytes.length; at++) bytes[at] = 32 + (at % 91);
    const buffer = new OutputBuffer();
    pushInPieces(buffer, bytes, [size]);
    const dropped = bytes.length - 2 * half;
    const text = `${bytes.toString("utf8", 0, half)}\n... ${dropped} bytes omitted ...\n${bytes.toString("utf8", bytes.length - half)}`;
    const output = buffer.drain(false);
    expect(output.bytes).toBe(bytes.length);
    expect(output.dropped).toBe(dropped);
    expect(output.text === text).toBe(true);
    expect(buffer.drain(true)).toEqual({ text: "", bytes: 0, dropped: 0 });
  });

  test("cuts no character at the edges of what it drops, and counts what that costs", () => {
    const buffer = new OutputBuffer();
    const bytes = Buffer.from("€".repeat(1_000_000));
    pushInPieces(buffer, bytes, [10_007]);
    const { text, dropped } = buffer.read();
    expect(text).not.toContain("\ufffd");
    const kept = text.replace(/\n\.\.\. \d+ bytes omitted \.\.\.\n/, "");
    expect(Buffer.byteLength(kept) + dropped).toBe(bytes.length);
  });

  test("holds a character back at the end of a full ring", () => {
    const buffer = new OutputBuffer();
    buffer.push(Buffer.alloc(3 * half, "a"));
    const euro = Buffer.from("€");
    buffer.push(euro.subarray(0, 2));
    const first = buffer.drain(false);
    expect(first.text.endsWith("aaa")).toBe(true);
    expect(first.bytes).toBe(3 * half);
    buffer.push(euro.subarray(2));
    expect(buffer.drain(true)).toEqual({ text: "€", bytes: 3, dropped: 0 });
  });
});
