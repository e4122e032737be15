import { Option, type Command } from "commander";
import { sandboxModes, type SandboxMode } from "../../protocol/permissions.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import { addModelFlags, modelOverrides, type ModelFlags } from "./model-flags.ts";
import { modeOptions, modes, type Mode } from "../../protocol/modes.ts";

/** What the flags shared by every command that opens a thread say. Later words win over earlier ones. */
export interface CommonFlags extends ModelFlags {
  config?: string[];
  enable?: string[];
  disable?: string[];
  strictConfig?: boolean;
  image?: string[];
  model?: string;
  oss?: boolean;
  localProvider?: string;
  profile?: string;
  sandbox?: SandboxMode;
  mode?: Mode;
  demo?: boolean;
  approveForMe?: boolean;
  dangerouslyBypassApprovalsAndSandbox?: boolean;
  dangerouslyBypassHookTrust?: boolean;
  yolo?: boolean;
  cd?: string;
  worktree?: boolean;
  addDir?: string[];
  threadSource?: string;
  skipGitRepoCheck?: boolean;
  trust?: boolean;
  ephemeral?: boolean;
  ignoreUserConfig?: boolean;
  ignoreRules?: boolean;
  outputSchema?: string;
  color?: "auto" | "always" | "never" | false;
  json?: boolean;
  experimentalJson?: boolean;
  quiet?: boolean;
  outputLastMessage?: string;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** Flags that Codex takes before and after the word `resume` alike. */
export function addTurnFlags(command: Command): Command {
  return addModelFlags(command)
    .addOption(
      new Option("-c, --config <key=value>", "set a configuration value; dotted key, value in TOML").argParser(collect),
    )
    .addOption(new Option("--enable <feature>", "switch a feature on").argParser(collect))
    .addOption(new Option("--disable <feature>", "switch a feature off").argParser(collect))
    .option("--strict-config", "refuse configuration keys that are not known")
    .addOption(new Option("-i, --image <files...>", "attach images to the first prompt"))
    .option("-m, --model <model>", "model to use")
    .addOption(new Option("--mode <mode>", "how much runs unasked").choices([...modes]))
    .option("--dangerously-bypass-approvals-and-sandbox", "no sandbox, no questions")
    .addOption(new Option("--yolo").hideHelp())
    .option("--dangerously-bypass-hook-trust", "run hooks that were not trusted")
    .option("--thread-source <source>", "classification stored with a new thread")
    .addOption(
      new Option("--cyber-access-program <program>").choices(["standard", "daybreak_blue", "daybreak_red"]).hideHelp(),
    )
    .option("--skip-git-repo-check", "allow to run outside of a git repository")
    .option("--ephemeral", "keep no record of the thread")
    .option("--ignore-user-config", "leave config.toml unread")
    .option("--ignore-rules", "leave rule files unread")
    .option("--output-schema <file>", "JSON Schema that the answer must satisfy")
    .option("--json", "events as JSON Lines on stdout")
    .addOption(new Option("--experimental-json").hideHelp())
    .option("-o, --output-last-message <file>", "write the answer to a file")
    .option("--quiet", "nothing on stderr but errors")
    .option("--approve-for-me", "have approvals answered automatically")
    .option("--demo", "use the offline demo model");
}

/** Flags that stand before the word `resume` only. */
export function addSessionFlags(command: Command): Command {
  return command
    .option("--oss", "use a model server that runs on this machine")
    .option("--local-provider <name>", "which local model server: ollama, lmstudio, vllm, llamacpp")
    .option("-p, --profile <name>", "layer NAME.config.toml over config.toml")
    .addOption(new Option("-s, --sandbox <mode>", "what commands may touch").choices([...sandboxModes]))
    .option("-C, --cd <dir>", "working directory")
    .option("--worktree", "run in a managed git worktree")
    .addOption(new Option("--add-dir <dir>", "one more writable directory").argParser(collect))
    .option("--trust", "remember this project as trusted")
    .addOption(new Option("--color <when>", "colours on stderr").choices(["auto", "always", "never"]).default("auto"))
    .option("--no-color", "no colours");
}

/** Flags that say what a command may touch. */
export function addWallFlags(command: Command): Command {
  return command
    .addOption(new Option("-s, --sandbox <mode>", "what the command may touch").choices([...sandboxModes]))
    .addOption(new Option("--add-dir <dir>", "one more writable directory").argParser(collect))
    .option("-C, --cd <dir>", "working directory")
    .option("-p, --profile <name>", "layer NAME.config.toml over config.toml")
    .addOption(
      new Option("-c, --config <key=value>", "set a configuration value; dotted key, value in TOML").argParser(collect),
    )
    .option("--json", "with --self-test or --trial: the report as one object");
}

/** What is taken from the command line but belongs to versions to come; null when nothing of it was given. */
export function notYet(flags: CommonFlags): string | null {
  if (flags.worktree) return "--worktree";
  return null;
}

export function threadOptions(flags: CommonFlags): ThreadOptions {
  const bypass = flags.dangerouslyBypassApprovalsAndSandbox === true || flags.yolo === true;
  const mode = bypass ? "full" : flags.mode;
  const wanted: Partial<(typeof modeOptions)[Mode]> = mode === undefined ? {} : modeOptions[mode];
  const sandbox = bypass
    ? wanted.sandbox
    : (flags.sandbox ?? wanted.sandbox ?? (flags.approveForMe ? "workspace-write" : undefined));
  return {
    ...wanted,
    ...(flags.approveForMe === true && { reviewer: "auto_review" as const, approvalPolicy: "on-request" as const }),
    // Codex's flag means what it means there.
    ...(bypass && { mode: null }),
    ...(flags.ignoreRules === true && { ignoreRules: true }),
    ...(flags.cd !== undefined && { cwd: flags.cd }),
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.profile !== undefined && { profile: flags.profile }),
    ...(sandbox !== undefined && { sandbox }),
    ...(flags.threadSource !== undefined && { threadSource: flags.threadSource }),
    addDirectories: flags.addDir ?? [],
    overrides: [...modelOverrides(flags), ...(flags.config ?? [])],
    enable: flags.enable ?? [],
    disable: flags.disable ?? [],
    strictConfig: flags.strictConfig === true,
    ignoreUserConfig: flags.ignoreUserConfig === true,
    trust: flags.trust === true,
    requireRepository: flags.skipGitRepoCheck !== true && mode !== "full",
    ephemeral: flags.ephemeral === true,
    demo: flags.demo === true,
    ...(flags.oss === true && { oss: true }),
    ...(flags.localProvider !== undefined && { localProvider: flags.localProvider }),
    bypassHookTrust: flags.dangerouslyBypassHookTrust === true,
    unattended: true,
    continueGoals: false,
  };
}
