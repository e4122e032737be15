import type { Command } from "commander";
import type { Work } from "./mcp-command.ts";

interface Flags {
  all?: boolean;
  json?: boolean;
}

/** What stands below `approvals`: what holds without being asked for again, and what a project brings. */
export function addApprovalsCommands(approvals: Command, does: (work: Work) => void): void {
  const door = () => import("../guard/approvals.ts");
  approvals.action(() => approvals.help({ error: true }));
  approvals
    .command("list")
    .description("what was allowed for longer than one call, and holds")
    .option("--all", "also what has expired or was revoked")
    .option("--json", "one object on stdout")
    .action(({ all = false, json = false }: Flags) => does(async () => (await door()).listDoor(all, json)));
  approvals
    .command("revoke")
    .description("take an approval back: it stops counting at once, also in threads that run")
    .argument("[id]", "as it is listed")
    .option("--all", "every one that holds")
    .option("--json", "one object on stdout")
    .action((id: string | undefined, { all = false, json = false }: Flags, self: Command) => {
      if ((id === undefined) !== all) self.error("error: give either the id of an approval or --all");
      does(async () => (await door()).revokeDoor(id ?? null, json));
    });
  approvals
    .command("trust")
    .description("let what this project brings start or lift something, as it is now; without keys, show it")
    .argument("[keys...]", "as they are shown")
    .option("--all", "everything that is shown")
    .option("--json", "one object on stdout")
    .action((keys: string[], { all = false, json = false }: Flags) =>
      does(async () => (await door()).trustDoor(keys, all, json)),
    );
}
