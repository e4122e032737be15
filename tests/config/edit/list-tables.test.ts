import { expect, it } from "vitest";
import { editTableList } from "../../../src/config/edit/list-tables.ts";

const path = ["skills", "config"];
const off = (name: string): { name: string; enabled: boolean } => ({ name, enabled: false });
const change = (text: string, without: string | null, add: string | null): Promise<string> =>
  editTableList("config.toml", text, path, {
    without: ({ name }) => name === without,
    add: add === null ? null : off(add),
  });

const written = `model = "x" # mine

# not now
[[skills.config]]
name = "one"   # later
enabled = false

[[skills.config]]
name = "two"
enabled = false

# the rest
[features]
goals = true
`;

it("puts a table behind the others, and leaves the rest as it stands", async () => {
  expect(await change(written, null, "three")).toBe(
    written.replace("# the rest", `[[skills.config]]\nname = "three"\nenabled = false\n\n# the rest`),
  );
});

it("takes one away with its comments, and only that", async () => {
  expect(await change(written, "one", null)).toBe(written.replace(/# not now[^]*?false\n\n/, ""));
  expect(await change(written, "none", null)).toBe(written);
});

it("puts one in the place of another of its name", async () => {
  const changed = await change(written, "two", "two");
  expect(changed.match(/name = "two"/g)).toHaveLength(1);
  expect(changed).toContain("# later");
});

it.each([
  ["", `[[skills.config]]\nname = "a"\nenabled = false\n`],
  [`model = "x"`, `model = "x"\n\n[[skills.config]]\nname = "a"\nenabled = false\n`],
  [
    `[skills]\nconfig = [{ name = "b", enabled = false }] # short\n`,
    `[skills]\nconfig = [{ name = "b", enabled = false }, { name = "a", enabled = false }] # short\n`,
  ],
])("adds one to %j", async (text, wanted) => {
  expect(await change(text, null, "a")).toBe(wanted);
});

it("an empty list is none", async () => {
  expect(await change(`[[skills.config]]\nname = "a"\nenabled = false\n`, "a", null)).toBe("");
});
