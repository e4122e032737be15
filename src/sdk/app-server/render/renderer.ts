/** Events as lines for people, in the manner of `codex exec`. */
import type { Writable } from "node:stream";
import type { ResponseEvent } from "../events/response-event.ts";
import { textIn } from "../events/text.ts";
import { coloured, neutral, paletteOf, type ColourChoice, type Palette, type Tone } from "./colours.ts";
import { deprecationText } from "./deprecations.ts";
import { endLine, hasFailed, itemLine, labelOf, startLine } from "./item-lines.ts";
import { systemLine } from "./system-lines.ts";

export interface RenderOptions {
  /** Default: stdout. */
  stream?: Writable | undefined;
  /** Default true. */
  showReasoning?: boolean | undefined;
  /** Default false. */
  showSystem?: boolean | undefined;
  /** Default true. */
  showToolOutput?: boolean | undefined;
  /** Default true. */
  showTurnSummary?: boolean | undefined;
  color?: ColourChoice | undefined;
}

export interface RenderCounts {
  events: number;
  lines: number;
  tools: number;
  errors: number;
  turns: number;
}

type Item = Record<string, unknown>;
interface Section {
  /** What it belongs to: pieces of the same are put behind each other. */
  key: string;
  tone: Tone;
  /** Whether the last letter was a line feed. */
  fresh: boolean;
}

const reasoningDeltas = new Set(["item/reasoning/textDelta", "item/reasoning/summaryTextDelta"]);
const outputDeltas = new Set(["item/commandExecution/outputDelta", "item/fileChange/outputDelta"]);
const warnings = new Set(["warning", "guardianWarning", "configWarning", "windows/worldWritableWarning"]);

export class ExecStyleRenderer {
  readonly #stream: Writable;
  readonly #palette: Palette;
  readonly #shows: { reasoning: boolean; system: boolean; toolOutput: boolean; summary: boolean };
  readonly #items = new Map<string, Item>();
  /** Messages of which pieces were shown. */
  readonly #shown = new Set<string>();
  readonly #deprecations = new Set<string>();
  readonly #counts: RenderCounts = { events: 0, lines: 0, tools: 0, errors: 0, turns: 0 };
  #turn = { tools: 0, errors: 0 };
  #session: string | null = null;
  #section: Section | null = null;
  #out = "";

  constructor({
    stream,
    showReasoning = true,
    showSystem = false,
    showToolOutput = true,
    showTurnSummary = true,
    color = "auto",
  }: RenderOptions = {}) {
    this.#stream = stream ?? process.stdout;
    this.#palette = paletteOf(color, this.#stream);
    this.#shows = {
      reasoning: showReasoning,
      system: showSystem,
      toolOutput: showToolOutput,
      summary: showTurnSummary,
    };
  }

  /** Resolves when the stream has room for more. */
  async render(event: ResponseEvent): Promise<void> {
    this.#counts.events++;
    // Older servers told the same twice.
    if (!event.type.startsWith("codex/event/item")) this.#read(event);
    await this.#flush();
  }

  /** Ends what is open. */
  async finish(): Promise<RenderCounts> {
    this.#close();
    await this.#flush();
    return { ...this.#counts };
  }

  #read(event: ResponseEvent): void {
    const { type, textDelta, itemId = "" } = event;
    if (type === "thread/ready") return this.#announce(event.sessionId);
    if (type === "turn/started") return this.#turnStarted();
    if (type === "turn/completed") return this.#turnCompleted(event);
    if (type === "item/agentMessage/delta") {
      this.#shown.add(itemId);
      return this.#inline(`assistant:${itemId}`, "assistant", "Assistant: ", textDelta ?? "");
    }
    if (reasoningDeltas.has(type)) {
      this.#shown.add(itemId);
      if (this.#shows.reasoning)
        this.#inline(`thinking:${itemId}:${event.summaryIndex ?? ""}`, "thinking", "[thinking] ", textDelta ?? "");
      return;
    }
    if (outputDeltas.has(type)) {
      if (!this.#shows.toolOutput) return;
      const known = this.#items.get(itemId) ?? {
        type: type.includes("fileChange") ? "fileChange" : "commandExecution",
      };
      return this.#inline(`output:${itemId}`, "output", `[tool.output:${labelOf(known)}] `, textDelta ?? "");
    }
    if (type === "item/started" || type === "item/completed") return this.#item(event, type === "item/completed");
    if (type === "item/mcpToolCall/progress")
      return this.#line(`[tool.mcp.progress] ${event.messageText ?? ""}`, "tool");
    if (type === "item/commandExecution/terminalInteraction")
      return this.#line(`[tool.stdin] ${(event.messageText ?? "").trimEnd()}`, "tool");
    if (type === "error") return this.#problem(event);
    if (type === "deprecationNotice") return this.#deprecation(event);
    if (warnings.has(type)) return this.#line(`[warning] ${event.messageText ?? ""}`, "warning");
    if (this.#shows.system) this.#line(systemLine(event), "system");
  }

  #announce(session: string | undefined): void {
    if (session === undefined || session === this.#session) return;
    this.#session = session;
    this.#line(`Session: ${session}`, "system");
  }

  #turnStarted(): void {
    this.#turn = { tools: 0, errors: 0 };
    this.#shown.clear();
    this.#counts.turns++;
    this.#line("== Turn Started ==", "system");
  }

  #turnCompleted(event: ResponseEvent): void {
    if (event.error !== undefined) this.#fault(`[error] ${event.error.message}`);
    this.#line("== Turn Completed ==", "system");
    this.#items.clear();
    const turn = (event.raw?.params as { turn?: { status?: unknown } } | undefined)?.turn;
    if (this.#shows.summary)
      this.#line(
        `[summary] status=${String(turn?.status ?? "completed")}, tools=${this.#turn.tools}, errors=${this.#turn.errors}`,
        "summary",
      );
  }

  #item({ item, itemId = "" }: ResponseEvent, isOver: boolean): void {
    if (item === undefined) return;
    const fields = item as unknown as Item;
    if (item.type === "agentMessage" || item.type === "reasoning")
      return isOver ? this.#message(fields, itemId) : undefined;
    const isNew = !this.#items.has(itemId);
    const start = startLine(fields);
    if (isNew && start !== null) {
      this.#turn.tools++;
      this.#counts.tools++;
      this.#line(start.text, start.tone);
    }
    if (start === null && this.#shows.system && (isOver || isNew)) this.#line(itemLine(fields).text, "system");
    // A search is told before anybody knows what for.
    if (start !== null || item.type !== "webSearch") this.#items.set(itemId, fields);
    if (!isOver) return;
    this.#items.delete(itemId);
    const end = endLine(fields);
    if (end === null) return;
    if (hasFailed(fields)) {
      this.#turn.errors++;
      this.#counts.errors++;
    }
    this.#line(end.text, end.tone);
  }

  /** A whole message, where no piece of it was shown. */
  #message(item: Item, itemId: string): void {
    if (this.#shown.has(itemId)) return this.#close();
    if (item["type"] === "agentMessage") {
      const text = textIn(item["text"]);
      if (text !== null) this.#line(`Assistant: ${text}`, "assistant");
    } else if (this.#shows.reasoning) {
      const text = textIn(item["summary"]) ?? textIn(item["content"]);
      if (text !== null) this.#line(`[thinking] ${text}`, "thinking");
    }
  }

  #problem({ error, messageText }: ResponseEvent): void {
    const text = error?.message ?? messageText ?? "";
    if (error?.willRetry === true) return this.#line(`[warning] ${text}`, "warning");
    this.#fault(`[error] ${text}`);
  }

  #fault(line: string): void {
    this.#turn.errors++;
    this.#counts.errors++;
    this.#line(line, "error");
  }

  #deprecation({ raw }: ResponseEvent): void {
    const text = deprecationText(raw?.params);
    if (text === null) return;
    const key = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
    if (this.#deprecations.has(key)) return;
    this.#deprecations.add(key);
    this.#line(`[warning] ${text}`, "warning");
  }

  #line(text: string, tone: Tone): void {
    this.#close();
    this.#out += `${coloured(neutral(text), tone, this.#palette)}\n`;
    this.#counts.lines++;
  }

  /** A piece of a text that goes on: its beginning is marked, the rest stands behind it. */
  #inline(key: string, tone: Tone, mark: string, piece: string): void {
    const text = neutral(piece);
    if (text === "") return;
    if (this.#section?.key !== key) {
      this.#close();
      this.#out += coloured(mark, tone, this.#palette);
      this.#section = { key, tone, fresh: false };
      this.#counts.lines++;
    }
    this.#out += coloured(text, tone, this.#palette);
    this.#section.fresh = text.endsWith("\n");
  }

  #close(): void {
    if (this.#section === null) return;
    if (!this.#section.fresh) this.#out += "\n";
    this.#section = null;
  }

  async #flush(): Promise<void> {
    const text = this.#out;
    this.#out = "";
    // One that is gone tells of nothing any more.
    if (text === "" || this.#stream.destroyed || this.#stream.write(text) || this.#stream.destroyed) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        for (const name of ["drain", "close", "error"]) this.#stream.off(name, settle);
        resolve();
      };
      for (const name of ["drain", "close", "error"]) this.#stream.once(name, settle);
    });
  }
}

/** Renders all events to the end, even when reading them fails. */
export async function renderExecStyleEvents(
  events: Iterable<ResponseEvent> | AsyncIterable<ResponseEvent>,
  options: RenderOptions = {},
): Promise<RenderCounts> {
  const renderer = new ExecStyleRenderer(options);
  try {
    for await (const event of events) await renderer.render(event);
  } finally {
    await renderer.finish();
  }
  return renderer.finish();
}
