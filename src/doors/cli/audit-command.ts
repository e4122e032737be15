import type { Command } from "commander";
import type { Work } from "./mcp-command.ts";

/** `codex-agent audit`: every decision and effect, read back. */
export function addAuditCommand(audit: Command, does: (work: Work) => void): void {
  audit
    .option("--thread <thread>", "one thread and its sub-agents: its id or name; last: the newest of this directory")
    .option("--json", "one object on stdout")
    .action(({ thread, json = false }: { thread?: string; json?: boolean }) => {
      does(async () => {
        const { auditDoor } = await import("../guard/audit.ts");
        return auditDoor(thread ?? null, json);
      });
    });
}
