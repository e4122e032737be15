import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSidecar } from "../../src/config/instructions/skill-sidecar.ts";
import { parseSimpleYaml } from "../../src/config/instructions/simple-yaml.ts";
import { withStage } from "./place.ts";

describe("the YAML of sidecars", () => {
  it.each([
    ["a: 1\nb: 'it''s'\nc: \"x\\ty\"\n", { a: "1", b: "it's", c: "x\ty" }],
    ["a:\n  b:\n    c: d # word\n  e: f\n", { a: { b: { c: "d" }, e: "f" } }],
    ["list:\n- one\n- two\nnext: x\n", { list: ["one", "two"], next: "x" }],
    ["list:\n  - a: 1\n    b: 2\n  - a: 3\n", { list: [{ a: "1", b: "2" }, { a: "3" }] }],
    ["url: https://x/y#z\n", { url: "https://x/y#z" }],
    ["# nothing\n---\n\n", {}],
    ["]]]\n: x\n- y\nkey: value\n", { key: "value" }],
    ["__proto__:\n  polluted: yes\n", { ["__proto__"]: { polluted: "yes" } }],
  ])("%j", (text, wanted) => {
    const read = parseSimpleYaml(text);
    expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(wanted)));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

it("what a skill says of itself is shown, but for icons and colours that are none", () =>
  withStage({}, async ({ workspace }) => {
    const folder = join(workspace, "skill");
    await mkdir(join(folder, "agents"), { recursive: true });
    await writeFile(
      join(folder, "SKILL.md"),
      "---\nname: s\ndescription: d\nmetadata:\n  short-description: short\n---\n",
    );
    await writeFile(
      join(folder, "agents/openai.yaml"),
      `interface:\n  display_name: Shown\n  brand_color: red\n  icon_small: ./a.png\n  icon_large: /etc/passwd\ndependencies:\n  tools:\n    - type: mcp\n    - type: env_var\n      value: TOKEN\n`,
    );
    const none = { shortDescription: null, defaultPrompt: null };
    expect(readSidecar(join(folder, "SKILL.md"))).toEqual({
      shortDescription: "short",
      shown: { ...none, displayName: "Shown", brandColor: null, iconSmall: join(folder, "a.png"), iconLarge: null },
      needs: [{ type: "env_var", value: "TOKEN", description: null, transport: null, command: null, url: null }],
    });
    expect(readSidecar(join(workspace, "none/SKILL.md"))).toEqual({ shown: null, needs: [], shortDescription: null });
  }));
