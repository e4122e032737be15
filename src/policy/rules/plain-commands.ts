import { systemShell } from "../../protocol/system-shell.ts";

/** What a shell does with these outside of quotes is not looked into. */
const special = new Set("$`\\*?[]{}()<>&#~^\r");

/** A word with only this in front of a command is a variable for it. */
const assignment = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;

/** Words that make a line more than a list of commands. */
const keywords = new Set(
  "case coproc do done elif else esac fi for function if in select then time until while".split(" "),
);

/**
 * The words of each command of a shell line, where the line is nothing but words and quotes, joined by `&&`, `||`, `|`, `;`
 * and ends of lines. Null for any other: whoever does not know what a line runs must not judge it.
 */
export function plainCommands(line: string): string[][] | null {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  /** A command has to follow. */
  let open = false;
  /** The program's name stands in quotes, at least in part. */
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (letter === "'" || letter === '"') {
      const end = closingQuote(line, at);
      if (end === null) return null;
      quoted ||= words.length === 0;
      word = (word ?? "") + end.text;
      at = end.at;
      continue;
    }
    const separator = separatorAt(line, at);
    const continued = letter === "\\" && line[at + 1] === "\n";
    if (separator === 0 && letter !== " " && letter !== "\t" && !continued) {
      const bare = word === null && (letter === "=" || letter === "!");
      if (special.has(letter) || bare) return null;
      word = (word ?? "") + letter;
      continue;
    }
    if (word !== null) words.push(word);
    word = null;
    if (continued) at++;
    if (separator === 0) continue;
    // Lines may be empty, and the second half of a pipe may stand on the next one.
    if (words.length === 0 && letter === "\n") continue;
    if (words.length === 0) return null;
    commands.push(words);
    words = [];
    open = letter !== ";" && letter !== "\n";
    at += separator - 1;
  }
  if (word !== null) words.push(word);
  if (words.length > 0) commands.push(words);
  else if (open) return null;
  const plain =
    !quoted &&
    commands.length > 0 &&
    commands.every(([first = ""]) => first !== "" && !keywords.has(first) && !assignment.test(first));
  return plain ? commands : null;
}

/** Letters of the separator that stands here; 0 where none does. */
function separatorAt(line: string, at: number): number {
  if (line.startsWith("&&", at) || line.startsWith("||", at)) return 2;
  return line[at] === ";" || line[at] === "|" || line[at] === "\n" ? 1 : 0;
}

/** What stands in quotes, where the shell takes it as it is. */
function closingQuote(line: string, from: number): { at: number; text: string } | null {
  const quote = line[from]!;
  let text = "";
  for (let at = from + 1; at < line.length; at++) {
    const letter = line[at]!;
    if (letter === quote) return { at, text };
    if (quote === '"' && (letter === "$" || letter === "`" || letter === "\\")) return null;
    text += letter;
  }
  return null;
}

/** The commands that an argument list runs: those of the line when it is a shell with one, else itself. */
export function commandsOf(argv: readonly string[]): string[][] | null {
  const [program = "", flag, line, ...rest] = argv;
  if (!systemShell.test(program)) return argv.length > 0 ? [[...argv]] : null;
  const oneLine = line !== undefined && rest.length === 0 && (flag === "-c" || flag === "-lc");
  return oneLine ? plainCommands(line) : null;
}
