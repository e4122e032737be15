import { unknownArgument } from "../../shell/expand.ts";
import { readArguments } from "../arguments.ts";
import type { Call } from "../call.ts";
import type { Program } from "../program.ts";
import { changesProgram } from "../variables.ts";

/** Programs that run the words behind their own options: the options, and how many operands come before these words. */
const wrappers: Readonly<
  Record<string, { readonly program: Program; readonly first?: number; readonly why?: string }>
> = {
  nohup: { program: {} },
  timeout: {
    program: { options: "-s=t -k=t -fpv --signal=t --kill-after=t --foreground --preserve-status --verbose" },
    first: 1,
  },
  nice: { program: { options: "-n=t -# --adjustment=t" } },
  ionice: { program: { options: "-c=t -n=t -t --class=t --classdata=t --ignore" } },
  stdbuf: { program: { options: "-i=t -o=t -e=t --input=t --output=t --error=t" } },
  setsid: { program: { options: "-cfw --ctty --fork --wait" } },
  chrt: { program: { options: "-bfior -p?" }, first: 1 },
  taskset: { program: { options: "-c -p?" }, first: 1 },
  caffeinate: { program: { options: "-dimsu -t=t" } },
  gtime: { program: { options: "-v -p -f=t -o=w -a" } },
  sudo: {
    program: { options: "-nEHSkKbP -u=t -g=t -p=t --user=t --preserve-env --non-interactive" },
    why: "runs with the rights of another user",
  },
  doas: { program: { options: "-n -u=t" }, why: "runs with the rights of another user" },
  chroot: { program: {}, first: 1, why: "runs in another root folder" },
  unshare: { program: {}, why: "runs in a world of its own" },
  strace: { program: { options: "-fvcqtT -e=t -o=? -s=t" } },
  ltrace: { program: { options: "-fcS -e=t -o=w -s=t" } },
};

function wrap(call: Call): void {
  const { program, first = 0, why } = wrappers[call.name.slice(call.name.lastIndexOf("/") + 1)]!;
  const { operands } = readArguments(call, program, call.args, true);
  if (why !== undefined) call.raise("unknown", why);
  const words = operands.slice(first);
  if (words.length > 0) call.run(words);
}

const envOptions: Program = {
  options: "-i0v -u=t -C=d -S=? --ignore-environment --null --debug --unset=t --chdir=d --split-string=?",
};

/** `env`: options, variables, and what runs with them. */
function env(call: Call): void {
  const { operands } = readArguments(call, envOptions, call.args, true);
  let index = 0;
  if (operands[0]?.text === "-") index++;
  for (; index < operands.length; index++) {
    const { text, prefix, many } = operands[index]!;
    const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(text ?? prefix) ?? [];
    if (name === undefined || many) break;
    if (changesProgram(name, text === null ? null : value!)) {
      call.raise("unknown", `gives ${name} to what it runs, which may change what that runs`);
    }
  }
  const words = operands.slice(index);
  if (words.length > 0) call.run(words);
}

const xargsOptions: Program = {
  options:
    "-0rtx -a=r -d=t -E=t -I=t -L=t -n=t -P=t -s=t --null --no-run-if-empty --verbose --exit --arg-file=r --delimiter=t --max-args=t --max-procs=t --max-lines=t --replace[=t] --max-chars=t",
};

/** `xargs`: words from its input stand behind those that it is given, or in the place of a sign. */
function xargs(call: Call): void {
  const { operands, options } = readArguments(call, xargsOptions, call.args, true);
  const sign = options.get("-I")?.text ?? options.get("--replace")?.text ?? (options.has("--replace") ? "{}" : null);
  if (operands.length === 0) return;
  const words = operands.map((word) =>
    sign !== null && word.text?.includes(sign)
      ? { ...unknownArgument(word.source, false), prefix: word.text.slice(0, word.text.indexOf(sign)) }
      : word,
  );
  if (sign === null) words.push(unknownArgument("(what it reads)", true));
  call.run(words, { input: "none", standing: [...call.where.standing, "conditional"] });
}

/** `watch` and others that hand their words to a shell. */
function watch(call: Call): void {
  const options: Program = { options: "-bdegtcpx -n=t --interval=t --no-title --exec --color --differences[=t]" };
  const { operands, options: given } = readArguments(call, options, call.args, true);
  if (operands.length === 0) return;
  if (given.has("-x") || given.has("--exec")) call.run(operands);
  else if (operands.every(({ text, pattern }) => text !== null && pattern === null))
    call.script(operands.map(({ text }) => text!).join(" "));
  else call.raise("unknown", "runs text that is only known when it runs");
}

function script(call: Call): void {
  const { operands, options } = readArguments(
    call,
    { options: "-aefq -c=t --command=t --quiet --append --flush" },
    call.args,
  );
  const command = options.get("-c") ?? options.get("--command");
  for (const operand of operands) call.write(operand);
  if (operands.length === 0)
    call.write({ text: "typescript", prefix: "typescript", many: false, pattern: null, source: "typescript" });
  if (command?.text === null || command === undefined || command === null) call.raise("unknown", "opens a shell");
  else call.script(command.text);
}

export const wrapperPrograms: Readonly<Record<string, (call: Call) => void>> = {
  ...Object.fromEntries(Object.keys(wrappers).map((name) => [name, wrap])),
  env,
  xargs,
  watch,
  script,
};
