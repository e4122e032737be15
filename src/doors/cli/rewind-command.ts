import type { Command } from "commander";
import type { RewindScope } from "../../protocol/rewind.ts";
import type { Work } from "./mcp-command.ts";

interface Flags {
  to?: string;
  undo?: boolean;
  files?: boolean;
  chat?: boolean;
  both?: boolean;
  preview?: boolean;
  overwrite?: boolean;
  json?: boolean;
}

/** A number of turns, or the id of one. */
export const turnOf = (text: string): number | string => (/^\d{1,9}$/.test(text) ? Number(text) : text.toLowerCase());

/** `codex-agent rewind`: takes turns of a thread back. */
export function addRewindCommand(rewind: Command, does: (work: Work) => void): void {
  rewind
    .argument("<thread>", "id or name of the thread; last: the newest of this directory")
    .option("--to <turns>", "how many turns are kept, or the id of the last one; 0: as it was before the first")
    .option("--undo", "take the last rewind back")
    .option("--files", "files alone")
    .option("--chat", "the conversation alone")
    .option("--both", "files and conversation (default)")
    .option("--preview", "say what would be done, and do nothing")
    .option("--overwrite", "also put back what was changed by others since")
    .option("--json", "one object on stdout")
    .action((thread: string, flags: Flags) => {
      const { to, undo = false, preview = false, overwrite = false, json = false } = flags;
      const scopes = (["files", "chat", "both"] as const).filter((each): each is RewindScope => flags[each] === true);
      if (undo === (to !== undefined)) rewind.error("error: give either --to <TURNS> or --undo");
      if (scopes.length > 1) rewind.error("error: --files, --chat and --both exclude each other");
      if (undo && scopes.length > 0)
        rewind.error(`error: --undo takes back what the rewind did; --${scopes[0]} does not fit`);
      does(async () => {
        const { rewindDoor, undoDoor } = await import("../guard/rewind.ts");
        const shared = { preview, overwrite, json };
        return to === undefined
          ? undoDoor(thread, shared)
          : rewindDoor(thread, turnOf(to), scopes[0] ?? "both", shared);
      });
    });
}
