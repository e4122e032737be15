/** Options as they came, checked: a wrong one is told before anything starts, and one that nobody knows is never passed over. */
import { ValidationError } from "../errors.ts";
import { configPairs, isPlainObject } from "../launch/toml.ts";
import type { CodexOptions, ThreadOptions, TurnOptions } from "./options.ts";

type Check = (value: unknown, path: string) => void;

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

export const callback: Check = (value, path) => {
  if (typeof value !== "function") throw new ValidationError(path, "must be a function");
};

const flag: Check = (value, path) => {
  if (typeof value !== "boolean") throw new ValidationError(path, `must be true or false, not ${said(value)}`);
};

const text: Check = (value, path) => {
  if (typeof value !== "string" || value === "") throw new ValidationError(path, "must be a string that is not empty");
  if (value.includes("\0")) throw new ValidationError(path, "has a null byte");
};

/** An argument of its own on the command line, where a dash would make it an option. */
export const word: Check = (value, path) => {
  text(value, path);
  if (String(value).startsWith("-")) throw new ValidationError(path, "must not begin with a dash");
};

const texts: Check = (value, path) => each(value, path, text);
const words: Check = (value, path) => each(value, path, word);

function each(value: unknown, path: string, check: Check): void {
  if (!Array.isArray(value)) throw new ValidationError(path, "must be an array of strings");
  for (const [index, entry] of value.entries()) check(entry, `${path}[${index}]`);
}

const milliseconds: Check = (value, path) => {
  // Node's timers hold no more, and would end at once.
  const longest = 2 ** 31 - 1;
  if (typeof value !== "number" || !(value > 0) || value > longest)
    throw new ValidationError(path, `must be a number of milliseconds above 0 and at most ${longest}`);
};

const bytes =
  (most: number): Check =>
  (value, path) => {
    if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > most)
      throw new ValidationError(path, `must be a whole number of bytes from 1 to ${most}`);
  };

const oneOf =
  (...values: string[]): Check =>
  (value, path) => {
    if (!values.includes(value as string))
      throw new ValidationError(path, `must be one of ${values.join(", ")}, not ${said(value)}`);
  };

const anything: Check = () => {};

const variables: Check = (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ValidationError(path, "must be an object of strings");
  for (const [name, content] of Object.entries(value) as [string, unknown][]) {
    if (content === undefined) continue;
    if (typeof content !== "string") throw new ValidationError(`${path}.${name}`, "must be a string");
    if (content.includes("\0")) throw new ValidationError(`${path}.${name}`, "has a null byte");
  }
};

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
  logger: (value, path) => {
    if (typeof value !== "object" || value === null) throw new ValidationError(path, "must be an object with methods");
  },
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
  signal: (value, path) => {
    if (!(value instanceof AbortSignal)) throw new ValidationError(path, "must be an AbortSignal");
  },
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

function checked(options: unknown, path: string, checks: Record<string, Check>): Record<string, unknown> {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" || Array.isArray(options)) throw new ValidationError(path, "must be an object");
  const result: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(options) as [string, unknown][]) {
    const name = Object.hasOwn(checks, given) ? given : camelCase(given);
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined)
      throw new ValidationError(`${path}.${given}`, `is no option; there are ${Object.keys(checks).join(", ")}`);
    // A schema that is null was meant to be one.
    if (value === undefined || (value === null && name !== "outputSchema")) continue;
    if (Object.hasOwn(result, name)) throw new ValidationError(`${path}.${name}`, "is given in two spellings");
    check(value, `${path}.${given}`);
    result[name] = value;
  }
  return result;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function said(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : value === null ? "null" : typeof value;
}
