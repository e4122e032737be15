import type { ConfigLayerSource } from "../../../protocol/codex-0.169/app-server/common.ts";
import type { Config } from "../../../protocol/codex-0.169/app-server/config.ts";
import { features } from "../../../config/schema/features.ts";
import type { ConfigSource, ConfigView, Settings } from "../../../protocol/settings.ts";

/** Settings as `config/read` of Codex shows them: every key that it knows, with its default or null where nobody sets it. */

const names = (text: string): string[] => text.trim().split(/\s+/);
const nulls = (text: string): Settings => Object.fromEntries(names(text).map((name) => [name, null]));

const root: Settings = {
  ...nulls(`
    agents allow_symlinked_codex_home analytics approval_policy approvals_reviewer apps apps_mcp_product_sku audio auto_review
    browser_use check_for_update_on_startup client_search_provider cloud compact_prompt computer_use daybreak default_permissions
    desktop developer_instructions disable_paste_burst experimental_compact_prompt_file experimental_realtime_start_instructions
    experimental_realtime_webrtc_call_base_url experimental_realtime_ws_backend_prompt experimental_realtime_ws_base_url
    experimental_realtime_ws_model experimental_realtime_ws_startup_context experimental_thread_store
    experimental_thread_store_endpoint experimental_use_unified_exec_tool feedback forced_chatgpt_workspace_id
    forced_login_method ghost_snapshot goals hooks instructions js_repl_node_module_dirs js_repl_node_path log_dir
    mcp_enterprise_managed_auth mcp_oauth_callback_port mcp_oauth_callback_url mcp_optional_startup_grace_ms memories model
    model_auto_compact_token_limit model_auto_compact_token_limit_scope model_catalog_json model_context_window
    model_instructions_file model_post_turn_compact_threshold_percent model_provider model_reasoning_effort
    model_reasoning_summary model_verbosity notice notify openai_base_url orchestrator oss_provider otel permissions personality
    plan_mode_reasoning_effort profile projects realtime responses_api_metadata review_model sandbox_mode
    sandbox_workspace_write service_tier show_raw_agent_reasoning skills sqlite_home suppress_unstable_features_warning
    thread_unload_delay_secs tool_output_token_limit tool_suggest tools tui web_search windows`),
  allow_login_shell: true,
  background_terminal_max_timeout: 300_000,
  chatgpt_base_url: "https://chatgpt.com/backend-api/",
  cli_auth_credentials_store: "file",
  file_opener: "vscode",
  hide_agent_reasoning: false,
  history: { persistence: "save-all", max_bytes: null },
  include_apps_instructions: true,
  include_collaboration_mode_instructions: true,
  include_environment_context: true,
  include_environment_context_time: true,
  include_permissions_instructions: true,
  marketplaces: {},
  mcp_oauth_credentials_store: "auto",
  mcp_servers: {},
  model_providers: {},
  plugins: {},
  profiles: {},
  project_doc_fallback_filenames: [],
  project_doc_max_bytes: 32_768,
  project_root_markers: [".git"],
  shell_environment_policy: nulls(
    "exclude experimental_use_profile filters ignore_default_excludes include_only inherit set",
  ),
};

const provider: Settings = {
  ...nulls(`
    auth aws base_url capabilities credential_file env_http_headers env_key env_key_instructions experimental_bearer_token
    gateway_oauth http_headers location model_catalog_url name project_id query_params request_max_retries
    stream_idle_timeout_ms stream_max_retries websocket_connect_timeout_ms`),
  requires_openai_auth: false,
  supports_standalone_web_search: false,
  supports_websockets: false,
  wire_api: "responses",
};

/** What tables of these places have beside what is said in them; `*` is any name. Other tables are shown as they are written. */
const tables: Readonly<Record<string, Settings>> = {
  agents: nulls(`
    default_subagent_model default_subagent_reasoning_effort enabled interrupt_message job_max_runtime_seconds
    max_concurrent_threads_per_session max_depth`),
  "agents.*": nulls("config_file description nickname_candidates"),
  analytics: nulls("enabled"),
  "approval_policy.granular": { request_permissions: false, skill_approval: false },
  history: { persistence: "save-all", max_bytes: null },
  "mcp_servers.*": { enabled: true, environment_id: "local", tool_timeout_sec: null },
  "model_providers.*": provider,
  "model_providers.*.auth": { args: [], refresh_interval_ms: 300_000, timeout_ms: 5000 },
  "permissions.*": nulls("description extends filesystem network workspace_roots"),
  "permissions.*.filesystem": nulls("glob_scan_max_depth"),
  sandbox_workspace_write: {
    exclude_slash_tmp: false,
    exclude_tmpdir_env_var: false,
    network_access: false,
    writable_roots: [],
  },
  shell_environment_policy: root["shell_environment_policy"] as Settings,
};

/** Features whose state is always shown. */
const shownFeatures = names(`
  api_key_cyber_access_programs api_key_model_discovery auth_elicitation background_paginated_rollout_migration
  codex_apps_mcp_2026_07_28 daybreak_program_propagation mcp_2026_07_28 mcp_connection_sharing mcp_lazy_stdio_startup memories
  mentions_v2 remote_control remote_plugin tool_suggest windows_sandbox_service`);

/** Only these can be switched for a server alone, as in Codex. */
export const switchableFeatures: ReadonlySet<string> = new Set(shownFeatures);

export function wireConfig({ settings }: ConfigView, switched: ReadonlyMap<string, boolean>): Config {
  const known = Object.entries(settings).filter(([key]) => Object.hasOwn(root, key) || isOurs(key));
  const config = filled({ ...root, ...Object.fromEntries(known) }, []) as Settings;
  const shown: Settings = {
    ...config,
    tools: toolsOf(settings["tools"]),
    features: featuresOf(settings["features"], switched),
  };
  return shown as Config;
}

const isOurs = (key: string): boolean => key === "codex_agent";

function featuresOf(said: unknown, switched: ReadonlyMap<string, boolean>): Settings {
  const usual = features.filter(({ name }) => switchableFeatures.has(name)).map(({ name, on }) => [name, on] as const);
  return {
    ...Object.fromEntries(usual),
    ...Object.fromEntries(switched),
    ...(isMap(said) && { network_proxy: null, ...said }),
  };
}

/** A search that is a flag is shown by `web_search`. */
function toolsOf(said: unknown): Config["tools"] {
  if (!isMap(said)) return null;
  const search = said["web_search"];
  return { web_search: (isMap(search) ? search : null) as NonNullable<Config["tools"]>["web_search"] };
}

function filled(value: unknown, path: readonly string[]): unknown {
  if (!isMap(value)) return value;
  // A program that is started has arguments, if none.
  const form = { ...formOf(path), ...(isServer(path) && value["command"] !== undefined && { args: [] }) };
  const whole = { ...form, ...value };
  return Object.fromEntries(Object.entries(whole).map(([key, inner]) => [key, filled(inner, [...path, key])]));
}

const isServer = (path: readonly string[]): boolean => path.length === 2 && path[0] === "mcp_servers";

function formOf(path: readonly string[]): Settings | undefined {
  const place = Object.keys(tables).find((pattern) => {
    const parts = pattern.split(".");
    return parts.length === path.length && parts.every((part, index) => part === "*" || part === path[index]);
  });
  return place === undefined ? undefined : tables[place];
}

const isMap = (value: unknown): value is Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function wireSource(source: ConfigSource): ConfigLayerSource {
  switch (source.type) {
    case "system":
      return { type: "system", file: source.file };
    case "user":
      return { type: "user", file: source.file, profile: null };
    case "profile":
      return { type: "user", file: source.file, profile: source.profile };
    case "project":
      return { type: "project", dotCodexFolder: source.folder };
    case "flags":
      return { type: "sessionFlags" };
  }
}
