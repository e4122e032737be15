import type { ResponseItem } from "../../../protocol/response-items.ts";

/** A request in the Responses API's words. */
export type RequestFields = Readonly<Record<string, unknown>> & { readonly input: readonly ResponseItem[] };

/** What a server has of a conversation at the end of a response. */
export interface Standing {
  readonly responseId: string;
  /** All but the input, as JSON. */
  readonly frame: string;
  /** Each item of the request and of the response, as JSON without its id. */
  readonly items: readonly string[];
}

/** What may differ between requests that go on from each other. */
const passing = new Set(["input", "client_metadata"]);

const frameOf = (fields: RequestFields): string =>
  JSON.stringify(Object.entries(fields).filter(([name]) => !passing.has(name)));

/** Of items that were looked at before: of a long history all but the last few. */
const texts = new WeakMap<ResponseItem, string>();

/** An item is known by what is in it: ids are given to it here where the server gave none. */
function known(item: ResponseItem): string {
  let text = texts.get(item);
  if (text === undefined) {
    const { id: _id, status: _status, ...rest } = item as ResponseItem & { status?: unknown };
    texts.set(item, (text = JSON.stringify(rest)));
  }
  return text;
}

export function standingAfter(
  fields: RequestFields,
  output: readonly ResponseItem[],
  responseId: string,
): Standing | null {
  if (responseId === "") return null;
  return { responseId, frame: frameOf(fields), items: [...fields.input, ...output].map(known) };
}

/** The items that the server does not have yet; null where the request is no continuation of what it has. */
export function newItems(standing: Standing | null, fields: RequestFields): readonly ResponseItem[] | null {
  if (standing === null || standing.frame !== frameOf(fields)) return null;
  const { items } = standing;
  if (fields.input.length < items.length) return null;
  const goesOn = items.every((text, index) => text === known(fields.input[index]!));
  return goesOn ? fields.input.slice(items.length) : null;
}
