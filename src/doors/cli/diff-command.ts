import type { Command } from "commander";
import type { Work } from "./mcp-command.ts";
import { turnOf } from "./rewind-command.ts";

/** `codex-agent diff`: what a thread changed in files. */
export function addDiffCommand(diff: Command, does: (work: Work) => void): void {
  diff
    .argument("<thread>", "id or name of the thread; last: the newest of this directory")
    .option("--turn <turn>", "one turn: its number from 1 on, or its id")
    .option("--json", "one object on stdout, with a list of the files")
    .action((thread: string, { turn, json = false }: { turn?: string; json?: boolean }) => {
      does(async () => {
        const { diffDoor } = await import("../guard/diff.ts");
        return diffDoor(thread, turn === undefined ? null : turnOf(turn), json);
      });
    });
}
