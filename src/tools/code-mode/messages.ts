/** What a cell's process says. */
export type CellMessage =
  | { type: "ready" }
  | { type: "text"; text: string }
  | { type: "image"; url: string }
  | { type: "audio" }
  | { type: "notify"; text: string }
  | { type: "yield" }
  | { type: "call"; id: number; name: string; input: string }
  | { type: "store"; key: string; json: string }
  | { type: "end"; error: string | null };

const isText = (value: unknown): value is string => typeof value === "string";

/** A line of a cell's process; null when it is none of ours. Nothing in it is to be trusted. */
export function readMessage(line: string): CellMessage | null {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(fields)) return null;
  const [kind, first, second, third] = fields as unknown[];
  switch (kind) {
    case "ready":
    case "yield":
    case "audio":
      return { type: kind };
    case "text":
    case "notify":
      return isText(first) ? { type: kind, text: first } : null;
    case "image":
      return isText(first) ? { type: "image", url: first } : null;
    case "call":
      return Number.isSafeInteger(first) && isText(second) && isText(third)
        ? { type: "call", id: first as number, name: second, input: third }
        : null;
    case "store":
      return isText(first) && isText(second) ? { type: "store", key: first, json: second } : null;
    case "end":
      return isText(first) || first === null ? { type: "end", error: first } : null;
    default:
      return null;
  }
}
