/** A command as the server shows it, taken apart as far as that is certain. */
import { systemShell } from "../../../protocol/system-shell.ts";

export interface CommandLine {
  /** As it came. */
  raw: string;
  /** What the shell is given: `touch x` of `/bin/bash -lc 'touch x'`. */
  script: string;
  /** The simple commands of the script; null when it holds anything that cannot be taken apart with certainty. */
  parts: readonly string[] | null;
  /** It is no script, or one for a shell of the system: a file that is called like one may do anything with it. */
  isPlain: boolean;
}

const shellCall = /^((?:\S*\/)?(?:ba|z|da|k)?sh)\s+(-\S*c)\s+([\s\S]+)$/;
const scriptFlag = /^-(?:c|lc|cl)$/;

export function readCommand(raw: string): CommandLine {
  const wrapped = shellCall.exec(raw.trim());
  if (wrapped === null) return { raw, script: raw, parts: simpleCommands(raw), isPlain: true };
  const [, shell, flag, word] = wrapped as unknown as [string, string, string, string];
  const script = unquoted(word) ?? raw;
  const isPlain = systemShell.test(shell) && scriptFlag.test(flag);
  return { raw, script, parts: isPlain ? simpleCommands(script) : null, isPlain };
}

/** One word of a shell without its quotes; null when it is not one word, or needs a shell to be read. */
function unquoted(word: string): string | null {
  let result = "";
  let at = 0;
  while (at < word.length) {
    const letter = word[at]!;
    if (letter === "'") {
      const end = word.indexOf("'", at + 1);
      if (end === -1) return null;
      result += word.slice(at + 1, end);
      at = end + 1;
    } else if (letter === '"') {
      const match = /^"((?:[^"\\$`]|\\[\s\S])*)"/.exec(word.slice(at));
      if (match === null) return null;
      result += joined(match[1]!).replaceAll(/\\([$`"\\])/g, "$1");
      at += match[0].length;
    } else if (letter === "\\") {
      result += joined(word.slice(at, at + 2)).slice(1);
      at += 2;
    } else if (/[\s;&|<>()$`*?[\]{}~#!]/.test(letter)) return null;
    else {
      result += letter;
      at++;
    }
  }
  return result;
}

/** A line that ends in a backslash goes on in the next one, as if there were no break. */
const joined = (text: string): string => text.replaceAll(/\\([\s\S])/g, (pair, next) => (next === "\n" ? "" : pair));

const separators = ["&&", "||", ";", "|", "&", "\n"];
/** Words with which a shell begins something that is no simple command. */
const keywords =
  /^(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|in|function|select|time|coproc|eval|exec|source|\.|!|\{|\}|\[\[)$/;

function simpleCommands(script: string): string[] | null {
  const parts: string[] = [];
  let part = "";
  let at = 0;
  while (at < script.length) {
    const letter = script[at]!;
    const separator = separators.find((each) => script.startsWith(each, at));
    if (separator !== undefined) {
      parts.push(part);
      part = "";
      at += separator.length;
    } else if (letter === "'") {
      const end = script.indexOf("'", at + 1);
      if (end === -1) return null;
      part += script.slice(at, end + 1);
      at = end + 1;
    } else if (letter === '"') {
      const match = /^"(?:[^"\\$`]|\\[\s\S])*"/.exec(script.slice(at));
      if (match === null) return null;
      part += joined(match[0]);
      at += match[0].length;
    } else if (letter === "\\") {
      part += joined(script.slice(at, at + 2));
      at += 2;
    } else if (/[<>()$`{}]/.test(letter) || (letter === "#" && /(?:^|\s)$/.test(part))) return null;
    else {
      part += letter;
      at++;
    }
  }
  const commands = [...parts, part].map((each) => each.trim()).filter((each) => each !== "");
  const isPlain =
    commands.length > 0 && commands.every((each) => !keywords.test(each.split(/\s/)[0]!) && !/^\w+\+?=/.test(each));
  return isPlain ? commands : null;
}

/** The words of a simple command; null when they are not certain. */
export function wordsOf(command: string): string[] | null {
  const words = command.match(/(?:'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^\s'"\\])+/g) ?? [];
  const plain = words.map(unquoted);
  return plain.every((word) => word !== null) ? plain : null;
}
