import { AgentError } from "../../protocol/errors.ts";
import { readRequirements } from "../permissions/requirements.ts";
import type { TomlTable } from "../toml/toml-values.ts";

export type LoginMethod = "api" | "chatgpt";

/** Which logins may be made and used. */
export interface LoginRules {
  readonly methods: readonly LoginMethod[];
  /** The only ChatGPT workspaces that may be; null: any. */
  readonly workspaces: readonly string[] | null;
}

/** What the user's configuration and the administrator of the machine say of logins. @throws AgentError for rules that cannot be held */
export async function loginRules(settings: TomlTable, systemDirectory: string): Promise<LoginRules> {
  const allowed = (await readRequirements(systemDirectory))?.loginMethods ?? null;
  const forced = settings["forced_login_method"];
  const workspace = settings["forced_chatgpt_workspace_id"];
  const both: readonly LoginMethod[] = ["api", "chatgpt"];
  return {
    methods: both.filter(
      (method) => (allowed?.includes(method) ?? true) && (typeof forced !== "string" || forced === method),
    ),
    workspaces:
      workspace === undefined
        ? null
        : (Array.isArray(workspace) ? workspace : [workspace]).map((id) => String(id).trim()),
  };
}

const names: Record<LoginMethod, string> = { api: "with an API key", chatgpt: "with a ChatGPT account" };

/** @throws AgentError `config` where that is not allowed */
export function assertLogin(rules: LoginRules, method: LoginMethod): void {
  if (rules.methods.includes(method)) return;
  throw new AgentError(
    "config",
    `A login ${names[method]} is not allowed here: forced_login_method in config.toml, or allowed_login_methods in the requirements of this machine, say so`,
  );
}

/** @throws AgentError `unauthorized` for another workspace than those that may be */
export function assertWorkspace({ workspaces }: LoginRules, accountId: string | null): void {
  if (workspaces === null || (accountId !== null && workspaces.includes(accountId))) return;
  throw new AgentError(
    "unauthorized",
    `The login is one of workspace ${accountId ?? "unknown"}; forced_chatgpt_workspace_id allows ${workspaces.join(", ")} alone`,
  );
}
