import type { MessagesBlock, MessagesMessage, TextBlock } from "../../protocol/messages/messages-api.ts";
import type { ReasoningItem, ResponseItem, ToolCallOutputItem } from "../../protocol/response-items.ts";
import type { Conversation } from "../dialect/conversation.ts";
import type { Profile } from "../dialect/profile.ts";
import { foundTools, nameOf } from "../dialect/history/calls.ts";
import { pairCalls, type PairedCall, type Pairing } from "../dialect/history/pairing.ts";
import { furtherOutput, tellItem, type HistoryWriter, type Role } from "../dialect/history/walk.ts";
import { reasoningText, thoughtText } from "../dialect/history/words.ts";
import { repairNote } from "../dialect/repair/marks.ts";
import { sealOf } from "../dialect/seal.ts";
import { inputOf } from "./call-input.ts";
import { isBlank, outputParts, partsOf, textBlock, textOf, type Part } from "./parts.ts";
import type { Traits } from "./traits.ts";

/** What stands for the output of a call that has none. */
export const noOutput = "No output of this call is known.";
const emptyOutput = "[no output]";
/** What a model is told that is asked to go on without a word from anybody. */
const goOn = "[Go on.]";

/** What is no user's in a user's message: models know such tags, and what they are told in them is the harness's word. */
export const developerText = (text: string): string => `<developer_message>\n${text}\n</developer_message>`;

/**
 * A conversation as the API takes it: first the system, then users and the model by turns. The first messages of developers are
 * system text; those that come later stand where they came, since the system is the beginning of everything that is cached. A
 * conversation that goes on begins with the same blocks, as long as its calls had their outputs.
 * @throws UntranslatableError for items and parts that no message can say
 */
export function blocksOf(
  { instructions, input }: Conversation,
  profile: Profile,
  traits: Traits,
): { system: TextBlock[]; messages: MessagesMessage[] } {
  const writer = new BlockWriter(input, profile, traits);
  if (instructions !== null && !isBlank(instructions)) writer.system.push(textBlock(instructions));
  for (const item of input) tellItem(item, writer);
  return { system: writer.system, messages: writer.end() };
}

class BlockWriter implements HistoryWriter {
  readonly system: TextBlock[] = [];
  readonly #pairing: Pairing;
  readonly #profile: Profile;
  readonly #traits: Traits;
  readonly #messages: MessagesMessage[] = [];
  /** Nothing but the system has been said. */
  #head = true;
  /** Calls of the last message, whose results belong at the beginning of the next. */
  #calls: PairedCall[] = [];

  constructor(input: readonly ResponseItem[], profile: Profile, traits: Traits) {
    this.#pairing = pairCalls(input, allowedId);
    this.#profile = profile;
    this.#traits = traits;
  }

  end(): MessagesMessage[] {
    this.#endStep();
    // The API answers users alone, and newer models do not go on with what they are said to have begun.
    if (this.#messages.at(-1)?.role !== "user") this.#user([textBlock(goOn)]);
    return this.#messages;
  }

  call(call: PairedCall): void {
    this.#assistant({
      type: "tool_use",
      id: this.#pairing.wireIds.get(call as ResponseItem)!,
      name: nameOf(call),
      input: inputOf(call),
    });
    this.#calls.push(call);
  }

  output(output: ToolCallOutputItem): void {
    this.#endStep();
    if (this.#pairing.answering.has(output)) return;
    this.#user([textBlock(furtherOutput(output)), ...this.#outputParts(output)]);
  }

  unaskedOutput(head: string, output: unknown): void {
    this.#user([textBlock(head), ...outputParts(output, this.#profile.vision)]);
  }

  deed(text: string): void {
    this.#assistant(textBlock(text));
  }

  message(role: Role, content: unknown): void {
    if (role === "user") return this.#user(partsOf(content, this.#profile.vision));
    // An image of the model's own would have to be someone else's: that it was there is said.
    const parts = partsOf(content, false);
    if (role === "assistant") for (const part of parts) this.#assistant(part);
    else this.#developer(textOf(parts));
  }

  #developer(texts: string[]): void {
    if (texts.length === 0) return;
    if (this.#head) this.system.push(...texts.map(textBlock));
    else this.#user([textBlock(developerText(texts.join("\n\n")))]);
  }

  /**
   * What was thought goes back to who signed it. Unsigned thoughts are none to Anthropic's models, and text of theirs would pass for
   * something said; other servers of the API have no signatures to ask for.
   */
  reasoning(item: ReasoningItem): void {
    const found = sealOf(item);
    // Anthropic's API fails over signatures of other servers.
    const seal = this.#traits.claude && found?.maker !== undefined ? null : found;
    if (seal?.kind === "signature")
      this.#assistant({ type: "thinking", thinking: thoughtText(item), signature: seal.value });
    else if (seal?.kind === "redacted") this.#assistant({ type: "redacted_thinking", data: seal.value });
    else if (!this.#traits.claude && this.#profile.reasoningField !== null) {
      const text = reasoningText(item);
      if (!isBlank(text)) this.#assistant({ type: "thinking", thinking: text, signature: "" });
    }
  }

  #outputParts(output: ToolCallOutputItem): Part[] {
    if (output.type !== "tool_search_output") return outputParts(output.output, this.#profile.vision);
    const tools = foundTools(output.tools);
    return [textBlock(tools.length === 0 ? "No tools were found." : JSON.stringify({ tools }))];
  }

  #assistant(block: MessagesBlock): void {
    this.#head = false;
    const last = this.#messages.at(-1);
    if (last?.role === "assistant") {
      last.content.push(block);
      return;
    }
    if (last === undefined) this.#messages.push({ role: "user", content: [textBlock(goOn)] });
    this.#messages.push({ role: "assistant", content: [block] });
  }

  #user(blocks: MessagesBlock[]): void {
    if (blocks.length === 0) return;
    this.#head = false;
    this.#endStep();
    const last = this.#messages.at(-1);
    if (last?.role === "user") last.content.push(...blocks);
    else this.#messages.push({ role: "user", content: [...blocks] });
  }

  #endStep(): void {
    const calls = this.#calls;
    this.#calls = [];
    const last = this.#messages.at(-1);
    if (last?.role !== "assistant") return;
    // A message of the model must not end with a thought: one that led to nothing is let go.
    while (isThought(last.content.at(-1))) last.content.pop();
    if (last.content.length === 0) this.#messages.pop();
    if (calls.length > 0) this.#messages.push({ role: "user", content: calls.map((call) => this.#result(call)) });
  }

  #result(call: PairedCall): MessagesBlock {
    const output = this.#pairing.answers.get(call as ResponseItem);
    const parts = output === undefined ? [textBlock(noOutput)] : this.#outputParts(output);
    const note = repairNote(call.call_id);
    const said: Part[] = parts.length === 0 ? [textBlock(emptyOutput)] : parts;
    if (note !== null) said.push(textBlock(note));
    const only = said.length === 1 ? said[0]! : null;
    return {
      type: "tool_result",
      tool_use_id: this.#pairing.wireIds.get(call as ResponseItem)!,
      content: only?.type === "text" ? only.text : said,
    };
  }
}

const isThought = (block: MessagesBlock | undefined): boolean =>
  block?.type === "thinking" || block?.type === "redacted_thinking";

/** An id of letters that the API takes. */
const allowedId = (id: string): string => id.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
