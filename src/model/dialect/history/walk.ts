import {
  isToolCallOutput,
  type ReasoningItem,
  type ResponseItem,
  type ToolCallOutputItem,
} from "../../../protocol/response-items.ts";
import { UntranslatableError } from "../untranslatable.ts";
import { actionText } from "./calls.ts";
import { isPairedCall, type PairedCall } from "./pairing.ts";
import { sealedText } from "./words.ts";

const roles = ["assistant", "developer", "system", "user"] as const;
export type Role = (typeof roles)[number];

/** Writes a conversation in the words of another API. */
export interface HistoryWriter {
  call(call: PairedCall): void;
  output(output: ToolCallOutputItem): void;
  message(role: Role, content: unknown): void;
  reasoning(item: ReasoningItem): void;
  /** What a call brought that nobody made. @param output as a `function_call_output` has it */
  unaskedOutput(head: string, output: unknown): void;
  /** What the model did by itself. */
  deed(text: string): void;
}

/** Tells a writer of an item. @throws UntranslatableError for what no message can say */
export function tellItem(item: ResponseItem, writer: HistoryWriter): void {
  if (isPairedCall(item)) return writer.call(item as PairedCall);
  if (isToolCallOutput(item)) return writer.output(item);
  const fields = item as unknown as Record<string, unknown>;
  const type = item.type ?? (typeof fields["role"] === "string" ? "message" : undefined);
  switch (type) {
    case "message":
      return writer.message(roleOf(fields["role"]), fields["content"]);
    case "reasoning":
      return writer.reasoning(item as ReasoningItem);
    case "agent_message":
      return writer.message("user", fields["content"]);
    case "function_call_output": {
      const name = typeof fields["name"] === "string" ? fields["name"] : "a tool";
      return writer.unaskedOutput(`Output of ${name}:`, fields["output"]);
    }
    case "compaction":
    case "compaction_summary":
    case "context_compaction":
      return writer.message("developer", `What was said before this was summed up: ${sealedText}`);
    case "web_search_call":
      return writer.deed(`[searched the web: ${actionText(fields["action"])}]`);
    case "image_generation_call":
      return writer.deed(`[made an image: ${String(fields["revised_prompt"] ?? "no description")}]`);
    // The tools are offered beside the messages; searches of a provider's own have left nothing but these.
    case "additional_tools":
    case "tool_search_call":
    case "tool_search_output":
    case "compaction_trigger":
    case "ghost_snapshot":
      return;
    default:
      throw new UntranslatableError(`items of the type \`${String(type)}\` cannot be shown to this model`);
  }
}

function roleOf(value: unknown): Role {
  const role = roles.find((each) => each === value);
  if (role === undefined)
    throw new UntranslatableError(`messages of the role \`${String(value)}\` cannot be shown to this model`);
  return role;
}

/** What stands before the output of a call that is not there, or that has another one. */
export function furtherOutput(output: ToolCallOutputItem): string {
  const name = output.type === "custom_tool_call_output" ? output.name : undefined;
  return `Further output of the tool call ${output.call_id}${name === undefined ? "" : ` (${name})`}:`;
}
