import { baseName, resolvePath } from "../../../system/paths.ts";
import { readArguments } from "../arguments.ts";
import { argument, type Argument } from "../../shell/expand.ts";
import type { Call } from "../call.ts";
import { textsOf } from "../files.ts";
import type { Program } from "../program.ts";

const options: Readonly<Record<string, Program>> = {
  cp: {
    options:
      "-abdfHiLlnPpRrsuTvxZ -t=t -S=t --archive --attributes-only --backup[=t] --dereference --no-dereference --force --interactive --link --no-clobber --parents --preserve[=t] --no-preserve=t --recursive --reflink[=t] --remove-destination --sparse=t --symbolic-link --target-directory=t --no-target-directory --update[=t] --verbose --one-file-system",
  },
  mv: {
    options:
      "-bfinuTv -t=t -S=t --backup[=t] --force --interactive --no-clobber --target-directory=t --no-target-directory --update[=t] --verbose --exchange~",
  },
  ln: {
    options:
      "-bdFfiLnPrsTv -t=t -S=t --backup[=t] --force --interactive --logical --no-dereference --physical --relative --symbolic --target-directory=t --no-target-directory --verbose",
  },
  install: {
    options:
      "-bCcDdpTv -m=t -o=t -g=t -t=t --directory --mode=t --owner=t --group=t --compare --preserve-timestamps --target-directory=t --verbose",
  },
};

/** `cp`, `mv`, `ln`, `install`: what is read, and what is made of it in the last operand or the folder that an option names. */
export function copy(call: Call): void {
  const program = call.name.slice(call.name.lastIndexOf("/") + 1);
  const given = readArguments(call, options[program]!, call.args);
  const target = given.options.get("-t") ?? given.options.get("--target-directory") ?? null;
  const sources = [...given.operands];
  if (program === "install" && (given.options.has("-d") || given.options.has("--directory"))) {
    for (const source of sources) call.write(source);
    return;
  }
  let into = target ?? sources.pop();
  if (into === undefined) return;
  if (program === "ln" && sources.length === 0) {
    sources.push(into);
    into = argument(".");
  }
  for (const source of sources) {
    // What a symbolic link names is not opened by making it.
    if (program !== "ln") call.read(source);
    if (program === "mv") call.write(source);
  }
  const flat = given.options.has("-T") || given.options.has("--no-target-directory");
  if (given.options.has("--parents"))
    call.raise("unknown", "writes below the names of the folders that it copies from");
  writeInto(call, into, flat ? [] : sources);
  const keepsLinks = [
    "-a",
    "-d",
    "-P",
    "-R",
    "-r",
    "-s",
    "--archive",
    "--recursive",
    "--no-dereference",
    "--symbolic-link",
  ];
  if (program === "ln" || program === "mv" || keepsLinks.some((option) => given.options.has(option))) {
    // A path through it may now lead to where nobody looked.
    for (const path of call.paths(into, "writes") ?? []) call.line.view.move(path);
  }
}

/** A folder that is there is written into, under the names of the sources. */
function writeInto(call: Call, into: Argument, sources: readonly Argument[]): void {
  const paths = call.paths(into, "writes");
  if (paths === null || (paths.length > 1 && into.pattern !== null)) {
    call.raise("unknown", `writes ${into.source}, and where that is is not known`);
    return;
  }
  for (const path of paths) {
    const folder = call.line.view.isDirectory(path) || into.text!.endsWith("/") || sources.length > 1;
    if (!folder || sources.length === 0) {
      call.writePath(path);
      continue;
    }
    for (const source of sources) {
      const names = namesIn(call, source);
      if (names === null) call.raise("unknown", `writes into ${path}, and under which name is not known`);
      else for (const name of names) call.writePath(resolvePath(path, name));
    }
  }
}

/** The names that a source gets in a folder. Of one that ends in `.` or `..`, what is in it comes to lie in the folder itself. */
function namesIn({ state, line }: Call, source: Argument): string[] | null {
  const names = new Set<string>();
  const cwds = source.text?.startsWith("/") ? ["/"] : state.cwds;
  if (cwds === null) return null;
  for (const cwd of cwds) {
    const texts = textsOf(source, cwd, line.view);
    if (texts === null) return null;
    for (const name of texts.map((text) => baseName(text))) names.add(name === ".." ? "." : name);
  }
  return [...names];
}

const rsyncOptions: Program = {
  options:
    "-avzrtplgoDnPhHAXxSucqiWLkKIyJOCmd8 -f=t -B=t -T=w --archive --verbose --compress --recursive --times --perms --links --group --owner --dry-run --partial --progress --human-readable --hard-links --acls --xattrs --sparse --update --checksum --quiet --itemize-changes --stats --exclude=t --include=t --exclude-from=r --include-from=r --files-from=r --filter=t --max-size=t --min-size=t --bwlimit=t --timeout=t --port=t --ignore-existing --existing --inplace --append --mkpath --safe-links --copy-links --no-perms --no-owner --no-group --chmod=t --chown=t --info=t --relative --delete! --delete-after! --delete-before! --delete-during! --delete-excluded! --remove-source-files! --force!",
};

/** `rsync`, `scp`: copies between hosts. What runs on the other side, or reaches it, are options that are not known here. */
export function remoteCopy(call: Call): void {
  const scp: Program = { options: "-346ABCpqrTv -l=t -P=t -i=r -c=t --help" };
  const { operands } = readArguments(call, call.name.endsWith("rsync") ? rsyncOptions : scp, call.args);
  const into = operands.at(-1);
  for (const operand of operands) {
    const text = operand.text ?? operand.prefix;
    const [, host] = /^(?:rsync:\/\/|scp:\/\/)?(?:[^/@:]*@)?([^/:]+)::?/.exec(text) ?? [];
    if (host !== undefined && host !== "") call.host(/^[\w.-]+$/.test(host) ? host.toLowerCase() : "*");
    else if (operand === into && operands.length > 1) {
      call.write(operand);
      if (call.name.endsWith("rsync"))
        for (const path of call.paths(operand, "writes") ?? []) call.line.view.move(path);
    } else call.read(operand);
  }
}

const tarOptions: Program = {
  options:
    "-tvzjJaPpkOmShlUwn -f=t -C=t -b=t -T=? -X=r --list --verbose --gzip --bzip2 --xz --zstd --auto-compress --file=t --directory=t --exclude=t --exclude-from=r --strip-components=t --wildcards --no-recursion --totals --numeric-owner --keep-old-files --no-same-owner --no-same-permissions --to-stdout --extract --create --get --owner=t --group=t --mtime=t --sort=t --format=t --force-local -xcruA --append --update",
};

/** `tar`: what lists only looks; what unpacks writes names that only the archive knows. */
export function tar(call: Call): void {
  const [first, ...more] = call.args;
  const args =
    first?.text !== undefined && first.text !== null && /^[a-zA-Z]+$/.test(first.text)
      ? old(first.text, more)
      : call.args;
  const { operands, options } = readArguments(call, tarOptions, args);
  const has = (...names: string[]): boolean => names.some((name) => options.has(name));
  const archive = options.get("-f") ?? options.get("--file") ?? null;
  const folder = options.get("-C") ?? options.get("--directory") ?? null;
  if (archive !== null && archive.text !== "-" && /:/.test(archive.text ?? ":") && !has("--force-local")) {
    call.raise("unknown", `has an archive on another host: ${archive.source}`);
    return;
  }
  const named = archive !== null && archive.text !== "-";
  if (has("-t", "--list")) {
    if (named) call.read(archive);
  } else if (has("-x", "--extract", "--get")) {
    if (named) call.read(archive);
    if (has("-O", "--to-stdout")) return;
    call.write(folder ?? argument("."));
    call.raise("unknown", "unpacks an archive, and which files that writes is not known");
  } else if (has("-c", "--create", "-r", "-u", "-A", "--append", "--update")) {
    if (named) call.write(archive);
    if (folder !== null) call.state.move(call.folder(folder), []);
    for (const operand of operands) call.read(operand);
  } else call.raise("unknown", "does what is not known here");
}

/** `tar xzf a.tgz`: letters without a dash; those that take something take it from the words behind, in their order. */
function old(letters: string, more: readonly Argument[]): Argument[] {
  const rest = [...more];
  const args: Argument[] = [];
  for (const letter of letters) {
    args.push(argument(`-${letter}`));
    if ("fCbTX".includes(letter)) {
      const value = rest.shift();
      if (value !== undefined) args.push(value);
    }
  }
  return [...args, ...rest];
}

/** `dd`: `if=`, `of=`. */
export function dd(call: Call): void {
  for (const arg of call.args) {
    const [, name, value] = /^([a-z]+)=([\s\S]*)$/.exec(arg.text ?? "") ?? [];
    if (name === "of") call.write({ ...argument(value!), source: arg.source });
    else if (name === "if") call.read({ ...argument(value!), source: arg.source });
    else if (name === undefined || !/^(bs|ibs|obs|cbs|count|skip|seek|status|conv|iflag|oflag)$/.test(name)) {
      call.raise("unknown", `has an operand that is not known here: ${arg.source}`);
    }
  }
}
