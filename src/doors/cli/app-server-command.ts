import { Option, type Command } from "commander";
import type { AppServerRequest } from "../app-server/run-app-server.ts";
import { authModes, type AuthFlags } from "../app-server/transports/auth.ts";
import { parseListen } from "../app-server/transports/listen.ts";
import { flagsInForce } from "./flags-in-force.ts";
import type { Work } from "./mcp-command.ts";

interface Flags {
  config?: string[];
  enable?: string[];
  disable?: string[];
  strictConfig?: boolean;
  listen?: string;
  stdio?: boolean;
  wsAuth?: AuthFlags["mode"];
  wsTokenFile?: string;
  wsTokenSha256?: string;
  wsSharedSecretFile?: string;
  wsIssuer?: string;
  wsAudience?: string;
  wsMaxClockSkewSeconds?: number;
}

interface GenerateFlags {
  out: string;
  experimental?: boolean;
}

/** Codex's daemon is a copy of its own binary, which it installs, updates and opens to its remote control. */
const noDaemon =
  "error: there is no daemon here that installs and updates itself. Have `codex-agent app-server --listen unix://` started by what starts your services; `codex-agent app-server proxy` reaches it.";

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

function addConfigFlags(command: Command): Command {
  return command
    .addOption(
      new Option("-c, --config <key=value>", "set a configuration value; dotted key, value in TOML").argParser(collect),
    )
    .addOption(new Option("--enable <feature>", "switch a feature on").argParser(collect))
    .addOption(new Option("--disable <feature>", "switch a feature off").argParser(collect));
}

/** Codex's app-server: the protocol of editors, of the official TUI and of other programs. */
export function addAppServerCommand(command: Command, does: (work: Work) => void): void {
  addConfigFlags(command)
    .option("--strict-config", "refuse configuration keys that are not known")
    .option("--listen <url>", "stdio:// (what it is without), unix://, unix://PATH, ws://IP:PORT or off")
    .addOption(new Option("--stdio", "the same as --listen stdio://").conflicts("listen"))
    .addOption(new Option("--ws-auth <mode>", "how clients of a WebSocket show who they are").choices([...authModes]))
    .option("--ws-token-file <path>", "capability-token: the file that holds the token")
    .option("--ws-token-sha256 <hex>", "capability-token: the SHA-256 of the token")
    .option(
      "--ws-shared-secret-file <path>",
      "signed-bearer-token: the file that holds the secret, of 32 bytes or more",
    )
    .option("--ws-issuer <issuer>", "signed-bearer-token: who must have made it")
    .option("--ws-audience <audience>", "signed-bearer-token: whom it must be for")
    .addOption(
      new Option("--ws-max-clock-skew-seconds <seconds>", "signed-bearer-token: how far clocks may differ").argParser(
        (value: string) => {
          if (/^\d{1,15}$/.test(value)) return Number(value);
          return command.error(
            `error: invalid value '${value}' for '--ws-max-clock-skew-seconds <SECONDS>': invalid digit found in string`,
          );
        },
      ),
    )
    .addOption(new Option("--analytics-default-enabled").hideHelp())
    .action((_flags: Flags, self: Command) => {
      const request = requestOf(self, flagsInForce<Flags>(self));
      does(async () => {
        const { runAppServer } = await import("../app-server/run-app-server.ts");
        return runAppServer(request);
      });
    });

  addConfigFlags(command.command("proxy"))
    .description("carry the bytes of stdin and stdout to a server that runs, such as over SSH")
    .option("--sock <path>", "its socket; without: that of `app-server --listen unix://`")
    .action(({ sock }: { sock?: string }) =>
      does(async () => {
        const { runProxy } = await import("../app-server/proxy.ts");
        return runProxy(sock);
      }),
    );

  command
    .command("daemon", { hidden: true })
    .allowUnknownOption()
    .argument("[words...]")
    .action(() => command.error(noDaemon));

  const generate = (name: string, what: string, write: (flags: GenerateFlags) => Promise<number>): void => {
    addConfigFlags(command.command(name))
      .description(`${what} of what is served`)
      .requiredOption("-o, --out <dir>", "where the files go")
      .option("--experimental", "with experimental methods and fields")
      .action((_flags: GenerateFlags, self: Command) => does(() => write(flagsInForce<GenerateFlags>(self))));
  };
  generate("generate-ts", "TypeScript types", async ({ out, experimental = false }) => {
    const { writeTypescript } = await import("../app-server/generate.ts");
    return writeTypescript(out, experimental);
  });
  generate("generate-json-schema", "JSON Schemas", async ({ out, experimental = false }) => {
    const { writeJsonSchemas } = await import("../app-server/generate.ts");
    return writeJsonSchemas(out, experimental);
  });
}

function requestOf(command: Command, flags: Flags): AppServerRequest {
  const listen = parseListen(flags.listen ?? "stdio://");
  if (typeof listen === "string") {
    return command.error(`error: invalid value '${flags.listen}' for '--listen <URL>': ${listen}`);
  }
  return {
    listen,
    auth: {
      mode: flags.wsAuth,
      tokenFile: flags.wsTokenFile,
      tokenSha256: flags.wsTokenSha256,
      sharedSecretFile: flags.wsSharedSecretFile,
      issuer: flags.wsIssuer,
      audience: flags.wsAudience,
      maxClockSkewSeconds: flags.wsMaxClockSkewSeconds,
    },
    flags: {
      overrides: flags.config ?? [],
      enable: flags.enable ?? [],
      disable: flags.disable ?? [],
      strictConfig: flags.strictConfig === true,
    },
  };
}
