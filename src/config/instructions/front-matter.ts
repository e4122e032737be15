/** The block between two `---` lines at the top of a Markdown file: `key: value` lines of the simple kinds of YAML. */
export type FrontMatter = ReadonlyMap<string, string>;

/** Null when the text does not start with a block that ends. CRLF and a byte order mark are accepted. */
export function parseFrontMatter(text: string): FrontMatter | null {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  if (lines[0]?.trimEnd() !== "---") return null;
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === "---");
  return end === -1 ? null : parseLines(lines.slice(1, end));
}

function parseLines(lines: readonly string[]): FrontMatter {
  const values = new Map<string, string>();
  for (let index = 0; index < lines.length; index++) {
    const pair = /^([A-Za-z0-9_-]+)[ \t]*:(?:[ \t]+(.*))?$/.exec(lines[index]!);
    if (pair === null) continue;
    // Indented lines belong to the key above: a block scalar, a wrapped value, or a map that nobody here asks for.
    const block: string[] = [];
    while (index + 1 < lines.length && /^(?:[ \t]|$)/.test(lines[index + 1]!)) block.push(lines[++index]!);
    values.set(pair[1]!, scalarValue((pair[2] ?? "").trim(), block));
  }
  return values;
}

function scalarValue(first: string, block: readonly string[]): string {
  const indicator = /^([|>])[+-]?\d*[+-]?(?:\s+#.*)?$/.exec(first);
  if (indicator !== null) return blockScalar(block, indicator[1] === ">");
  const text = [first, ...block.map((line) => line.trim())].join(" ").trim();
  if (text.startsWith('"')) return doubleQuoted(text);
  if (text.startsWith("'")) return /^'((?:[^']|'')*)'/.exec(text)?.[1]?.replaceAll("''", "'") ?? text;
  // A comment after a plain value.
  return text.replace(/(?:^|\s)#.*$/, "").trim();
}

function doubleQuoted(text: string): string {
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0];
  if (quoted === undefined) return text;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}

function blockScalar(block: readonly string[], folded: boolean): string {
  const indent = Math.min(
    ...block.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length),
  );
  const text = block
    .map((line) => line.slice(indent))
    .join("\n")
    .trim();
  return folded ? text.replace(/([^\n])\n(?=[^\n])/g, "$1 ") : text;
}
