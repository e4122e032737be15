import { asRecord, type Fields } from "../../protocol/fields.ts";
import type { StepEnd, StepReader, StepSink } from "../dialect/step.ts";
import { TextPieces, type PieceForm } from "../dialect/text-pieces.ts";
import { disconnected } from "../http/failure.ts";
import type { ServerSentEvent } from "../sse.ts";
import { CallKeys, type CallPiece } from "./call-keys.ts";
import { chatFailure, errorIn } from "./failure.ts";
import { ReasoningDetails } from "./reasoning-details.ts";
import { chatSealText } from "./seal.ts";
import { ThinkTag } from "./think-tag.ts";
import { usageIn } from "./usage.ts";

type Finish = "stop" | "length" | "content_filter";
const finishes: Readonly<Record<string, Finish>> = {
  length: "length",
  max_tokens: "length",
  model_length: "length",
  content_filter: "content_filter",
  safety: "content_filter",
  recitation: "content_filter",
  prohibited_content: "content_filter",
};
/** What servers say that could not go on. */
const broken = new Set(["error", "abort", "aborted", "cancelled", "insufficient_system_resource"]);

const pieceForm: PieceForm<"content" | "reasoning_content" | "reasoning"> = {
  fields: ["content", "reasoning_content", "reasoning"],
  beside: ["role"],
  deltaOf({ choices }) {
    return Array.isArray(choices) && choices.length === 1 ? asRecord(asRecord(choices[0])?.["delta"]) : null;
  },
};

/** Reads a chat-completions stream, or the whole answer of a server that does not stream. */
export class ChatReader implements StepReader {
  readonly #sink: StepSink;
  readonly #think: ThinkTag;
  readonly #pieces = new TextPieces(pieceForm);
  #calls: CallKeys | null = null;
  /** What a server signed of a call, by the call's key. */
  readonly #signatures = new Map<number, unknown>();
  #details: ReasoningDetails | null = null;
  #finish: Finish | null = null;
  /** Why the server could not go on; an error that tells more may follow. */
  #broken: string | null = null;
  /** A choice was in what came, so that it was an answer. */
  #answered = false;
  #unreadable = 0;

  constructor(sink: StepSink) {
    this.#sink = sink;
    this.#think = new ThinkTag(
      (delta) => sink.reasoning(delta),
      (delta) => sink.text(delta),
    );
  }

  read({ data, event }: ServerSentEvent): StepEnd | null {
    const piece = this.#pieces.read(data);
    if (piece !== null) {
      if (this.#pieces.field === "content") this.#text(piece);
      else this.#reasoning(piece);
      return null;
    }
    if (data.startsWith("[DONE]")) return this.#end();
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      this.#unreadable++;
      // Some say in plain words what went wrong.
      return event === "error" ? { type: "failed", failure: chatFailure({ message: data.slice(0, 500) }) } : null;
    }
    // Google wraps its errors into a list.
    const chunk = asRecord(Array.isArray(value) ? value[0] : value);
    if (chunk === null) {
      this.#unreadable++;
      return null;
    }
    const error = errorIn(chunk) ?? (event === "error" ? chunk : null);
    if (error !== null) return { type: "failed", failure: chatFailure(error) };
    return this.#chunk(chunk, data);
  }

  close(): StepEnd {
    if (this.#finish !== null || this.#broken !== null) return this.#end();
    if (!this.#answered && this.#unreadable > 0)
      return { type: "failed", failure: disconnected("what came was no chat-completions stream; check base_url") };
    return { type: "failed", failure: disconnected("stream closed before [DONE]") };
  }

  #chunk(chunk: Fields, data: string): StepEnd | null {
    const { choices } = chunk;
    const usage = usageIn(chunk);
    if (usage !== null) this.#sink.usage(usage);
    const choice = Array.isArray(choices) ? asRecord(choices[0]) : null;
    if (choice === null) return null;
    // Nobody asks for several answers; a server that gives them is heard with the first.
    if (typeof choice["index"] === "number" && choice["index"] > 0) return null;
    this.#answered = true;
    const delta = asRecord(choice["delta"]);
    const whole = delta === null ? asRecord(choice["message"]) : null;
    const fields = delta ?? whole;
    if (fields !== null) {
      const failed = this.#delta(fields);
      if (failed !== null) return failed;
    }
    const reason = choice["finish_reason"];
    if (typeof reason === "string" && reason !== "") {
      const word = reason.toLowerCase();
      if (broken.has(word)) this.#broken = reason;
      else this.#finish = finishes[word] ?? "stop";
    } else if (usage === null && delta !== null) this.#pieces.learn(delta, data);
    return whole === null ? null : this.#end();
  }

  #delta(delta: Fields): StepEnd | null {
    this.#thought(delta);
    const { content, refusal, tool_calls: calls, function_call: legacy } = delta;
    if (typeof content === "string") {
      if (content !== "") this.#text(content);
    } else if (Array.isArray(content)) for (const part of content) this.#part(asRecord(part));
    if (typeof refusal === "string" && refusal !== "") {
      this.#think.end();
      this.#sink.refusal(refusal);
    }
    if (Array.isArray(calls))
      for (const piece of calls) {
        const failed = this.#call(asRecord(piece) as CallPiece | null);
        if (failed !== null) return failed;
      }
    const old = asRecord(legacy);
    return old === null ? null : this.#call({ index: 0, function: old });
  }

  /** Of several fields that say what the model thought, the first counts: they say the same. */
  #thought(delta: Fields): void {
    const { reasoning_details: details } = delta;
    const text = [delta["reasoning_content"], delta["reasoning"], delta["reasoning_text"]].find(
      (field) => typeof field === "string" && field !== "",
    );
    const told = Array.isArray(details) ? (this.#details ??= new ReasoningDetails()).add(details) : "";
    if (typeof text === "string") this.#reasoning(text);
    else if (told !== "") this.#reasoning(told);
  }

  /** A part of a content list: text, or, from Mistral, what the model thought. */
  #part(part: Fields | null): void {
    if (part === null) return;
    const { type, text, thinking } = part;
    if (type === "thinking") {
      const pieces = Array.isArray(thinking) ? thinking.map((each) => asRecord(each)?.["text"]) : [thinking];
      for (const piece of pieces) if (typeof piece === "string") this.#reasoning(piece);
    } else if (typeof text === "string") this.#text(text);
  }

  #text(text: string): void {
    if (this.#think.over) this.#sink.text(text);
    else this.#think.push(text);
  }

  #reasoning(text: string): void {
    this.#think.thoughtElsewhere();
    this.#sink.reasoning(text);
  }

  #call(piece: CallPiece | null): StepEnd | null {
    if (piece === null) return null;
    const { type, id, extra_content: signature } = piece;
    if (typeof type === "string" && type !== "" && type !== "function")
      return {
        type: "failed",
        failure: { ...disconnected(`the model made a call of the type ${type}`), providerCode: "model_output_invalid" },
      };
    const { name, arguments: given } = asRecord(piece.function) ?? {};
    const text = typeof given === "string" ? given : given === undefined || given === null ? "" : JSON.stringify(given);
    const signed = signature !== undefined && signature !== null;
    if (!id && !name && text === "" && !signed) return null;
    this.#think.end();
    const placed = (this.#calls ??= new CallKeys()).place(piece, text);
    if (signed) this.#signatures.set(placed.key, signature);
    this.#sink.call(placed.key, { id: placed.id, name: placed.name, arguments: text });
    return null;
  }

  #end(): StepEnd {
    if (this.#broken !== null)
      return { type: "failed", failure: disconnected(`the server ended its answer with "${this.#broken}"`) };
    this.#think.end();
    this.#seal();
    return { type: "finished", reason: this.#finish ?? "stop" };
  }

  /** What was signed is wanted back where there are calls. */
  #seal(): void {
    const calls = this.#calls;
    if (calls === null) return;
    const details = this.#details?.signed ?? null;
    if (this.#signatures.size === 0 && details === null) return;
    const signed = this.#signatures.size > 0 && calls.keys.map((key) => this.#signatures.get(key) ?? null);
    this.#sink.seal(chatSealText({ ...(signed && { calls: signed }), ...(details !== null && { details }) }));
  }
}
