import { sandboxModes } from "../../protocol/permissions.ts";
import type { Shape } from "./schema.ts";

/** The keys of `config.toml` of Codex 0.169, and our own table `codex_agent`. */

const string: Shape = { kind: "string" };
const boolean: Shape = { kind: "boolean" };
const integer: Shape = { kind: "integer" };
const positive: Shape = { kind: "integer", min: 1 };
const count: Shape = { kind: "integer", min: 0 };
const strings: Shape = { kind: "list", of: string };
const stringMap: Shape = { kind: "map", of: string };
const any: Shape = { kind: "any" };
/** A table whose members are checked by whoever uses it. */
const section: Shape = { kind: "map", of: any };
const ignored: Shape = { kind: "ignored" };
const oneOf = (...values: string[]): Shape => ({ kind: "enum", values });
const table = (keys: Record<string, Shape>): Shape => ({ kind: "table", keys });
const ignoredKeys = (names: string): Record<string, Shape> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, ignored]),
  );

const provider = table({
  name: string,
  base_url: string,
  wire_api: string,
  env_key: string,
  env_key_instructions: string,
  experimental_bearer_token: string,
  http_headers: stringMap,
  env_http_headers: stringMap,
  query_params: stringMap,
  request_max_retries: count,
  stream_max_retries: count,
  stream_idle_timeout_ms: count,
  requires_openai_auth: boolean,
  supports_websockets: boolean,
  auth: table({
    command: string,
    args: strings,
    cwd: string,
    timeout_ms: positive,
    refresh_interval_ms: count,
  }),
  // Refused where they are checked: requests would go out without what they ask for.
  aws: any,
  gateway_oauth: any,
  model_catalog_url: string,
  ...ignoredKeys("supports_standalone_web_search websocket_connect_timeout_ms"),
});

/** `untrusted` parses here, to be refused by its own sentence (CE-4). */
const approvalPolicy: Shape = {
  kind: "either",
  of: [oneOf("never", "on-request", "on-failure", "untrusted"), table({ granular: { kind: "map", of: boolean } })],
};

/** What bounds sub-agents, which is checked where it is used; every other key of `agents` is the name of a role. */
export const agentLimits: Readonly<Record<string, Shape>> = {
  max_threads: integer,
  max_depth: integer,
  ...ignoredKeys("default_subagent_model default_subagent_reasoning_effort job_max_runtime_seconds interrupt_message"),
};

export const rootKeys: Readonly<Record<string, Shape>> = {
  model: string,
  model_provider: string,
  model_providers: { kind: "map", of: provider },
  openai_base_url: string,
  model_reasoning_effort: string,
  model_reasoning_summary: oneOf("auto", "concise", "detailed", "none"),
  model_verbosity: oneOf("low", "medium", "high"),
  model_context_window: positive,
  model_auto_compact_token_limit: positive,
  model_instructions_file: string,
  agents: {
    kind: "table",
    keys: agentLimits,
    others: table({ description: string, config_file: string, nickname_candidates: strings }),
  },
  developer_instructions: string,
  compact_prompt: string,
  experimental_compact_prompt_file: string,
  approval_policy: approvalPolicy,
  approvals_reviewer: string,
  sandbox_mode: { kind: "enum", values: sandboxModes },
  sandbox_workspace_write: table({
    writable_roots: strings,
    network_access: boolean,
    exclude_tmpdir_env_var: boolean,
    exclude_slash_tmp: boolean,
  }),
  shell_environment_policy: table({
    inherit: oneOf("all", "core", "none"),
    exclude: strings,
    include_only: strings,
    set: stringMap,
    ignore_default_excludes: boolean,
    ...ignoredKeys("experimental_use_profile filters"),
  }),
  tools: table({
    update_plan: table({ enabled: boolean }),
    ...ignoredKeys("client_search_provider experimental_request_user_input web_search"),
  }),
  web_search: oneOf("disabled", "cached", "indexed", "live"),
  tool_output_token_limit: count,
  features: {
    kind: "table",
    keys: {
      multi_agent_v2: {
        kind: "either",
        of: [boolean, table({ enabled: boolean, max_concurrent_threads_per_session: integer })],
      },
    },
    others: { kind: "either", of: [boolean, table({ enabled: boolean })] },
  },
  project_doc_max_bytes: count,
  project_doc_fallback_filenames: strings,
  project_root_markers: strings,
  include_environment_context: boolean,
  include_permissions_instructions: boolean,
  include_collaboration_mode_instructions: boolean,
  personality: oneOf("none", "friendly", "pragmatic"),
  plan_mode_reasoning_effort: string,
  model_catalog_json: string,
  default_permissions: string,
  permissions: {
    kind: "map",
    of: {
      kind: "table",
      keys: { description: string, extends: string, filesystem: section, network: section, workspace_roots: section },
      // What they ask for cannot be enforced, which is said where a profile is chosen.
      others: any,
    },
  },
  allow_login_shell: boolean,
  background_terminal_max_timeout: count,
  log_dir: string,
  mcp_oauth_callback_port: { kind: "integer", min: 1 },
  cli_auth_credentials_store: oneOf("file", "keyring", "auto", "ephemeral"),
  history: table({ persistence: oneOf("save-all", "none"), max_bytes: count }),
  projects: { kind: "map", of: table({ trust_level: oneOf("trusted", "untrusted") }) },
  skills: table({
    config: { kind: "list", of: table({ name: string, path: string, enabled: boolean }) },
    include_instructions: boolean,
    max_context_tokens: count,
    ...ignoredKeys("bundled"),
  }),
  // What they hold is checked where one is chosen.
  profiles: { kind: "map", of: section },
  hooks: {
    kind: "table",
    keys: { state: { kind: "map", of: table({ enabled: boolean, trusted_hash: string }) } },
    // What they hold is checked where hooks are read.
    others: any,
  },
  notify: strings,
  // What they hold is checked where it is used.
  codex_agent: table({
    mode: any,
    rules: any,
    tools: table({ mode: any, enable: any, disable: any }),
    sandbox: section,
    network: section,
    agents: section,
    goals: section,
    hooks: section,
    rewind: section,
    budget: section,
    prices: section,
    trial: any,
  }),
  // The types of these are checked although nothing here uses them yet.
  hide_agent_reasoning: boolean,
  show_raw_agent_reasoning: boolean,
  mcp_servers: {
    kind: "map",
    of: table({
      command: string,
      args: strings,
      env: stringMap,
      cwd: string,
      url: string,
      bearer_token_env_var: string,
      http_headers: stringMap,
      env_http_headers: stringMap,
      enabled: boolean,
      required: boolean,
      startup_timeout_sec: any,
      startup_timeout_ms: count,
      tool_timeout_sec: any,
      enabled_tools: strings,
      disabled_tools: strings,
      default_tools_approval_mode: oneOf("auto", "prompt", "writes", "approve"),
      tools: { kind: "map", of: table({ approval_mode: oneOf("auto", "prompt", "writes", "approve") }) },
      env_vars: any,
      scopes: strings,
      supports_parallel_tool_calls: boolean,
      ...ignoredKeys(
        "oauth_resource experimental_environment name http_headers_helper oauth auth bearer_token environment_id",
      ),
    }),
  },
  ...ignoredKeys(`
    allow_symlinked_codex_home analytics apps apps_mcp_product_sku audio auto_review
    browser_use chatgpt_base_url check_for_update_on_startup cloud computer_use desktop disable_paste_burst
    experimental_realtime_start_instructions experimental_realtime_webrtc_call_base_url
    experimental_realtime_ws_backend_prompt experimental_realtime_ws_base_url experimental_realtime_ws_model
    experimental_realtime_ws_startup_context experimental_thread_store experimental_thread_store_endpoint
    experimental_use_unified_exec_tool feedback file_opener forced_chatgpt_workspace_id forced_login_method
    ghost_snapshot goals include_apps_instructions instructions js_repl_node_module_dirs js_repl_node_path
    marketplaces mcp_enterprise_managed_auth mcp_oauth_callback_url
    mcp_oauth_credentials_store mcp_optional_startup_grace_ms memories model_auto_compact_token_limit_scope
    model_post_turn_compact_threshold_percent notice orchestrator oss_provider otel plugins realtime
    responses_api_metadata review_model service_tier sqlite_home suppress_unstable_features_warning
    thread_unload_delay_secs tool_suggest tui windows`),
  // Refused by its own sentence.
  profile: any,
};

/**
 * A project may not send prompts, keys or events elsewhere, nor choose profiles, nor say what its work may cost, how it is held and
 * what of it can be taken back: these keys of its file are passed over.
 */
export const keysForbiddenToProjects: readonly string[] = [
  "chatgpt_base_url",
  "codex_agent.budget",
  "codex_agent.hooks",
  "codex_agent.mode",
  "codex_agent.network",
  "codex_agent.prices",
  "codex_agent.rewind",
  "codex_agent.sandbox",
  "codex_agent.trial",
  "experimental_realtime_ws_base_url",
  "model_provider",
  "model_providers",
  "notify",
  "openai_base_url",
  "otel",
  "profile",
  "profiles",
];
