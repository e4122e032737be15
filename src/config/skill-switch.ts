import { join } from "node:path";
import { AgentError, messageOf } from "../protocol/errors.ts";
import { replaceAtomically } from "./atomic-write.ts";
import { editTableList } from "./edit/list-tables.ts";
import type { Homes } from "./homes.ts";
import { readConfigText } from "./read-text.ts";

/** Says in the user's `config.toml` that a skill is off, or no longer says so. @throws AgentError `config` */
export async function setSkillEnabled(
  homes: Homes,
  skill: { name: string } | { path: string },
  enabled: boolean,
): Promise<void> {
  const file = join(homes.codex, "config.toml");
  const [[key, value]] = Object.entries(skill) as [[string, string]];
  for (;;) {
    const text = readConfigText(file);
    const changed = await editTableList(file, text ?? "", ["skills", "config"], {
      without: (table) => table[key] === value,
      add: enabled ? null : { [key]: value, enabled: false },
    });
    if (changed === (text ?? "")) return;
    try {
      // Where another program has written meanwhile, the change is made in what it wrote.
      if (replaceAtomically(file, changed, () => readConfigText(file) === text)) return;
    } catch (error) {
      throw new AgentError("config", `${file} cannot be written: ${messageOf(error)}`);
    }
  }
}
