import { Option, type Command } from "commander";
import { flagsInForce } from "./flags-in-force.ts";
import type { Work } from "./mcp-command.ts";

interface ListFlags {
  config?: string[];
  json?: boolean;
}

/** What stands below `hooks`: what runs at certain moments of a turn, and whether it may. */
export function addHooksCommands(hooks: Command, does: (work: Work) => void): void {
  const door = () => import("../hooks/hooks-door.ts");
  hooks.action(() => hooks.help({ error: true }));
  hooks
    .command("list")
    .description("all hooks that are configured here")
    .option("--json", "as JSON")
    .addOption(
      new Option("-c, --config <key=value>", "set a configuration value; dotted key, value in TOML").argParser(
        (value: string, before: string[] | undefined) => [...(before ?? []), value],
      ),
    )
    .action((_own: ListFlags, self: Command) =>
      does(async () => {
        const { config = [], json = false } = flagsInForce<ListFlags>(self);
        return (await door()).list(config, json);
      }),
    );
  hooks
    .command("trust")
    .description("let hooks run as they are now; without keys, show those that need it")
    .argument("[keys...]", "keys of hooks, as they are listed")
    .option("--all", "every hook that is not trusted")
    .action((keys: string[], { all = false }: { all?: boolean }) => does(async () => (await door()).trust(keys, all)));
}
