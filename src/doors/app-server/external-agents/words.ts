import type { AgentName } from "./scope.ts";

/** How texts name the other agent; a name in a path or an address stays, for what it leads to has not moved. */
const names: Readonly<Record<AgentName, RegExp>> = {
  claude: /(?<![\w./@-])(?:claude[ _-]?code|claude)(?![\w/@-]|\.\w)/gi,
  cursor: /(?<![\w./@-])Cursor(?: (?:Agent|CLI))(?![\w/@-]|\.\w)/g,
};

/** A text for the other agent as one for us: it is spoken to by our name, and told of our files. */
export function forUs(text: string, agent: AgentName): string {
  return text
    .replaceAll(/(?<![\w/-])CLAUDE\.md\b/gi, "AGENTS.md")
    .replaceAll(/(?<![\w/-])\.cursorrules\b/g, "AGENTS.md")
    .replaceAll(names[agent], "Codex");
}

/** A Markdown file with settings above its text: lines `key: value`, and nothing deeper. */
export function frontMatter(text: string): { readonly fields: ReadonlyMap<string, string>; readonly body: string } {
  const found = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?:\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text);
  if (found === null) return { fields: new Map(), body: text };
  const fields = new Map<string, string>();
  for (const line of found[1]!.split(/\r?\n/)) {
    const field = /^([\w-]+):\s*(.*?)\s*$/.exec(line);
    if (field !== null) fields.set(field[1]!, unquoted(field[2]!));
  }
  return { fields, body: text.slice(found[0].length) };
}

function unquoted(value: string): string {
  if (/^".*"$/.test(value)) {
    try {
      return String(JSON.parse(value));
    } catch {
      return value.slice(1, -1);
    }
  }
  return /^'.*'$/.test(value) ? value.slice(1, -1).replaceAll("''", "'") : value;
}
