/**
 * OpenAI's chat completions API as servers and vendors speak it: `POST /chat/completions` with `stream: true`. Source: OpenAI's API
 * reference, and what vLLM, llama.cpp, Ollama, LM Studio and OpenRouter document beside it. Fields that nobody here reads are left out.
 */

export interface ChatTextPart {
  type: "text";
  text: string;
}
export interface ChatImagePart {
  type: "image_url";
  image_url: { url: string; detail?: string };
}
export type ChatPart = ChatTextPart | ChatImagePart;

export interface ChatToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
  /** What Google signs of a call, and wants back with it. */
  extra_content?: unknown;
}

export interface ChatInputMessage {
  role: "developer" | "system" | "user";
  content: string | ChatPart[];
}
export interface ChatAssistantMessage {
  role: "assistant";
  content?: string | null;
  refusal?: string;
  tool_calls?: ChatToolCall[];
  /** What the model thought, under the name that its server reads. */
  reasoning?: string;
  reasoning_content?: string;
  /** What OpenRouter wants back of it, as it was. */
  reasoning_details?: unknown[];
}
export interface ChatToolMessage {
  role: "tool";
  tool_call_id: string;
  content: string;
}
export type ChatMessage = ChatInputMessage | ChatAssistantMessage | ChatToolMessage;

export interface ChatTool {
  type: "function";
  function: { name: string; description?: string; parameters: Record<string, unknown>; strict?: boolean };
}

export type ChatToolChoice = string | { type: "function"; function: { name: string } };

export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream: true;
  stream_options?: { include_usage: true };
  tools?: ChatTool[];
  tool_choice?: ChatToolChoice;
  parallel_tool_calls?: boolean;
  [field: string]: unknown;
}
