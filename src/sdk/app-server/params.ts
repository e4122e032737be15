/** The parameters of threads and turns: defaults, calls, and what the server would pass over in silence. */
import { ValidationError } from "../errors.ts";
import { isPlainObject } from "../launch/toml.ts";
import type { SentParams } from "./sent.ts";
import type { SandboxMode } from "../../protocol/codex-0.169/app-server/values.ts";

/** Approvals of older ports; taken, with a notice of deprecation. */
type OldApproval = "auto" | "manual";
/** What commands may do, in the words of a turn; details that are left out are off. */
export type SandboxPolicyParams =
  | { type: "dangerFullAccess" }
  | { type: "readOnly"; networkAccess?: boolean }
  | { type: "externalSandbox"; networkAccess?: "restricted" | "enabled" }
  | {
      type: "workspaceWrite";
      writableRoots?: string[];
      networkAccess?: boolean;
      excludeTmpdirEnvVar?: boolean;
      excludeSlashTmp?: boolean;
    };

/** Either way to say what the sandbox is: the one that the method does not know is turned into the one that it does. */
interface Widened {
  sandbox?: SandboxMode | null | undefined;
  sandboxPolicy?: SandboxPolicyParams | null | undefined;
}
type Loose<Params> = {
  [K in keyof Params as K extends "threadId" | "input" | "sandbox" | "sandboxPolicy" | "approvalPolicy" ? never : K]:
    | Params[K]
    | null;
} & {
  [K in keyof Params as K extends "approvalPolicy" ? K : never]: Params[K] | OldApproval | null;
} & Widened;

export type ThreadParams = Loose<SentParams<"thread/start">>;
export type ResumeParams = Loose<SentParams<"thread/resume">>;
export type ForkParams = Loose<SentParams<"thread/fork">>;
export type TurnParams = Loose<SentParams<"turn/start">>;

type Keys<Method extends "thread/start" | "thread/resume" | "thread/fork" | "turn/start"> = Record<
  keyof SentParams<Method>,
  true
>;

const common = {
  approvalPolicy: true,
  approvalsReviewer: true,
  cwd: true,
  model: true,
  permissions: true,
  runtimeWorkspaceRoots: true,
  serviceTier: true,
} as const;
const ofThreads = {
  ...common,
  baseInstructions: true,
  config: true,
  developerInstructions: true,
  modelProvider: true,
  sandbox: true,
} as const;

const known = {
  "thread/start": {
    ...ofThreads,
    allowProviderModelFallback: true,
    daybreakEnabled: true,
    dynamicTools: true,
    environments: true,
    ephemeral: true,
    experimentalRawEvents: true,
    historyMode: true,
    mockExperimentalField: true,
    multiAgentMode: true,
    personality: true,
    projectId: true,
    selectedCapabilityRoots: true,
    serviceName: true,
    sessionStartSource: true,
    threadSource: true,
  } satisfies Keys<"thread/start">,
  "thread/resume": {
    ...ofThreads,
    excludeTurns: true,
    history: true,
    initialTurnsPage: true,
    path: true,
    personality: true,
    threadId: true,
  } satisfies Keys<"thread/resume">,
  "thread/fork": {
    ...ofThreads,
    attachToSource: true,
    beforeTurnId: true,
    deferGoalContinuation: true,
    ephemeral: true,
    excludeTurns: true,
    experimentalDisablePredictionMcp: true,
    experimentalPredictionMode: true,
    lastTurnId: true,
    path: true,
    threadId: true,
    threadSource: true,
  } satisfies Keys<"thread/fork">,
  "turn/start": {
    ...common,
    additionalContext: true,
    clientUserMessageId: true,
    collaborationMode: true,
    cyberAccessProgram: true,
    disabledPluginIds: true,
    effort: true,
    environments: true,
    input: true,
    multiAgentMode: true,
    outputSchema: true,
    parentTurnId: true,
    personality: true,
    responsesapiClientMetadata: true,
    responsesapiClientMetadataPatch: true,
    rootTurnId: true,
    sandboxPolicy: true,
    serviceTierForTurn: true,
    summary: true,
    threadId: true,
    toolOutput: true,
    turnTrigger: true,
  } satisfies Keys<"turn/start">,
};

const explicitNull = Symbol("explicit null");

/** For parameters that a call sends as null, where null itself would keep the default: `{ ...unset("model") }`. */
export function unset<const Name extends string>(...names: Name[]): Record<Name, null> {
  // The type is what the server sees.
  return Object.fromEntries(names.map((name) => [name, explicitNull])) as unknown as Record<Name, null>;
}

export interface ParamOptions {
  /** Send parameters that are not known here. */
  allowUnknown?: boolean | undefined;
  /** Told once per deprecated value. */
  onDeprecated?: ((notice: string) => void) | undefined;
}

/**
 * The parameters of a method out of layers, the later ones winning where they are set; undefined and null are not set. `fixed` cannot be
 * replaced by any of them. Throws {@link ValidationError}.
 */
export function mergedParams(
  method: keyof typeof known,
  layers: readonly (object | null | undefined)[],
  fixed: Record<string, unknown>,
  options: ParamOptions = {},
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const layer of layers) {
    const entries = Object.entries(layer ?? {}).filter(([, value]) => value !== undefined && value !== null);
    const set = Object.fromEntries(entries) as Record<string, unknown>;
    convertSandbox(method, set);
    convertApproval(method, set, options);
    const both = isPlainObject(result["config"]) && isPlainObject(set["config"]);
    Object.assign(result, set, both && { config: { ...(result["config"] as object), ...(set["config"] as object) } });
  }
  const foreign = Object.keys(result).filter((key) => !Object.hasOwn(known[method], key));
  if (foreign.length > 0 && options.allowUnknown !== true)
    throw new ValidationError(
      `${method}.${foreign[0]}`,
      "is not known, and the server would pass it over; allowUnknown sends it",
    );
  for (const [key, value] of Object.entries(result)) if (value === explicitNull) result[key] = null;
  return { ...result, ...fixed };
}

/** Only those of the layer that the method knows: defaults are for threads in general, however they are opened. */
export function knownOnly(method: keyof typeof known, layer: object | undefined): object {
  const names = known[method];
  return Object.fromEntries(
    Object.entries(layer ?? {}).filter(([key]) => Object.hasOwn(names, key) || key === "sandboxPolicy"),
  );
}

const oldApprovals: Record<string, string> = { auto: "never", manual: "on-request" };

function convertApproval(method: string, params: Record<string, unknown>, { onDeprecated }: ParamOptions): void {
  const old = params["approvalPolicy"];
  if (typeof old !== "string" || !Object.hasOwn(oldApprovals, old)) return;
  params["approvalPolicy"] = oldApprovals[old];
  onDeprecated?.(`${method}: approvalPolicy "${old}" is deprecated; use "${oldApprovals[old]}"`);
}

const policies: Record<string, string> = {
  "read-only": "readOnly",
  "workspace-write": "workspaceWrite",
  "danger-full-access": "dangerFullAccess",
};
const modes = Object.fromEntries(Object.entries(policies).map(([mode, policy]) => [policy, mode]));

/** Threads take a mode, turns a policy. */
function convertSandbox(method: string, params: Record<string, unknown>): void {
  const { sandbox, sandboxPolicy } = params;
  const takesPolicy = method === "turn/start";
  const given = takesPolicy ? sandbox : sandboxPolicy;
  if (given === undefined) return;
  const [from, to] = takesPolicy ? ["sandbox", "sandboxPolicy"] : ["sandboxPolicy", "sandbox"];
  if (params[to] !== undefined)
    throw new ValidationError(`${method}.${from}`, `is given beside ${to}; give one of them`);
  delete params[from];
  if (given === explicitNull) params[to] = explicitNull;
  else if (takesPolicy) params[to] = policyOf(given, `${method}.sandbox`);
  else Object.assign(params, modeOf(given, params["config"], `${method}.sandboxPolicy`));
}

function policyOf(mode: unknown, path: string): object {
  const type = typeof mode === "string" ? policies[mode] : undefined;
  if (type === undefined) throw new ValidationError(path, `must be one of ${Object.keys(policies).join(", ")}`);
  return { type };
}

const details: Record<string, string> = {
  writableRoots: "sandbox_workspace_write.writable_roots",
  networkAccess: "sandbox_workspace_write.network_access",
  excludeTmpdirEnvVar: "sandbox_workspace_write.exclude_tmpdir_env_var",
  excludeSlashTmp: "sandbox_workspace_write.exclude_slash_tmp",
};

/** What a mode does not say of a policy is said as configuration. */
function modeOf(policy: unknown, config: unknown, path: string): object {
  const { type, ...rest } = (isPlainObject(policy) ? policy : {}) as Record<string, unknown>;
  const mode = typeof type === "string" ? modes[type] : undefined;
  if (mode === undefined)
    throw new ValidationError(
      path,
      `is none that a thread can have; its type must be one of ${Object.keys(modes).join(", ")}`,
    );
  const set = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null && value !== false);
  const foreign = set.find(([key]) => type !== "workspaceWrite" || !Object.hasOwn(details, key));
  if (foreign !== undefined)
    throw new ValidationError(`${path}.${foreign[0]}`, "cannot be said of a thread; give it with each turn");
  if (set.length === 0) return { sandbox: mode };
  const settings = Object.fromEntries(set.map(([key, value]) => [details[key], value]));
  return { sandbox: mode, config: { ...(isPlainObject(config) ? config : {}), ...settings } };
}
