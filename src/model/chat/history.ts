import type {
  ChatAssistantMessage,
  ChatMessage,
  ChatPart,
  ChatToolCall,
} from "../../protocol/chat/chat-completions.ts";
import type { InputPart, ResponseItem, ToolCallItem } from "../../protocol/response-items.ts";
import type { AssembledEnd } from "../dialect/assembler.ts";
import { Assembler } from "../dialect/assembler.ts";
import type { ItemSink } from "../dialect/items.ts";
import { toolsIn } from "../dialect/history/calls.ts";
import type { TableTool, ToolTable } from "../dialect/tool-table.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import { ChatReader } from "./reader.ts";
import { chatSealText } from "./seal.ts";

/**
 * What a thread loses on its way into chat messages and back; everything else of `ResponseItem`s comes back as it was.
 * docs/chat-completions.md says the same to users.
 */
export const lostInChat = [
  "ids, status and phases of items, annotations of texts",
  "where servers know no developers, or one system message alone: who said what among developers and system",
  "the borders between the texts of one message, between several messages of one step and between its reasoning, and their order: what was thought comes first, then what was said, then the calls",
  "reasoning behind which its step says and calls nothing, what another provider encrypted of it, and that a summary was one; all reasoning where the server has no field for it",
  "that an assistant's words were a refusal",
  "the place of what stood between a call and its output: it comes behind the outputs of its step",
  "images of tools, developers and assistants: those of tools come back as the user's, the others as a line of text; for models without eyes all of them",
  "details of images that are none of auto, low and high",
  "the borders between the texts of a tool's output",
  "call ids that are longer than 40 characters or stand twice, that a call was repaired (its output says so); of arguments that are no JSON object, that they are not one",
  "outputs without a call, and further outputs of one: they come back as the user's words; so does the mail of agents",
  "searches of the web, made images and searches of a provider's own for tools: one line of text, or nothing; what a compaction of a provider's own summed up",
  "of tools that a search brought up, all but their names; the list of additional tools",
] as const;

/** The items that say what messages say, tools by what the table knows of them. */
export function itemsOfMessages(messages: readonly ChatMessage[], table: ToolTable): ResponseItem[] {
  const items: ResponseItem[] = [];
  const kinds = new Map<string, ToolCallItem["type"]>();
  for (const message of messages) {
    switch (message.role) {
      case "assistant":
        for (const item of stepItems(message, table)) {
          items.push(item);
          if (isCall(item)) kinds.set(item.call_id, item.type);
        }
        break;
      case "tool":
        items.push(outputItem(message.tool_call_id, textOf(message.content), kinds, table));
        break;
      default:
        items.push({ type: "message", role: message.role, content: inputParts(message.content) });
    }
  }
  return items;
}

const isCall = (item: ResponseItem): item is ToolCallItem => "call_id" in item;

const textOf = (content: string | readonly ChatPart[] | null | undefined): string =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");

function inputParts(content: string | readonly ChatPart[]): InputPart[] {
  if (typeof content === "string") return [{ type: "input_text", text: content }];
  return content.map((part) => {
    if (part.type === "text") return { type: "input_text", text: part.text };
    const { url, detail } = part.image_url;
    return { type: "input_image", image_url: url, ...(detail !== undefined && { detail }) };
  });
}

function stepItems(message: ChatAssistantMessage, table: ToolTable): ResponseItem[] {
  const { tool_calls: calls = [], reasoning_details: details } = message;
  const thought = message.reasoning_content || message.reasoning || "";
  const signed = calls.some(({ extra_content: extra }) => extra !== undefined);
  const seal = chatSealText({
    ...(signed && { calls: calls.map(({ extra_content: extra }) => extra ?? null) }),
    ...(details !== undefined && { details }),
  });
  const sealed = signed || details !== undefined;
  const text = textOf(message.content);
  const content = [
    ...(text === "" ? [] : [{ type: "output_text" as const, text }]),
    ...(message.refusal ? [{ type: "refusal" as const, refusal: message.refusal }] : []),
  ];
  return [
    ...(thought === "" && !sealed
      ? []
      : [
          {
            type: "reasoning",
            summary: [],
            content: thought === "" ? [] : [{ type: "reasoning_text", text: thought }],
            ...(sealed && { encrypted_content: seal }),
          },
        ]),
    ...(content.length === 0 ? [] : [{ type: "message" as const, role: "assistant" as const, content }]),
    ...calls.map((call) => callItem(call, table.find(call.function.name))),
  ];
}

function callItem({ id: call_id, function: { name, arguments: text } }: ChatToolCall, tool?: TableTool): ToolCallItem {
  switch (tool?.kind) {
    case "custom":
      return { type: "custom_tool_call", call_id, name: tool.name, input: inputOf(text) };
    case "tool_search":
      return { type: "tool_search_call", call_id, execution: "client", arguments: parsed(text) ?? {} };
    default: {
      const namespace = tool?.namespace ?? null;
      return {
        type: "function_call",
        call_id,
        name: tool?.name ?? name,
        ...(namespace !== null && { namespace }),
        arguments: text,
      };
    }
  }
}

function inputOf(text: string): string {
  const input = (parsed(text) as { input?: unknown } | null | undefined)?.input;
  return typeof input === "string" ? input : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function outputItem(
  call_id: string,
  content: string,
  kinds: ReadonlyMap<string, ToolCallItem["type"]>,
  table: ToolTable,
): ResponseItem {
  switch (kinds.get(call_id)) {
    case "custom_tool_call":
      return { type: "custom_tool_call_output", call_id, output: content };
    case "tool_search_call":
      return {
        type: "tool_search_output",
        call_id,
        status: "completed",
        execution: "client",
        // A note may stand behind the list.
        tools: toolsIn(content.split("\n", 1)[0]!, table),
      };
    default:
      return { type: "function_call_output", call_id, output: content };
  }
}

/** The items of an answer that came in one piece (`POST /chat/completions` without `stream`), and how it ended. */
export function itemsOfCompletion(
  completion: unknown,
  table: ToolTable,
  newId: (prefix: string) => string,
): { items: ResponseItem[]; end: AssembledEnd; usage: TokenUsage | null } {
  const assembler = new Assembler(table, nobody, newId);
  const reader = new ChatReader(assembler);
  const end = assembler.end(reader.read({ event: "", data: JSON.stringify(completion) }) ?? reader.close());
  return { items: assembler.items, end, usage: assembler.used };
}

const nobody: ItemSink = { started() {}, textDelta() {}, reasoningDelta() {}, done() {}, repaired() {} };
