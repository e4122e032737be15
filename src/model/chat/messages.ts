import type {
  ChatAssistantMessage,
  ChatImagePart,
  ChatInputMessage,
  ChatMessage,
  ChatPart,
  ChatToolCall,
} from "../../protocol/chat/chat-completions.ts";
import { parseNested } from "../../protocol/nested-json.ts";
import type { ReasoningItem, ResponseItem, ToolCallOutputItem } from "../../protocol/response-items.ts";
import type { Conversation } from "../dialect/conversation.ts";
import type { Profile } from "../dialect/profile.ts";
import { foundTools, nameOf, rawArguments } from "../dialect/history/calls.ts";
import { pairCalls, type PairedCall, type Pairing } from "../dialect/history/pairing.ts";
import { furtherOutput, tellItem, type HistoryWriter, type Role } from "../dialect/history/walk.ts";
import { reasoningText } from "../dialect/history/words.ts";
import { repairNote } from "../dialect/repair/marks.ts";
import { imagesOf, messageContent, outputParts, partsOf, textOf } from "./content.ts";
import { quirksOf, type Quirks } from "./quirks.ts";
import { chatSealOf, type ChatSeal } from "./seal.ts";

/** What a tool that answered with nothing but images is said to have said. */
const imagesOnly = "The images of this output are in the next message.";
/** What stands for the output of a call that has none. */
export const noOutput = "No output of this call is known.";

/** What belongs into one assistant message. */
interface Pending {
  reasoning: string[];
  text: string[];
  calls: PairedCall[];
  /** With the number of calls before each. */
  seals: { seal: ChatSeal; calls: number }[];
}

/**
 * The messages that say what a conversation's items say. What one step of the model thought, said and called is one assistant message;
 * right behind it stands one tool message for each of its calls, then the images that tools gave, as the user's. A conversation that
 * goes on begins with the same messages, as long as its calls had their outputs.
 * @throws UntranslatableError for items and parts that no message can say
 */
export function chatMessages(conversation: Conversation, profile: Profile): ChatMessage[] {
  const quirks = quirksOf(conversation.model);
  const writer = new MessageWriter(pairCalls(conversation.input, quirks.callId), profile, quirks);
  if (conversation.instructions !== null)
    writer.add({ role: profile.developerRole, content: conversation.instructions });
  for (const item of conversation.input) tellItem(item, writer);
  return writer.end();
}

class MessageWriter implements HistoryWriter {
  readonly #pairing: Pairing;
  readonly #profile: Profile;
  readonly #quirks: Quirks;
  readonly #messages: ChatMessage[] = [];
  #pending: Pending | null = null;

  constructor(pairing: Pairing, profile: Profile, quirks: Quirks) {
    this.#quirks = quirks;
    this.#pairing = pairing;
    this.#profile = profile;
  }

  end(): ChatMessage[] {
    this.#flush();
    return this.#messages;
  }

  /** A message of no assistant. One that says nothing is none. */
  add(message: ChatInputMessage): void {
    this.#flush();
    const { role, content } = message;
    if (content === "") return;
    const first = this.#messages[0];
    const { developerRole, oneSystemMessage } = this.#profile;
    const single = role === "system" && developerRole === "system" && oneSystemMessage;
    if (!single || first === undefined) this.#messages.push(message);
    else if (this.#messages.length > 1 || first.role !== "system") this.#messages.push({ role: "user", content });
    else this.#messages[0] = { role, content: `${String(first.content)}\n\n${String(content)}` };
  }

  call(call: PairedCall): void {
    this.#step.calls.push(call);
  }

  output(output: ToolCallOutputItem): void {
    this.#flush();
    if (!this.#pairing.answering.has(output)) this.#asUser(furtherOutput(output), this.#outputParts(output));
  }

  unaskedOutput(head: string, output: unknown): void {
    this.#asUser(head, outputParts(output, this.#profile.vision));
  }

  deed(text: string): void {
    this.#step.text.push(text);
  }

  message(role: Role, content: unknown): void {
    if (role === "user") return this.add({ role, content: messageContent(partsOf(content, this.#profile.vision)) });
    // Only users may show images, and one of the model's own would have to be someone else's: what it shows is said, not shown.
    const text = textOf(partsOf(content, false));
    const { developerRole } = this.#profile;
    if (role === "developer") this.add({ role: developerRole, content: text });
    else if (role === "system") this.add({ role: developerRole === "user" ? "user" : "system", content: text });
    else if (text !== "") this.#step.text.push(text);
  }

  reasoning(item: ReasoningItem): void {
    const step = this.#step;
    const text = reasoningText(item);
    if (text !== "") step.reasoning.push(text);
    const seal = chatSealOf(item);
    if (seal !== null) step.seals.push({ seal, calls: step.calls.length });
  }

  get #step(): Pending {
    return (this.#pending ??= { reasoning: [], text: [], calls: [], seals: [] });
  }

  #asUser(head: string, parts: ChatPart[]): void {
    const text = textOf(parts);
    const said = text === "" ? head : `${head}\n${text}`;
    this.add({ role: "user", content: messageContent([{ type: "text", text: said }, ...imagesOf(parts)]) });
  }

  #outputParts(output: ToolCallOutputItem): ChatPart[] {
    if (output.type !== "tool_search_output") return outputParts(output.output, this.#profile.vision);
    const tools = foundTools(output.tools);
    return [{ type: "text", text: tools.length === 0 ? "No tools were found." : JSON.stringify({ tools }) }];
  }

  #flush(): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#pending = null;
    const { text, calls } = pending;
    // What was only thought is nothing that a server takes for a message.
    if (text.length === 0 && calls.length === 0) return;
    this.#messages.push(this.#assistant(pending));
    const images: ChatPart[] = [];
    for (const call of calls) {
      const shown = this.#answer(call);
      if (shown.length > 0) images.push({ type: "text", text: `Images from ${nameOf(call)}:` }, ...shown);
    }
    if (images.length > 0) this.#messages.push({ role: "user", content: images });
  }

  #assistant({ reasoning, text, calls, seals }: Pending): ChatMessage {
    const { reasoningField } = this.#profile;
    const extras = calls.map((): unknown => null);
    const details: unknown[] = [];
    for (const { seal, calls: before } of seals) {
      for (const [index, extra] of (seal.calls ?? []).entries()) extras[before + index] = extra;
      details.push(...(seal.details ?? []));
    }
    const thinks = reasoning.length > 0 || (calls.length > 0 && this.#quirks.thoughtsWithCalls);
    const message: ChatAssistantMessage = {
      role: "assistant",
      content: text.length === 0 && this.#profile.nullContent ? null : text.join("\n\n"),
      ...(reasoningField !== null && thinks && { [reasoningField]: reasoning.join("\n\n") }),
      ...(reasoningField !== null && details.length > 0 && { reasoning_details: details }),
      ...(calls.length > 0 && { tool_calls: calls.map((call, index) => this.#toolCall(call, extras[index])) }),
    };
    return message;
  }

  #toolCall(call: PairedCall, extra: unknown): ChatToolCall {
    return {
      id: this.#wireId(call),
      type: "function",
      function: { name: nameOf(call), arguments: argumentsOf(call) },
      ...(extra !== null && extra !== undefined && { extra_content: extra }),
    };
  }

  #wireId(call: PairedCall): string {
    return this.#pairing.wireIds.get(call as ResponseItem) ?? call.call_id;
  }

  /** @returns the images of the answer, which a tool message cannot show */
  #answer(call: PairedCall): ChatImagePart[] {
    const output = this.#pairing.answers.get(call as ResponseItem);
    const parts = output === undefined ? [{ type: "text" as const, text: noOutput }] : this.#outputParts(output);
    const images = imagesOf(parts);
    const said = textOf(parts) || (images.length > 0 ? imagesOnly : "");
    const note = repairNote(call.call_id);
    this.#messages.push({
      role: "tool",
      tool_call_id: this.#wireId(call),
      content: note === null ? said : `${said}${said === "" ? "" : "\n\n"}${note}`,
    });
    return images;
  }
}

function argumentsOf(call: PairedCall): string {
  switch (call.type) {
    case "custom_tool_call":
      return JSON.stringify({ input: call.input });
    case "tool_search_call":
      return objectText(typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {}));
    case "local_shell_call":
      return JSON.stringify(call.action ?? {});
    case "function_call":
      return objectText(call.arguments);
  }
}

/** Servers read the arguments of old calls for their templates, and fail over what is no object: such text is put into one. */
function objectText(text: string): string {
  if (text.trim() === "") return "{}";
  try {
    const value = parseNested(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return text;
  } catch {
    // As below.
  }
  return JSON.stringify({ [rawArguments]: text });
}
