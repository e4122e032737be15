import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ToolTable, wireNameOf } from "../../../src/model/dialect/tool-table.ts";
import { UntranslatableError } from "../../../src/model/dialect/untranslatable.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";

const named = (name: string, more: object = {}): object => ({ type: "function", name, parameters: {}, ...more });
const wireNames = (tools: readonly unknown[], input: readonly ResponseItem[] = []): string[] =>
  new ToolTable(tools, input).tools.map(({ wireName }) => wireName);

describe("the name of a tool on the wire", () => {
  test("is its own where servers take it", () => {
    expect(wireNameOf("exec_command", null)).toBe("exec_command");
    expect(wireNameOf("read-file", "mcp__files")).toBe("mcp__files__read-file");
  });

  test("is one that every server takes, and as different as the names are", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 90, size: "max" }),
        fc.string({ maxLength: 90, size: "max" }),
        (one, other) => {
          expect(wireNameOf(one, null)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
          expect(wireNameOf(one, null) === wireNameOf(other, null)).toBe(one === other);
        },
      ),
    );
    const long = "x".repeat(70);
    expect(wireNameOf(`${long}1`, null)).not.toBe(wireNameOf(`${long}2`, null));
    expect(wireNameOf("a.b", null)).not.toBe(wireNameOf("a:b", null));
  });
});

describe("the tools that are offered", () => {
  test("are functions, whatever they were", () => {
    const table = new ToolTable(
      [
        named("plain", { strict: true, description: "Plain." }),
        { type: "namespace", name: "mcp__a", tools: [named("one")] },
        { type: "namespace", name: "functions", tools: [named("two")] },
        { type: "custom", name: "apply_patch", description: "Patches.", format: { type: "grammar", definition: "g" } },
        { type: "custom", name: "other", format: { type: "grammar", syntax: "lark", definition: "start: x" } },
        { type: "tool_search", description: "Finds.", parameters: { type: "object", properties: {} } },
      ],
      [],
    );
    expect(table.tools.map(({ wireName, kind, namespace }) => [wireName, kind, namespace])).toEqual([
      ["plain", "function", null],
      ["mcp__a__one", "function", "mcp__a"],
      ["two", "function", null],
      ["apply_patch", "custom", null],
      ["other", "custom", null],
      ["tool_search", "tool_search", null],
    ]);
    expect(table.find("plain")).toMatchObject({ strict: true, parameters: { type: "object" } });
    expect(table.find("apply_patch")?.description).toContain("*** Begin Patch");
    expect(table.find("apply_patch")?.parameters).toMatchObject({ required: ["input"] });
    expect(table.find("other")?.description).toContain("lark grammar:\nstart: x");
    expect(table.find("none")).toBeUndefined();
  });

  test("include what a search of the conversation brought up, and what stands at its head", () => {
    const input = [
      { type: "additional_tools", role: "developer", tools: [named("first")] },
      { type: "tool_search_output", call_id: "c", status: "completed", execution: "client", tools: [named("late")] },
    ] as unknown as ResponseItem[];
    expect(wireNames([named("given")], input)).toEqual(["first", "given", "late"]);
  });

  test("stand in it once, and one that only looks the same has a name of its own", () => {
    const looksTheSame = { type: "namespace", name: "a", tools: [named("b__c")] };
    const [first, second, ...others] = wireNames([named("a__b__c"), named("a__b__c"), looksTheSame, looksTheSame]);
    expect(first).toBe("a__b__c");
    expect(second).toMatch(/^a__b__c_[0-9a-f]{8}$/);
    expect(others).toEqual([]);
  });

  test("have a search of the web only where one is made here", () => {
    const search = { type: "web_search", external_web_access: true };
    expect(wireNames([search])).toEqual([]);
    expect(new ToolTable([search], [], { webSearch: true }).tools).toMatchObject([{ kind: "web_search" }]);
  });

  test("carry no marks that only Responses models know", () => {
    const parameters = { type: "object", properties: { a: { type: "string", encrypted: true }, b: { enum: [true] } } };
    expect(new ToolTable([named("x", { parameters })], []).find("x")?.parameters).toEqual({
      type: "object",
      properties: { a: { type: "string" }, b: { enum: [true] } },
    });
  });

  test.each([[{ type: "local_shell" }], [{ type: "function" }], [{}], [null], ["exec"]])("%j is refused", (tool) => {
    expect(() => new ToolTable([tool], [])).toThrow(UntranslatableError);
  });
});
