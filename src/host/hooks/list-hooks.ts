import type { Config } from "../../config/config.ts";
import { readHooks } from "../../config/hooks/read-hooks.ts";
import { saveHookTrust } from "../../config/hooks/save-trust.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { HookFacts, HookList } from "../../protocol/hooks.ts";

/** Every hook that is configured for a folder, and whether it may run. */
export function listHooks({ cwd, hooks: { places, state } }: Config): HookList {
  try {
    const { hooks, warnings } = readHooks(places, state);
    return { cwd, hooks: [...hooks], warnings: [...warnings], errors: [] };
  } catch (error) {
    return { cwd, hooks: [], warnings: [], errors: [{ path: cwd, message: messageOf(error) }] };
  }
}

/**
 * Trusts a hook as it was read: `hash` is the one that it was listed with. @throws AgentError `usage` when no hook has the
 * key, or when it has changed since.
 */
export async function trustHook(config: Config, key: string, hash: string): Promise<HookFacts> {
  const hook = listHooks(config).hooks.find((each) => each.key === key);
  if (hook === undefined) throw new AgentError("usage", `no hook has the key ${key} in ${config.cwd}`);
  if (hook.currentHash !== hash) {
    throw new AgentError("usage", `the hook ${key} has changed since it was listed; look at it again`);
  }
  if (hook.isManaged) return hook;
  await saveHookTrust(config.homes, [{ key, hash }]);
  return { ...hook, trustStatus: "trusted" };
}
