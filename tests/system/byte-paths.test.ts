import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesOfPath, listOfPaths, pathOfBytes, pathsOfList } from "../../src/system/byte-paths.ts";

it("any bytes are the same again, and text is itself", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect([...bytesOfPath(pathOfBytes(bytes))]).toEqual([...bytes]);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(pathOfBytes(Buffer.from(text))).toBe(text);
    }),
  );
});

it("bytes that are no UTF-8 are lone surrogates, so that JSON keeps them", () => {
  const path = pathOfBytes(Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xe2, 0x82]));
  expect(path).toBe("a\udcffé\udce2\udc82");
  expect(JSON.parse(JSON.stringify(path))).toBe(path);
});

it("an encoded surrogate is no UTF-8 either", () => {
  const bytes = [0xed, 0xb3, 0xbf];
  expect([...bytesOfPath(pathOfBytes(Uint8Array.from(bytes)))]).toEqual(bytes);
});

it("lists of paths end with a zero byte each", () => {
  const paths = ["a\nb", "", "\udcff"];
  expect(pathsOfList(listOfPaths(paths))).toEqual(paths);
  expect(pathsOfList(new Uint8Array())).toEqual([]);
});
