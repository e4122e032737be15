import type { ResponseItem } from "../../../protocol/response-items.ts";

/** What a model without eyes is shown of an image. */
export const unseenImage = "[There is an image here that this model cannot see.]";

/** What stands in place of a value that its provider's own models alone can read. */
export const sealedText = "[encrypted text that only its provider's own models can read]";

/** Text that a provider encrypted is in this form; where it did not, the field holds the text itself. */
const encrypted = /^gAAAA[\w-]{20,}=*$/;

/** What a field that may be encrypted says. */
export const readable = (text: string): string => (encrypted.test(text) ? sealedText : text);

const joined = (parts: unknown, separator: string): string =>
  Array.isArray(parts)
    ? parts.map((part) => String((part as { text?: unknown } | null)?.text ?? "")).join(separator)
    : "";

/** What a reasoning item says: what the model thought, else a summary of that, else what older servers put beside both. */
export function reasoningText(item: ResponseItem): string {
  const fields = item as unknown as Record<string, unknown>;
  const content = joined(fields["content"], "");
  if (content !== "") return content;
  const summary = joined(fields["summary"], "\n\n");
  if (summary !== "") return summary;
  for (const name of ["reasoning", "reasoning_content", "text"])
    if (typeof fields[name] === "string") return fields[name];
  return "";
}

/** What was thought itself, to the letter: a signature holds of nothing else. */
export const thoughtText = (item: ResponseItem): string => joined((item as { content?: unknown }).content, "");
