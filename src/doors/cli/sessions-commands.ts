import { InvalidArgumentError, Option, type Command } from "commander";
import type { SessionsRequest } from "../terminal/sessions.ts";

const count = (value: string): number => {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 1) throw new InvalidArgumentError("a whole number from 1 on is needed.");
  return parsed;
};

/** `codex-agent sessions list|show|archive|unarchive|rename|delete|export`. */
export function addSessionsCommands(program: Command, run: (request: SessionsRequest) => void): void {
  const sessions = program.command("sessions").description("look at and tidy stored threads");
  const add = (name: string, description: string): Command =>
    sessions.command(name).description(description).option("--json", "one object on stdout");
  const json = (flags: { json?: boolean }): boolean => flags.json === true;

  add("list", "the threads of this directory, newest first")
    .option("--all", "of all directories")
    .option("--archived", "those that were archived")
    .addOption(new Option("--limit <count>", "how many").argParser(count).default(20))
    .action((flags: { json?: boolean; all?: boolean; archived?: boolean; limit: number }) => {
      const { limit } = flags;
      run({ action: "list", json: json(flags), all: flags.all === true, archived: flags.archived === true, limit });
    });
  const one = (action: "show" | "archive" | "unarchive", description: string): void => {
    add(action, description)
      .argument("<session>", "id or name of the thread")
      .action((thread: string, flags: { json?: boolean }) => run({ action, thread, json: json(flags) }));
  };
  one("show", "what was said in a thread");
  add("export", "a thread as Markdown, or with --json as an object")
    .argument("<session>", "id or name of the thread")
    .option("--with-secrets", "leave keys, tokens and passwords in it")
    .action((thread: string, flags: { json?: boolean; withSecrets?: boolean }) =>
      run({ action: "export", thread, withSecrets: flags.withSecrets === true, json: json(flags) }),
    );
  one("archive", "put a thread away");
  one("unarchive", "take an archived thread back");
  add("rename", "give a thread a name")
    .argument("<session>", "id or name of the thread")
    .argument("<name>", "its name from now on")
    .action((thread: string, name: string, flags: { json?: boolean }) =>
      run({ action: "rename", thread, name, json: json(flags) }),
    );
  add("delete", "remove a thread for ever")
    .argument("<session>", "id or name of the thread")
    .option("--force", "without asking; the thread must be given by its id")
    .action((thread: string, flags: { json?: boolean; force?: boolean }) =>
      run({ action: "delete", thread, force: flags.force === true, json: json(flags) }),
    );
}
