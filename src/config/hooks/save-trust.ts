import { join } from "node:path";
import { changeFile } from "../edit/change-file.ts";
import { editToml } from "../edit/edit-toml.ts";
import type { Homes } from "../homes.ts";

export interface TrustedHook {
  readonly key: string;
  readonly hash: string;
}

/** Says in the user's `config.toml`, where Codex says it too, that hooks are trusted as they are now. @throws AgentError `config` */
export async function saveHookTrust(homes: Homes, hooks: readonly TrustedHook[]): Promise<void> {
  const file = join(homes.codex, "config.toml");
  await changeFile(homes, file, async (text) => {
    let changed = text;
    for (const { key, hash } of hooks)
      changed = await editToml(file, changed, { path: ["hooks", "state", key, "trusted_hash"], value: hash });
    return changed;
  });
}
