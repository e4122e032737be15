import type { MessagesBlock, MessagesMessage, MessagesRequest } from "../../src/protocol/messages/messages-api.ts";

/**
 * What Anthropic's API refuses, as its documents and its error messages tell. Models differ: `always` thinks whatever is asked,
 * `adaptive` as it likes, `budget` up to a number of tokens.
 */
export type Generation = "budget" | "adaptive" | "always";

/** Each fault of a request on a line, with where it is; none means that the API would take it. */
export function messagesFaults(request: MessagesRequest, generation: Generation): string[] {
  return [
    ...fieldFaults(request, generation),
    ...thinkingFaults(request, generation),
    ...toolFaults(request),
    ...cacheFaults(request),
    ...turnFaults(request.messages),
    ...request.messages.flatMap((message, at) => blockFaults(message, `messages.${at}`)),
    ...resultFaults(request.messages),
  ];
}

function fieldFaults(request: MessagesRequest, generation: Generation): string[] {
  const { model, max_tokens: tokens, system, stop_sequences: stops, temperature, top_p: topP } = request;
  const faults: string[] = [];
  if (typeof model !== "string" || model === "") faults.push("model: missing");
  if (!Number.isInteger(tokens) || tokens < 1) faults.push("max_tokens: no positive number");
  if (system !== undefined && system.length === 0) faults.push("system: empty");
  for (const block of system ?? []) if (block.text.trim() === "") faults.push("system: blank text");
  if (Array.isArray(stops) && stops.some((stop) => String(stop).trim() === "")) faults.push("stop_sequences: blank");
  if (generation !== "budget" && (temperature ?? topP) !== undefined) faults.push("temperature: not for this model");
  if (typeof temperature === "number" && (temperature < 0 || temperature > 1)) faults.push("temperature: not in 0..1");
  if (temperature !== undefined && topP !== undefined) faults.push("temperature and top_p: one of them");
  return faults;
}

function thinkingFaults(request: MessagesRequest, generation: Generation): string[] {
  const { thinking, tool_choice: choice, max_tokens: tokens, messages } = request;
  const faults: string[] = [];
  const on = thinking?.type === "enabled" || thinking?.type === "adaptive" || generation === "always";
  if (thinking?.type === "enabled") {
    if (generation !== "budget") faults.push("thinking.enabled: not for this model");
    if (thinking.budget_tokens < 1024 || thinking.budget_tokens >= tokens) faults.push("budget_tokens: out of bounds");
    const first = turnStart(messages)?.content[0]?.type;
    if (first !== undefined && !isThought(first))
      faults.push(`a turn that thinks must start with a thought, not ${first}`);
  }
  if (thinking?.type === "adaptive" && generation === "budget") faults.push("thinking.adaptive: not for this model");
  if (thinking?.type === "disabled" && generation === "always") faults.push("thinking.disabled: not for this model");
  if (on && (choice?.type === "any" || choice?.type === "tool")) faults.push("tool_choice: forced while thinking");
  if (on && request["temperature"] !== undefined) faults.push("temperature: only 1 while thinking");
  const effort = request.output_config?.effort;
  if (effort !== undefined && generation === "budget") faults.push("output_config.effort: not for this model");
  if (effort !== undefined && !["low", "medium", "high", "xhigh", "max"].includes(effort))
    faults.push("effort: unknown");
  return faults;
}

const isThought = (type: string): boolean => type === "thinking" || type === "redacted_thinking";

/** The first message of the model in the turn whose calls are being answered. */
function turnStart(messages: readonly MessagesMessage[]): MessagesMessage | undefined {
  let start: MessagesMessage | undefined;
  for (const message of messages.toReversed()) {
    if (message.role === "assistant") start = message;
    else if (message.content[0]?.type !== "tool_result") break;
  }
  return start;
}

function toolFaults({ tools, tool_choice: choice, messages }: MessagesRequest): string[] {
  const faults: string[] = [];
  const names = (tools ?? []).map(({ name }) => name);
  if (new Set(names).size !== names.length) faults.push("tools: a name twice");
  for (const { name, input_schema: schema } of tools ?? []) {
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) faults.push(`tools: name ${name}`);
    if (schema["type"] !== "object") faults.push(`tools.${name}: no object`);
    for (const word of ["anyOf", "oneOf", "allOf"])
      if (word in schema) faults.push(`tools.${name}: ${word} at the root`);
  }
  if (choice !== undefined && names.length === 0) faults.push("tool_choice: without tools");
  if (choice?.type === "tool" && !names.includes(choice.name)) faults.push("tool_choice: no such tool");
  const called = messages.some(({ content }) => content.some(({ type }) => type === "tool_use"));
  if (called && names.length === 0) faults.push("tools: missing although calls are shown");
  return faults;
}

function cacheFaults({ system, tools, messages }: MessagesRequest): string[] {
  const blocks = [...(tools ?? []), ...(system ?? []), ...messages.flatMap(({ content }) => content)];
  const marked = blocks.filter((block) => "cache_control" in block);
  const faults = marked.length > 4 ? [`cache_control: ${marked.length} of them`] : [];
  if (marked.some((block) => "type" in block && isThought(block.type))) faults.push("cache_control: on a thought");
  return faults;
}

function turnFaults(messages: readonly MessagesMessage[]): string[] {
  const faults: string[] = [];
  if (messages.length === 0) faults.push("messages: none");
  if (messages[0]?.role !== "user") faults.push("messages.0: not the user's");
  if (messages.at(-1)?.role !== "user") faults.push("messages: does not end with the user's");
  for (const [at, message] of messages.entries())
    if (message.role === messages[at + 1]?.role) faults.push(`messages.${at}: not merged with the next`);
  return faults;
}

const imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"];

function blockFaults({ role, content }: MessagesMessage, at: string): string[] {
  const faults: string[] = [];
  if (content.length === 0) faults.push(`${at}: empty`);
  const last = content.at(-1);
  if (role === "assistant" && last !== undefined && isThought(last.type)) faults.push(`${at}: ends with a thought`);
  const say = (block: MessagesBlock, place: string): void => {
    if (block.type === "text" && block.text.trim() === "") faults.push(`${place}: blank text`);
    if (block.type === "image" && block.source.type === "base64" && !imageTypes.includes(block.source.media_type))
      faults.push(`${place}: ${block.source.media_type}`);
    if (block.type === "image" && role === "assistant") faults.push(`${place}: an image of the model`);
    if (block.type === "tool_use") {
      if (role !== "assistant") faults.push(`${place}: a call of the user`);
      if (!/^[a-zA-Z0-9_-]+$/.test(block.id)) faults.push(`${place}: id ${block.id}`);
      if (!/^[a-zA-Z0-9_-]{1,128}$/.test(block.name)) faults.push(`${place}: name ${block.name}`);
      if (typeof block.input !== "object" || block.input === null || Array.isArray(block.input))
        faults.push(`${place}: input is no object`);
    }
    if (block.type !== "tool_result") return;
    if (role !== "user") faults.push(`${place}: a result of the model`);
    if (block.content.length === 0) faults.push(`${place}: an empty result`);
    if (typeof block.content !== "string") for (const inner of block.content) say(inner, `${place}.content`);
  };
  for (const [index, block] of content.entries()) say(block, `${at}.content.${index}`);
  return faults;
}

/** Each call is answered once, at the beginning of the next message. */
function resultFaults(messages: readonly MessagesMessage[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const [at, { role, content }] of messages.entries()) {
    const before = at > 0 ? callsOf(messages[at - 1]!) : [];
    if (role === "assistant") {
      for (const id of callsOf(messages[at]!)) {
        if (seen.has(id)) faults.push(`messages.${at}: the id ${id} twice`);
        seen.add(id);
      }
      continue;
    }
    const results = content.flatMap((block) => (block.type === "tool_result" ? [block.tool_use_id] : []));
    if (results.join() !== before.join()) faults.push(`messages.${at}: results [${results}] of calls [${before}]`);
    if (content.slice(0, results.length).some(({ type }) => type !== "tool_result"))
      faults.push(`messages.${at}: results do not come first`);
  }
  return faults;
}

const callsOf = ({ content }: MessagesMessage): string[] =>
  content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
