/** The part of YAML that sidecars of skills are written in: maps and lists by indentation, and scalars on one line. */

export type YamlValue = string | YamlValue[] | { [key: string]: YamlValue };

interface Line {
  indent: number;
  text: string;
}

/** Lines that are no such YAML are passed over: a sidecar is decoration. */
export function parseSimpleYaml(text: string): { [key: string]: YamlValue } {
  const lines = text.split(/\r?\n/).flatMap((line): Line[] => {
    const content = line.trimStart();
    return content === "" || content.startsWith("#") || content.startsWith("---")
      ? []
      : [{ indent: line.length - content.length, text: content.trimEnd() }];
  });
  return mapOf(lines);
}

function mapOf(lines: readonly Line[]): { [key: string]: YamlValue } {
  const map: { [key: string]: YamlValue } = Object.create(null) as { [key: string]: YamlValue };
  const level = lines[0]?.indent ?? 0;
  for (let index = 0; index < lines.length; index++) {
    const { indent, text } = lines[index]!;
    const pair = indent === level ? /^([\w-]+)\s*:(?:\s+(.*))?$/.exec(text) : null;
    if (pair === null) continue;
    const inner = innerLines(lines, index, level);
    const scalar = (pair[2] ?? "").replace(/^#.*$/, "");
    map[pair[1]!] = scalar === "" ? blockOf(inner) : scalarOf(scalar);
    index += inner.length;
  }
  return map;
}

/** A list may stand as far to the left as its key. */
function innerLines(lines: readonly Line[], index: number, level: number): Line[] {
  const inner: Line[] = [];
  for (const line of lines.slice(index + 1)) {
    if (line.indent < level || (line.indent === level && !line.text.startsWith("- "))) break;
    inner.push(line);
  }
  return inner;
}

function blockOf(lines: readonly Line[]): YamlValue {
  const [first] = lines;
  if (first === undefined) return "";
  if (!first.text.startsWith("- ")) return mapOf(lines);
  const items: Line[][] = [];
  for (const line of lines) {
    if (line.indent === first.indent && line.text.startsWith("- "))
      items.push([{ indent: line.indent + 2, text: line.text.slice(2).trimStart() }]);
    else items.at(-1)!.push(line);
  }
  return items.map((item) => (/^[\w-]+\s*:(\s|$)/.test(item[0]!.text) ? mapOf(item) : scalarOf(item[0]!.text)));
}

function scalarOf(text: string): string {
  const double = /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0];
  if (double !== undefined) {
    try {
      return JSON.parse(double) as string;
    } catch {
      return double.slice(1, -1);
    }
  }
  const single = /^'((?:[^']|'')*)'/.exec(text)?.[1];
  return single === undefined ? text.replace(/\s+#.*$/, "") : single.replaceAll("''", "'");
}
