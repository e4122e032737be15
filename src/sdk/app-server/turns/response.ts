/** What a turn came to. */
import type { OutputSchema, Parsed } from "../../output/output-schema.ts";
import type { AppServerItem, ResponseEvent, ThreadTokenUsage } from "../events/response-event.ts";

export interface AgentResponse<Schema = unknown> {
  /** The last answer; the final one where the server marks it. */
  text: string;
  sessionId: string;
  /** As `turnId`; the name of older ports. */
  requestId: string;
  turnId: string;
  toolName: "app-server";
  /** The turn, as `turn/completed` has it. */
  raw: unknown;
  /** All of them; only where they were asked for. */
  events?: ResponseEvent[];
  usage: ThreadTokenUsage | null;
  /** Those that were completed, in their order. */
  items: AppServerItem[];
  interrupted: boolean;
  /** The text under `outputSchema`; undefined without one, and where the text does not satisfy it. */
  parsed: Parsed<Schema> | undefined;
  /** Why there is nothing in `parsed` although there is a schema. */
  parseProblem: string | null;
}

export class ResponseCollector {
  readonly #sessionId: string;
  readonly #items: AppServerItem[] = [];
  #usage: ThreadTokenUsage | null = null;
  /** Of messages that were not completed, by their items. */
  readonly #pieces = new Map<string, string>();

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  add(event: ResponseEvent): void {
    const id = event.itemId ?? "";
    if (event.type === "item/completed" && event.item !== undefined) {
      this.#items.push(event.item);
      this.#pieces.delete(id);
    } else if (event.type === "item/agentMessage/delta")
      this.#pieces.set(id, `${this.#pieces.get(id) ?? ""}${event.textDelta ?? ""}`);
    else if (event.tokenUsage !== undefined) this.#usage = event.tokenUsage;
  }

  async response<Schema>(
    turn: Record<string, unknown> | null,
    turnId: string,
    schema: OutputSchema | null,
  ): Promise<AgentResponse<Schema>> {
    const text = this.#text();
    const interrupted = turn?.["status"] === "interrupted";
    const verdict = schema === null || interrupted ? null : await schema.read(text);
    return {
      text,
      sessionId: this.#sessionId,
      requestId: turnId,
      turnId,
      toolName: "app-server",
      raw: turn,
      usage: this.#usage,
      items: this.#items,
      interrupted,
      parsed: verdict?.ok === true ? (verdict.value as Parsed<Schema>) : undefined,
      parseProblem: verdict?.ok === false ? verdict.problem : null,
    };
  }

  /** A comment on the way is no answer; what has no phase may be one. */
  #text(): string {
    const messages = this.#items.filter((item) => item.type === "agentMessage") as {
      phase?: string | null;
      text: string;
    }[];
    const answers = messages.filter(({ phase }) => phase !== "commentary");
    const last = answers.findLast(({ phase }) => phase === "final_answer") ?? answers.at(-1);
    return last?.text ?? [...this.#pieces.values()].join("");
  }
}
