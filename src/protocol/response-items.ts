/**
 * Response items: the entries of a model's history, exactly the Responses API's `input` array.
 * Fields that we do not know are kept and sent back.
 */

export interface TextInput {
  type: "input_text";
  text: string;
}
export interface ImageInput {
  type: "input_image";
  image_url: string;
  detail?: string;
}
export interface TextOutput {
  type: "output_text";
  text: string;
  annotations?: unknown[];
}
export interface Refusal {
  type: "refusal";
  refusal: string;
}
export type InputPart = TextInput | ImageInput;
export type ContentPart = InputPart | TextOutput | Refusal;

export interface MessageItem {
  type: "message";
  id?: string;
  role: "user" | "assistant" | "developer" | "system";
  status?: string;
  phase?: string;
  content: ContentPart[];
}
export interface ReasoningItem {
  type: "reasoning";
  id?: string;
  summary: { type: "summary_text"; text: string }[];
  content?: { type: string; text: string }[] | null;
  encrypted_content?: string | null;
}
export interface FunctionCallItem {
  type: "function_call";
  id?: string;
  status?: string;
  name: string;
  namespace?: string | null;
  /** JSON text as the model wrote it. */
  arguments: string;
  call_id: string;
}
export interface CustomToolCallItem {
  type: "custom_tool_call";
  id?: string;
  status?: string;
  name: string;
  input: string;
  call_id: string;
}
/** The model looks for tools that it has not been shown. */
export interface ToolSearchCallItem {
  type: "tool_search_call";
  id?: string;
  status?: string;
  call_id: string;
  /** Where the provider searches by itself, this is `server`, and no call of ours. */
  execution: "client";
  arguments: unknown;
}
/** What a tool says to the model: plain text, or a content list. */
export type ToolOutput = string | InputPart[];

export interface FunctionCallOutputItem {
  type: "function_call_output";
  id?: string;
  call_id: string;
  output: ToolOutput;
}
export interface CustomToolCallOutputItem {
  type: "custom_tool_call_output";
  id?: string;
  call_id: string;
  /** The tool, in a further output of a call that has been answered or will be. */
  name?: string;
  output: ToolOutput;
}
export interface ToolSearchOutputItem {
  type: "tool_search_output";
  id?: string;
  call_id: string;
  status: "completed";
  execution: "client";
  /** Namespaces and functions, each marked as deferred. */
  tools: unknown[];
}
export interface WebSearchCallItem {
  type: "web_search_call";
  id?: string;
  status?: string;
  action?: Record<string, unknown>;
}
/** An item of a kind that this version does not know; passed on unchanged. */
export interface OtherItem {
  type: string & { readonly other?: never };
  id?: string;
  [field: string]: unknown;
}

export type ToolCallItem = FunctionCallItem | CustomToolCallItem | ToolSearchCallItem;
export type ToolCallOutputItem = FunctionCallOutputItem | CustomToolCallOutputItem | ToolSearchOutputItem;
export type KnownResponseItem = MessageItem | ReasoningItem | ToolCallItem | ToolCallOutputItem | WebSearchCallItem;
export type ResponseItem = KnownResponseItem | OtherItem;

export const isMessage = (item: ResponseItem): item is MessageItem => item.type === "message";
export const isToolCall = (item: ResponseItem): item is ToolCallItem =>
  item.type === "function_call" || item.type === "custom_tool_call" || isToolSearchCall(item);
/** An output without a call, such as `goal_objective`, answers none. */
export const isToolCallOutput = (item: ResponseItem): item is ToolCallOutputItem =>
  (item.type === "function_call_output" && typeof item["call_id" as keyof ResponseItem] === "string") ||
  item.type === "custom_tool_call_output" ||
  isToolSearchOutput(item);
const isToolSearchCall = (item: ResponseItem): item is ToolSearchCallItem => {
  const { type, call_id, execution } = item as { type: string; call_id?: unknown; execution?: unknown };
  return type === "tool_search_call" && execution === "client" && typeof call_id === "string";
};
const isToolSearchOutput = (item: ResponseItem): item is ToolSearchOutputItem =>
  item.type === "tool_search_output" && typeof (item as { call_id?: unknown }).call_id === "string";

/** The name of the tool that is called, without its namespace. */
export const calledName = (call: ToolCallItem): string =>
  call.type === "tool_search_call" ? "tool_search" : call.name;

/** The concatenated text of a message, images left out. */
export function messageText(item: MessageItem): string {
  let text = "";
  for (const part of item.content) {
    if (part.type === "output_text" || part.type === "input_text") text += part.text;
  }
  return text;
}
