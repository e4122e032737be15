import { describe, expect, it } from "vitest";
import { shownSchema } from "../../../src/tools/mcp/input-schema.ts";
import { shownNames, shownNamespaces } from "../../../src/tools/mcp/names.ts";
import { clipResult, modelOutput, shownResult } from "../../../src/tools/mcp/call-result.ts";

describe("names", () => {
  it("keep letters, digits and underscores", () => {
    expect([...shownNames(["get-sum", "a.b/c é", "UPPER_1"]).values()]).toEqual(["get_sum", "a_b_c__", "UPPER_1"]);
    expect([...shownNamespaces(["my-server.x"]).values()]).toEqual(["mcp__my_server_x"]);
  });

  it("that would look alike are told apart, and stay the same from thread to thread", () => {
    const one = shownNames(["a-b", "a_b", "c"]);
    expect(one.get("c")).toBe("c");
    expect(one.get("a-b")).toMatch(/^a_b_[0-9a-f]{12}$/);
    expect(new Set(one.values()).size).toBe(3);
    expect(shownNames(["a_b", "a-b"]).get("a-b")).toBe(one.get("a-b"));
  });
});

describe("schemas", () => {
  it("that nobody can show are none", () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { type: "array", items: nested(depth - 1) });
    for (const it of [
      { type: "array", items: [{ type: "string" }] },
      { type: "string", description: 5 },
      nested(100),
      7,
    ])
      expect(shownSchema({ type: "object", properties: { it } })).toBeNull();
  });

  it("that say nothing are objects without members", () => {
    for (const schema of [undefined, null, 5, {}, { type: "object" }])
      expect(shownSchema(schema)).toEqual({ type: "object", properties: {} });
  });

  it("that refer to themselves end", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
    const schema = { type: "object", properties: { first: { $ref: "#/$defs/node" } }, $defs: { node, unused: {} } };
    expect(shownSchema(schema)).toEqual({
      type: "object",
      properties: { first: { $ref: "#/$defs/node" } },
      $defs: { node },
    });
  });
});

describe("results", () => {
  it("of odd form are taken for what they are", () => {
    for (const content of [undefined, null, "text", 5, [null, 5, "x"]])
      expect(modelOutput({ content }, 0, "high")).toEqual([
        { type: "input_text", text: "Wall time: 0.0000 seconds\nOutput:" },
      ]);
    expect(modelOutput({ content: [{ type: "text" }, {}] }, 1.5, null)).toEqual([
      { type: "input_text", text: "Wall time: 1.5000 seconds\nOutput:" },
      { type: "input_text", text: '{"type":"text"}' },
      { type: "input_text", text: "{}" },
    ]);
  });

  it("with images are told in words to a model that sees none", () => {
    const content = [{ type: "image", data: "AAAA", mimeType: "image/png" }];
    expect(modelOutput({ content }, 0, null)).toContainEqual(
      expect.objectContaining({ text: "<image content omitted because you do not support image input>" }),
    );
  });

  it("are kept up to a length", () => {
    const long = shownResult({ content: [{ type: "text", text: "é".repeat(2_000_000) }], structuredContent: { a: 1 } });
    expect(Buffer.byteLength(JSON.stringify(long))).toBeLessThan(1_100_000);
    expect(long.structuredContent).toBeNull();
    const short = { content: [{ type: "text", text: "x" }], structuredContent: null, isError: false, meta: null };
    expect(clipResult(short)).toBe(short);
  });
});
