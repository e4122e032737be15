import type { Permissions } from "../../protocol/permissions.ts";

export type Variables = Readonly<Record<string, string>>;

/** `shell_environment_policy` of config.toml. Patterns take `*` and `?` and mind no case. */
export interface EnvironmentPolicy {
  readonly inherit: "all" | "core" | "none";
  readonly ignoreDefaultExcludes: boolean;
  readonly exclude: readonly string[];
  readonly includeOnly: readonly string[];
  readonly set: Variables;
}

export const defaultEnvironmentPolicy: EnvironmentPolicy = {
  inherit: "all",
  ignoreDefaultExcludes: true,
  exclude: [],
  includeOnly: [],
  set: {},
};

const coreNames = new Set(["HOME", "LOGNAME", "PATH", "SHELL", "TEMP", "TMP", "TMPDIR", "USER"]);
const defaultExcludes = ["*KEY*", "*SECRET*", "*TOKEN*"];

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${source}$`, "is");
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

/**
 * The environment of a thread's commands, without what each call adds. Names in `secretNames` come through only
 * when the user's policy sets them.
 */
export function commandEnvironment(
  base: Variables,
  policy: EnvironmentPolicy,
  secretNames: readonly string[],
): Record<string, string> {
  const secrets = new Set(secretNames);
  const excluded = matcher([...(policy.ignoreDefaultExcludes ? [] : defaultExcludes), ...policy.exclude]);
  const included = matcher(policy.includeOnly);
  const inherited = (name: string): boolean =>
    policy.inherit === "all" || (policy.inherit === "core" && coreNames.has(name));
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (inherited(name) && !secrets.has(name) && !excluded(name)) result[name] = value;
  }
  Object.assign(result, policy.set);
  if (policy.includeOnly.length > 0) for (const name of Object.keys(result)) if (!included(name)) delete result[name];
  return result;
}

/** Keeps programs from paging, colouring and translating: models read plain text. */
const plainOutput: Variables = {
  CODEX_CI: "1",
  CODEX_APPLY_PATCH_PRESERVE_LINE_ENDINGS: "1",
  NO_COLOR: "1",
  TERM: "dumb",
  COLORTERM: "",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  LC_CTYPE: "C.UTF-8",
  PAGER: "cat",
  GIT_PAGER: "cat",
  GH_PAGER: "cat",
};

/** What every command has whatever the policy says (CE-41), the parts that do not change from call to call. */
export const fixedVariables = (codexVersion: string): Variables => ({ ...plainOutput, CODEX_VERSION: codexVersion });

export function callVariables(call: {
  threadId: string;
  callId: string;
  permissions: Permissions;
}): Record<string, string> {
  return {
    CODEX_SESSION_ID: call.threadId,
    CODEX_THREAD_ID: call.threadId,
    CODEX_TOOL_CALL_ID: call.callId,
    ...networkVariables(call.permissions),
  };
}

/** Tells a command that it has no network. */
export function networkVariables({ sandbox, networkAccess, granted }: Permissions): Variables {
  if (granted?.network === true) return {};
  const offline = sandbox === "read-only" || (sandbox === "workspace-write" && !networkAccess);
  return offline ? { CODEX_SANDBOX_NETWORK_DISABLED: "1" } : {};
}
