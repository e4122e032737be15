import { modes } from "../../protocol/modes.ts";
import { granularFlags, sandboxModes } from "../../protocol/permissions.ts";
import { wireApis } from "../providers/profile.ts";
import type { Shape } from "./schema.ts";

/** The keys of `config.toml` of Codex 0.169, and our own table `codex_agent`. */

const string: Shape = { kind: "string" };
const boolean: Shape = { kind: "boolean" };
const integer: Shape = { kind: "integer" };
const positive: Shape = { kind: "integer", min: 1 };
const count: Shape = { kind: "integer", min: 0 };
const strings: Shape = { kind: "list", of: string };
const stringMap: Shape = { kind: "map", of: string };
const number: Shape = { kind: "number" };
const amount: Shape = { kind: "number", min: 0 };
const any: Shape = { kind: "any" };
const someStrings: Shape = { kind: "either", of: [string, strings] };
const ignored: Shape = { kind: "ignored" };
const oneOf = (...values: string[]): Shape => ({ kind: "enum", values });
const table = (keys: Record<string, Shape>): Shape => ({ kind: "table", keys });
/** Of our own keys: what is misspelt may be what was to hold commands. */
const closed = (keys: Record<string, Shape>): Shape => ({ kind: "table", keys, closed: true });
const from = (min: number): Shape => ({ kind: "integer", min });
const ignoredKeys = (names: string): Record<string, Shape> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, ignored]),
  );

const providerKeys: Readonly<Record<string, Shape>> = {
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
};

const provider = table({
  ...providerKeys,
  // Whatever they hold, `providers.ts` refuses them: requests would go out without what they ask for.
  aws: any,
  gateway_oauth: any,
  model_catalog_url: string,
  ...ignoredKeys("supports_standalone_web_search websocket_connect_timeout_ms"),
});

/** Of our own table: also how a server wants to be spoken to. */
const ownProvider = closed({
  ...providerKeys,
  wire_api: oneOf(...wireApis),
  key_header: string,
  developer_role: oneOf("developer", "system", "user"),
  reasoning_field: oneOf("reasoning", "reasoning_content", "none"),
  vision: boolean,
  max_tokens_field: oneOf("max_tokens", "max_completion_tokens"),
  stream_usage: boolean,
  parallel_tool_calls: boolean,
  effort: oneOf("reasoning_effort", "reasoning", "none"),
  cache_breakpoints: boolean,
  null_content: boolean,
  one_system_message: boolean,
  extra_body: { kind: "map", of: any },
  drop: strings,
});

/** `untrusted` parses here, to be refused by its own sentence (CE-4). */
const approvalPolicy: Shape = {
  kind: "either",
  of: [
    oneOf("never", "on-request", "on-failure", "untrusted"),
    table({ granular: table(Object.fromEntries(granularFlags.map((flag) => [flag, boolean]))) }),
  ],
};

/** A profile of `permissions`. Which of its rules the walls can hold, `permission-profiles.ts` says where it is chosen. */
const access = oneOf("read", "write", "none", "deny");
const permissionProfile: Shape = {
  kind: "table",
  keys: {
    description: string,
    extends: string,
    filesystem: {
      kind: "table",
      keys: { glob_scan_max_depth: count },
      others: { kind: "either", of: [access, { kind: "map", of: access }] },
    },
    network: { kind: "table", keys: { enabled: boolean }, others: any },
    workspace_roots: { kind: "map", of: boolean },
  },
  others: any,
};

const ownKeys: Readonly<Record<string, Shape>> = {
  mode: oneOf(...modes),
  // That it is a list `layers.ts` checks, and each rule `own-rules.ts` of the policy, which names it by its place in its file.
  rules: any,
  // The names of tools are checked where they are offered.
  tools: table({ mode: oneOf("classic", "code", "mixed"), enable: someStrings, disable: someStrings }),
  sandbox: closed({
    // The names of rungs and walls are the policy's, and checked where walls are built.
    rung: string,
    require: someStrings,
    // The least that makes sense: a shell that runs one program.
    limits: closed({
      memory_mb: from(16),
      processes: from(8),
      file_mb: from(1),
      open_files: from(32),
      cpu_seconds: from(1),
      seconds: from(1),
    }),
  }),
  // What is no host is refused where the lists are read.
  network: closed({ allow: someStrings, deny: someStrings }),
  agents: closed({ max_minutes: positive, max_tokens: positive }),
  goals: closed({ max_continuations: count }),
  // `provider/model`, or `model` of the same provider: `host/model/chain.ts` reads them.
  fallback_models: strings,
  longest_wait_seconds: count,
  hooks: closed({ on_failure: oneOf("continue", "block") }),
  rewind: closed({ enabled: boolean }),
  budget: closed({
    turn_tokens: count,
    turn_usd: amount,
    thread_tokens: count,
    thread_usd: amount,
    day_tokens: count,
    day_usd: amount,
  }),
  // By model.
  prices: { kind: "map", of: closed({ input: amount, cached_input: amount, output: amount }) },
  trial: oneOf("off", "unknown"),
  providers: { kind: "map", of: ownProvider },
  // Of whichever provider is asked, in place of its own.
  wire_api: oneOf("chat", "messages"),
  // For each pattern of models the providers that have them.
  bridge: closed({ routes: { kind: "map", of: strings } }),
};

/** What bounds sub-agents, which is checked where it is used; every other key of `agents` is the name of a role. */
export const agentLimits: Readonly<Record<string, Shape>> = {
  max_threads: integer,
  max_depth: integer,
  default_subagent_model: string,
  default_subagent_reasoning_effort: string,
  interrupt_message: boolean,
  // Of jobs, which Codex 0.169 has no tool for.
  job_max_runtime_seconds: ignored,
};

export const rootKeys: Readonly<Record<string, Shape>> = {
  model: string,
  model_provider: string,
  review_model: string,
  model_providers: { kind: "map", of: provider },
  openai_base_url: string,
  oss_provider: string,
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
  service_tier: string,
  plan_mode_reasoning_effort: string,
  model_catalog_json: string,
  default_permissions: string,
  permissions: { kind: "map", of: permissionProfile },
  allow_login_shell: boolean,
  background_terminal_max_timeout: count,
  log_dir: string,
  mcp_oauth_callback_port: { kind: "integer", min: 1 },
  chatgpt_base_url: string,
  forced_login_method: oneOf("chatgpt", "api"),
  forced_chatgpt_workspace_id: someStrings,
  cli_auth_credentials_store: oneOf("file", "keyring", "auto", "ephemeral"),
  history: table({ persistence: oneOf("save-all", "none"), max_bytes: count }),
  projects: { kind: "map", of: table({ trust_level: oneOf("trusted", "untrusted") }) },
  skills: table({
    config: { kind: "list", of: table({ name: string, path: string, enabled: boolean }) },
    include_instructions: boolean,
    max_context_tokens: count,
    ...ignoredKeys("bundled"),
  }),
  // A profile is a layer, and `layers.ts` checks as such the one that is chosen.
  profiles: { kind: "map", of: { kind: "map", of: any } },
  hooks: {
    kind: "table",
    keys: { state: { kind: "map", of: table({ enabled: boolean, trusted_hash: string }) } },
    // Events with their groups are checked by `hooks/definition.ts`, as those of hooks.json are.
    others: any,
  },
  notify: strings,
  codex_agent: table(ownKeys),
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
      startup_timeout_sec: number,
      startup_timeout_ms: count,
      tool_timeout_sec: number,
      enabled_tools: strings,
      disabled_tools: strings,
      default_tools_approval_mode: oneOf("auto", "prompt", "writes", "approve"),
      tools: { kind: "map", of: table({ approval_mode: oneOf("auto", "prompt", "writes", "approve") }) },
      env_vars: { kind: "list", of: { kind: "either", of: [string, table({ name: string, source: string })] } },
      scopes: strings,
      supports_parallel_tool_calls: boolean,
      ...ignoredKeys(
        "oauth_resource experimental_environment name http_headers_helper oauth auth bearer_token environment_id",
      ),
    }),
  },
  ...ignoredKeys(`
    allow_symlinked_codex_home analytics apps apps_mcp_product_sku audio auto_review
    browser_use check_for_update_on_startup cloud computer_use desktop disable_paste_burst
    experimental_realtime_start_instructions experimental_realtime_webrtc_call_base_url
    experimental_realtime_ws_backend_prompt experimental_realtime_ws_base_url experimental_realtime_ws_model
    experimental_realtime_ws_startup_context experimental_thread_store experimental_thread_store_endpoint
    experimental_use_unified_exec_tool feedback file_opener
    ghost_snapshot goals include_apps_instructions instructions js_repl_node_module_dirs js_repl_node_path
    marketplaces mcp_enterprise_managed_auth mcp_oauth_callback_url
    mcp_oauth_credentials_store mcp_optional_startup_grace_ms memories model_auto_compact_token_limit_scope
    model_post_turn_compact_threshold_percent notice orchestrator otel plugins realtime
    responses_api_metadata sqlite_home suppress_unstable_features_warning
    thread_unload_delay_secs tool_suggest tui windows`),
  // Refused by its own sentence.
  profile: string,
};

/**
 * A project may not send prompts, keys or events elsewhere, nor choose profiles, nor say what its work may cost, how it is held and
 * what of it can be taken back: these keys of its file are passed over.
 */
export const keysForbiddenToProjects: readonly string[] = [
  "chatgpt_base_url",
  "codex_agent.bridge",
  "codex_agent.budget",
  "codex_agent.hooks",
  "codex_agent.mode",
  "codex_agent.network",
  "codex_agent.prices",
  "codex_agent.providers",
  "codex_agent.rewind",
  "codex_agent.sandbox",
  "codex_agent.trial",
  "codex_agent.wire_api",
  "experimental_realtime_ws_base_url",
  "model_provider",
  "model_providers",
  "notify",
  "openai_base_url",
  "otel",
  "profile",
  "profiles",
];
