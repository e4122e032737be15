import { Option, type Command } from "commander";
import type { AddRequest } from "../mcp/mcp-door.ts";
import { flagsInForce } from "./flags-in-force.ts";

/** What the program does once the command line is understood; resolves to the exit code. */
export type Work = () => Promise<number>;

interface Shared {
  config?: string[];
  json?: boolean;
}
interface AddFlags extends Shared {
  env?: Record<string, string>;
  url?: string;
  bearerTokenEnvVar?: string;
}
interface LoginFlags extends Shared {
  scopes?: string;
  browser?: boolean;
}

const withConfig = (command: Command): Command =>
  command.addOption(
    new Option("-c, --config <key=value>", "set a configuration value; dotted key, value in TOML").argParser(
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    ),
  );

/** What stands below `mcp`: the servers whose tools and resources threads have. */
export function addMcpCommands(mcp: Command, does: (work: Work) => void): void {
  const door = () => import("../mcp/mcp-door.ts");
  mcp.action(() => mcp.help({ error: true }));

  withConfig(mcp.command("list").description("all configured servers").option("--json", "as JSON")).action(
    (_own: Shared, self: Command) =>
      does(async () => {
        const { config = [], json = false } = flagsInForce<Shared>(self);
        return (await door()).list(config, json);
      }),
  );
  withConfig(
    mcp.command("get").description("one server").argument("<name>", "its name").option("--json", "as JSON"),
  ).action((name: string, _own: Shared, self: Command) =>
    does(async () => {
      const { config = [], json = false } = flagsInForce<Shared>(self);
      return (await door()).get(name, config, json);
    }),
  );
  const add = mcp
    .command("add")
    .description("add a server, or put another in its place")
    .argument("<name>", "its name")
    .argument("[command...]", "how it is started; after --")
    .option("--url <url>", "address of a server over streamable HTTP")
    .option("--bearer-token-env-var <name>", "with --url: variable that holds its token")
    .addOption(
      new Option("--env <key=value>", "variable for the server").argParser(
        (value: string, before: Record<string, string> | undefined) => {
          const split = value.indexOf("=");
          if (split < 1) {
            return add.error(
              `error: invalid value '${value}' for '--env <KEY=VALUE>': environment entries must be in KEY=VALUE form`,
            );
          }
          return { ...before, [value.slice(0, split)]: value.slice(split + 1) };
        },
      ),
    );
  add.action((name: string, command: string[], flags: AddFlags) => {
    const request = addRequest(add, name, command, flags);
    does(async () => (await door()).add(request));
  });
  mcp
    .command("remove")
    .description("remove a server")
    .argument("<name>", "its name")
    .action((name: string) => does(async () => (await door()).remove(name)));
  withConfig(
    mcp
      .command("login")
      .description("log in at a server, by way of the browser")
      .argument("<name>", "its name")
      .option("--scopes <scope,scope>", "what to ask for")
      .option("--no-browser", "print the address and open nothing"),
  ).action((name: string, _own: LoginFlags, self: Command) =>
    does(async () => {
      const { config = [], scopes, browser } = flagsInForce<LoginFlags>(self);
      return (await door()).logIn(name, config, scopes?.split(",") ?? null, browser !== false);
    }),
  );
  withConfig(mcp.command("logout").description("forget a login").argument("<name>", "its name")).action(
    (name: string, _own: Shared, self: Command) =>
      does(async () => (await door()).logOut(name, flagsInForce<Shared>(self).config ?? [])),
  );
}

function addRequest(add: Command, name: string, command: readonly string[], flags: AddFlags): AddRequest {
  const { url, env = {}, bearerTokenEnvVar } = flags;
  const [program, ...args] = command;
  if (url === undefined && program === undefined)
    return add.error("error: there is neither a command (after --) nor --url <URL>");
  if (url !== undefined && program !== undefined)
    return add.error("error: the argument '--url <URL>' cannot be used with '[COMMAND]...'");
  if (url === undefined && bearerTokenEnvVar !== undefined)
    return add.error("error: the argument '--bearer-token-env-var <NAME>' needs '--url <URL>'");
  if (url !== undefined && Object.keys(env).length > 0)
    return add.error("error: the argument '--env <KEY=VALUE>' is for servers that are started by a command");
  const server =
    url === undefined
      ? {
          command: program!,
          ...(args.length > 0 && { args }),
          ...(Object.keys(env).length > 0 && { env: sorted(env) }),
        }
      : { url, ...(bearerTokenEnvVar !== undefined && { bearer_token_env_var: bearerTokenEnvVar }) };
  return { name, server };
}

const sorted = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).toSorted(([one], [other]) => (one < other ? -1 : 1)));
