import type { MessagesBlock } from "../../protocol/messages/messages-api.ts";
import type { ContentPart, InputPart, ResponseItem } from "../../protocol/response-items.ts";
import { Assembler, type AssembledEnd } from "../dialect/assembler.ts";
import { rawArguments } from "../dialect/history/calls.ts";
import { repairNote } from "../dialect/repair/marks.ts";
import { sealText } from "../dialect/seal.ts";
import type { ToolTable } from "../dialect/tool-table.ts";
import { UntranslatableError } from "../dialect/untranslatable.ts";
import { MessagesReader } from "./reader.ts";

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
  const custom = new Set<string>();
  return messages.flatMap(({ role, content }) => {
    const blocks: readonly MessagesBlock[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
    if (role === "assistant") return blocks.map((block) => assistantItem(block, table, custom)).filter(isItem);
    return inputItems(blocks, role === "system" ? "developer" : "user", custom);
  });
}

/** The items of an answer that was not streamed, and how it ended. `newId` gives an id with that prefix. */
export function itemsOfAnswer(
  message: unknown,
  table: ToolTable,
  newId: (prefix: string) => string,
): { items: ResponseItem[]; end: AssembledEnd } {
  const nobody = { started() {}, textDelta() {}, reasoningDelta() {}, done() {}, repaired() {} };
  const assembler = new Assembler(table, nobody, newId);
  const reader = new MessagesReader(assembler);
  const end = reader.read({ event: "", data: JSON.stringify(message) ?? "" }) ?? reader.close();
  return { end: assembler.end(end), items: assembler.items };
}

const isItem = (item: ResponseItem | null): item is ResponseItem => item !== null;

function assistantItem(block: MessagesBlock, table: ToolTable, custom: Set<string>): ResponseItem | null {
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
      if (tool?.kind === "custom" && typeof input["input"] === "string") {
        custom.add(id);
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

function inputItems(blocks: readonly MessagesBlock[], role: "user" | "developer", custom: Set<string>): ResponseItem[] {
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
    const { tool_use_id: id, content } = block;
    const output = typeof content === "string" ? content : withoutNote(content.map(inputPart), id);
    items.push({ type: custom.has(id) ? "custom_tool_call_output" : "function_call_output", call_id: id, output });
  }
  flush();
  return items;
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
