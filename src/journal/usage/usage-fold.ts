import { itemTokens } from "../../kernel/token-estimate.ts";
import { kindsOf, markOf } from "../../protocol/codex-0.169/rollout-response-items.ts";
import {
  arrayOf,
  isObject,
  type JsonObject,
  numberOr,
  objectOr,
  ownLineType,
  parseRolloutLine,
  peekLine,
  type RolloutLine,
  stringOr,
} from "../../protocol/codex-0.169/rollout.ts";
import { decodeUsage } from "../../protocol/codex-0.169/usage.ts";
import type { Miss } from "../../protocol/usage-report.ts";
import { noUsage, type TokenUsage } from "../../protocol/usage.ts";
import { asideLineType, attemptLineType, headLineType } from "../lines/usage-lines.ts";
import { type CacheState, missOf, type Request } from "./cache-misses.ts";
import { idOf, Pieces } from "./pieces.ts";
import { type Piece, RequestShape, type Split } from "./request-shape.ts";

/** One response that the provider counted, or an attempt that it did not. */
export interface FoldedRequest {
  readonly turnId: string;
  readonly atMs: number;
  readonly model: string;
  /** `lost`: it brought no answer and was not counted; its input is an estimate. */
  readonly kind: "response" | "compaction" | "retry" | "aside" | "lost";
  readonly usage: TokenUsage;
  /** How its input splits; empty for other kinds than `response`. */
  readonly split: Split;
  readonly miss: Miss | null;
}

/** Lines that say nothing of what requests held or took; told apart by their first bytes. */
const skipped = new Set(["item_completed", "task_started", "task_complete", "turn_aborted"]);

/** What a thread's requests took and why, as a fold over its lines. */
export class UsageFold {
  readonly #shape = new RequestShape();
  readonly #pieces = new Pieces();
  readonly #told: (request: FoldedRequest) => void;
  #base: Piece = { cause: "instructions", tokens: 0 };
  /** Null until the file says, or the first response tells what is left over for them. */
  #tools: Piece | null = null;
  #head = "";
  #baseDigest = "";
  #model = "";
  #turnId = "";
  #sequence = 0;
  /** What the response that is being read was asked with; null before its first item. */
  #sampledThrough: number | null = null;
  #summarising = false;
  /** When the last piece came that no model wrote. */
  #askedAtMs = 0;
  #compacted: readonly string[] | null = null;
  #forked = false;
  #previous: Request | null = null;
  /** The provider's count in the proportion of the estimate, as of the last response. */
  #scale = 1;
  #legacyTotal = -1;
  #records = 0;

  constructor(told: (request: FoldedRequest) => void) {
    this.#told = told;
  }

  /** Called before each file but the first: what follows is a fork's own, or goes on from another place. */
  nextFile(forked: boolean): void {
    this.#forked = forked;
    this.#sampledThrough = null;
    this.#summarising = false;
    this.#legacyTotal = -1;
    this.#records = 0;
  }

  add(text: string): void {
    const head = peekLine(text);
    if (head?.type === "event_msg" && head.payloadType !== null && skipped.has(head.payloadType)) return;
    if (head?.type === "world_state") return;
    const line = parseRolloutLine(text);
    if (line !== null) this.#apply(line);
  }

  #apply(line: RolloutLine): void {
    const { type, payload } = line;
    const atMs = Date.parse(line.timestamp) || 0;
    switch (type) {
      case "session_meta":
        return this.#begin(payload);
      case "turn_context":
        this.#model = stringOr(payload["model"]) ?? this.#model;
        this.#turnId = stringOr(payload["turn_id"]) ?? this.#turnId;
        return;
      case "response_item":
        return this.#addItem(payload, line.metadata, atMs);
      case "compacted":
        return this.#compact(payload);
      case "token_usage_record": {
        const usage = decodeUsage(payload["usage"]);
        this.#turnId = stringOr(payload["turn_id"]) ?? this.#turnId;
        this.#records++;
        if (usage !== null) this.#respond(usage, atMs);
        return;
      }
      case "event_msg":
        if (payload["type"] === "token_count") this.#countLegacy(payload, atMs);
        return;
      case ownLineType:
        if (payload["type"] === headLineType) this.#tellHead(payload);
        else if (payload["type"] === attemptLineType) this.#lose(payload);
        else if (payload["type"] === asideLineType) this.#countAside(payload);
        else if (payload["type"] === "model_fell_back") this.#model = stringOr(payload["model"]) ?? this.#model;
    }
  }

  #begin(meta: JsonObject): void {
    const instructions = meta["base_instructions"];
    const text = stringOr(objectOr(instructions)?.["text"]) ?? stringOr(instructions) ?? "";
    this.#base = { cause: "instructions", tokens: Math.ceil(Buffer.byteLength(text) / 4) };
  }

  #addItem(payload: JsonObject, metadata: JsonObject | null, atMs: number): void {
    const sequence = numberOr(metadata?.["history_sequence"]) ?? this.#sequence + 1;
    this.#sequence = Math.max(this.#sequence, sequence);
    if (payload["type"] === "additional_tools" || kindsOf(payload)[0] === "model.base_instructions") {
      // The head of Codex's own requests.
      const tokens = itemTokens(payload as Parameters<typeof itemTokens>[0]);
      if (payload["type"] === "additional_tools") this.#tools = { cause: "tools", tokens };
      return;
    }
    const through = numberOr(metadata?.["sampled_through_sequence"]);
    if (isModels(payload)) {
      this.#sampledThrough ??= through ?? sequence - 1;
      if (metadata?.["compaction_output"] === true) this.#summarising = true;
    } else {
      this.#askedAtMs = atMs;
    }
    const turnId = markOf(payload, null).turnId;
    if (turnId !== "") this.#turnId = turnId;
    if (metadata?.["compaction_output"] === true) return;
    this.#shape.add(sequence, idOf(payload), this.#pieces.of(payload));
  }

  #compact(payload: JsonObject): void {
    const replacement = arrayOf(payload["replacement_history"]).filter(isObject);
    if (replacement.length === 0) return;
    this.#compacted ??= this.#shape.clear();
    this.#shape.clear();
    const metadata = arrayOf(payload["replacement_history_metadata"]).map(objectOr);
    replacement.forEach((item, index) => {
      const sequence = numberOr(metadata[index]?.["history_sequence"]) ?? this.#sequence;
      this.#sequence = Math.max(this.#sequence, sequence);
      // What stays stands before all that comes, whatever its number was.
      this.#shape.add(0, idOf(item), this.#pieces.of(item));
    });
    this.#sampledThrough = null;
  }

  #respond(usage: TokenUsage, atMs: number): void {
    const count = this.#shape.upTo(this.#sampledThrough ?? this.#sequence);
    this.#sampledThrough = null;
    const place = { turnId: this.#turnId, atMs, model: this.#model, usage };
    if (this.#summarising) {
      this.#summarising = false;
      this.#told({ ...place, kind: "compaction", split: new Map(), miss: null });
      return;
    }
    const head = this.#headPieces(usage, count);
    const estimate = head.reduce((sum, { tokens }) => sum + tokens, 0) + this.#shape.tokens(count);
    if (estimate > 0) this.#scale = usage.inputTokens / estimate;
    const counted = { input: usage.inputTokens, cached: usage.cachedInputTokens };
    const request: Request = { usage, atMs, model: this.#model, head: this.#head, base: this.#baseDigest };
    const miss = missOf(this.#previous, request, this.#cacheState());
    this.#previous = request;
    this.#compacted = null;
    this.#forked = false;
    this.#told({ ...place, kind: "response", split: this.#shape.split(count, head, counted), miss });
  }

  #cacheState(): CacheState {
    const sameItems = this.#compacted === null ? null : this.#shape.sameAs(this.#compacted);
    return { sameItems, forked: this.#forked, askedAtMs: this.#askedAtMs };
  }

  /** What stands before the history. Where the file says nothing of the tools, they are what is left over, once. */
  #headPieces(usage: TokenUsage, count: number): readonly Piece[] {
    const rest = usage.inputTokens - this.#base.tokens - this.#shape.tokens(count);
    this.#tools ??= { cause: "tools", tokens: Math.max(0, rest) };
    return [this.#tools, this.#base];
  }

  #tellHead(payload: JsonObject): void {
    this.#head = stringOr(payload["tools"]) ?? "";
    this.#baseDigest = stringOr(payload["base"]) ?? "";
    this.#tools = { cause: "tools", tokens: numberOr(payload["tool_tokens"]) ?? 0 };
    this.#base = { cause: "instructions", tokens: numberOr(payload["base_tokens"]) ?? this.#base.tokens };
  }

  /** An attempt that brought nothing: by the provider's count where it gave one, else by what it held. */
  #lose(payload: JsonObject): void {
    const usage = decodeUsage(payload["usage"]);
    const count = this.#shape.upTo(this.#sampledThrough ?? this.#sequence);
    // What comes next is another request, which holds what this one brought.
    this.#sampledThrough = null;
    const atMs = numberOr(payload["at_ms"]) ?? 0;
    const place = { turnId: stringOr(payload["turn_id"]) ?? this.#turnId, atMs, model: this.#model };
    const nothing = { split: new Map(), miss: null };
    if (usage !== null) return this.#told({ ...place, ...nothing, kind: "retry", usage });
    const held = this.#base.tokens + (this.#tools?.tokens ?? 0) + this.#shape.tokens(count);
    const inputTokens = Math.round(held * this.#scale);
    const estimate: TokenUsage = { ...noUsage, inputTokens, totalTokens: inputTokens };
    this.#told({ ...place, ...nothing, kind: "lost", usage: estimate });
  }

  #countAside(payload: JsonObject): void {
    const usage = decodeUsage(payload["usage"]);
    if (usage === null) return;
    const turnId = stringOr(payload["turn_id"]) ?? this.#turnId;
    const place = { turnId, atMs: numberOr(payload["at_ms"]) ?? 0, model: stringOr(payload["model"]) ?? this.#model };
    this.#told({ ...place, kind: "aside", usage, split: new Map(), miss: null });
  }

  /** Files from before there were records of each response tell a sum, and what the last response took. */
  #countLegacy(payload: JsonObject, atMs: number): void {
    if (this.#records > 0) return;
    const info = objectOr(payload["info"]);
    const total = decodeUsage(info?.["total_token_usage"])?.totalTokens ?? -1;
    const last = decodeUsage(info?.["last_token_usage"]);
    if (last === null || total === this.#legacyTotal || last.inputTokens === 0) return;
    this.#legacyTotal = total;
    this.#respond(last, atMs);
  }
}

const modelTypes = new Set(["reasoning", "function_call", "custom_tool_call", "local_shell_call", "web_search_call"]);

const isModels = (payload: JsonObject): boolean =>
  (payload["type"] === "message" && payload["role"] === "assistant") || modelTypes.has(String(payload["type"]));
