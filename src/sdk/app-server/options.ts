/** What a caller may set. */
import type { NotificationName } from "../../protocol/codex-0.169/app-server/methods.ts";
import {
  anything,
  bytes,
  callback,
  checked,
  flag,
  logger,
  milliseconds,
  oneOf,
  signal,
  text,
  texts,
  variables,
  type Check,
} from "../checks.ts";
import { ValidationError } from "../errors.ts";
import type { SdkLogger } from "../exec/options.ts";
import type { SpawnHook } from "../launch/child.ts";
import type { BinaryChoice } from "../launch/find-binary.ts";
import { configPairs, type CodexConfigObject } from "../launch/toml.ts";
import type { ReconnectOptions } from "./connection/link.ts";
import type { ThreadParams, TurnParams } from "./params.ts";
import type { PolicyEngine } from "./policy/engine.ts";
import type { JudgeConfig } from "./policy/judge.ts";
import type { Rubric } from "./policy/rubric.ts";
import type { Hooks } from "./requests/hooks.ts";
import type { MemoryServer } from "./transports/memory.ts";
import type { OpenTransport } from "./transports/transport.ts";

export type TransportChoice =
  /** A child of this process. The default. */
  | "stdio"
  /** `$CODEX_HOME/app-server-control/app-server-control.sock`. */
  | "unix"
  | { type: "stdio" }
  | { type: "unix"; path?: string }
  /** `token` goes into the `Authorization` header. */
  | { type: "ws"; url: string; token?: string; headers?: Record<string, string> }
  /** A server in this process. */
  | { type: "memory"; accept: MemoryServer }
  | OpenTransport;

export interface ClientOptions extends Hooks {
  /** Which program; default `codex-agent`, the one of this package. */
  binary?: BinaryChoice | undefined;
  /** The executable to run, whichever it is. */
  codexCommand?: string | undefined;
  /** Default `["app-server"]`. */
  appServerArgs?: readonly string[] | undefined;
  /** The whole environment of the server: given, nothing is inherited. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where the server runs; default: where this process does. */
  processCwd?: string | undefined;
  transport?: TransportChoice | undefined;
  defaultThreadParams?: ThreadParams | undefined;
  defaultTurnParams?: TurnParams | undefined;
  /** True searches live, false not at all; default: as the user has it configured. */
  enableWebSearch?: boolean | undefined;
  /** Configuration of the server: each leaf becomes `-c path=value`, with the value in TOML. */
  serverConfigOverrides?: CodexConfigObject | undefined;
  clientInfo?: { name: string; version: string; title?: string | null } | undefined;
  /** Ask for methods and fields that may still change. Default false. */
  experimentalApi?: boolean | undefined;
  /** Notifications that the server is not to send. */
  optOutNotifications?: readonly (NotificationName | (string & Record<never, never>))[] | undefined;
  /** What approvals come to that nobody answers: refused (the default), or as older ports had it, allowed. */
  approvalDefaults?: "safe" | "legacy" | undefined;
  policyEngine?: PolicyEngine | undefined;
  policyRubric?: Rubric | Record<string, unknown> | undefined;
  policyJudgeConfig?: JudgeConfig | Record<string, unknown> | undefined;
  /** Milliseconds without an event of a turn, while nobody is asked anything, after which it is given up. Default 60,000; null: never. */
  streamIdleTimeoutMs?: number | null | undefined;
  /** Milliseconds for an answer, but to what takes as long as it takes (`command/exec`, `mcpServer/tool/call`). Default 60,000; null: no limit. */
  requestTimeoutMs?: number | null | undefined;
  /** Default 20,000. */
  connectTimeoutMs?: number | undefined;
  /** Default 300,000. */
  hookTimeoutMs?: number | undefined;
  /** Bytes that one message of the server may have. Default 256 MiB. */
  maxLineBytes?: number | undefined;
  /** Events of one stream that may wait to be read. Default 10,000. */
  maxBufferedEvents?: number | undefined;
  /** Make a connection that broke anew. Default: no. */
  reconnect?: ReconnectOptions | undefined;
  /** Closes the client. */
  signal?: AbortSignal | undefined;
  logger?: SdkLogger | undefined;
  /** Starts the program in the place of Node's `spawn`. */
  spawn?: SpawnHook | undefined;
}

const defaults = {
  binary: "codex-agent",
  appServerArgs: ["app-server"],
  transport: "stdio",
  experimentalApi: false,
  approvalDefaults: "safe",
  streamIdleTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  connectTimeoutMs: 20_000,
  hookTimeoutMs: 300_000,
  maxLineBytes: 256 * 1024 * 1024,
  maxBufferedEvents: 10_000,
} as const satisfies ClientOptions;

export type Settings = ClientOptions &
  Required<{
    [Key in keyof typeof defaults]: NonNullable<ClientOptions[Key]> | (null extends ClientOptions[Key] ? null : never);
  }>;

const object: Check = (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ValidationError(path, "must be an object");
};

const count: Check = (value, path) => {
  if (!Number.isInteger(value) || Number(value) < 1) throw new ValidationError(path, "must be a whole number above 0");
};

const limit: Check = (value, path) => {
  if (value !== null) milliseconds(value, path);
};

const transport: Check = (value, path) => {
  if (value === "stdio" || value === "unix" || typeof value === "function") return;
  const { type, url, token, accept } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  oneOf("stdio", "unix", "ws", "memory")(type, typeof value === "object" ? `${path}.type` : path);
  if (type === "memory") callback(accept, `${path}.accept`);
  if (type !== "ws") return;
  const isAddress = typeof url === "string" && URL.canParse(url) && /^wss?:/.test(url);
  if (!isAddress) throw new ValidationError(`${path}.url`, "must be an address that begins with ws:// or wss://");
  if (token !== undefined) text(token, `${path}.token`);
};

const person: Check = (value, path) => {
  object(value, path);
  const { name, version } = value as Record<string, unknown>;
  text(name, `${path}.name`);
  text(version, `${path}.version`);
};

const reconnect: Check = (value, path) => {
  object(value, path);
  const { attempts, backoffMs, maxBackoffMs } = value as Record<string, unknown>;
  if (!Number.isInteger(attempts) || Number(attempts) < 0)
    throw new ValidationError(`${path}.attempts`, "must be a whole number from 0 on");
  if (backoffMs !== undefined) milliseconds(backoffMs, `${path}.backoffMs`);
  if (maxBackoffMs !== undefined) milliseconds(maxBackoffMs, `${path}.maxBackoffMs`);
};

const checks: Record<keyof ClientOptions, Check> = {
  binary: oneOf("codex-agent", "codex"),
  codexCommand: text,
  appServerArgs: texts,
  env: variables,
  processCwd: text,
  transport,
  defaultThreadParams: object,
  defaultTurnParams: object,
  enableWebSearch: flag,
  serverConfigOverrides: configPairs,
  clientInfo: person,
  experimentalApi: flag,
  optOutNotifications: texts,
  approvalDefaults: oneOf("safe", "legacy"),
  policyEngine: object,
  policyRubric: object,
  policyJudgeConfig: object,
  streamIdleTimeoutMs: limit,
  requestTimeoutMs: limit,
  connectTimeoutMs: milliseconds,
  hookTimeoutMs: milliseconds,
  // What one string of V8 holds.
  maxLineBytes: bytes(2 ** 29 - 24),
  maxBufferedEvents: count,
  reconnect,
  signal,
  logger,
  spawn: anything,
  onCommandApproval: callback,
  onFileChangeApproval: callback,
  onToolRequestUserInput: callback,
  onToolCall: callback,
  onPermissionsApproval: callback,
  onElicitation: callback,
  onAuthTokensRefresh: callback,
  onAttestation: callback,
  onCurrentTime: callback,
  onLegacyApproval: callback,
};

/** Throws {@link ValidationError} naming the option. Names of the Python client are taken as those of TypeScript. */
export function readOptions(given: unknown): Settings {
  const options = checked(seconds(given), "ClientOptions", checks);
  // For these two null says something.
  for (const name of ["streamIdleTimeoutMs", "requestTimeoutMs"]) if (isNull(given, name)) options[name] = null;
  return { ...defaults, ...options } as Settings;
}

const isNull = (given: unknown, name: string): boolean =>
  typeof given === "object" && given !== null && (given as Record<string, unknown>)[name] === null;

/** The Python client has this one limit in seconds. */
function seconds(given: unknown): unknown {
  if (typeof given !== "object" || given === null || !("stream_idle_timeout_seconds" in given)) return given;
  const { stream_idle_timeout_seconds: value, ...rest } = given as Record<string, unknown>;
  return { ...rest, streamIdleTimeoutMs: typeof value === "number" ? value * 1000 : value };
}
