import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { expect, it } from "vitest";
import { editToml } from "../../../src/config/edit/edit-toml.ts";
import type { TomlTable, TomlValue } from "../../../src/config/toml/toml-values.ts";

const file = `# my settings
model = "a" # the best

# servers
[mcp_servers.docs]
command = "docs" # found in PATH
args = [
  "one", # first
]

# what is tried out
[features]
goals = true # why not
`;

it.each<[string, string[], TomlValue | undefined, string]>([
  ["a value that is there", ["model"], "b", file.replace('"a"', '"b"')],
  [
    "a list over several lines",
    ["mcp_servers", "docs", "args"],
    ["x"],
    file.replace(/args = \[[^\]]*\]/, 'args = ["x"]'),
  ],
  ["a value in a table that is there", ["features", "hooks"], false, `${file}hooks = false\n`],
  ["a value at the top", ["sandbox_mode"], "read-only", file.replace("best\n", 'best\nsandbox_mode = "read-only"\n')],
  ["a value in a new table", ["history", "max_bytes"], 7, `${file}\n[history]\nmax_bytes = 7\n`],
  [
    "a value deep in a table that is there",
    ["mcp_servers", "docs", "env", "A B"],
    "c",
    `${file}\n[mcp_servers.docs.env]\n"A B" = "c"\n`,
  ],
  ["a whole table", ["features"], { a: true }, file.replace(/\n?\[features\][^]*$/, "") + "\n[features]\na = true\n"],
  ["nothing any more", ["features", "goals"], undefined, file.replace("goals = true # why not\n", "")],
  ["no table any more", ["mcp_servers", "docs"], undefined, file.replace(/\[mcp_servers[^]*?\]\n\n(?=#)/, "")],
])("sets %s and leaves the rest as it stands", async (_what, path, value, expected) => {
  const edited = await editToml(file, path, value);
  expect(edited.replace(/\n{2,}/g, "\n")).toBe(expected.replace(/\n{2,}/g, "\n"));
});

it("writes into an empty file, one without a last line break, and one with dotted keys and CRLF", async () => {
  expect(await editToml("", ["features", "a"], true)).toBe("[features]\na = true\n");
  expect(await editToml('model = "a"', ["x"], 1)).toBe('model = "a"\nx = 1\n');
  expect(await editToml("features.a = true\n", ["features", "b"], true)).toBe("features.a = true\nfeatures.b = true\n");
  expect(parse(await editToml('model = "a"\r\n[t]\r\nx = 1\r\n', ["t", "x"], 2))).toEqual({ model: "a", t: { x: 2 } });
});

it("takes no line within a text for a header", async () => {
  const tricky = 'text = """\n[features]\na = 1\n"""\n';
  expect(parse(await editToml(tricky, ["features", "a"], true))).toEqual({
    text: "[features]\na = 1\n",
    features: { a: true },
  });
});

it("refuses what cannot be added to in place, and breaks nothing", async () => {
  await expect(editToml("t = { a = 1 }\n", ["t", "b", "c"], 1)).rejects.toMatchObject({ code: "config" });
});

const leaf = fc.oneof(
  fc.boolean(),
  fc.integer({ min: -9, max: 9 }),
  fc.string({ maxLength: 4 }),
  fc.array(fc.integer(), { maxLength: 2 }),
);
const key = fc.constantFrom("a", "b", "c d");
const document = fc.dictionary(
  key,
  fc.oneof(leaf, fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 2 })), { maxKeys: 3 })),
  {
    maxKeys: 3,
  },
);

function set(table: TomlTable, [first, ...rest]: string[], value: TomlValue): TomlTable {
  const inner = table[first!];
  const isTable = typeof inner === "object" && !Array.isArray(inner) && !(inner instanceof Date);
  return { ...table, [first!]: rest.length === 0 ? value : set(isTable ? inner : {}, rest, value) };
}

it("gives a document that reads as meant, whatever was there", async () => {
  await fc.assert(
    fc.asyncProperty(document, fc.array(key, { minLength: 1, maxLength: 3 }), leaf, async (before, path, value) => {
      const text = stringify(before);
      if (isBlocked(before as TomlTable, path)) {
        await expect(editToml(text, path, value)).rejects.toMatchObject({ code: "config" });
        return;
      }
      const edited = await editToml(text, path, value as TomlValue);
      const stripped = JSON.stringify(parse(edited), (_key, inner: unknown) => inner);
      expect(withoutEmpty(JSON.parse(stripped))).toEqual(
        withoutEmpty(set(before as TomlTable, path, value as TomlValue)),
      );
    }),
    { numRuns: 300 },
  );
});

/** Something that is no table stands where the path leads through one. */
function isBlocked(table: TomlTable, path: readonly string[]): boolean {
  const inner = table[path[0]!];
  if (path.length === 1 || inner === undefined) return false;
  return typeof inner !== "object" || Array.isArray(inner) || isBlocked(inner as TomlTable, path.slice(1));
}

function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, withoutEmpty(inner)] as const);
  return Object.fromEntries(
    entries.filter(
      ([, inner]) =>
        typeof inner !== "object" || inner === null || Array.isArray(inner) || Object.keys(inner).length > 0,
    ),
  );
}
