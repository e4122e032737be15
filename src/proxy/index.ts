/** `codex-agent/proxy`: the Responses API in front of servers that speak chat completions or Anthropic's Messages API. */

import { startBridge, type Bridge } from "./bridge.ts";
import type { BridgeOptions } from "./options.ts";

export { itemsOfChat, itemsOfChatCompletion } from "./chat-items.ts";
export { itemsOfMessages, itemsOfMessagesAnswer } from "./messages-items.ts";
export { AgentError } from "../protocol/errors.ts";
export type { ChatMessage } from "../protocol/chat/chat-completions.ts";
export type { HistoryMessage } from "../model/messages/history.ts";
export type { ResponseItem } from "../protocol/response-items.ts";
export type { Profile } from "../model/dialect/profile.ts";
export type { Bridge } from "./bridge.ts";
export type { Backend, BridgeOptions, LogEntry, UpstreamOptions } from "./options.ts";

/** Starts a bridge in this process. @throws AgentError `config` for options that cannot be, and where it cannot listen */
export const createBridge = (options: BridgeOptions): Promise<Bridge> => startBridge(options);
