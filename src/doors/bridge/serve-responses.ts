import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { redact } from "../../protocol/secrets/redact.ts";
import { startBridge, type Bridge, type BridgeParts } from "../../proxy/bridge.ts";
import type { Backend, BridgeOptions } from "../../proxy/options.ts";
import { exportSpans } from "./export-spans.ts";
import { workerMark } from "./messages.ts";
import { upstreamsOf } from "./upstreams.ts";

/** What the command line says. */
export interface ServeRequest {
  readonly host: string;
  readonly port: number;
  /** Null: the upstreams are those of the configuration. */
  readonly backendUrl: string | null;
  readonly backend: Backend | null;
  /** The variable that holds the key. */
  readonly keyEnv: string | null;
  readonly provider: string | null;
  readonly tokenFile: string | null;
  readonly workers: number;
  readonly timeoutSeconds: number;
  readonly webSearch: string;
  readonly log: boolean;
  readonly recordTo: string | null;
  readonly forwardAuth: boolean;
  readonly allowedHosts: readonly string[];
  readonly overrides: readonly string[];
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What a signal gives the responses that run, milliseconds. */
const graceMs = 10_000;

/** Serves until a signal comes; resolves to the exit code. */
export async function serveResponses(request: ServeRequest): Promise<number> {
  // Who reads the log may leave; the responses go on.
  process.stderr.on("error", () => {});
  const isWorker = process.env[workerMark] !== undefined && process.send !== undefined;
  // Loaded where they are used: most bridges are one process.
  if (request.workers > 1 && !isWorker) {
    const { serveWithWorkers } = await import("./workers.ts");
    return serveWithWorkers(request.workers, say, graceMs);
  }
  const options = await optionsOf(request);
  const flushSpans = await exportSpans(process.env, (line) => say(`codex-agent serve responses: ${redact(line)}`));
  try {
    if (isWorker) return await (await import("./worker.ts")).serveAsWorker(options, begin, graceMs);
    const bridge = await begin(options);
    say(`codex-agent serve responses: listening on ${bridge.url}`);
    await signalled();
    await bridge.close(graceMs);
    return 0;
  } finally {
    await flushSpans();
  }
}

const begin = (options: BridgeOptions, parts: BridgeParts = {}): Promise<Bridge> =>
  startBridge(options, { ...parts, tell: (line) => say(`codex-agent serve responses: ${redact(line)}`) });

/** Resolves at the first signal to stop; the second ends the process as it is. */
export function signalled(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        stop();
      });
  });
}

async function optionsOf(request: ServeRequest): Promise<BridgeOptions> {
  const variables = process.env;
  return {
    upstreams: await upstreamsOf(request, variables, (line) => say(`codex-agent serve responses: ${line}`)),
    host: request.host,
    port: request.port,
    token: request.tokenFile === null ? null : readToken(request.tokenFile),
    allowedHosts: request.allowedHosts,
    forwardAuth: request.forwardAuth,
    webSearch: request.webSearch,
    timeoutMs: request.timeoutSeconds * 1000,
    recordTo: request.recordTo === null ? null : resolve(request.recordTo),
    dumpTo: variables["CODEX_AGENT_DUMP"] || null,
    ...(request.log && { onLog: (entry) => say(JSON.stringify(entry)) }),
  };
}

/** The token of a file that nobody else may read. @throws AgentError `config` */
function readToken(file: string): string {
  const path = resolve(file);
  let text: string;
  let mode: number;
  try {
    mode = statSync(path).mode;
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new AgentError("config", `the token file cannot be read: ${messageOf(error)}`);
  }
  if (process.platform !== "win32" && (mode & 0o077) !== 0)
    throw new AgentError("config", `others may read the token file ${path}: chmod 600 ${path}`);
  if (!/^\S+$/.test(text)) throw new AgentError("config", `the token file ${path} has to hold one word, the token`);
  return text;
}
