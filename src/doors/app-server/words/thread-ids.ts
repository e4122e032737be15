import { refused, RequestError } from "../request-error.ts";

/** Codex's code for a value that means nothing. */
const invalidParams = -32602;

export const invalid = (message: string): RequestError => new RequestError(invalidParams, message);

/** What Codex says of an id that is none; null for one that could be. */
export function faultOfId(id: string): string | null {
  const bare = id.replace(/^urn:uuid:/, "");
  if (/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(bare) || /^[0-9a-fA-F]{32}$/.test(bare)) return null;
  const at = id.search(/[^0-9a-fA-F-]/);
  if (at >= 0) {
    const found = String.fromCodePoint(id.codePointAt(at) ?? 0);
    return `invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`${found}\` at ${at + 1}`;
  }
  return `invalid length: expected length 32 for simple format, found ${bare.replaceAll("-", "").length}`;
}

/** @throws RequestError for an id that could be no thread's. */
export function assertThreadId(id: string, word: "thread" | "session" = "thread"): void {
  const fault = faultOfId(id);
  if (fault !== null) throw refused(`invalid ${word} id: ${fault}`);
}

/** The same in the code of a value that means nothing. */
export function assertIdParam(id: string): void {
  const fault = faultOfId(id);
  if (fault !== null) throw invalid(`invalid thread id: ${fault}`);
}
