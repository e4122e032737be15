/** What Codex says of them to whoever cannot be asked. */
export const forcedRemovalReason = "rm -f style commands are not permitted. Use a safer approach";

const keywords = new Set(["if", "then", "elif", "else", "do", "while", "until", "!", "{", "("]);

/**
 * Whether a command forces the removal of files (`rm -f`), as Codex looks for it: anywhere in a shell line where a command stands,
 * behind `sudo` and `env` too, and in the lines of shells that it calls.
 */
export function forcesRemoval(argv: readonly string[]): boolean {
  const words = [...argv];
  while (words[0] === "sudo" || words[0] === "env") words.shift();
  const [program = "", ...rest] = words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name === "rm") {
    const end = rest.indexOf("--");
    const options = end < 0 ? rest : rest.slice(0, end);
    return options.some((word) => word === "--force" || /^-[^-]*f/.test(word));
  }
  const [flag, line, ...more] = rest;
  const shell = (name === "bash" || name === "sh" || name === "zsh") && (flag === "-c" || flag === "-lc");
  return shell && line !== undefined && more.length === 0 && commandsIn(line).some(forcesRemoval);
}

/** Where the text goes on behind here-documents that begin here. */
function afterDocuments(line: string, from: number, ends: readonly string[]): number {
  let at = from;
  for (const end of ends) {
    for (;;) {
      const stop = line.indexOf("\n", at);
      const text = line.slice(at, stop < 0 ? undefined : stop);
      if (stop < 0) return line.length + 1;
      at = stop + 1;
      if (text.replace(/^\t+/, "") === end) break;
    }
  }
  return at;
}

/** The words of what may be commands of a shell line, as far as they are seen without understanding it. */
function commandsIn(line: string): string[][] {
  if (!/\brm\b/.test(line)) return [];
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  const endWord = (): void => {
    const skipped = words.length === 0 && word !== null && (keywords.has(word) || /^[A-Za-z_]\w*\+?=/.test(word));
    if (word !== null && !skipped) words.push(word);
    word = null;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  /** Ends of here-documents that begin with the next line. */
  const documents: string[] = [];
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    const document = letter === "<" ? /^<<-?[ \t]*(['"]?)([\w.-]+)\1/.exec(line.slice(at, at + 100)) : null;
    if (document !== null) {
      documents.push(document[2]!);
      at += document[0].length - 1;
      continue;
    }
    if (letter === "\n" && documents.length > 0) {
      endCommand();
      at = afterDocuments(line, at + 1, documents.splice(0)) - 1;
      continue;
    }
    if (letter === "'") {
      const end = line.indexOf("'", at + 1);
      word = (word ?? "") + line.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? line.length : end;
    } else if (letter === '"') {
      const end = /^(?:[^"\\]|\\[^])*/.exec(line.slice(at + 1))![0];
      // A substitution in quotes runs commands as well.
      for (const inner of end.matchAll(/\$\(([^()]*)\)|`([^`]*)`/g))
        commands.push(...commandsIn(inner[1] ?? inner[2]!));
      word = (word ?? "") + end;
      at += end.length + 1;
    } else if (letter === "\\") {
      at++;
      if (line[at] !== "\n") word = (word ?? "") + (line[at] ?? "");
    } else if (letter === "#" && word === null) {
      const end = line.indexOf("\n", at);
      at = end < 0 ? line.length : end - 1;
    } else if (letter === " " || letter === "\t") {
      endWord();
    } else if (";&|()`\n".includes(letter)) {
      endCommand();
    } else {
      word = (word ?? "") + letter;
    }
  }
  endCommand();
  return commands;
}
