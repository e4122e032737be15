import { AgentError } from "../protocol/errors.ts";
import type { Profile } from "../model/dialect/profile.ts";

/** The API that a server behind the bridge speaks. */
export type Backend = "chat" | "messages";

/** A server that models are asked at. */
export interface UpstreamOptions {
  /** For logs, metrics and errors; default: the host of the URL. */
  readonly name?: string;
  /** Of its API, without the path of a call. Without any path it gets `/v1`. */
  readonly url: string;
  /** Default: `chat`. */
  readonly backend?: Backend;
  /** A key that never leaves the bridge but to this server; a function is asked for it before each request; null: the server wants none. */
  readonly key?: string | (() => Promise<string>) | null;
  /** The header that carries the key, where it is not the one of the API (`api-key` of Azure); `authorization` gets it as a bearer's. */
  readonly keyHeader?: string | null;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly queryParams?: Readonly<Record<string, string>>;
  /** A name of `namedProfiles`; default: `vllm`, which changes nothing. */
  readonly provider?: string | null;
  /** What the server wants in another way than its provider's profile says. */
  readonly profile?: Partial<Profile>;
  /** Patterns of the models that it has, with `*` for any text; default: all. */
  readonly models?: readonly string[];
}

export interface BridgeOptions {
  /** Asked in this order: where one is out of order before its first word, the next that has the model is asked. */
  readonly upstreams: readonly UpstreamOptions[];
  /** Default: 127.0.0.1. Any address but a loopback one demands a token. */
  readonly host?: string;
  /** Default: 8001. 0: a free one. */
  readonly port?: number;
  /** What clients have to show as a bearer token; null: nothing. */
  readonly token?: string | null;
  /** Names in the `Host` header that are taken besides those of the loopback and the address that is listened on. */
  readonly allowedHosts?: readonly string[];
  /** Sends on what clients show as their credentials in place of keys. */
  readonly forwardAuth?: boolean;
  /** `none`: searches of the web are not offered. `mock`: they find nothing. A URL: it is asked (docs/bridge.md). */
  readonly webSearch?: "none" | "mock" | (string & {});
  /** Silence of an upstream after which it is given up, milliseconds; default: 120,000. */
  readonly timeoutMs?: number;
  /** Largest body of a request, bytes; default: 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Keeps what goes through as files of this folder, without keys. */
  readonly recordTo?: string | null;
  /** Keeps the tokens of each request to an upstream as lines of `dump.jsonl` in this folder. */
  readonly dumpTo?: string | null;
  /** Hears of each request when it has ended: no contents, no keys. */
  readonly onLog?: (entry: LogEntry) => void;
}

/** A request that has ended. */
export interface LogEntry {
  /** ISO 8601, of its beginning. */
  readonly time: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  /** `completed`, `incomplete`, `failed`, `cancelled` of a response; null of other requests. */
  readonly outcome: string | null;
  readonly durationMs: number;
  readonly responseId?: string;
  readonly sessionId?: string;
  readonly model?: string;
  readonly upstream?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly repairs?: number;
  /** The code of what went wrong. */
  readonly error?: string;
}

/** The base URL that a text stands for. @throws AgentError `config` where it is none */
export function baseUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.host === "")
    throw new AgentError(
      "config",
      `"${text}" is no base URL of an API; write it with scheme and host, as http://127.0.0.1:8000/v1`,
    );
  if (url.username !== "" || url.password !== "")
    throw new AgentError("config", "a base URL may hold no password; name the variable with the key instead");
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? "/v1" : path}`;
}
