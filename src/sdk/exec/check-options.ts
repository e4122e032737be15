/** The options of the exec client, checked. */
import {
  anything,
  bytes,
  callback,
  checked,
  flag,
  logger,
  milliseconds,
  oneOf,
  said,
  signal,
  text,
  texts,
  variables,
  word,
  words,
  type Check,
} from "../checks.ts";
import { ValidationError } from "../errors.ts";
import { configPairs, isPlainObject } from "../launch/toml.ts";
import type { CodexOptions, ThreadOptions, TurnOptions } from "./options.ts";

/** Throws {@link ValidationError} naming the option. Null is taken as not set; names of codex-py as those of TypeScript. */
export function checkedCodexOptions(options: unknown): CodexOptions {
  return checked(options, "CodexOptions", codexChecks) as CodexOptions;
}

export function checkedThreadOptions(options: unknown): ThreadOptions {
  const result = checked(options, "ThreadOptions", threadChecks) as ThreadOptions;
  checkApproval(result);
  return result;
}

/** Further names are those that a form of running a turn adds. */
export function checkedTurnOptions<Extra>(options: unknown, more: Record<string, Check> = {}): TurnOptions & Extra {
  return checked(options, "TurnOptions", { ...turnChecks, ...more }) as TurnOptions & Extra;
}

const codexChecks: Record<keyof CodexOptions, Check> = {
  binary: oneOf("codex-agent", "codex"),
  codexPathOverride: text,
  baseUrl: text,
  apiKey: text,
  config: configPairs,
  configOverrides: texts,
  env: variables,
  inheritEnv: flag,
  originator: text,
  killTimeoutMs: milliseconds,
  // What one string of V8 holds.
  maxLineBytes: bytes(2 ** 29 - 24),
  stderrTailBytes: bytes(65_536),
  onMalformedLine: oneOf("error", "skip", "event"),
  jsonFlag: oneOf("--experimental-json", "--json"),
  logger,
  spawn: callback,
};

const threadChecks: Record<keyof ThreadOptions, Check> = {
  model: word,
  threadSource: word,
  sandboxMode: oneOf("read-only", "workspace-write", "danger-full-access"),
  workingDirectory: text,
  additionalDirectories: texts,
  skipGitRepoCheck: flag,
  modelReasoningEffort: text,
  networkAccessEnabled: flag,
  webSearchMode: oneOf("disabled", "cached", "indexed", "live"),
  webSearchEnabled: flag,
  approvalPolicy: anything,
  approvalPolicyAlias: flag,
  ephemeral: flag,
  profile: word,
  oss: flag,
  localProvider: word,
  worktree: flag,
  ignoreUserConfig: flag,
  ignoreRules: flag,
  strictConfig: flag,
  enable: words,
  disable: words,
  approveForMe: flag,
};

const turnChecks: Record<keyof TurnOptions, Check> = {
  outputSchema: anything,
  signal,
  cyberAccessProgram: oneOf("standard", "daybreak_blue", "daybreak_red"),
  timeoutMs: milliseconds,
  idleTimeoutMs: milliseconds,
  onEvent: callback,
  strictParse: flag,
  throwOnFailedTurn: flag,
};

const approvals = ["never", "on-request", "on-failure", "untrusted"];
const legacyApprovals = ["auto", "manual"];

function checkApproval({ approvalPolicy: value, approvalPolicyAlias }: ThreadOptions): void {
  if (value === undefined || approvals.includes(value as string)) return;
  const path = "ThreadOptions.approvalPolicy";
  if (legacyApprovals.includes(value as string)) {
    if (approvalPolicyAlias === true) return;
    const advice = "approvalPolicyAlias: true takes it for never or on-request";
    throw new ValidationError(path, `must be one of ${approvals.join(", ")}, not ${said(value)}; ${advice}`);
  }
  const granular: unknown = isPlainObject(value) && Object.keys(value).length === 1 ? value["granular"] : undefined;
  if (isPlainObject(granular) && Object.values(granular).every((entry) => typeof entry === "boolean")) return;
  throw new ValidationError(
    path,
    `must be one of ${approvals.join(", ")}, or { granular: { NAME: true or false } }, not ${said(value)}`,
  );
}
