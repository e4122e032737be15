/**
 * Anthropic's Messages API: `POST /messages` with `stream: true`. Source: Anthropic's API reference, version `2023-06-01`. Fields that
 * nobody here reads are left out.
 */

export interface CacheControl {
  type: "ephemeral";
}
export interface TextBlock {
  type: "text";
  text: string;
  cache_control?: CacheControl;
}
export interface ImageBlock {
  type: "image";
  source: { type: "base64"; media_type: string; data: string } | { type: "url"; url: string };
  cache_control?: CacheControl;
}
export interface ThinkingBlock {
  type: "thinking";
  thinking: string;
  signature: string;
}
export interface RedactedThinkingBlock {
  type: "redacted_thinking";
  data: string;
}
export interface ToolUseBlock {
  type: "tool_use";
  id: string;
  name: string;
  input: Record<string, unknown>;
  cache_control?: CacheControl;
}
export interface ToolResultBlock {
  type: "tool_result";
  tool_use_id: string;
  content: string | (TextBlock | ImageBlock)[];
  is_error?: boolean;
  cache_control?: CacheControl;
}
export type MessagesBlock =
  | TextBlock
  | ImageBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlock
  | ToolResultBlock;

export interface MessagesMessage {
  role: "user" | "assistant";
  content: MessagesBlock[];
}

export interface MessagesTool {
  name: string;
  description?: string;
  input_schema: Record<string, unknown>;
  cache_control?: CacheControl;
}

export type MessagesToolChoice =
  | { type: "auto" | "any"; disable_parallel_tool_use?: boolean }
  | { type: "tool"; name: string; disable_parallel_tool_use?: boolean }
  | { type: "none" };

export type MessagesThinking = (
  | { type: "enabled"; budget_tokens: number }
  | { type: "adaptive"; display?: "summarized" | "omitted" }
  | { type: "disabled" | "between_tools" }
) & {
  /** What becomes of thoughts when something before them has changed. */
  block_binding?: { prefix_mismatch_behavior: "drop_block" };
};

export interface MessagesRequest {
  model: string;
  system?: TextBlock[];
  messages: MessagesMessage[];
  max_tokens: number;
  stream: true;
  tools?: MessagesTool[];
  tool_choice?: MessagesToolChoice;
  thinking?: MessagesThinking;
  output_config?: { effort?: string; format?: { type: "json_schema"; schema: Record<string, unknown> } };
  [field: string]: unknown;
}
