import { baseName, parentOf } from "../../system/paths.ts";
import { judgeByTable } from "./arguments.ts";
import { isWithin } from "../paths.ts";
import { builtins } from "./builtins.ts";
import { Call } from "./call.ts";
import { knownPrograms } from "./knowledge/known-programs.ts";
import { specialPrograms } from "./programs/special-programs.ts";

/** Where systems keep their programs; what lies elsewhere under a known name may be anything. */
const programFolders = new Set([
  "/bin",
  "/sbin",
  "/usr/bin",
  "/usr/sbin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  "/run/current-system/sw/bin",
]);

/** Judges one command whose program has a known name. */
export function judge(call: Call): void {
  const { name, line, state } = call;
  if (line.functions.has(name)) {
    call.raise("unknown", "calls a function of the line");
    state.cloud();
    return;
  }
  if (Object.hasOwn(line.place.variables, `BASH_FUNC_${name}%%`)) {
    call.raise("unknown", "calls a function that the environment brings");
    return;
  }
  const builtin = builtins.get(name);
  if (builtin !== undefined) {
    builtin(call);
    return;
  }
  const program = programOf(call);
  if (program === null) return;
  const special = specialPrograms.get(program);
  const known = knownPrograms.get(program);
  if (asksVersion(call) && (special !== undefined || answersVersion.has(program))) return;
  // Wherever a program goes, the shell stays.
  const inside = new Call(name, call.args, call.at, state.fork(), call.where, line);
  const { findings } = line;
  const before = findings.touches;
  if (special !== undefined) special(inside);
  else if (known !== undefined) judgeByTable(inside, known);
  else
    call.raise(
      "unknown",
      strange(name)
        ? "runs a program whose name holds letters that cannot be told from others"
        : "runs a program of which nothing is known here",
    );
  if (findings.commands[call.at]?.danger === "destructive" && findings.touches === before)
    findings.unknown(`What \`${name}\` takes away or changes is not among the files that are known.`);
}

/** They say their version and do nothing else; of many others, a file of the project chooses what answers. */
const answersVersion = new Set(
  "node npm python python2 python3 perl ruby php gcc g++ cc c++ clang clang++ make gmake cmake pip pip3 docker podman kubectl gh sqlite3 curl wget rg fd jq less sort grep ls cat tree bat vim nvim openssl".split(
    " ",
  ),
);

function asksVersion({ args }: Call): boolean {
  return args.length === 1 && (args[0]!.text === "--version" || args[0]!.text === "--help");
}

/** The name under which the program is known; null, and said so, where it is one that a folder of no system holds. */
function programOf(call: Call): string | null {
  const { name, line, state } = call;
  if (name.includes("/")) {
    if (programFolders.has(parentOf(name))) return baseName(name);
    if (name.startsWith("/")) call.readPath(name);
    call.raise("unknown", "runs a program by its path, and what that does is not known");
    return null;
  }
  for (const folder of (line.place.variables["PATH"] ?? "").split(":")) {
    if (programFolders.has(folder)) break;
    const relative = !folder.startsWith("/");
    const near =
      relative || isWithin(folder, line.place.cwd) || (state.cwds ?? []).some((cwd) => isWithin(folder, cwd));
    if (near && (relative || line.view.exists(`${folder}/${name}`))) {
      call.raise(
        "unknown",
        `is looked for in ${relative ? "the folder where it runs" : folder}, where anything may be under that name`,
      );
      return null;
    }
  }
  return name;
}

const strange = (name: string): boolean => /[^\u0021-\u007e]/.test(name);
