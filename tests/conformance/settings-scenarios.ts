import { writeFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { call, respond } from "../support/fake-model.ts";
import { git } from "../support/run.ts";
import type { Scenario } from "../support/scenario.ts";
import { json, last, one } from "./exec-turns.ts";
import { eachText, refuses } from "./wanted.ts";

export const settingsScenarios: Scenario[] = [
  {
    name: "unknown model",
    script: () => [respond([call("1", "exec_command", { cmd: "echo x" })]), last],
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "mystery", "-s", "danger-full-access", "go"] }],
  },
  {
    name: "effort, summary, verbosity",
    script: () => [last],
    turns: one(
      "-c",
      "model_reasoning_effort=high",
      "-c",
      'model_reasoning_summary="detailed"',
      "-c",
      "model_verbosity=high",
    ),
  },
  {
    name: "effort for an unknown model",
    script: () => [last],
    turns: [
      {
        argv: [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "mystery",
          "-s",
          "danger-full-access",
          "-c",
          "model_reasoning_effort=low",
          "go",
        ],
      },
    ],
  },
  { name: "web search live", script: () => [last], turns: one("-c", "web_search=live") },
  { name: "web search disabled", script: () => [last], turns: one("-c", 'web_search="disabled"') },
  {
    name: "provider headers and query",
    script: () => [last],
    stage: {
      provider:
        'http_headers = { "X-One" = "1" }\nenv_http_headers = { "X-Two" = "TWO" }\nquery_params = { "api-version" = "7" }',
      env: { TWO: "2" },
    },
    turns: one(),
  },
  {
    name: "bearer token",
    script: () => [last],
    stage: { homeFiles: {} },
    setup: (stage) =>
      rewrite(stage.codexHome, (text) => text.replace('env_key = "FAKE_KEY"', 'experimental_bearer_token = "tok"')),
    turns: one(),
  },
  {
    name: "originator",
    script: () => [last],
    stage: { env: { CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "my_app" } },
    turns: one(),
  },
  {
    name: "profile",
    script: () => [last],
    stage: { homeFiles: { "fast.config.toml": 'model_reasoning_effort = "low"\n' } },
    turns: one("-p", "fast"),
  },
  {
    name: "profile that is missing",
    script: () => [last],
    turns: one("-p", "none"),
    wanted: { reason: "running with other settings than asked for is no service", change: refuses },
  },
  {
    name: "override beats profile and file",
    script: () => [last],
    stage: { config: 'model_verbosity = "low"', homeFiles: { "fast.config.toml": 'model_verbosity = "medium"\n' } },
    turns: one("-p", "fast", "-c", "model_verbosity=high"),
  },
  { name: "developer_instructions", script: () => [last], turns: one("-c", 'developer_instructions="be kind"') },
  {
    name: "model_instructions_file",
    script: () => [last],
    stage: { homeFiles: { "base.md": "my own base\n" } },
    setup: (stage) =>
      rewrite(stage.codexHome, (text) => `model_instructions_file = "${stage.codexHome}/base.md"\n${text}`),
    turns: one(),
  },
  { name: "no environment context", script: () => [last], turns: one("-c", "include_environment_context=false") },
  {
    name: "AGENTS.md chain",
    script: () => [last],
    stage: {
      git: true,
      files: { "AGENTS.md": "root rules\n", "sub/AGENTS.md": "not this\n", "sub/AGENTS.override.md": "sub rules" },
      homeFiles: { "AGENTS.md": "global rules\n" },
    },
    turns: one("-C", "sub"),
  },
  {
    name: "AGENTS.md over the limit",
    script: () => [last],
    stage: { git: true, files: { "AGENTS.md": "0123456789".repeat(10) } },
    turns: one("-c", "project_doc_max_bytes=25"),
    wanted: {
      reason: "the name of the environment says nothing to a user",
      change: (real) => eachText(real, (text) => text.replace(/^(<text .*) local /, "$1 ")),
    },
  },
  {
    name: "AGENTS.md under another name",
    script: () => [last],
    stage: { git: true, files: { "RULES.md": "rules\n" } },
    turns: one("-c", 'project_doc_fallback_filenames=["RULES.md"]'),
  },
  {
    name: "skill mention",
    script: () => [last],
    stage: {
      git: true,
      files: { ".agents/skills/demo/SKILL.md": "---\nname: demo\ndescription: shows something\n---\nBody\n" },
    },
    turns: [{ argv: json("use $demo now") }],
  },
  { name: "git workspace without commits", script: () => [last], stage: { git: true }, turns: one() },
  {
    name: "git workspace with a commit, a remote and a change",
    script: () => [last],
    stage: { git: true, files: { "sub/a.txt": "a\n" } },
    setup: async (stage) => {
      await git(stage, ["add", "."]);
      await git(stage, ["commit", "-q", "-m", "first"]);
      await git(stage, ["remote", "add", "origin", "https://example.invalid/x.git"]);
      await writeFile(join(stage.workspace, "new.txt"), "n");
    },
    turns: one("-C", "sub"),
  },
  {
    name: "read-only by default",
    script: () => [last],
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"] }],
  },
  {
    name: "workspace-write with an extra folder",
    script: () => [last],
    stage: { git: true },
    turns: [
      {
        argv: [
          "exec",
          "--json",
          "-m",
          "gpt-5.5",
          "-s",
          "workspace-write",
          "--add-dir",
          "/opt",
          "-c",
          "sandbox_workspace_write.network_access=true",
          "go",
        ],
      },
    ],
  },
  {
    name: "sandbox_mode in the configuration",
    script: () => [last],
    stage: {
      config:
        'sandbox_mode = "workspace-write"\n[sandbox_workspace_write]\nexclude_slash_tmp = true\nexclude_tmpdir_env_var = true',
    },
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"] }],
  },
  {
    name: "approval policy of the configuration is overridden",
    script: () => [last],
    turns: one("-c", 'approval_policy="on-request"'),
  },
  { name: "thread source", script: () => [last], turns: one("--thread-source", "nightly") },
  { name: "ephemeral", script: () => [last], turns: one("--ephemeral") },
  {
    name: "ignored user configuration",
    script: () => [],
    turns: [{ argv: json("--ignore-user-config", "-c", 'model_provider="zzz"', "go") }],
  },
];

async function rewrite(codexHome: string, change: (text: string) => string): Promise<void> {
  const path = join(codexHome, "config.toml");
  await writeFile(path, change(await readFile(path, "utf8")));
}
