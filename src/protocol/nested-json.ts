/**
 * Levels that JSON of a model or of a server may nest: as many as Codex reads. JSON of some thousand levels can be read here, and neither
 * copied nor written again.
 */
export const maxLevels = 127;

/** @throws SyntaxError for what is no JSON, or nests deeper than it may. */
export function parseNested(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Shorter texts have no room for the brackets.
  if (text.length > 2 * maxLevels && nestsTooDeep(value)) throw new SyntaxError(tooDeepAt(text));
  return value;
}

export function nestsTooDeep(value: unknown, levels = maxLevels): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((part) => nestsTooDeep(part, levels - 1));
  for (const name in value) if (nestsTooDeep((value as Record<string, unknown>)[name], levels - 1)) return true;
  return false;
}

/** In the words of Codex's parser. */
function tooDeepAt(text: string): string {
  let levels = 0;
  let at = 0;
  for (let inText = false; at < text.length && levels <= maxLevels; at++) {
    const character = text[at];
    if (character === '"') inText = !inText;
    else if (inText) at += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") levels++;
    else if (character === "]" || character === "}") levels--;
  }
  const lines = text.slice(0, at).split("\n");
  return `recursion limit exceeded at line ${lines.length} column ${lines.at(-1)!.length}`;
}
