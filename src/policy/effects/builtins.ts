import type { Argument } from "../shell/expand.ts";
import { judgeByTable, mayBeOption, readArguments, touch } from "./arguments.ts";
import type { Call } from "./call.ts";
import { isNumber } from "./state.ts";
import type { Program } from "./program.ts";
import { changesProgram, decides } from "./variables.ts";

type Judge = (call: Call) => void;

const nothing: Judge = () => {};
const isName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);

/** Sets variables by name: a subscript in one would be calculated, and what it holds run. */
function setNames(call: Call, names: readonly Argument[]): void {
  for (const arg of names) {
    if (arg.text === null || !isName(arg.text)) call.raise("unknown", `sets ${arg.source}, which is no plain name`);
    else {
      call.state.forget(arg.text);
      if (decides(arg.text)) call.raise("unknown", `sets ${arg.text}, by which later programs choose what they run`);
    }
  }
}

const readOptions: Program = { options: "-ers -a=t -d=t -i=t -n=t -N=t -p=t -t=t -u=t" };

function read(call: Call): void {
  const { operands, options } = readArguments(call, readOptions, call.args);
  const array = options.get("-a");
  setNames(call, array === undefined || array === null ? operands : [array, ...operands]);
}

function printf(call: Call): void {
  const [first, name] = call.args;
  if (first === undefined) return;
  if (first.pattern !== null && mayBeOption(call, first))
    call.raise("unknown", `gets ${first.source}, which may stand for options`);
  if (first.text === null || first.text.startsWith("-v")) {
    const attached = first.text !== null && first.text.length > 2;
    if (first.text === null && !first.many && first.prefix !== "" && !first.prefix.startsWith("-")) return;
    const target = attached ? { ...first, text: first.text!.slice(2) } : name;
    if (first.text === null || target === undefined)
      call.raise("unknown", `gets ${first.source}, which may stand for options`);
    else setNames(call, [target]);
  }
}

/** `export`, `declare` and the like. */
function declare(call: Call): void {
  const exports = call.name === "export";
  if (call.name === "readonly") call.raise("unknown", "makes names that later parts of the line cannot set");
  for (const arg of call.args) {
    const [, option] = /^[-+]([A-Za-z]*)$/.exec(arg.text ?? "") ?? [];
    if (option !== undefined) {
      // A reference, or a function, is another name for something; -i calculates what it is given.
      if (/[^gpxtT]/.test(option))
        call.raise("unknown", `has ${arg.source}, which makes a name stand for something else`);
      continue;
    }
    const known = arg.text ?? arg.prefix;
    const [, name, value] = /^([A-Za-z_]\w*)(?:\+?=([\s\S]*))?$/.exec(known) ?? [];
    if (name === undefined || (arg.text === null && (value === undefined || arg.many))) {
      call.raise("unknown", `sets ${arg.source}, which is no plain name`);
      continue;
    }
    if (
      exports ? changesProgram(name, arg.text === null ? null : (value ?? null)) && !plainExport(name) : decides(name)
    ) {
      call.raise("unknown", `sets ${name}, by which later programs choose what they run`);
    }
    if (value === undefined) continue;
    const text = arg.text === null || known.includes("+=") ? null : value;
    call.state.set(name, { text, numeric: text !== null && isNumber(text) });
  }
}

/** A name that no program that is known to look at would look at. */
const plainExport = (name: string): boolean => !decides(name);

function unset(call: Call): void {
  for (const arg of call.args) {
    if (arg.text === "-v") continue;
    if (arg.text === null || !isName(arg.text)) call.raise("unknown", `unsets ${arg.source}, which is no plain name`);
    else {
      call.state.forget(arg.text);
      if (decides(arg.text)) call.raise("unknown", `unsets ${arg.text}, by which later programs choose what they run`);
    }
  }
}

function cd(call: Call): void {
  const { state, line } = call;
  const [target, ...more] = call.args.filter(({ text }) => text !== "-P" && text !== "-L" && text !== "--");
  const stood = state.cwds;
  const home = state.home === null ? null : [state.home];
  const paths = target === undefined ? home : target.text === "-" ? null : call.paths(target, "goes to");
  const searches = "CDPATH" in line.place.variables && target?.text !== undefined && !/^[./]/.test(target.text ?? "");
  const real = (paths ?? []).map((path) => line.view.real(path));
  // The shell goes back along the names that it came by, a program along the folders: after a link these are two ways.
  const returns = state.linked && /^\.\.(\/|$)/.test(target?.text ?? "");
  if (more.length > 0 || paths === null || searches || returns || real.includes(null) || real.length > 4) {
    state.move(null, []);
    return;
  }
  state.linked = real.some((path, index) => path !== paths[index]);
  for (const path of real) line.findings.add("reads", path!);
  const there = paths.every((path) => line.view.isDirectory(path));
  if (!there && stood === null) state.move(null, []);
  else state.move(real as string[], there ? [] : (stood ?? []));
}

function set(call: Call): void {
  for (const [index, { text, source }] of call.args.entries()) {
    if (text === "--" || text === null || !/^[-+]/.test(text)) {
      const values = call.args.slice(text === "--" ? index + 1 : index);
      if (text !== "--" && index === 0 && mayBeOption(call, call.args[0]!))
        call.raise("unknown", `gets ${source}, which may stand for options`);
      call.state.positional = values.every((value) => value.text !== null && value.pattern === null)
        ? values.map((value) => value.text!)
        : null;
      return;
    }
    const named = /^[-+][a-z]*o$/.test(text);
    if (!/^[-+][abehmnuvxCEPTo]+$/.test(text)) call.raise("unknown", `has ${source}, which is not known here`);
    // -x shows every command by PS4, which nobody has set without being seen.
    if (named) {
      const name = call.args[index + 1]?.text ?? "";
      if (!/^(pipefail|errexit|nounset|noclobber|xtrace|verbose|errtrace|functrace|noexec|allexport)$/.test(name)) {
        call.raise("unknown", `sets the option ${name}, which is not known here`);
      }
      if (call.args.length > index + 2)
        set(
          new (call.constructor as typeof Call)(
            call.name,
            call.args.slice(index + 2),
            call.at,
            call.state,
            call.where,
            call.line,
          ),
        );
      return;
    }
  }
}

function evaluate(call: Call): void {
  if (call.args.every(({ text, pattern }) => text !== null && pattern === null)) {
    call.script(call.args.map(({ text }) => text!).join(" "));
    return;
  }
  call.raise("unknown", "runs text that is only known when it runs");
  call.state.cloud();
}

function source(call: Call): void {
  const [file] = call.args;
  if (file !== undefined) call.read(file);
  call.raise("unknown", "runs the commands of a file");
  call.state.cloud();
}

function trap(call: Call): void {
  const [first, ...signals] = call.args;
  if (first === undefined || first.text === "-p" || first.text === "-l" || first.text === "-" || first.text === "")
    return;
  if (signals.length === 0 || first.text === null || first.text.startsWith("-"))
    call.raise("unknown", "sets a trap that is only known when it runs");
  else {
    const later = call.state.fork();
    later.cloud();
    call.script(first.text, { standing: [...call.where.standing, "conditional"] }, later);
  }
}

/** Runs its words as a command of this shell, without functions. */
function runWords(call: Call): void {
  const words = [...call.args];
  while (words[0]?.text === "-p" || words[0]?.text === "--") words.shift();
  const [first] = words;
  if (first === undefined) return;
  if (first.text?.startsWith("-") === true) {
    if (call.name === "command" && /^-[vV]+$/.test(first.text)) return;
    call.raise("unknown", `has ${first.source}, which is not known here`);
    return;
  }
  call.run(words);
}

function exec(call: Call): void {
  const words = [...call.args];
  for (let option = words[0]?.text; option?.startsWith("-") === true; option = words[0]?.text) {
    words.shift();
    if (option === "-a") words.shift();
    else if (option === "--") break;
    else if (option !== "-c" && option !== "-l" && option !== "-cl")
      call.raise("unknown", `has ${option}, which is not known here`);
  }
  if (words.length > 0) call.run(words);
}

function time(call: Call): void {
  const words = call.args[0]?.text === "-p" ? call.args.slice(1) : call.args;
  // Words such as `{` and `if` would begin a whole statement here, and the grammar sees a program of that name.
  if (words.length > 0) call.run(words);
}

function kill(call: Call): void {
  const words = [...call.args];
  let signal = "TERM";
  const first = words[0]?.text;
  if (first === "-l" || first === "-L") return;
  if (first === "-s" || first === "-n") {
    signal = words[1]?.text ?? "";
    words.splice(0, 2);
  } else if (first !== undefined && first !== null && /^-[A-Z0-9]+$/i.test(first)) {
    signal = first.slice(1);
    words.shift();
  }
  if (words[0]?.text === "--") words.shift();
  if (signal === "0") return;
  for (const { text, source } of words) {
    call.line.findings.add("signals", text ?? "*");
    if (text !== null && text.startsWith("%")) call.raise("changes", `signals the job ${text}`);
    else if (source === "$!" || source === '"$!"') call.raise("changes", "signals what the line started itself");
    else call.raise("destructive", `signals the process ${source}`);
  }
}

function mapfile(call: Call): void {
  const { operands, options } = readArguments(call, { options: "-t -d=t -n=t -O=t -s=t -u=t -C=? -c=t" }, call.args);
  if (!options.has("-C")) setNames(call, operands);
}

function letExpression(call: Call): void {
  for (const { text, pattern, source: written } of call.args) {
    const names = text === null || pattern !== null ? null : (text.match(/[A-Za-z_]\w*/g) ?? []);
    const safe =
      names !== null && /^[\w\s+\-*/%<>=!&|^~?:,()]*$/.test(text!) && names.every((name) => call.state.isNumeric(name));
    if (!safe) call.raise("unknown", `calculates ${written}, and what its variables hold may run something`);
    for (const name of names ?? []) call.state.set(name, { text: null, numeric: safe });
  }
}

function pushd(call: Call): void {
  if (call.args.length > 0) for (const arg of call.args) if (arg.text !== "-n") touch(call, "r", arg);
  call.state.move(null, []);
}

const compares = new Set("= == != < > -eq -ne -lt -le -gt -ge -nt -ot -ef -a -o".split(" "));

function test(call: Call): void {
  for (const [index, { text }] of call.args.entries()) {
    if (text !== "-v" && text !== "-R") continue;
    const name = call.args[index + 1];
    if (name !== undefined && (name.text === null || !isName(name.text)))
      call.raise("unknown", `asks for ${name.source}, which is calculated`);
  }
  const unclear = call.args.some((arg, index) => {
    if (arg.many || arg.pattern !== null) return mayBeOption(call, arg);
    const next = call.args[index + 1]?.text;
    // What is compared is no operator, and neither is the last word.
    return arg.text === null && arg.prefix === "" && next !== undefined && next !== "]" && !compares.has(next ?? "");
  });
  if (unclear) call.raise("unknown", "tests words that may stand for options");
}

const table =
  (program: Program): Judge =>
  (call) =>
    judgeByTable(call, program);

const unknown =
  (why: string): Judge =>
  (call) => {
    call.raise("unknown", why);
    call.state.cloud();
  };

const judges: Readonly<Record<string, Judge>> = {
  ": true false exit return break continue times dirs pwd echo type logout suspend": nothing,
  jobs: table({ options: "-lnprs -x?", operands: "t*" }),
  wait: table({ options: "-fn", operands: "t*" }),
  shift: (call) => {
    call.state.positional = null;
  },
  getopts: (call) => setNames(call, call.args.slice(1, 2)),
  "[ test": test,
  "cd chdir": cd,
  "pushd popd": pushd,
  read,
  printf,
  "export declare typeset local readonly": declare,
  unset,
  set,
  eval: evaluate,
  "source .": source,
  trap,
  "command builtin": runWords,
  exec,
  time,
  kill,
  "mapfile readarray": mapfile,
  let: letExpression,
  umask: table({ options: "-pS", operands: "t", danger: "changes", why: "sets who may read what is made later" }),
  ulimit: table({ options: "-aHSbcdefiklmnpqrstuvxPRT -#", operands: "t*" }),
  help: table({ looks: true, operands: "t*" }),
  "caller compgen": table({ options: "-abcdefgjksuv", operands: "t" }),
  hash: table({ options: "-r -t -l -d", operands: "t*" }),
  "alias unalias": unknown("gives names another meaning"),
  shopt: (call) => {
    if (call.args.some(({ text }) => text !== "-p" && text !== "-q"))
      unknown("changes how the rest of the line is read")(call);
  },
  "enable bind complete compopt history fc disown fg bg coproc": unknown(
    "changes the shell in a way that is not known here",
  ),
};

/** What the shell does itself. */
export const builtins: ReadonlyMap<string, Judge> = new Map(
  Object.entries(judges).flatMap(([names, judge]) => names.split(" ").map((name) => [name, judge] as const)),
);
