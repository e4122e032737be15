import { Option, type Command } from "commander";
import type { ServeRequest } from "../bridge/serve-responses.ts";
import { flagsInForce } from "./flags-in-force.ts";
import type { Work } from "./mcp-command.ts";

interface Flags {
  host: string;
  port: string;
  backendUrl?: string;
  outcommingBaseUrl?: string;
  backend?: string;
  backendApi?: string;
  outcommingApi?: string;
  apiKeyEnv?: string;
  backendKeyEnv?: string;
  outcommingApiKeyEnv?: string;
  provider?: string;
  modelProvider?: string;
  tokenFile?: string;
  workers: string;
  timeoutSeconds: string;
  webSearch: string;
  log?: boolean;
  record?: string;
  forwardAuth?: boolean;
  allowHost?: string[];
  config?: string[];
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
const apis = ["chat", "messages", "chat_completions"];

/** `serve responses`: the bridge. */
export function addServeCommands(serve: Command, does: (work: Work) => void): void {
  serve.action(() => serve.help({ error: true }));
  serve
    .command("responses")
    .description("serve the Responses API in front of a model that speaks chat completions or Anthropic's Messages API")
    .option("--host <address>", "where to listen; an address that is no loopback one needs --token-file", "127.0.0.1")
    .option("--port <port>", "0: a free one", "8001")
    .option("--backend-url <url>", "base URL of the model's server")
    .addOption(new Option("--backend <api>", "what that server speaks (default: chat)").choices(apis.slice(0, 2)))
    .option("--api-key-env <name>", "the variable that holds the server's key")
    .option("--provider <name>", "a kind of server or vendor (vllm, openrouter, ...), or one of config.toml")
    .option("--token-file <file>", "what clients have to show as a bearer token")
    .option("--workers <count>", "processes that share the work", "1")
    .option("--timeout-seconds <seconds>", "silence of the server after which it is given up", "120")
    .option("--web-search <how>", "none, mock, or the URL of a search", "none")
    .option("--log", "a line of JSON on stderr for each request, without contents")
    .option("--record <dir>", "keep what goes through, without keys")
    .option("--forward-auth", "send clients' own credentials on to the server")
    .addOption(new Option("--allow-host <name>", "a further name to be asked by").argParser(collect))
    .addOption(
      new Option("-c, --config <key=value>", "set a configuration value; dotted key, value in TOML").argParser(collect),
    )
    .addOption(new Option("--backend-api <api>").choices(apis).hideHelp())
    .addOption(new Option("--backend-key-env <name>").hideHelp())
    .addOption(new Option("--model-provider <name>").hideHelp())
    .addOption(new Option("--outcomming-base-url <url>").hideHelp())
    .addOption(new Option("--outcomming-api <api>").choices(apis).hideHelp())
    .addOption(new Option("--outcomming-api-key-env <name>").hideHelp())
    .action((_flags: Flags, self: Command) => {
      const request = requestOf(self, flagsInForce<Flags>(self));
      does(async () => {
        const { serveResponses } = await import("../bridge/serve-responses.ts");
        return serveResponses(request);
      });
    });
}

function requestOf(command: Command, flags: Flags): ServeRequest {
  const whole = (name: string, text: string, least: number, most: number): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (value >= least && value <= most) return value;
    return command.error(`error: --${name} wants a whole number from ${least} to ${most}, not ${text}`);
  };
  const { webSearch } = flags;
  if (webSearch !== "none" && webSearch !== "mock" && !/^https?:\/\//.test(webSearch))
    command.error(`error: --web-search wants none, mock or an http URL, not ${webSearch}`);
  const api = flags.backend ?? flags.backendApi ?? flags.outcommingApi ?? null;
  return {
    host: flags.host,
    port: whole("port", flags.port, 0, 65_535),
    backendUrl: flags.backendUrl ?? flags.outcommingBaseUrl ?? null,
    backend: api === null ? null : api === "messages" ? "messages" : "chat",
    keyEnv: flags.apiKeyEnv ?? flags.backendKeyEnv ?? flags.outcommingApiKeyEnv ?? null,
    provider: flags.provider ?? flags.modelProvider ?? null,
    tokenFile: flags.tokenFile ?? null,
    workers: whole("workers", flags.workers, 1, 64),
    timeoutSeconds: whole("timeout-seconds", flags.timeoutSeconds, 1, 2_000_000),
    webSearch,
    log: flags.log === true,
    recordTo: flags.record ?? null,
    forwardAuth: flags.forwardAuth === true,
    allowedHosts: flags.allowHost ?? [],
    overrides: flags.config ?? [],
  };
}
