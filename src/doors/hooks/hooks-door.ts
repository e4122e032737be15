import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { listHooks, trustHook } from "../../host/hooks/list-hooks.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { HookFacts, HookTrust } from "../../protocol/hooks.ts";
import { visibleText } from "../../system/terminal-text.ts";
import { keyWithHash, requireShown, splitKey } from "../../host/guard/shown-key.ts";

const read = (overrides: readonly string[]): Promise<Config> => {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return loadConfig({ env, overrides });
};

const states: Record<HookTrust, string> = {
  managed: "managed",
  trusted: "trusted",
  untrusted: "not trusted, does not run",
  modified: "changed since it was trusted, does not run",
};

/** What a hook does, in lines. Somebody decides by them: nothing in them may hide. */
function describe(hook: HookFacts): string {
  const does = hook.handlerType === "command" ? hook.command : `calls ${hook.tool} of the MCP server ${hook.server}`;
  const where = hook.matcher === null ? hook.eventName : `${hook.eventName} of ${hook.matcher}`;
  const state = hook.enabled ? states[hook.trustStatus] : "switched off";
  return `${visibleText(`${keyWithHash(hook.key, hook.currentHash)}\n  ${where}: ${state}\n  ${does.replaceAll("\n", "\n  ")}`)}\n`;
}

/** `codex-agent hooks list`: every hook of this folder. */
export async function list(overrides: readonly string[], json: boolean): Promise<number> {
  const found = listHooks(await read(overrides));
  if (json) {
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return 0;
  }
  for (const warning of [...found.warnings, ...found.errors.map(({ message }) => message)]) {
    process.stderr.write(`${visibleText(warning)}\n`);
  }
  process.stdout.write(
    found.hooks.length === 0 ? "No hooks are configured here.\n" : found.hooks.map(describe).join("\n"),
  );
  return 0;
}

/** `codex-agent hooks trust`: lets hooks run as they are now; without keys it says which ones need that. */
export async function trust(keys: readonly string[], all: boolean): Promise<number> {
  const config = await read([]);
  const { hooks } = listHooks(config);
  const open = hooks.filter(({ trustStatus }) => trustStatus === "untrusted" || trustStatus === "modified");
  if (keys.length === 0 && !all) {
    const listed = open.map(describe).join("\n");
    process.stdout.write(
      open.length === 0
        ? "Every hook that is configured here is trusted.\n"
        : `${listed}\nTo trust one, give its key with the letters behind #; --all trusts every one of these.\n`,
    );
    return 0;
  }
  const chosen = all ? open : keys.map((given) => shownAs(given, hooks));
  for (const { key, currentHash } of chosen) {
    await trustHook(config, key, currentHash);
    process.stdout.write(`trusted ${visibleText(key)}\n`);
  }
  return 0;
}

/** A hook that somebody has read: the letters behind `#` say how it was. */
function shownAs(given: string, hooks: readonly HookFacts[]): HookFacts {
  const [key, hash] = splitKey(given);
  const hook = hooks.find((each) => each.key === key);
  const list = "`codex-agent hooks list` shows those that there are";
  if (hook === undefined) throw new AgentError("usage", `no hook has the key ${key} here; ${list}`);
  requireShown(key, hash, hook.currentHash, list);
  return hook;
}
