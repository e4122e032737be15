import type { CommandExecution } from "../../protocol/items.ts";
import type { ItemSink } from "../tool.ts";

/** A command that was refused by the user, or by whoever decides in their place, is told of as one that never ran. */
export function tellDeclined(
  sink: ItemSink,
  { id, argv, cwd }: Pick<CommandExecution, "id" | "argv" | "cwd">,
  status: "declined" | "failed" = "declined",
): void {
  const item: CommandExecution = {
    type: "commandExecution",
    id,
    argv,
    cwd,
    processId: null,
    source: "agent",
    status: "inProgress",
    aggregatedOutput: "",
    exitCode: null,
    durationMs: null,
  };
  sink.started(item);
  sink.completed({ ...item, status });
}
