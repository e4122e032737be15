import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rank, words } from "../../../src/tools/tool-search/ranking.ts";
import { foundTools, toolSearchTool } from "../../../src/tools/tool-search/tool-search.ts";
import { CallError, type CallContext, type Tool } from "../../../src/tools/tool.ts";

const tool = (name: string, description: string, namespace?: string): Tool => ({
  name,
  ...(namespace !== undefined && { namespace: { name: namespace, description: `about ${namespace}` } }),
  deferred: true,
  spec: { type: "function", name, description, strict: false, parameters: { type: "object", properties: {} } },
  parallel: true,
  prepare: () => {
    throw new Error("not called");
  },
});

const tools = [
  tool("read_file", "Reads one file", "mcp__fs"),
  tool("write_file", "Writes a file", "mcp__fs"),
  tool("listIssues", "Shows the issues of a project", "mcp__tracker"),
  tool("clock", "Tells the time"),
];

describe("ranking", () => {
  it("takes names apart and minds neither case nor plural", () => {
    expect(words("listIssues read_text-file The FILES of it")).toEqual([
      "list",
      "issue",
      "read",
      "text",
      "file",
      "file",
    ]);
  });

  it("puts what has the rarer words first, and leaves out what has none", () => {
    expect(rank(["a file", "another file to read", "time"], "read a file")).toEqual([1, 0]);
    expect(rank(["x"], "nothing")).toEqual([]);
    expect(rank([], "x")).toEqual([]);
  });

  it("finds a text by its own words among any others", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(), (texts, at) => {
        const index = at % (texts.length + 1);
        const all = texts.toSpliced(index, 0, "zyzzyva tool");
        expect(rank(all, "zyzzyva")).toContain(index);
      }),
    );
  });
});

describe("tool_search", () => {
  it("gives tools in their groups, the best first", () => {
    expect(foundTools(tools, "write file", 8)).toEqual([
      {
        type: "namespace",
        name: "mcp__fs",
        description: "about mcp__fs",
        tools: [
          expect.objectContaining({ name: "write_file", defer_loading: true }),
          expect.objectContaining({ name: "read_file" }),
        ],
      },
    ]);
    expect(foundTools(tools, "time", 8)).toMatchObject([{ type: "function", name: "clock", defer_loading: true }]);
    expect(foundTools(tools, "file issues time", 2)).toHaveLength(2);
  });

  it("waits for what is on its way, and refuses what makes no sense", async () => {
    let complete = false;
    const search = toolSearchTool({
      deferred: () => (complete ? tools : []),
      complete: async () => {
        complete = true;
      },
    });
    const context = { signal: new AbortController().signal } as CallContext;
    const prepared = await search.prepare(JSON.stringify({ query: "issues" }), context);
    expect(await prepared.run({ type: "allow", enclose: null })).toMatchObject({ data: [{ name: "mcp__tracker" }] });
    for (const args of [{}, { query: " " }, { query: "x", limit: 0 }, { query: "x", limit: -1 }, "text"])
      expect(() => search.prepare(JSON.stringify(args), context)).toThrow(CallError);
  });
});
