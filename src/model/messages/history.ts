import type { MessagesBlock, ToolResultBlock } from "../../protocol/messages/messages-api.ts";
import type { ContentPart, InputPart, ResponseItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import { Assembler, type AssembledEnd } from "../dialect/assembler.ts";
import { rawArguments, toolsIn } from "../dialect/history/calls.ts";
import { repairNote } from "../dialect/repair/marks.ts";
import { sealText } from "../dialect/seal.ts";
import type { ToolKind, ToolTable } from "../dialect/tool-table.ts";
import { UntranslatableError } from "../dialect/untranslatable.ts";
import { MessagesReader } from "./reader.ts";

/**
 * What a thread loses on its way into messages and back; everything else comes back as it was. docs/messages-api.md says the same to
 * users.
 */
export const lostInMessages = [
  "ids, status and phases of items, annotations of texts, the borders between messages that stand side by side",
  "text that is nothing but blank space, and outputs that are: they say that they are none",
  "who spoke, where developers do after the first word of anybody else: they come back as the user's words, marked",
  "of thoughts that no model of Anthropic's signed, all, where such a model is asked; what other providers encrypted of them, and that a summary was one; thoughts behind which their step says and calls nothing",
  "that an assistant's words were a refusal",
  "the place of what stood between a call and its output: it comes behind the outputs of its step",
  "images of developers and assistants, and those that are neither JPEG, PNG, GIF, WebP nor an address: a line of text; for models without eyes all of them; details of images",
  "letters of call ids that the API does not take; ids that stand twice",
  "outputs without a call, and further outputs of one: they come back as the user's words; so does the mail of agents",
  "searches of the web, made images and searches of a provider's own for tools: one line of text, or nothing; what a compaction of a provider's own summed up",
  "the list of additional tools, and of tools that a search brought up those that are not offered",
] as const;

/** A message of a request or an answer; `system` stands where newer models take instructions in the middle. */
export interface HistoryMessage {
  role: "user" | "assistant" | "system";
  content: string | readonly MessagesBlock[];
}

/**
 * The response items that a conversation of the Messages API is made of: what a request of it says of them is the same messages again.
 * @param table the tools of the conversation: they tell what a call is a call of
 * @throws UntranslatableError for blocks that no item can say
 */
export function itemsOfMessages(messages: readonly HistoryMessage[], table: ToolTable): ResponseItem[] {
  const kinds: Kinds = new Map();
  return messages.flatMap(({ role, content }) => {
    const blocks: readonly MessagesBlock[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
    if (role === "assistant") return blocks.map((block) => assistantItem(block, table, kinds)).filter(isItem);
    return inputItems(blocks, role === "system" ? "developer" : "user", kinds, table);
  });
}

/** The items of an answer that was not streamed, and how it ended. `newId` gives an id with that prefix. */
export function itemsOfAnswer(
  message: unknown,
  table: ToolTable,
  newId: (prefix: string) => string,
): { items: ResponseItem[]; end: AssembledEnd; usage: TokenUsage | null } {
  const nobody = { started() {}, textDelta() {}, reasoningDelta() {}, done() {}, repaired() {} };
  const assembler = new Assembler(table, nobody, newId);
  const reader = new MessagesReader(assembler);
  const end = reader.read({ event: "", data: JSON.stringify(message) ?? "" }) ?? reader.close();
  const ended = assembler.end(end);
  return { items: assembler.items, end: ended, usage: assembler.used };
}

/** Of which kind the tools of calls are, where that is none of functions. */
type Kinds = Map<string, Exclude<ToolKind, "function" | "web_search">>;

const isItem = (item: ResponseItem | null): item is ResponseItem => item !== null;

function assistantItem(block: MessagesBlock, table: ToolTable, kinds: Kinds): ResponseItem | null {
  switch (block.type) {
    case "text":
      return said("assistant", [{ type: "output_text", text: block.text }]);
    case "thinking": {
      const { thinking, signature } = block;
      return {
        type: "reasoning",
        summary: [],
        content: thinking === "" ? [] : [{ type: "reasoning_text", text: thinking }],
        ...(signature !== "" && { encrypted_content: sealText({ kind: "signature", value: signature }) }),
      };
    }
    case "redacted_thinking":
      return {
        type: "reasoning",
        summary: [],
        encrypted_content: sealText({ kind: "redacted", value: block.data }),
      };
    case "tool_use": {
      const { id, name, input } = block;
      const tool = table.find(name);
      if (tool?.kind === "tool_search") {
        kinds.set(id, "tool_search");
        return { type: "tool_search_call", call_id: id, execution: "client", arguments: input };
      }
      if (tool?.kind === "custom" && typeof input["input"] === "string") {
        kinds.set(id, "custom");
        return { type: "custom_tool_call", name: tool.name, call_id: id, input: input["input"] };
      }
      return {
        type: "function_call",
        name: tool?.name ?? name,
        ...(tool !== undefined && tool.namespace !== null && { namespace: tool.namespace }),
        call_id: id,
        arguments: argumentsOf(input),
      };
    }
    default:
      return passedOver(block);
  }
}

/** What the model wrote, where that was no object. */
function argumentsOf(input: Record<string, unknown>): string {
  const raw = input[rawArguments];
  return typeof raw === "string" && Object.keys(input).length === 1 ? raw : JSON.stringify(input);
}

function inputItems(
  blocks: readonly MessagesBlock[],
  role: "user" | "developer",
  kinds: Kinds,
  table: ToolTable,
): ResponseItem[] {
  const items: ResponseItem[] = [];
  let parts: InputPart[] = [];
  const flush = (): void => {
    if (parts.length > 0) items.push(said(role, parts));
    parts = [];
  };
  for (const block of blocks) {
    if (block.type !== "tool_result") {
      parts.push(inputPart(block));
      continue;
    }
    flush();
    items.push(outputItem(block, kinds, table));
  }
  flush();
  return items;
}

function outputItem({ tool_use_id: call_id, content }: ToolResultBlock, kinds: Kinds, table: ToolTable): ResponseItem {
  const output = typeof content === "string" ? content : withoutNote(content.map(inputPart), call_id);
  switch (kinds.get(call_id)) {
    case "custom":
      return { type: "custom_tool_call_output", call_id, output };
    case "tool_search": {
      const first = typeof output === "string" ? output : output[0]?.type === "input_text" ? output[0].text : "";
      const tools = toolsIn(first, table);
      return { type: "tool_search_output", call_id, status: "completed", execution: "client", tools };
    }
    default:
      return { type: "function_call_output", call_id, output };
  }
}

/** What a request tells of a call's repairs is not the tool's. */
function withoutNote(parts: InputPart[], id: string): InputPart[] {
  const last = parts.at(-1);
  const isNote = last?.type === "input_text" && last.text === repairNote(id);
  return isNote ? parts.slice(0, -1) : parts;
}

function inputPart(block: MessagesBlock): InputPart {
  if (block.type === "text") return { type: "input_text", text: block.text };
  if (block.type === "image") {
    const { source } = block;
    const url = source.type === "url" ? source.url : `data:${source.media_type};base64,${source.data}`;
    return { type: "input_image", image_url: url };
  }
  throw new UntranslatableError(`a block of the type \`${block.type}\` does not belong into a message of a user`);
}

const said = (role: "user" | "developer" | "assistant", content: ContentPart[]): ResponseItem => ({
  type: "message",
  role,
  content,
});

/** What servers did by themselves leaves nothing; anything else is no block of a model. */
function passedOver(block: { type: string }): null {
  if (/^server_tool_use$|_tool_result$/.test(block.type)) return null;
  throw new UntranslatableError(`a block of the type \`${block.type}\` does not belong into a message of a model`);
}
