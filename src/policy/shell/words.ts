import type { ShellNode } from "../../system/ports.ts";
import { decodeAnsi, decodeDouble } from "./escapes.ts";
import { Unreadable, type Piece, type Statement, type Word } from "./syntax.ts";

/** How the reader of words reads what stands in a substitution. */
export interface Inner {
  readonly text: string;
  statements(node: ShellNode): Statement;
}

const literals = new Set([
  "word",
  "number",
  "string",
  "raw_string",
  "translated_string",
  "ansi_c_string",
  "concatenation",
  "simple_expansion",
  "expansion",
  "command_substitution",
  "process_substitution",
  "arithmetic_expansion",
  "brace_expression",
  "variable_name",
  "extglob_pattern",
  "regex",
  "$",
  "test_operator",
]);

export const isLiteral = (node: ShellNode): boolean => literals.has(node.type);

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function readWord(node: ShellNode, inner: Inner): Word {
  const pieces: Piece[] = [];
  collect(node, inner, pieces);
  return { pieces, source: inner.text.slice(node.start, node.end) };
}

function collect(node: ShellNode, inner: Inner, pieces: Piece[]): void {
  const source = inner.text.slice(node.start, node.end);
  switch (node.type) {
    case "concatenation":
      for (let at = node.start, index = 0; index < node.children.length; index++) {
        const child = node.children[index]!;
        // The grammar joins parts over a continued line, which a shell does too, and over nothing else.
        if (child.start !== at && inner.text.slice(at, child.start) !== "\\\n") {
          throw new Unreadable("a word has a gap in it");
        }
        collect(child, inner, pieces);
        at = child.end;
      }
      return;
    case "raw_string":
      pieces.push({ kind: "text", text: source.slice(1, -1), quoted: true });
      return;
    case "ansi_c_string":
      pieces.push({ kind: "text", text: decodeAnsi(source.slice(2, -1)), quoted: true });
      return;
    case "translated_string":
      throw new Unreadable('what $"..." stands for depends on the language');
    case "string":
      between(node.start + 1, node.end - 1, node.children, inner, pieces, '$`"\\');
      // Two quotes with nothing in them are a word all the same.
      pieces.push({ kind: "text", text: "", quoted: true });
      return;
    case "brace_expression":
    case "number":
    case "word":
    case "variable_name":
    case "test_operator":
    case "extglob_pattern":
    case "regex":
    case "$":
      if (node.children.some((child) => isLiteral(child) && child.type !== "number")) {
        throw new Unreadable("a number holds an expansion");
      }
      plainText(source, pieces, node.type === "extglob_pattern" || node.type === "regex");
      return;
    default:
      expansion(node, inner, pieces, false);
  }
}

/** Text without quotes: a backslash makes the next letter mean itself. */
function plainText(source: string, pieces: Piece[], pattern: boolean): void {
  let plain = "";
  const flush = (): void => {
    if (plain !== "") pieces.push({ kind: "text", text: plain, quoted: false });
    plain = "";
  };
  for (let at = 0; at < source.length; at++) {
    const letter = source[at]!;
    if (letter === "\\") {
      const next = source[++at];
      if (next === "\n") continue;
      if (next === undefined) throw new Unreadable("a backslash stands at the end");
      flush();
      pieces.push({ kind: "text", text: next, quoted: true });
      continue;
    }
    // What the grammar took for a part of a word, and a shell would not.
    if (letter === "`" || (!pattern && /[\s'";&|<>()]/.test(letter)))
      throw new Unreadable(`${JSON.stringify(letter)} stands within a word`);
    if (letter === "$" && /[A-Za-z0-9_({[@*#?$!'"-]/.test(source[at + 1] ?? "")) {
      throw new Unreadable("a $ stands within a word");
    }
    plain += letter;
  }
  flush();
}

/** The inside of double quotes or of a here-document: text, and expansions in it. */
export function between(
  start: number,
  end: number,
  children: readonly ShellNode[],
  inner: Inner,
  pieces: Piece[],
  specials: string,
): void {
  let at = start;
  const textTo = (to: number): void => {
    const raw = inner.text.slice(at, to);
    if (raw === "") return;
    const bare = raw.replace(/\\[\s\S]/g, "\\_");
    const quote = specials.includes('"') && bare.includes('"');
    if (quote || /`|\$[A-Za-z0-9_({[@*#?$!-]/.test(bare))
      throw new Unreadable("an expansion within quotes is not seen as one");
    pieces.push({ kind: "text", text: decodeDouble(raw, specials), quoted: true });
  };
  for (const child of children) {
    if (child.start < at || child.end > end) continue;
    if (!/expansion|substitution/.test(child.type)) continue;
    // The grammar counts blanks before an expansion to it.
    const from = child.start + (/^\s*/.exec(inner.text.slice(child.start, child.end))?.[0].length ?? 0);
    textTo(from);
    expansion({ ...child, start: from }, inner, pieces, true);
    at = child.end;
  }
  textTo(end);
}

function expansion(node: ShellNode, inner: Inner, pieces: Piece[], quoted: boolean): void {
  const source = inner.text.slice(node.start, node.end);
  switch (node.type) {
    case "simple_expansion":
      pieces.push({ kind: "variable", name: source.slice(1), quoted });
      return;
    case "command_substitution":
      if (!/^(\$\(|`)/.test(source)) throw new Unreadable("a substitution has an unknown form");
      // Within backticks a backslash means something before anything else is read.
      if (source.startsWith("`") && source.includes("\\")) throw new Unreadable("backticks hold a backslash");
      pieces.push(computed(quoted, { runs: [inner.statements(node)] }));
      return;
    case "process_substitution":
      pieces.push({ kind: "process", body: inner.statements(node) });
      return;
    case "arithmetic_expansion": {
      const text = source.startsWith("$((") ? source.slice(3, -2) : source.slice(2, -1);
      pieces.push(computed(quoted, { numeric: true, arithmetic: text, runs: runsIn(node, inner) }));
      return;
    }
    case "expansion":
      parameter(source.slice(2, -1), node, inner, pieces, quoted);
      return;
    default:
      throw new Unreadable(`${node.type.replaceAll("_", " ")} is not understood here`);
  }
}

function computed(quoted: boolean, more: Partial<Extract<Piece, { kind: "computed" }>>): Piece {
  return { kind: "computed", quoted, numeric: false, runs: [], arithmetic: null, sets: [], danger: null, ...more };
}

/** `${...}`, given what is between the braces. */
function parameter(body: string, node: ShellNode, inner: Inner, pieces: Piece[], quoted: boolean): void {
  if (identifier.test(body) || /^[0-9@*#?$!-]$/.test(body) || /^[0-9]+$/.test(body)) {
    pieces.push({ kind: "variable", name: body, quoted });
    return;
  }
  const runs = runsIn(node, inner);
  if (/^#([A-Za-z_]\w*(\[[@*]\])?|[@*])$/.test(body)) {
    pieces.push(computed(quoted, { numeric: true, runs }));
    return;
  }
  const [, name, operator] =
    /^([A-Za-z_]\w*|[0-9@*#?$!-])(?:\[(?:[@*]|[0-9]+)\])?(:[-+=?]|[-+=?]|##?|%%?|\/\/?|\^\^?|,,?|$)/.exec(body) ?? [];
  if (name === undefined) {
    // Indirection and `@P` look a second time at what a variable holds, and places are calculated.
    pieces.push(computed(quoted, { runs, danger: `\${${body}} may evaluate what a variable holds` }));
    return;
  }
  const sets = operator === "=" || operator === ":=" ? [name] : [];
  pieces.push(computed(quoted, { runs, sets }));
}

/** What the expansions within a node run, at any depth. */
export function runsIn(node: ShellNode, inner: Inner): Statement[] {
  const runs: Statement[] = [];
  const visit = (child: ShellNode): void => {
    const source = inner.text.slice(child.start, child.end).trimStart();
    if (child.type === "command_substitution" || child.type === "process_substitution") {
      if (source.startsWith("`") && source.includes("\\")) throw new Unreadable("backticks hold a backslash");
      runs.push(inner.statements(child));
      return;
    }
    if (child.type === "expansion" || child.type === "arithmetic_expansion" || child.type === "simple_expansion") {
      const pieces: Piece[] = [];
      expansion(child, inner, pieces, true);
      runs.push(wordStatement({ pieces, source }));
      return;
    }
    // What the grammar does not see in such a place, it cannot name. Single quotes, too: within double ones they quote nothing.
    if (child.children.length === 0 && child.type !== source && /`|\$[A-Za-z0-9_({[@*#?$!-]/.test(source)) {
      throw new Unreadable("an expansion is not seen as one");
    }
    for (const each of child.children) visit(each);
  };
  for (const child of node.children) visit(child);
  return runs;
}

/** A word that is expanded and then used for nothing that runs. */
function wordStatement(word: Word): Statement {
  return { kind: "test", splits: false, words: [word], arithmetic: [], calculated: [] };
}
