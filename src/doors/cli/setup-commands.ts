import { Option, type Command } from "commander";
import type { SetupFlags } from "../setup/config-door.ts";
import { flagsInForce } from "./flags-in-force.ts";
import type { Work } from "./mcp-command.ts";

const names = {
  config: "what is set, and where: show, get, set",
  features: "feature flags: list, enable, disable",
  models: "the models that are known, or that the provider has",
  login: "log in with a ChatGPT account, or keep an API key; status says whether there is one",
  logout: "forget the login",
  whoami: "whom requests go to, and as whom",
} as const;

/** `config`, `features`, `models`, `login`, `logout`, `whoami`: their parts are added only where one of them is asked for. */
export function addSetupCommands(program: Command, argv: readonly string[], does: (work: Work) => void): void {
  const commands = Object.fromEntries(
    Object.entries(names).map(([name, description]) => [name, program.command(name).description(description)]),
  ) as Record<keyof typeof names, Command>;
  if (!argv.some((word) => Object.hasOwn(names, word))) return;
  const doors = {
    config: () => import("../setup/config-door.ts"),
    features: () => import("../setup/features-door.ts"),
    models: () => import("../setup/models-door.ts"),
    login: () => import("../setup/login-door.ts"),
  };
  const { config, features, models, login, logout, whoami } = commands;
  for (const group of [config, features]) group.action(() => group.help({ error: true }));

  shared(config.command("show").description("every setting in force, and where it comes from")).action(
    (_own: SetupFlags, self: Command) => does(async () => (await doors.config()).showConfig(flagsInForce(self))),
  );
  shared(config.command("get").description("one setting").argument("<key>", "dotted")).action(
    (key: string, _own: SetupFlags, self: Command) =>
      does(async () => (await doors.config()).getConfig(key, flagsInForce(self))),
  );
  shared(
    config
      .command("set")
      .description("write a setting into config.toml, or with -p into the file of a profile")
      .argument("<key>", "dotted")
      .argument("<value>", "TOML, or else plain text"),
  ).action((key: string, value: string, _own: SetupFlags, self: Command) =>
    does(async () => (await doors.config()).setConfig(key, value, flagsInForce(self))),
  );

  shared(features.command("list").description("all of them, their stage, and whether they are on")).action(
    (_own: SetupFlags, self: Command) => does(async () => (await doors.features()).listFeatures(flagsInForce(self))),
  );
  for (const on of [true, false]) {
    const command = features.command(on ? "enable" : "disable").argument("<feature>", "its name");
    shared(command.description(`switch one ${on ? "on" : "off"} in config.toml`)).action(
      (name: string, _own: SetupFlags, self: Command) =>
        does(async () => (await doors.features()).switchFeature(name, on, flagsInForce(self))),
    );
  }

  shared(models)
    .option("--all", "hidden ones too")
    .option("-m, --model <model>", "as if this were the configured one")
    .option("--probe", "try what the model can do, with two small requests")
    .option("--oss", "the model servers that run on this machine")
    .action((_own: SetupFlags, self: Command) =>
      does(async () => (await doors.models()).listModels(flagsInForce(self))),
    );
  shared(login)
    .option("--device", "with a code that is typed in on any device")
    .option("--chatgpt", "in the browser, also where stdin is no terminal")
    .option("--api-key-stdin", "keep the API key that comes on stdin")
    .addOption(new Option("--device-auth").hideHelp())
    .addOption(new Option("--with-api-key").hideHelp())
    .addOption(new Option("--experimental_issuer <url>").hideHelp())
    .addOption(new Option("--experimental_client-id <id>").hideHelp())
    .action((_own: SetupFlags, self: Command) => does(async () => (await doors.login()).login(flagsInForce(self))));
  shared(login.command("status").description("whether somebody is logged in")).action(
    (_own: SetupFlags, self: Command) => does(async () => (await doors.login()).loginStatus(flagsInForce(self))),
  );
  logout.action(() => does(async () => (await doors.login()).logout()));
  shared(whoami).action((_own: SetupFlags, self: Command) =>
    does(async () => (await doors.login()).whoami(flagsInForce(self))),
  );
}

function shared(command: Command): Command {
  return command
    .addOption(
      new Option("-c, --config <key=value>", "set a configuration value; dotted key, value in TOML").argParser(
        (value: string, before: string[] | undefined) => [...(before ?? []), value],
      ),
    )
    .option("-p, --profile <name>", "with this profile")
    .option("-C, --cd <dir>", "as of this directory")
    .option("--json", "as JSON");
}
