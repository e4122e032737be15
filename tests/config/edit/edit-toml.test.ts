import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { editToml } from "../../../src/config/edit/edit-toml.ts";
import type { TomlValue } from "../../../src/config/toml/toml-values.ts";

const edit = (text: string, path: string[], value: TomlValue | undefined): Promise<string> =>
  editToml("config.toml", text, { path, value });

const full = `# my settings
model = "gpt-5.5" # why

[mcp_servers.old] # the old one
command = "x" # cmd
args = [ "a",
  # inside
  "b" ]

# about sub
[mcp_servers.old.env]
A = "1"

[projects."/x"] # p
trust_level = "trusted"
`;

describe("editing config.toml", () => {
  it("changes a value and nothing beside it", async () => {
    expect(await edit(full, ["model"], "gpt-6")).toBe(full.replace('"gpt-5.5"', '"gpt-6"'));
    expect(await edit(full, ["mcp_servers", "old", "args"], ["c"])).toBe(
      full.replace(/\[ "a",\n {2}# inside\n {2}"b" \]/, '["c"]'),
    );
  });

  it("adds a key below its header, and a table beside its likes", async () => {
    expect(await edit(full, ["projects", "/x", "note"], 1)).toBe(`${full}note = 1\n`);
    expect(await edit(full, ["mcp_servers", "new"], { command: "y", env: { B: "2" } })).toBe(
      full.replace("[projects.", `[mcp_servers.new]\ncommand = "y"\n\n[mcp_servers.new.env]\nB = "2"\n\n[projects.`),
    );
    expect(await edit("", ["a", "b"], { c: true })).toBe("[a.b]\nc = true\n");
    expect(await edit("x = 1", ["y"], 2)).toBe("x = 1\ny = 2\n");
    expect(await edit("[t]\n", ["y"], 2)).toBe("y = 2\n[t]\n");
  });

  it("replaces a table where it stands", async () => {
    const changed = await edit(full, ["mcp_servers", "old"], { url: "http://x" });
    expect(changed).toBe(
      `# my settings\nmodel = "gpt-5.5" # why\n\n[mcp_servers.old]\nurl = "http://x"\n\n[projects."/x"] # p\ntrust_level = "trusted"\n`,
    );
  });

  it("removes a table with its comments and its own tables", async () => {
    expect(await edit(full, ["mcp_servers", "old"], undefined)).toBe(
      `# my settings\nmodel = "gpt-5.5" # why\n\n[projects."/x"] # p\ntrust_level = "trusted"\n`,
    );
    expect(await edit(full, ["projects", "/x"], undefined)).toBe(full.slice(0, full.indexOf("\n[projects")));
    expect(await edit(full, ["nothing", "there"], undefined)).toBe(full);
  });

  it("works in braces and with dotted keys", async () => {
    const braces = `mcp_servers = { a = { command = "x" }, b = { command = "y" } } # all\nother = 1\n`;
    expect(parse(await edit(braces, ["mcp_servers", "a"], undefined))).toEqual({
      mcp_servers: { b: { command: "y" } },
      other: 1,
    });
    expect(await edit(braces, ["mcp_servers", "a", "command"], "z")).toContain("} # all\nother = 1\n");
    const dotted = `features.a = true\nfeatures.b = false # b\n[t]\nx.y = 1\n`;
    expect(await edit(dotted, ["features", "c"], true)).toBe(
      `features.a = true\nfeatures.b = false # b\nfeatures.c = true\n[t]\nx.y = 1\n`,
    );
    expect(await edit(dotted, ["features", "a"], undefined)).toBe(`features.b = false # b\n[t]\nx.y = 1\n`);
  });

  it("says so where a text cannot be changed safely", async () => {
    await expect(edit("[[list]]\na = 1\n", ["list", "b"], 1)).rejects.toThrow(/change `list.b` there by hand/);
    await expect(edit("a = [", ["b"], 1)).rejects.toThrow(/config.toml:1/);
  });

  it("keeps strings of every kind whole", async () => {
    const tricky = `a = """\n[not.a.header]\n# no comment\n"""\nb = '[x] # y'\nc = [ "]", '#', """}\n""" ]\nd = 1\n`;
    expect(await edit(tricky, ["d"], 2)).toBe(tricky.replace("d = 1", "d = 2"));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), async (name, value) => {
        const changed = await edit(tricky, ["t", name], value);
        expect(changed.startsWith(tricky)).toBe(true);
        expect((parse(changed) as Record<string, Record<string, string>>)["t"]?.[name]).toBe(value);
        expect(parse(await edit(changed, ["t", name], undefined))).not.toHaveProperty(
          "t",
          expect.objectContaining({ [name]: value }),
        );
      }),
      { numRuns: 60 },
    );
  });
});
