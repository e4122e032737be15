import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sealOf, sealText } from "../../../src/model/dialect/seal.ts";
import type { ReasoningItem } from "../../../src/protocol/response-items.ts";

const sealed = (encrypted_content: string | null): ReasoningItem => ({
  type: "reasoning",
  summary: [],
  encrypted_content,
});

test("what was sealed comes out as it went in", () => {
  fc.assert(
    fc.property(
      fc.record(
        {
          kind: fc.constantFrom("signature" as const, "redacted" as const),
          value: fc.string(),
          maker: fc.string({ unit: "grapheme" }),
        },
        { requiredKeys: ["kind", "value"] },
      ),
      (seal) => {
        expect(sealOf(sealed(sealText(seal)))).toEqual(seal);
      },
    ),
  );
});

test("what others encrypted is no seal of ours", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      expect(sealOf(sealed(text))).toBeNull();
    }),
  );
  for (const text of ["codex-agent.messages.", "codex-agent.messages.signature", "codex-agent.messages.other:x"])
    expect(sealOf(sealed(text))).toBeNull();
  expect(sealOf(sealed(null))).toBeNull();
  expect(sealOf({ type: "reasoning", summary: [] })).toBeNull();
});
