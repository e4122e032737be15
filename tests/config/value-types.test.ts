import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { makeStage, type Stage } from "../support/run.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await makeStage();
});
afterAll(() => stage.dispose());

async function load(text: string, profile?: string): ReturnType<typeof loadConfig> {
  await writeFile(join(stage.codexHome, "config.toml"), text);
  return loadConfig({ env: stage.env, cwd: stage.workspace, ...(profile !== undefined && { profile }) });
}

test.each([
  ["codex_agent = 1", "`codex_agent` must be a table"],
  ["codex_agent.tools = 1", "`codex_agent.tools` must be a table"],
  ["codex_agent.sandbox = 1", "`codex_agent.sandbox` must be a table"],
  ["codex_agent.network = 1", "`codex_agent.network` must be a table"],
  ["codex_agent.agents = 1", "`codex_agent.agents` must be a table"],
  ["codex_agent.goals = 1", "`codex_agent.goals` must be a table"],
  ["codex_agent.hooks = 1", "`codex_agent.hooks` must be a table"],
  ["permissions.x.filesystem = 1", "`permissions.x.filesystem` must be a table"],
  ["permissions.x.network = true", "`permissions.x.network` must be a table"],
  ["permissions.x.workspace_roots = []", "`permissions.x.workspace_roots` must be a table"],
  ["permissions.x.extends = 1", "`permissions.x.extends` must be a string"],
  ["profiles.a = 1", "`profiles.a` must be a table"],
  ['approval_policy.granular.rules = "x"', "`approval_policy.granular.rules` must be true or false"],
  ["hooks.state = 1", "`hooks.state` must be a table"],
  ["hooks.state.x = 1", "`hooks.state.x` must be a table"],
  ['hooks.state.x.enabled = "no"', "`hooks.state.x.enabled` must be true or false"],
  ["hooks.state.x.trusted_hash = 1", "`hooks.state.x.trusted_hash` must be a string"],
  [
    'features.multi_agent_v2.max_concurrent_threads_per_session = "x"',
    "`features.multi_agent_v2.max_concurrent_threads_per_session` must be an integer",
  ],
  ["features.goals = 1", "`features.goals` must be true or false or a table"],
])("a value of a wrong type is refused by name: %s", async (text, said) => {
  await expect(load(text)).rejects.toThrow(said);
});

test("a profile of config.toml is checked when it is chosen", async () => {
  const text = "[profiles.a]\nmodel = 1\nodd = 2\n";
  await load(text);
  await expect(load(text, "a")).rejects.toThrow("`model` must be a string");
});

test("keys of our own table that nobody knows are told of, and those that are documented are not", async () => {
  const known = `[codex_agent.tools]\nenable = ["update_plan"]\n[features.multi_agent_v2]\nmax_concurrent_threads_per_session = 3\n`;
  expect((await load(known)).notices).toEqual([]);
  const { notices } = await load("[codex_agent.hook]\non_failure = 'block'\n[codex_agent.tools]\nodd = 1\n");
  expect(notices.join()).toContain("codex_agent.hook");
  expect(notices.join()).toContain("codex_agent.tools.odd");
});
