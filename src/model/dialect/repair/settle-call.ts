import type { RepairKind } from "../../../protocol/repairs.ts";
import type { TableTool, ToolTable } from "../tool-table.ts";
import { customInput } from "./custom-input.ts";
import { findTool } from "./find-tool.ts";
import { fitTypes, losesNumbers, type TypeChange } from "./fit-types.ts";
import { hasAllRequired } from "./json-schema.ts";
import { readObject, type ReadObject } from "./read-object.ts";

/** Something that was put right, in a line that holds nothing of the arguments. */
export interface CallRepair {
  kind: RepairKind;
  detail: string;
}

export interface SettledCall {
  /** Null: no tool of that name is offered; whoever runs calls says so to the model. */
  tool: TableTool | null;
  /** As the tool is called in the Responses API. */
  name: string;
  /** JSON text, of a custom tool its raw input; as the model wrote it where it could not be repaired. */
  arguments: string;
  repairs: CallRepair[];
}

/** What a call of a model means. `refused`: it names no tool, and more than one could be meant. */
export function settleCall(
  heard: { name: string; arguments: string },
  table: ToolTable,
): SettledCall | { refused: string } {
  const nameless = heard.name.trim() === "";
  const tool = nameless ? (table.tools.length === 1 ? table.tools[0]! : null) : findTool(heard.name, table);
  if (tool === null) {
    if (nameless) return { refused: "the model called a tool without saying which" };
    return { tool, name: heard.name, arguments: orNone(heard.arguments), repairs: [] };
  }
  const repairs: CallRepair[] = [];
  if (nameless) repairs.push({ kind: "name", detail: "named no tool, and there is only one" });
  else if (tool.wireName !== heard.name)
    repairs.push({ kind: "name", detail: `named ${JSON.stringify(shortened(heard.name))}` });
  const settled = settleArguments(heard.arguments, tool);
  return {
    tool,
    name: tool.name,
    arguments: settled.arguments,
    repairs: [...repairs, ...settled.repairs],
  };
}

const orNone = (text: string): string => (text.trim() === "" ? "{}" : text);
const shortened = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}...` : name);

function settleArguments(heard: string, tool: TableTool): { arguments: string; repairs: CallRepair[] } {
  if (tool.kind === "custom") {
    const { input, fault } = customInput(heard);
    return { arguments: input, repairs: fault === null ? [] : [fault] };
  }
  const text = orNone(heard);
  const read = readObject(text);
  if (read === null) return { arguments: text, repairs: [] };
  if (read.faults.length > 0 && !hasAllRequired(tool.parameters, read.value)) return { arguments: text, repairs: [] };
  const repairs: CallRepair[] =
    read.faults.length === 0 ? [] : [{ kind: "json", detail: `mended: ${read.faults.join(", ")}` }];
  const fitted = fittedText(tool, read);
  if (fitted === null) return { arguments: read.text, repairs };
  return { arguments: fitted.text, repairs: [...repairs, { kind: "types", detail: inWords(fitted.changes) }] };
}

/** Null: there is nothing to change, or it cannot be changed without harm. */
function fittedText(tool: TableTool, read: ReadObject): { text: string; changes: readonly TypeChange[] } | null {
  try {
    const { value, changes } = fitTypes(tool.parameters, read.value);
    if (changes.length === 0 || losesNumbers(read.text, changes)) return null;
    return { text: JSON.stringify(value), changes };
  } catch (error) {
    // So deeply nested that it cannot be written again.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const mostNamed = 3;

function inWords(changes: readonly TypeChange[]): string {
  const named = changes.slice(0, mostNamed).map(({ path, from, to }) => `${shortened(path)} from ${from} to ${to}`);
  const more = changes.length - named.length;
  return `changed: ${named.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
