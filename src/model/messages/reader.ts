import { fieldsOf, type Fields } from "../../protocol/fields.ts";
import type { ServerSentEvent } from "../sse.ts";
import { sealText } from "../dialect/seal.ts";
import type { StepEnd, StepReader, StepSink } from "../dialect/step.ts";
import { TextPieces, type PieceForm } from "../dialect/text-pieces.ts";
import { disconnected } from "../http/failure.ts";
import { failureOf, refusalFailure, windowFailure } from "./failure.ts";
import { traitsOf } from "./traits.ts";
import { UsageCount } from "./usage.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

type Block =
  | { kind: "text" }
  | { kind: "thinking"; signature: string }
  /** `given`: arguments that came whole with the call; they count when no pieces follow. */
  | { kind: "call"; given: string }
  /** What servers do themselves, and what nobody here knows. */
  | { kind: "other" };

const pieceForm: PieceForm<"text" | "thinking"> = {
  fields: ["text", "thinking"],
  beside: ["type"],
  deltaOf: ({ delta }) => fieldsOf(delta),
};

/** Reads the stream of one answer of the Messages API, or the answer whole as one event. */
export class MessagesReader implements StepReader {
  readonly #sink: StepSink;
  readonly #usage = new UsageCount();
  readonly #blocks = new Map<number, Block>();
  /** Of the latest block that had some; a frame of them holds its index. */
  readonly #pieces = new TextPieces(pieceForm);
  /** A call whose block has ended: whether it is whole is known when something follows. */
  #ended: number | null = null;
  #stop: Fields | null = null;
  /** Who signs what is thought, where that is none of Anthropic's. */
  #maker: { maker?: string } = {};

  constructor(sink: StepSink) {
    this.#sink = sink;
  }

  read({ data }: ServerSentEvent): StepEnd | null {
    const piece = this.#pieces.read(data);
    if (piece !== null) {
      if (this.#pieces.field === "text") this.#sink.text(piece);
      else this.#sink.reasoning(piece);
      return null;
    }
    let event: Fields;
    try {
      event = fieldsOf(JSON.parse(data));
    } catch {
      return null;
    }
    switch (event["type"]) {
      case "content_block_delta":
        this.#delta(indexOf(event), fieldsOf(event["delta"]), data);
        return null;
      case "content_block_start":
        this.#start(indexOf(event), fieldsOf(event["content_block"]));
        return null;
      case "content_block_stop":
        this.#stopBlock(indexOf(event));
        return null;
      case "message_start":
        this.#begin(fieldsOf(event["message"]));
        return null;
      case "message_delta":
        this.#count(event["usage"]);
        if (typeof fieldsOf(event["delta"])["stop_reason"] === "string") this.#stop = fieldsOf(event["delta"]);
        return null;
      case "message_stop":
        return this.#end(this.#stop ?? {});
      case "message":
        return this.#whole(event);
      case "error":
        return { type: "failed", failure: failureOf(event["error"]) };
      default:
        return null;
    }
  }

  close(): StepEnd {
    if (this.#stop !== null) return this.#end(this.#stop);
    return { type: "failed", failure: disconnected("the stream closed before message_stop") };
  }

  #begin({ model, usage }: Fields): void {
    if (typeof model === "string" && model !== "" && !traitsOf(model).claude) this.#maker = { maker: model };
    this.#count(usage);
  }

  /** An answer that was not streamed. */
  #whole(message: Fields): StepEnd {
    this.#begin(message);
    const blocks = Array.isArray(message["content"]) ? message["content"] : [];
    for (const [index, block] of blocks.entries()) {
      this.#start(index, fieldsOf(block));
      this.#stopBlock(index);
    }
    return this.#end(message);
  }

  #start(index: number, block: Fields): void {
    this.#endCall();
    this.#pieces.forget();
    switch (block["type"]) {
      case "text":
        this.#blocks.set(index, { kind: "text" });
        this.#sink.text(text(block["text"]));
        return;
      case "thinking":
        this.#blocks.set(index, { kind: "thinking", signature: text(block["signature"]) });
        this.#sink.reasoning(text(block["thinking"]));
        return;
      case "redacted_thinking":
        this.#blocks.set(index, { kind: "thinking", signature: "" });
        this.#sink.seal(sealText({ kind: "redacted", value: text(block["data"]), ...this.#maker }));
        return;
      case "tool_use": {
        const { input } = block;
        const empty = typeof input !== "object" || input === null || Object.keys(input).length === 0;
        this.#blocks.set(index, { kind: "call", given: empty ? "" : JSON.stringify(input) });
        this.#sink.call(index, { id: text(block["id"]), name: text(block["name"]) });
        return;
      }
      default:
        this.#blocks.set(index, { kind: "other" });
    }
  }

  #delta(index: number, delta: Fields, data: string): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return;
    switch (delta["type"]) {
      case "text_delta":
        if (block.kind !== "text") return;
        this.#sink.text(text(delta["text"]));
        this.#pieces.learn(delta, data);
        return;
      case "thinking_delta":
        if (block.kind !== "thinking") return;
        this.#sink.reasoning(text(delta["thinking"]));
        this.#pieces.learn(delta, data);
        return;
      case "signature_delta":
        if (block.kind === "thinking") block.signature = text(delta["signature"]);
        return;
      case "input_json_delta": {
        const piece = text(delta["partial_json"]);
        if (block.kind !== "call" || piece === "") return;
        block.given = "";
        this.#sink.call(index, { arguments: piece });
      }
    }
  }

  #stopBlock(index: number): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return;
    this.#blocks.delete(index);
    this.#pieces.forget();
    if (block.kind === "call") {
      if (block.given !== "") this.#sink.call(index, { arguments: block.given });
      this.#ended = index;
      return;
    }
    if (block.kind === "other") return;
    if (block.kind === "thinking" && block.signature !== "")
      this.#sink.seal(sealText({ kind: "signature", value: block.signature, ...this.#maker }));
    this.#sink.blockEnded();
  }

  #endCall(): void {
    if (this.#ended === null) return;
    const index = this.#ended;
    this.#ended = null;
    this.#sink.callEnded(index);
  }

  #count(value: unknown): void {
    const usage = this.#usage.add(value);
    if (usage !== null) this.#sink.usage(usage);
  }

  #end({ stop_reason: reason, stop_details: details }: Fields): StepEnd {
    switch (reason) {
      // The block of a call that was cut off ends like any other: what stands open now is not known to be whole.
      case "max_tokens":
        return { type: "finished", reason: "length" };
      case "model_context_window_exceeded":
        return { type: "failed", failure: windowFailure };
      case "refusal":
        return { type: "failed", failure: refusalFailure(details) };
      default:
        this.#endCall();
        return { type: "finished", reason: "stop" };
    }
  }
}

const indexOf = ({ index }: Fields): number => (typeof index === "number" ? index : 0);
