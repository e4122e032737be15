import { parentOf, resolvePath } from "../../../system/paths.ts";
import { judgeByTable, readArguments } from "../arguments.ts";
import type { Call } from "../call.ts";
import { gitCommands, hookedCommands, writingCommands } from "../knowledge/git-commands.ts";
import type { Program } from "../program.ts";
import { hostOfRemote } from "../hosts.ts";

const before: Program = {
  options:
    "-P -C=t -c=t --no-pager --no-replace-objects --no-optional-locks --no-lazy-fetch --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs --bare --version --html-path --man-path --info-path --git-dir=? --work-tree=? --namespace=t",
};

/** Settings that only change how something is said. */
const harmlessSettings =
  /^(color\.[\w.-]+|core\.(quotepath|abbrev|autocrlf|filemode|ignorecase|precomposeunicode|longpaths)|advice\.\w+|column\.\w+|log\.(date|abbrevcommit|decorate|follow)|diff\.(algorithm|renames|renamelimit|context|noprefix|mnemonicprefix|colormoved)|status\.\w+|user\.(name|email)|init\.defaultbranch|gc\.auto|commit\.gpgsign|tag\.gpgsign|pull\.(rebase|ff)|merge\.(ff|conflictstyle)|push\.default|safe\.directory)$/i;

/** Settings of a repository that start programs. */
const runningSettings =
  /^\s*(fsmonitor|hookspath|sshcommand|askpass|editor|pager|gitproxy|external|textconv|command|clean|smudge|process|driver|helper|program|cmd|path|receivepack|uploadpack|sequence\.editor|worktree|vcs|alternaterefscommand|defaultkeycommand|promisor|partialclone)\s*=|^\s*\[\s*(include|includeif|alias|filter|pager|credential|difftool|mergetool|protocol)\b|^\s*\[[^\n]*=/im;

const settingsOfNone = /^\s*fsmonitor\s*=\s*(true|false)\s*$/gim;

export function git(call: Call): void {
  const given = readArguments(call, before, call.args, true);
  let folders = call.state.cwds;
  for (const [index, arg] of call.args.entries()) {
    if (given.operands.includes(arg)) break;
    const next = call.args[index + 1];
    if (/^-[cC]./.test(arg.text ?? "")) call.raise("unknown", `has an option that is not known here: ${arg.source}`);
    if (arg.text === "-C" && next !== undefined) folders = call.folder(next, folders);
    if (
      arg.text === "-c" &&
      (next?.text === null || !harmlessSettings.test(/^[^=]*/.exec(next?.text ?? "")?.[0] ?? ""))
    ) {
      call.raise("unknown", `sets ${next?.source ?? "something"} for git, by which it may run anything`);
    }
  }
  const [name, ...args] = given.operands;
  if (name === undefined) return;
  const program = name.text === null ? undefined : gitCommands.get(name.text);
  if (program === undefined) {
    call.raise("unknown", `has the subcommand ${name.source}, of which nothing is known here, or which is an alias`);
    return;
  }
  call.state.move(folders, []);
  const directories = folders === null ? null : folders.map((folder) => repositoryOf(call, folder));
  judgeByTable(call, program, args);
  checkOperands(call, name.text!, args);
  if (directories === null) call.raise("unknown", "works in a repository that is only known when it runs");
  for (const directory of directories ?? []) if (directory !== null) checkRepository(call, name.text!, directory);
}

interface Repository {
  /** Where `.git`, or a bare repository, is. */
  readonly directory: string;
  readonly root: string;
}

function repositoryOf(call: Call, cwd: string): Repository | null {
  const { view } = call.line;
  for (let folder = cwd; ; folder = parentOf(folder)) {
    const inside = resolvePath(folder, ".git");
    if (view.exists(inside)) return { directory: inside, root: folder };
    // What lies about as a bare repository is taken for one.
    const parts = ["objects", "refs"].every((name) => view.isDirectory(resolvePath(folder, name)));
    if (view.exists(resolvePath(folder, "HEAD")) && (parts || view.exists(resolvePath(folder, "commondir")))) {
      return { directory: folder, root: folder };
    }
    if (parentOf(folder) === folder) return null;
  }
}

/** What the repository's own settings and hooks would run. */
function checkRepository(call: Call, name: string, { directory, root }: Repository): void {
  const { files, isDirectory } = {
    files: call.line.view.files,
    isDirectory: call.line.view.isDirectory.bind(call.line.view),
  };
  let own = directory;
  let common = directory;
  let settings = "";
  try {
    if (!isDirectory(directory)) {
      const [, gitdir] = /^gitdir: (.+)$/m.exec(files.readText(directory)) ?? [];
      own = resolvePath(root, gitdir ?? ".git");
      common = own.replace(/\/worktrees\/[^/]+$/, "");
      if (common === own && !/\/modules\//.test(own)) throw new Error("a repository of an unknown form");
    }
    if (own === directory && call.line.view.exists(resolvePath(directory, "commondir")))
      throw new Error("a repository of an unknown form");
    settings = files.readText(resolvePath(common, "config"));
    for (const folder of new Set([common, own])) {
      const more = resolvePath(folder, "config.worktree");
      if (call.line.view.exists(more)) settings += files.readText(more);
    }
    // Looking at a repository looks at its submodules, by their own settings.
    const modules = resolvePath(common, "modules");
    for (const module of call.line.view.isDirectory(modules) ? files.list(modules) : [])
      settings += files.readText(resolvePath(modules, module, "config"));
  } catch {
    call.raise("unknown", `works in a repository whose settings cannot be read (${directory})`);
    return;
  }
  const runs = runningSettings.exec(settings.replace(settingsOfNone, ""));
  if (runs !== null) {
    const setting = runs[0].trim().replace(/\s*=$/, "");
    call.raise(
      "unknown",
      `works in a repository whose settings may run something (${setting} in ${resolvePath(common, "config")})`,
    );
  }
  const looks =
    name === "stash" &&
    /^(list|show)$/.test(
      call.args.find(({ text }) => text !== null && !text.startsWith("-") && text !== "stash")?.text ?? "",
    );
  const danger = call.line.findings.commands[call.at]?.danger;
  const alters = writingCommands.has(name) && !looks;
  if (alters || (!elsewhere.has(name) && (danger === "changes" || danger === "destructive"))) {
    call.writePath(resolvePath(common, "index"));
    if (name !== "add") call.writePath(resolvePath(common, "refs"));
  }
  if (alters) {
    if (name !== "add" && name !== "commit") call.writePath(root);
  }
  if (!hookedCommands.has(name)) return;
  let hooks: string[] = [];
  try {
    hooks = files.list(resolvePath(common, "hooks")).filter((hook) => !hook.endsWith(".sample"));
  } catch {
    // None.
  }
  if (hooks.length > 0) call.raise("unknown", `may run the hooks of the repository (${hooks.slice(0, 3).join(", ")})`);
}

/** What these change is not the repository that they stand in. */
const elsewhere: ReadonlySet<string> = new Set(["push", "clone", "init", "ls-remote"]);

const shows: ReadonlySet<string> = new Set(["", "-v", "--verbose", "-a", "-r", "-l", "--list", "--all", "--remotes"]);

/** What operands mean that the table cannot say. */
function checkOperands(call: Call, name: string, args: Call["args"]): void {
  const texts = args.map(({ text }) => text);
  const operands = args.filter(({ text }) => text === null || !text.startsWith("-"));
  const first = operands[0];
  if (["fetch", "pull", "push", "clone", "ls-remote"].includes(name)) {
    const text = first?.text ?? null;
    if (text?.includes("::") === true)
      call.raise("unknown", `reaches ${first!.source} by a program that its name chooses`);
    const host = text === null ? null : hostOfRemote(text);
    if (host !== null) call.host(host);
    else if (text === null || !/^([./~]|file:)/.test(text) || name === "push") call.host("*");
    else call.read(first!);
    if (name === "clone") {
      const into = operands[1] ?? {
        ...first!,
        text: (text ?? "")
          .replace(/\/+$/, "")
          .replace(/\.git$/, "")
          .replace(/^.*[/:]/, ""),
      };
      if (into.text === null || into.text === "" || text === null)
        call.raise("unknown", "writes a folder whose name is not known");
      else call.write({ ...into, prefix: into.text });
    }
  }
  if (name === "push" && operands.some(({ text }) => text === null || text.startsWith("+") || text.startsWith(":"))) {
    call.raise("destructive", "may overwrite or delete what others have");
  }
  if ((name === "diff" || name === "grep") && texts.includes("--no-index"))
    for (const operand of operands) call.read(operand);
  // Each of these only lists without operands.
  if (
    name === "branch" &&
    operands.length > 0 &&
    !texts.some((text) =>
      /^(-l|--list|--contains|--no-contains|--merged|--no-merged|--points-at|--show-current)$/.test(text ?? ""),
    )
  ) {
    call.raise("changes", "makes or changes a branch");
  }
  if (
    name === "tag" &&
    operands.length > 0 &&
    !texts.some((text) => /^(-l|--list|--contains|--merged|--points-at|-n\d*)$/.test(text ?? ""))
  ) {
    call.raise("changes", "makes a tag");
  }
  if (name === "config") {
    const asks = texts.some((text) => /^(--get|--get-all|--get-regexp|--list|-l|get|list)$/.test(text ?? ""));
    const acts = /^(edit|set|unset|remove-section|rename-section)$/.test(first?.text ?? "set");
    if (!asks && (operands.length !== 1 || acts))
      call.raise("unknown", "sets what git does, which may be to run something");
  }
  if (name === "symbolic-ref" && operands.length > 1) call.raise("changes", "sets where a name leads");
  if (name === "checkout" || name === "restore") {
    if (name === "restore" || texts.includes("--") || texts.includes(".") || operands.length > 1) {
      if (!texts.includes("--staged") && !texts.includes("-S"))
        call.raise("destructive", "overwrites files with what was committed");
    }
  }
  if (name === "reflog" && operands.length > 0 && !["show", "list", "exists"].includes(first?.text ?? "")) {
    if (!shows.has(first?.text ?? "") && /^(expire|delete|drop|write)$/.test(first?.text ?? "expire"))
      call.raise("destructive", "forgets where branches have been");
  }
}
