import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesOfBase64 } from "../../../src/doors/app-server/base64.ts";

it("what was encoded is decoded", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(bytesOfBase64(Buffer.from(bytes).toString("base64"))).toEqual(Buffer.from(bytes));
    }),
  );
});

it("nothing else is: only one text stands for some bytes", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."AQYZaz09+/=-_ \n".split("")), maxLength: 9 });
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = bytesOfBase64(text);
      const isItself = Buffer.from(text, "base64").toString("base64") === text;
      expect("problem" in bytes).toBe(!isItself);
    }),
    { numRuns: 2000 },
  );
});
