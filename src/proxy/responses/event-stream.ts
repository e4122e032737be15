import type { ItemSink, Repair } from "../../model/dialect/items.ts";
import type { ResponseEnd } from "../../model/dialect/respond.ts";
import type {
  CustomToolCallItem,
  FunctionCallItem,
  MessageItem,
  ReasoningItem,
  ResponseItem,
} from "../../protocol/response-items.ts";
import type { ToldFailure } from "./failure.ts";
import type { ResponseObject } from "./response-object.ts";

/** Where the bytes of a stream go. */
export interface EventOut {
  write(text: string): void;
}

type PartKind = "output_text" | "refusal" | "reasoning_text";

/** What text of each kind is told by: the field that holds it, and the names of its events. */
const kinds: Readonly<Record<PartKind, { field: string; event: string; extra: string }>> = {
  output_text: { field: "text", event: "response.output_text", extra: `,"logprobs":[]` },
  refusal: { field: "refusal", event: "response.refusal", extra: "" },
  reasoning_text: { field: "text", event: "response.reasoning_text", extra: "" },
};

interface OpenPart {
  kind: PartKind;
  /** Of its pieces: all before the text. */
  head: string;
  begun: boolean;
}

/** Writes a response as the events of the Responses API, all of a kind that its clients know. */
export class EventStream implements ItemSink {
  readonly #out: EventOut;
  readonly #object: ResponseObject;
  readonly #parts = new Map<number, OpenPart>();
  readonly #output: ResponseItem[] = [];
  #sequence = 0;

  constructor(out: EventOut, object: ResponseObject) {
    this.#out = out;
    this.#object = object;
  }

  open(): void {
    const response = this.#object.json({ status: "in_progress", output: [] });
    this.#event("response.created", `"response":${response}`);
    this.#event("response.in_progress", `"response":${response}`);
  }

  started(item: ResponseItem, index: number): void {
    this.#event("response.output_item.added", `"output_index":${index},"item":${JSON.stringify(begun(item))}`);
    const kind = kindOf(item);
    if (kind === null) return;
    const { event } = kinds[kind];
    const head = `event: ${event}.delta\ndata: {"type":"${event}.delta","item_id":${JSON.stringify(item.id ?? "")},"output_index":${index},"content_index":0,"delta":`;
    this.#parts.set(index, { kind, head, begun: false });
  }

  textDelta(itemId: string, index: number, delta: string): void {
    const part = this.#parts.get(index);
    if (part === undefined) return;
    if (!part.begun) this.#begin(part, itemId, index);
    this.#out.write(
      `${part.head}${JSON.stringify(delta)}${kinds[part.kind].extra},"sequence_number":${this.#sequence++}}\n\n`,
    );
  }

  reasoningDelta(itemId: string, index: number, delta: string): void {
    this.textDelta(itemId, index, delta);
  }

  done(item: ResponseItem, index: number): void {
    const json = JSON.stringify(item);
    this.#output.push(item);
    const place = `"item_id":${JSON.stringify(item.id ?? "")},"output_index":${index}`;
    const part = this.#parts.get(index);
    this.#parts.delete(index);
    if (part !== undefined) this.#endPart(part, item as MessageItem | ReasoningItem, index, place);
    else if (item.type === "function_call") {
      const call = item as FunctionCallItem;
      const text = JSON.stringify(call.arguments);
      this.#event("response.function_call_arguments.delta", `${place},"delta":${text}`);
      this.#event(
        "response.function_call_arguments.done",
        `${place},"name":${JSON.stringify(call.name)},"arguments":${text}`,
      );
    } else if (item.type === "custom_tool_call") {
      const text = JSON.stringify((item as CustomToolCallItem).input);
      this.#event("response.custom_tool_call_input.delta", `${place},"delta":${text}`);
      this.#event("response.custom_tool_call_input.done", `${place},"input":${text}`);
    } else if (item.type === "web_search_call") {
      for (const state of ["in_progress", "searching", "completed"])
        this.#event(`response.web_search_call.${state}`, place);
    }
    this.#event("response.output_item.done", `"output_index":${index},"item":${json}`);
  }

  /** For whoever reads along; the call's id says it to programs. */
  repaired({ kind, tool, callId }: Repair): void {
    this.#out.write(`: the call ${oneLine(callId)} of ${oneLine(tool)} was repaired (${kind})\n\n`);
  }

  /** @returns the response as it ended */
  end(end: ResponseEnd, told: ToldFailure | null): string {
    const output = this.#output;
    const { usage, requests } = end;
    const reason = end.type === "incomplete" ? end.reason : null;
    const json = this.#object.json({ status: end.type, output, usage, requests, error: told, reason });
    this.#event(`response.${end.type}`, `"response":${json}`);
    return json;
  }

  #begin(part: OpenPart, itemId: string, index: number): void {
    part.begun = true;
    this.#event(
      "response.content_part.added",
      `"item_id":${JSON.stringify(itemId)},"output_index":${index},"content_index":0,"part":${partJson(part.kind, "")}`,
    );
  }

  #endPart(part: OpenPart, item: MessageItem | ReasoningItem, index: number, place: string): void {
    const [content] = item.content ?? [];
    // An item that came to nothing ends without parts, unless one has been told of.
    if (content === undefined && !part.begun) return;
    if (!part.begun) this.#begin(part, item.id ?? "", index);
    const { field, event, extra } = kinds[part.kind];
    const text = ((content as Record<string, unknown> | undefined)?.[field] as string | undefined) ?? "";
    this.#event(`${event}.done`, `${place},"content_index":0,"${field}":${JSON.stringify(text)}${extra}`);
    this.#event("response.content_part.done", `${place},"content_index":0,"part":${partJson(part.kind, text)}`);
  }

  #event(type: string, fields: string): void {
    this.#out.write(`event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++},${fields}}\n\n`);
  }
}

const partJson = (kind: PartKind, text: string): string => {
  const extra = kind === "output_text" ? `,"annotations":[],"logprobs":[]` : "";
  return `{"type":"${kind}","${kinds[kind].field}":${JSON.stringify(text)}${extra}}`;
};

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

function kindOf(item: ResponseItem): PartKind | null {
  if (item.type === "reasoning") return "reasoning_text";
  if (item.type !== "message") return null;
  return (item as MessageItem).content[0]?.type === "refusal" ? "refusal" : "output_text";
}

/** An item as it stands when it begins: without what is told of in pieces. */
function begun(item: ResponseItem): unknown {
  switch (item.type) {
    case "message":
      return { ...item, content: [] };
    case "reasoning":
      return { ...item, status: "in_progress" };
    case "function_call":
      return { ...item, status: "in_progress", arguments: "" };
    case "custom_tool_call":
      return { ...item, status: "in_progress", input: "" };
    case "tool_search_call":
    case "web_search_call":
      return { ...item, status: "in_progress" };
    default:
      return item;
  }
}
