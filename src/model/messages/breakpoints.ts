import type { CacheControl, MessagesBlock, MessagesRequest } from "../../protocol/messages/messages-api.ts";

const mark: { cache_control: CacheControl } = { cache_control: { type: "ephemeral" } };

/**
 * Marks up to where the provider is to cache: behind the tools and behind the system, which other threads share, and behind the last
 * two messages of users. The request before ended with the first of these, so that all of it is found again however much one step
 * has added; what this request ends with is found by the next. Four marks are what the API takes.
 */
export function markBreakpoints(request: MessagesRequest): MessagesRequest {
  const users = request.messages.flatMap(({ role }, index) => (role === "user" ? [index] : [])).slice(-2);
  return {
    ...request,
    ...(request.system !== undefined && { system: markLast(request.system) }),
    ...(request.tools !== undefined && { tools: markLast(request.tools) }),
    messages: request.messages.map((message, index) =>
      users.includes(index) ? { ...message, content: markLast(message.content) } : message,
    ),
  };
}

const markLast = <Value extends MessagesBlock | object>(list: readonly Value[]): Value[] =>
  list.map((value, index) => (index === list.length - 1 ? { ...value, ...mark } : value));
