import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAgentRoles, type AgentRoles } from "../../src/config/agent-roles.ts";
import { loadConfig } from "../../src/config/load.ts";
import { makeStage, type Stage } from "../support/run.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await makeStage();
  await mkdir(join(stage.workspace, ".git"));
  await put(".git/HEAD", "ref: refs/heads/main\n");
});
afterEach(() => stage.dispose());

async function put(name: string, text: string, folder = stage.workspace): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
const home = (name: string, text: string): Promise<void> => put(name, text, stage.codexHome);

const read = async (): Promise<AgentRoles> =>
  readAgentRoles(await loadConfig({ env: stage.env, cwd: stage.workspace }));
const file = (name: string): string =>
  `name = "${name}"\ndescription = "is ${name}"\ndeveloper_instructions = "be ${name}"\n`;
const trusted = (): string => `[projects.${JSON.stringify(stage.workspace)}]\ntrust_level = "trusted"\n`;

test("a role is a description, and what its file changes", async () => {
  await home("config.toml", '[agents.a]\ndescription = "d"\nnickname_candidates = ["Ann"]\nconfig_file = "x/a.toml"\n');
  const all = `model = "m"\nmodel_reasoning_effort = "low"\nmodel_reasoning_summary = "none"\nmodel_verbosity = "high"\ndeveloper_instructions = "i"\n`;
  await home("x/a.toml", `${all}nickname_candidates = ["Bob"]\n`);
  expect(await read()).toEqual({
    warnings: [],
    roles: new Map([
      [
        "a",
        {
          description: "d",
          nicknames: ["Bob"],
          changes: {
            model: "m",
            reasoningEffort: "low",
            reasoningSummary: "none",
            verbosity: "high",
            developerInstructions: "i",
          },
        },
      ],
    ]),
  });
});

test("what a role's file cannot change is said, rights above all", async () => {
  await home("config.toml", '[agents.a]\ndescription = "d"\nconfig_file = "a.toml"\n');
  await home("a.toml", 'sandbox_mode = "danger-full-access"\napproval_policy = "never"\n');
  const { roles, warnings } = await read();
  expect(roles.get("a")?.changes).toEqual({});
  expect(warnings).toEqual([
    `sandbox_mode, approval_policy in ${stage.codexHome}/a.toml changes nothing for agents of that role.`,
  ]);
});

test("folders of roles are read, those of a project once it is trusted, and paths start where they are written", async () => {
  await home("agents/deep/one.toml", file("one"));
  await home("agents/notes.md", "no role");
  await put(".codex/agents/two.toml", file("two"));
  await put(".codex/config.toml", '[agents.three]\ndescription = "d"\nconfig_file = "three.toml"\n');
  await put(".codex/three.toml", 'developer_instructions = "be three"');
  expect([...(await read()).roles.keys()]).toEqual(["one"]);
  await home("config.toml", trusted());
  const { roles } = await read();
  expect([...roles.keys()].toSorted()).toEqual(["one", "three", "two"]);
  expect(roles.get("three")?.changes).toEqual({ developerInstructions: "be three" });
});

test.each([
  ['[agents.a]\nconfig_file = "a.toml"\n', { "a.toml": "" }, "`agents.a` has no `description`"],
  ['[agents.a]\ndescription = "d"\nconfig_file = "no.toml"\n', {}, "agents.a.config_file names"],
  ['[agents.a]\ndescription = "d"\nconfig_file = "a.toml"\n', { "a.toml": "model = [" }, "a.toml:1:"],
  ['[agents.a]\ndescription = "d"\nconfig_file = "a.toml"\n', { "a.toml": "odd = 1" }, "key `odd`"],
  ['[agents.a]\ndescription = "d"\nconfig_file = "a.toml"\n', { "a.toml": "model = 1" }, "`model` must be a string"],
  ["", { "agents/a.toml": 'description = "d"' }, "has no `name`"],
  ["", { "agents/a.toml": 'name = "a"\ndescription = "d"' }, "has no `developer_instructions`"],
  ["", { "agents/a.toml": 'name = "a"\ndeveloper_instructions = "x"' }, "has no `description`"],
  ["", { "agents/a.toml": file("x"), "agents/b.toml": file("x") }, "there is a role `x` already"],
])("a role that cannot be used is left out and told of: %j %j", async (config, files, said) => {
  await home("config.toml", config);
  for (const [name, text] of Object.entries(files)) await home(name, text);
  const { roles, warnings } = await read();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("A role for sub-agents is not used: ");
  expect(warnings[0]).toContain(said);
  expect([...roles.keys()]).toEqual(said.includes("already") ? ["x"] : []);
});

test("a role's table of a wrong type is a configuration error that names it", async () => {
  await home("config.toml", "[agents.a]\ndescription = 5\n");
  await expect(read()).rejects.toThrow("`agents.a.description` must be a string");
});
