import { isRecord } from "../events/address.ts";
import { textIn } from "../events/text.ts";

const names = ["deprecated", "feature", "name", "key", "old", "from"];
const successors = ["replacement", "use", "instead", "new", "to", "alternative"];

/** What a notice of deprecation says; out of its fields where it has no text. Null when it says nothing. */
export function deprecationText(params: unknown): string | null {
  if (!isRecord(params)) return null;
  const said = textIn(params["summary"]) ?? textIn(params["message"]);
  if (said !== null) {
    const details = textIn(params["details"]);
    return details === null ? said : `${said} ${details}`;
  }
  const name = firstOf(params, names);
  const successor = firstOf(params, successors);
  if (name === null) return textIn(params["details"]);
  return successor === null ? `${name} is deprecated` : `${name} is deprecated; use ${successor}`;
}

function firstOf(params: Record<string, unknown>, keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = params[key];
    if (typeof value === "string" && value.trim() !== "") return value.trim();
  }
  return null;
}
