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
  ["codex_agent.mode = 'yes'", "`codex_agent.mode` must be one of"],
  ["codex_agent.trial = 3", '`codex_agent.trial` must be one of "off", "unknown", found the integer 3'],
  ["codex_agent.tools.mode = 'odd'", '`codex_agent.tools.mode` must be one of "classic", "code", "mixed"'],
  ["codex_agent.tools.enable = 1", "`codex_agent.tools.enable` must be a string or a list, each element a string"],
  ["codex_agent.sandbox.rungs = 'x'", "`codex_agent.sandbox.rungs` is not known; there are: rung, require, limits"],
  ["codex_agent.sandbox.require = [1]", "`codex_agent.sandbox.require.0` must be a string"],
  ["codex_agent.sandbox.limits.seconds = 0", "`codex_agent.sandbox.limits.seconds` must be an integer from 1 on"],
  ["codex_agent.network.only = []", "`codex_agent.network.only` is not known; there are: allow, deny"],
  ["codex_agent.agents.max_tokens = 0", "`codex_agent.agents.max_tokens` must be an integer from 1 on"],
  ["codex_agent.goals.max_continuations = -1", "`codex_agent.goals.max_continuations` must be an integer from 0 on"],
  ["codex_agent.goals.maximum = 1", "`codex_agent.goals.maximum` is not known; there are: max_continuations"],
  ["codex_agent.hooks.on_failure = 'stop'", '`codex_agent.hooks.on_failure` must be one of "continue", "block"'],
  ["codex_agent.rewind.enabled = 'no'", "`codex_agent.rewind.enabled` must be true or false"],
  ["codex_agent.budget = 3", "`codex_agent.budget` must be a table"],
  ["codex_agent.budget.week_tokens = 3", "`codex_agent.budget.week_tokens` is not known; there are: turn_tokens"],
  ["codex_agent.budget.day_tokens = 1.5", "`codex_agent.budget.day_tokens` must be an integer from 0 on"],
  ["codex_agent.budget.day_usd = -1", "`codex_agent.budget.day_usd` must be a number from 0 on"],
  ["codex_agent.budget.turn_usd = '1'", "`codex_agent.budget.turn_usd` must be a number from 0 on"],
  ["codex_agent.prices = 3", "`codex_agent.prices` must be a table"],
  ["codex_agent.prices.m = 3", "`codex_agent.prices.m` must be a table"],
  ["codex_agent.prices.m.input = nan", "`codex_agent.prices.m.input` must be a number from 0 on"],
  ["codex_agent.prices.m.cached = 0", "`codex_agent.prices.m.cached` is not known; there are: input, cached_input"],
  ["permissions.x.filesystem = 1", "`permissions.x.filesystem` must be a table"],
  ['permissions.x.filesystem."/a" = "all"', "`permissions.x.filesystem./a` must be one of"],
  ['permissions.x.filesystem."/a"."." = 1', '`permissions.x.filesystem./a..` must be one of "read"'],
  ["permissions.x.network.enabled = 1", "`permissions.x.network.enabled` must be true or false"],
  ["permissions.x.workspace_roots.a = 1", "`permissions.x.workspace_roots.a` must be true or false"],
  ["permissions.x.network = true", "`permissions.x.network` must be a table"],
  ["permissions.x.workspace_roots = []", "`permissions.x.workspace_roots` must be a table"],
  ["permissions.x.extends = 1", "`permissions.x.extends` must be a string"],
  ["mcp_servers.a.startup_timeout_sec = '1'", "`mcp_servers.a.startup_timeout_sec` must be a number"],
  ["mcp_servers.a.env_vars = [1]", "`mcp_servers.a.env_vars.0` must be a string or a table"],
  ["profile = 3", "`profile` must be a string"],
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
