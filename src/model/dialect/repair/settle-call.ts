import type { RepairKind } from "../../../protocol/repairs.ts";
import type { TableTool, ToolTable } from "../tool-table.ts";

export interface SettledCall {
  /** Null: no tool of that name is offered; whoever runs calls says so to the model. */
  tool: TableTool | null;
  /** As the tool is called in the Responses API. */
  name: string;
  /** JSON text; as the model wrote it where it could not be repaired. */
  arguments: string;
  repairs: { kind: RepairKind; detail: string }[];
}

/** What a call of a model means. `refused`: it names no tool, and more than one could be meant. */
export function settleCall(
  heard: { name: string; arguments: string },
  table: ToolTable,
): SettledCall | { refused: string } {
  const only = table.tools.length === 1 ? table.tools[0] : undefined;
  const tool = heard.name === "" ? only : table.find(heard.name);
  if (heard.name === "" && tool === undefined) return { refused: "the model called a tool without saying which" };
  const text = heard.arguments.trim() === "" ? "{}" : heard.arguments;
  return { tool: tool ?? null, name: tool?.name ?? heard.name, arguments: text, repairs: [] };
}
