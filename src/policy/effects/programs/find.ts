import { argument, unknownArgument, type Argument } from "../../shell/expand.ts";
import type { Call } from "../call.ts";

/** Tests and actions that only look, by how many words follow them. */
const looks: ReadonlyMap<string, number> = new Map([
  ...words(
    0,
    "-print -print0 -ls -prune -quit -empty -true -false -not -and -or -a -o -depth -d -daystart -follow -mount -xdev -noleaf -nouser -nogroup -readable -writable -executable -ignore_readdir_race -noignore_readdir_race -nowarn -warn ! ( ) , -help -version",
  ),
  ...words(
    1,
    "-name -iname -path -ipath -wholename -iwholename -lname -ilname -regex -iregex -regextype -type -xtype -maxdepth -mindepth -size -mtime -atime -ctime -mmin -amin -cmin -perm -user -group -uid -gid -links -inum -fstype -used -context -printf -newer -anewer -cnewer -newermt -newerat -newerct -samefile",
  ),
]);

function words(count: number, names: string): [string, number][] {
  return names.split(" ").map((name) => [name, count]);
}

export function find(call: Call): void {
  const { args } = call;
  let at = 0;
  while (/^-([HLP]|O\d)$/.test(args[at]?.text ?? "")) at++;
  const roots: Argument[] = [];
  for (; at < args.length; at++) {
    const { text, prefix, many, pattern } = args[at]!;
    if (text === null ? many || prefix === "" : pattern !== null && /^[*?[]/.test(pattern)) {
      call.raise("unknown", `gets ${args[at]!.source}, which may stand for options`);
    }
    if (/^(-|\(|!|,)/.test(text ?? prefix)) break;
    roots.push(args[at]!);
  }
  if (roots.length === 0) roots.push(argument("."));
  for (const root of roots) call.read(root);
  while (at < args.length) {
    const { text, source } = args[at]!;
    const count = text === null ? undefined : looks.get(text);
    if (count !== undefined) {
      const value = args[at + 1];
      if (count === 1 && value !== undefined) {
        // Words that may be none or several move what follows.
        if (value.many || (value.pattern !== null && mayMatch(call, value)))
          call.raise("unknown", `gets ${value.source}, which may stand for several words`);
        if (/^-(samefile|newer.*|anewer|cnewer)$/.test(text!) && !/^-newer[abcm]t$/.test(text!)) call.read(value);
      }
      at += 1 + count;
      continue;
    }
    if (text === "-delete") {
      for (const root of roots) call.write(root);
      call.raise("destructive", "deletes all that it finds");
      at++;
    } else if (text !== null && /^-(exec|execdir|ok|okdir)$/.test(text))
      at = runEach(call, at, roots, text.endsWith("dir"));
    else if (text !== null && /^-(fprint0?|fls)$/.test(text)) {
      if (args[at + 1] !== undefined) call.write(args[at + 1]!);
      at += 2;
    } else if (text === "-fprintf") {
      if (args[at + 1] !== undefined) call.write(args[at + 1]!);
      at += 3;
    } else {
      call.raise("unknown", `has an option that is not known here: ${source}`);
      at++;
    }
  }
}

function mayMatch(call: Call, { pattern }: Argument): boolean {
  const { cwds } = call.state;
  return cwds === null || cwds.some((cwd) => (call.line.view.matches(pattern!, cwd) ?? [""]).length > 0);
}

/** Judges what runs for each file that is found; where its words end. */
function runEach(call: Call, from: number, roots: readonly Argument[], elsewhere: boolean): number {
  const { args } = call;
  let end = from + 1;
  while (end < args.length && args[end]!.text !== ";" && !(args[end]!.text === "+" && args[end - 1]!.text === "{}"))
    end++;
  const inner = args.slice(from + 1, end).map((word) => {
    if (word.text?.includes("{}") !== true) return word;
    // What is found begins with the root that it is found in, or with ./ where it is run in its folder.
    const root = elsewhere ? "./" : roots.length === 1 && roots[0]!.pattern === null ? (roots[0]!.text ?? "") : "";
    return { ...unknownArgument(word.source, false), prefix: word.text.slice(0, word.text.indexOf("{}")) + root };
  });
  const inside = call.state.fork();
  if (elsewhere) inside.move(null, []);
  if (inner.length > 0) call.run(inner, { input: "none", standing: [...call.where.standing, "conditional"] }, inside);
  return end + 1;
}
