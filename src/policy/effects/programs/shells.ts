import type { Call } from "../call.ts";
import { ShellState } from "../state.ts";

/** Shells that read a line much as bash does. */
export const shellNames = "sh bash dash ksh zsh ash mksh rbash";

/** It looks into values and patterns for more than other shells do. */
export const onlyZsh =
  /\$\{\(|\$\{[^}]*[(:^=~]|(^|\s)=|[*?\])]\(|<->|\*\*\*|\$\w+:\w|~\[|>[>&]*\s*!|\w\[[^\]]*\]\+?=|\b([gs]?aliases|functions|commands|options|dis_\w+|nameddirs)\+?=/;

/** A shell: its line, or its script. What it is told of variables and folders ends with it. */
export function shell(call: Call): void {
  const args = [...call.args];
  let line = false;
  let input = false;
  while (args.length > 0) {
    const { text } = args[0]!;
    if (text === null || !/^[-+]/.test(text)) break;
    args.shift();
    if (text === "--" || text === "-") break;
    if (/^--(login|noprofile|norc|posix|restricted)$/.test(text)) continue;
    if (!/^[-+][a-zA-Z]+$/.test(text) || /[^cleuxnvsmhprao]/.test(text.slice(1))) {
      call.raise("unknown", `is a shell with ${text}, which is not known here`);
      return;
    }
    if (text.startsWith("-") && text.includes("c")) line = true;
    if (text.includes("s")) input = true;
    if (text.includes("o")) {
      const option = args.shift();
      if (option?.text === null || !/^(pipefail|errexit|nounset|noclobber|xtrace)$/.test(option?.text ?? "")) {
        call.raise("unknown", `is a shell with the option ${option?.source ?? "(none)"}, which is not known here`);
      }
    }
  }
  const [first, ...more] = args;
  const zsh = call.name.endsWith("zsh");
  if (line) {
    if (first === undefined) return;
    if (first.text === null || first.pattern !== null) {
      call.raise("unknown", "is a shell with a line that is only known when it runs");
      return;
    }
    // It looks into values and patterns for more than others do.
    if (zsh && onlyZsh.test(first.text)) call.raise("unknown", "uses what only zsh knows");
    const inside = call.state.fork();
    inside.positional = more.slice(1).every(({ text, pattern }) => text !== null && pattern === null)
      ? more.slice(1).map(({ text }) => text!)
      : null;
    call.script(first.text, {}, inside);
    return;
  }
  if (first !== undefined && !input) {
    call.read(first);
    call.raise("unknown", "runs the commands of a file");
    return;
  }
  const given = call.where.input;
  if (typeof given === "object" && given.text !== null) call.script(given.text, { input: "none" }, call.state.fork());
  else call.raise("unknown", "is a shell that runs what it reads");
}

/** `su`: a shell of another user. */
export function su(call: Call): void {
  const at = call.args.findIndex(({ text }) => text === "-c" || text === "--command");
  call.raise("unknown", "runs with the rights of another user");
  const line = at === -1 ? undefined : call.args[at + 1];
  if (line !== undefined && line.text !== null) call.script(line.text, {}, new ShellState(call.line.place));
}
