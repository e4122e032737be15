import { join } from "node:path";
import { changeFile } from "./edit/change-file.ts";
import { editTableList } from "./edit/list-tables.ts";
import type { Homes } from "./homes.ts";

/** Says in the user's `config.toml` that a skill is off, or no longer says so. @throws AgentError `config` */
export async function setSkillEnabled(
  homes: Homes,
  skill: { name: string } | { path: string },
  enabled: boolean,
): Promise<void> {
  const file = join(homes.codex, "config.toml");
  const [[key, value]] = Object.entries(skill) as [[string, string]];
  await changeFile(homes, file, (text) =>
    editTableList(file, text, ["skills", "config"], {
      without: (table) => table[key] === value,
      add: enabled ? null : { [key]: value, enabled: false },
    }),
  );
}
