/** The command line of one turn. The order is part of the contract: what stands behind an option that takes many is swallowed by it. */
import { resolve } from "node:path";
import { configPairs, tomlLiteral } from "../launch/toml.ts";
import type { CodexOptions, ReviewTarget, ThreadOptions, TurnOptions } from "./options.ts";

/** Which thread a turn is of. */
export type Origin =
  | { kind: "new" }
  | { kind: "resume"; session: string }
  | { kind: "last" }
  | { kind: "fork"; session: string }
  | { kind: "review"; target: ReviewTarget };

export interface Call {
  codex: CodexOptions;
  thread: ThreadOptions;
  turn: Pick<TurnOptions, "cyberAccessProgram">;
  origin: Origin;
  schemaFile: string | null;
  /** Absolute paths. */
  images: readonly string[];
}

export function execArguments({ codex, thread, turn, origin, schemaFile, images }: Call): string[] {
  return [
    "exec",
    codex.jsonFlag ?? "--experimental-json",
    ...(codex.config === undefined ? [] : configPairs(codex.config).flatMap((pair) => ["--config", pair])),
    ...each("--config", codex.configOverrides),
    ...setting("openai_base_url", codex.baseUrl),
    ...option("--model", thread.model),
    ...(origin.kind === "resume" || origin.kind === "last" ? [] : option("--thread-source", thread.threadSource)),
    ...option("--sandbox", thread.sandboxMode),
    ...option("--cd", directory(thread.workingDirectory)),
    ...each(
      "--add-dir",
      thread.additionalDirectories?.map((path) => directory(path) ?? path),
    ),
    ...flag("--skip-git-repo-check", thread.skipGitRepoCheck),
    ...option("--output-schema", schemaFile ?? undefined),
    ...option("--cyber-access-program", turn.cyberAccessProgram),
    ...setting("model_reasoning_effort", thread.modelReasoningEffort),
    ...setting("sandbox_workspace_write.network_access", thread.networkAccessEnabled),
    ...setting("web_search", webSearch(thread)),
    ...setting("approval_policy", approvalPolicy(thread)),
    ...flag("--ephemeral", thread.ephemeral),
    ...option("--profile", thread.profile),
    ...flag("--oss", thread.oss),
    ...option("--local-provider", thread.localProvider),
    ...flag("--worktree", thread.worktree),
    ...flag("--ignore-user-config", thread.ignoreUserConfig),
    ...flag("--ignore-rules", thread.ignoreRules),
    ...flag("--strict-config", thread.strictConfig),
    ...each("--enable", thread.enable),
    ...each("--disable", thread.disable),
    ...flag("--approve-for-me", thread.approveForMe),
    ...subcommand(origin),
    ...each("--image", images),
  ];
}

function subcommand(origin: Origin): string[] {
  switch (origin.kind) {
    case "new":
      return [];
    case "resume":
      return ["resume", origin.session];
    case "last":
      return ["resume", "--last"];
    case "fork":
      // Without the dash the copy would only be made.
      return ["fork", origin.session, "-"];
    case "review":
      return ["review", ...reviewed(origin.target)];
  }
}

function reviewed(target: ReviewTarget): string[] {
  switch (target.type) {
    case "uncommittedChanges":
      return ["--uncommitted"];
    case "baseBranch":
      return ["--base", target.branch];
    case "commit":
      return ["--commit", target.sha, ...option("--title", target.title)];
    case "custom":
      return ["-"];
  }
}

/** What the old values of other ports mean. */
export const legacyApproval: Record<string, string> = { auto: "never", manual: "on-request" };

function approvalPolicy({ approvalPolicy: policy }: ThreadOptions): unknown {
  return typeof policy === "string" ? (legacyApproval[policy] ?? policy) : policy;
}

function webSearch({ webSearchMode, webSearchEnabled }: ThreadOptions): string | undefined {
  if (webSearchMode !== undefined) return webSearchMode;
  return webSearchEnabled === undefined ? undefined : webSearchEnabled ? "live" : "disabled";
}

const option = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [name, value]);
const each = (name: string, values: readonly string[] = []): string[] => values.flatMap((value) => [name, value]);
const flag = (name: string, value: boolean | undefined): string[] => (value === true ? [name] : []);
const setting = (name: string, value: unknown): string[] =>
  value === undefined ? [] : ["--config", `${name}=${tomlLiteral(value, name)}`];

/** As given, but for a name that would be an option. */
function directory(path: string | undefined): string | undefined {
  return path?.startsWith("-") === true ? resolve(path) : path;
}
