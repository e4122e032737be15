import type { Command } from "commander";
import type { Work } from "./mcp-command.ts";

const views = ["cause", "model", "day"] as const;

interface Flags {
  thread?: string;
  by?: string;
  json?: boolean;
  config?: string[];
}

/** `codex-agent usage`: tokens and dollars, and what they were spent on. */
export function addUsageCommand(usage: Command, does: (work: Work) => void): void {
  usage
    .option("--thread <thread>", "id or name of one thread; last: the newest of this directory")
    .option("--by <view>", `one table alone: ${views.join(", ")}`)
    .option("-c, --config <key=value>", "a setting for this call", (value: string, all: string[] = []) => [
      ...all,
      value,
    ])
    .option("--json", "one object on stdout")
    .action(({ thread, by, json = false, config = [] }: Flags) => {
      const view = views.find((each) => each === by) ?? null;
      if (by !== undefined && view === null) {
        usage.error(`error: --by knows ${views.join(", ")}, and not '${by}'`);
      }
      does(async () => {
        const { usageDoor } = await import("../guard/usage.ts");
        return usageDoor(thread ?? null, view, { json, overrides: config });
      });
    });
}
