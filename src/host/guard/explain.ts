import type { Standing } from "../../policy/sandbox/ladder.ts";
import type { Verdict } from "../../protocol/verdict.ts";
import type { System } from "../../system/ports.ts";
import type { CommandWalls } from "../walls/command-walls.ts";
import { sandboxSettings, surroundings } from "../walls/command-walls.ts";
import type { RulePlace } from "./command-rules.ts";
import type { Admission } from "./admission.ts";
import type { Grants } from "./grants.ts";
import { Guard } from "./guard.ts";
import { userShell } from "../user-shell.ts";
import { openRules, ruleFiles } from "./rule-places.ts";

/** What holds for a turn alone holds in none that is still to come. */
const noTurn = "";
const noWalls: Standing = { sandbox: null, why: "none were asked for" };

/**
 * What would be said of a command in a new thread with this configuration, where `grants` hold; nothing is run. One word is a line for the shell, several
 * are a program and its arguments.
 * @throws AgentError `config` for rules that mean nothing.
 */
export async function explainCommand(
  words: readonly string[],
  { config, lifts }: Admission,
  system: System,
  walls: Pick<CommandWalls, "find">,
  grants: Pick<Grants, "prepare" | "find">,
): Promise<{ verdict: Verdict; argv: readonly string[] }> {
  const [line = ""] = words;
  const argv = words.length === 1 ? [userShell(system), "-lc", line] : words;
  const place: RulePlace = {
    codexHome: config.homes.codex,
    files: system.files,
    sources: () => ruleFiles(config, system.files),
    lifts,
    warn: () => {},
  };
  const rules = await openRules(place);
  const guard = new Guard({ system, codexRules: () => rules?.rules ?? null });
  const standing = config.permissions.sandbox === "danger-full-access" ? noWalls : await walls.find(config);
  await grants.prepare();
  const { verdict } = await guard.judge(
    { kind: "command", argv, cwd: config.cwd, escalate: false, justification: null },
    config,
    { ...surroundings(config, system), standing, required: sandboxSettings(config).require },
    true,
    (action, effects, outside) => grants.find(action, effects, outside, noTurn),
  );
  return { verdict, argv };
}
