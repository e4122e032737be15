/**
 * Globs as gitignore and ripgrep read them, held against paths with `/`. A repository brings its own: no glob takes longer than its
 * length times that of the path, which regular expressions do not promise.
 */

/** Some character: that one, any, or one of a class. */
type One = string | typeof any | typeof star | RegExp;
const any = Symbol("?");
/** Any number of characters. */
const star = Symbol("*");
/** Whether one name of a path is meant. */
type Name = (name: string) => boolean;
/** Any number of whole names. */
const names = Symbol("**");
type Path = readonly (Name | typeof names)[];

/** More alternatives than these are nothing that somebody has written. */
const maxAlternatives = 1000;

export type Glob = (path: string) => boolean;

/**
 * Whether a whole path is meant: `*` and `?` stay inside one name, `**` as a whole name crosses them. `{a,b}` alternatives are read
 * only with `braces`. Null for a glob that can match nothing.
 */
export function globOf(glob: string, braces: boolean): Glob | null {
  const alternatives = braces ? withoutBraces(glob) : [glob];
  const read = alternatives?.map(readGlob) ?? [null];
  const paths = read.filter((each) => each !== null);
  if (paths.length < read.length) return null;
  const [[only, ...more] = [], ...others] = paths;
  // Most globs are of one name.
  if (typeof only === "function" && more.length + others.length === 0)
    return (path) => !path.includes("/") && only(path);
  return (path) => {
    const parts = path.split("/");
    return paths.some((each) => meansPath(each, parts));
  };
}

/**
 * Whether a path, relative to the search root, is meant by an include glob: one without a slash is held against
 * the name alone, a leading `!` turns it round. Null when the glob is malformed.
 */
export function includeFilter(glob: string): Glob | null {
  const negated = glob.startsWith("!");
  const body = negated ? glob.slice(1) : glob;
  const anchored = body.includes("/");
  const meant = globOf(body.startsWith("/") ? body.slice(1) : body, true);
  if (meant === null) return null;
  return (path) => meant(anchored ? path : path.slice(path.lastIndexOf("/") + 1)) !== negated;
}

/** A glob for each choice of alternatives; null where a brace is not closed, or there are too many. */
function withoutBraces(glob: string): string[] | null {
  const ends: string[] = [""];
  const open: { before: string[]; done: string[] }[] = [];
  // `ends` are what can stand before `at`; an open brace keeps what stood before it, and what its alternatives have come to.
  const append = (text: string): void => ends.forEach((each, index) => (ends[index] = each + text));
  for (let at = 0; at < glob.length; at++) {
    const inner = open.at(-1);
    const letter = glob[at]!;
    const found = letter === "[" ? characterClass(glob, at) : null;
    if (found !== null) {
      append(glob.slice(at, found.end + 1));
      at = found.end;
    } else if (letter === "\\") append(glob.slice(at, ++at + 1));
    else if (letter === "{") open.push({ before: [...ends], done: [] });
    else if (inner !== undefined && letter === ",") inner.done.push(...ends.splice(0, ends.length, ...inner.before));
    else if (inner !== undefined && letter === "}") {
      ends.unshift(...inner.done);
      open.pop();
    } else append(letter);
    if (ends.length > maxAlternatives) return null;
  }
  return open.length === 0 ? ends : null;
}

/** Null for a glob that can match nothing. */
function readGlob(glob: string): Path | null {
  const path: (Name | typeof names)[] = [];
  let name: One[] = [];
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at]!;
    if (letter === "*") {
      let end = at + 1;
      while (glob[end] === "*") end++;
      const whole = end === at + 2 && (at === 0 || glob[at - 1] === "/");
      if (whole && glob[end] === "/") {
        path.push(names);
        end++;
      } else {
        if (whole && end === glob.length) path.push(names);
        name.push(star);
      }
      at = end - 1;
    } else if (letter === "/") {
      path.push(nameOf(name));
      name = [];
    } else if (letter === "?") name.push(any);
    else if (letter === "[") {
      const found = characterClass(glob, at);
      if (found === null) return null;
      name.push(found.expression);
      at = found.end;
    } else if (letter === "\\") {
      if (++at >= glob.length) return null;
      name.push(glob[at]!);
    } else name.push(letter);
  }
  path.push(nameOf(name));
  return path;
}

function nameOf(name: readonly One[]): Name {
  const letters = name.filter((one) => typeof one === "string");
  const text = letters.join("");
  if (letters.length === name.length) return (given) => given === text;
  // The usual ones with a star.
  if (letters.length === name.length - 1 && name[0] === star) return (given) => given.endsWith(text);
  if (letters.length === name.length - 1 && name.at(-1) === star) return (given) => given.startsWith(text);
  return (given) => meansName(name, given);
}

/** A character class from `[` on, and where it ends; null when it is never closed, or there is no such class. */
function characterClass(glob: string, start: number): { expression: RegExp; end: number } | null {
  let at = start + 1;
  const negated = glob[at] === "!" || glob[at] === "^";
  if (negated) at++;
  let body = "";
  for (let first = true; at < glob.length; first = false, at++) {
    const character = glob[at]!;
    if (character === "]" && !first) {
      try {
        return { expression: new RegExp(`^[${negated ? "^" : ""}${body}]$`, "s"), end: at };
      } catch {
        return null;
      }
    }
    if (character === "\\" && at + 1 < glob.length) body += escaped(glob[++at]!);
    else body += character === "-" ? "-" : escaped(character);
  }
  return null;
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** Names one by one; what follows a `**` is tried at each name from there on, until the next one. */
function meansPath(path: Path, parts: readonly string[]): boolean {
  let [at, part, again, from] = [0, 0, -1, 0];
  while (part < parts.length) {
    const next = path[at];
    if (next === names) [again, from] = [at++, part];
    else if (next?.(parts[part]!)) [at, part] = [at + 1, part + 1];
    else if (again >= 0) [at, part] = [again + 1, ++from];
    else return false;
  }
  while (path[at] === names) at++;
  return at === path.length;
}

/** As {@link meansPath}, letter by letter. */
function meansName(name: readonly One[], text: string): boolean {
  let [at, letter, again, from] = [0, 0, -1, 0];
  while (letter < text.length) {
    const next = name[at];
    if (next === star) [again, from] = [at++, letter];
    else if (next !== undefined && meansOne(next, text[letter]!)) [at, letter] = [at + 1, letter + 1];
    else if (again >= 0) [at, letter] = [again + 1, ++from];
    else return false;
  }
  while (name[at] === star) at++;
  return at === name.length;
}

const meansOne = (one: One, letter: string): boolean =>
  one === any || one === letter || (one instanceof RegExp && one.test(letter));
