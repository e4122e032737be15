/** What there is to read in a message of which only the rough shape is known. */
const preferred = ["message", "text", "delta", "error", "content"];
const deepest = 6;

/** The first text that is not empty, trimmed; of an array all, a line each. Null when there is none. */
export function textIn(value: unknown, depth = 0): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value.trim();
  if (typeof value !== "object" || value === null || depth >= deepest) return null;
  if (Array.isArray(value)) {
    const texts = value.map((each) => textIn(each, depth + 1)).filter((each) => each !== null);
    return texts.length === 0 ? null : texts.join("\n");
  }
  const record = value as Record<string, unknown>;
  for (const key of preferred) {
    const found = textIn(record[key], depth + 1);
    if (found !== null) return found;
  }
  for (const [key, each] of Object.entries(record)) {
    if (preferred.includes(key) || typeof each !== "object") continue;
    const found = textIn(each, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

/** `+added -removed`, the headers of files not counted. */
export function diffCounts(diff: string): string {
  let [added, removed, left, right] = [0, 0, 0, 0];
  for (const line of diff.split("\n")) {
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) [left, right] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    else if (left + right > 0) {
      // Inside of a hunk nothing is a header, whatever it begins with.
      if (line.startsWith("+")) [added, right] = [added + 1, right - 1];
      else if (line.startsWith("-")) [removed, left] = [removed + 1, left - 1];
      else if (!line.startsWith("\\")) [left, right] = [left - 1, right - 1];
    } else if (/^\+(?!\+\+ )/.test(line)) added++;
    else if (/^-(?!-- )/.test(line)) removed++;
  }
  return `+${added} -${removed}`;
}
