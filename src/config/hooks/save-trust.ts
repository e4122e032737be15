import { join } from "node:path";
import { messageOf } from "../../protocol/errors.ts";
import { writeAtomically } from "../atomic-write.ts";
import { configError } from "../config-error.ts";
import { editToml } from "../edit/edit-toml.ts";
import { readConfigText } from "../read-text.ts";

export interface TrustedHook {
  readonly key: string;
  readonly hash: string;
}

/** Says in the user's `config.toml`, where Codex says it too, that hooks are trusted as they are now. @throws AgentError `config` */
export async function saveHookTrust(codexHome: string, hooks: readonly TrustedHook[]): Promise<void> {
  const file = join(codexHome, "config.toml");
  let text = readConfigText(file) ?? "";
  for (const { key, hash } of hooks) {
    text = await editToml(file, text, { path: ["hooks", "state", key, "trusted_hash"], value: hash });
  }
  try {
    writeAtomically(file, text);
  } catch (error) {
    throw configError(`${file} cannot be written: ${messageOf(error)}`);
  }
}
