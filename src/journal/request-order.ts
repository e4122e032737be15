import { isMessage, isToolCall, isToolCallOutput, type ResponseItem } from "../protocol/response-items.ts";

/**
 * Puts journaled items into the order of a request. A response's items and the outputs of its calls are journaled as
 * each gets ready; a model wants the items as it sent them, then the outputs in the order of the calls. All of them
 * carry the same mark (the history sequence that the response was sampled through).
 */
export class RequestOrder {
  readonly #done: ResponseItem[] = [];
  #mark: number | null = null;
  #items: ResponseItem[] = [];
  #outputs: ResponseItem[] = [];

  /**
   * `mark` is null for files that do not tell; those stay in file order. What a hook says while calls run (`hooked`) stands
   * before their outputs.
   */
  add(item: ResponseItem, mark: number | null, hooked = false): void {
    const amongCalls = hooked && mark === this.#mark && this.#waiting;
    const fromOutside = isMessage(item) ? item.role !== "assistant" && !amongCalls : item.type === "agent_message";
    if (mark === null || fromOutside) {
      this.#flush();
      this.#done.push(item);
      return;
    }
    // An output that a crash left out is written with a later mark, and belongs to its response all the same.
    if (mark !== this.#mark && !this.#answers(item)) {
      this.#flush();
      this.#mark = mark;
    }
    (isOutput(item) ? this.#outputs : this.#items).push(item);
  }

  /** Forgets everything and starts from these. */
  replace(items: readonly ResponseItem[]): void {
    this.#mark = null;
    this.#items = [];
    this.#outputs = [];
    this.#done.length = 0;
    for (const item of items) this.#done.push(item);
  }

  finish(): ResponseItem[] {
    this.#flush();
    return this.#done;
  }

  /** Calls of the response have no output yet. */
  get #waiting(): boolean {
    return this.#items.filter(isToolCall).length > this.#outputs.filter(isToolCallOutput).length;
  }

  #answers(item: ResponseItem): boolean {
    return isToolCallOutput(item) && this.#items.some((call) => isToolCall(call) && call.call_id === item.call_id);
  }

  #flush(): void {
    this.#mark = null;
    if (this.#items.length === 0 && this.#outputs.length === 0) return;
    for (const item of this.#items) this.#done.push(item);
    const place = new Map<string, number>();
    this.#items.forEach((item, index) => isToolCall(item) && place.set(item.call_id, index));
    // The sort is stable: outputs of calls that are not in this response stay in file order, behind the others.
    // So do further outputs of a call, which alone carry a name.
    const placeOf = (item: ResponseItem): number =>
      (isToolCallOutput(item) && !("name" in item) ? place.get(item.call_id) : undefined) ?? Number.MAX_SAFE_INTEGER;
    this.#outputs.sort((a, b) => placeOf(a) - placeOf(b));
    for (const output of this.#outputs) this.#done.push(output);
    this.#items = [];
    this.#outputs = [];
  }
}

/** An output that answers no call, such as a goal's objective, stands behind those that do. */
const isOutput = (item: ResponseItem): boolean => isToolCallOutput(item) || item.type === "function_call_output";
