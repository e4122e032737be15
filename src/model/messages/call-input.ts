import { asRecord } from "../../protocol/fields.ts";
import { parseNested } from "../../protocol/nested-json.ts";
import { rawArguments } from "../dialect/history/calls.ts";
import type { PairedCall } from "../dialect/history/pairing.ts";

/** A call's arguments as an object, whatever the model wrote. */
export function inputOf(call: PairedCall): Record<string, unknown> {
  switch (call.type) {
    case "custom_tool_call":
      return { input: call.input };
    case "tool_search_call":
      return typeof call.arguments === "string" ? parsed(call.arguments) : (asRecord(call.arguments) ?? {});
    case "local_shell_call":
      return asRecord(call.action) ?? {};
    case "function_call":
      return parsed(call.arguments);
  }
}

function parsed(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  try {
    const value = asRecord(parseNested(text));
    if (value !== null) return value;
  } catch {
    // As below.
  }
  return { [rawArguments]: text };
}
