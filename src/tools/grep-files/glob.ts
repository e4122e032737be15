/** Globs as gitignore and ripgrep read them, turned into regular expressions over paths with `/`. */

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** A character class from `[` on: its expression and where it ends; null when it is never closed. */
function characterClass(glob: string, start: number): { source: string; end: number } | null {
  let at = start + 1;
  const negated = glob[at] === "!" || glob[at] === "^";
  if (negated) at++;
  let body = "";
  for (let first = true; at < glob.length; first = false, at++) {
    const character = glob[at]!;
    if (character === "]" && !first) return { source: `(?!/)[${negated ? "^" : ""}${body}]`, end: at };
    if (character === "\\" && at + 1 < glob.length) body += escaped(glob[++at]!);
    else body += character === "-" ? "-" : escaped(character);
  }
  return null;
}

/**
 * The expression of a glob that has to match a whole path: `*` and `?` stay inside one name, `**` as a whole
 * name crosses them. `{a,b}` alternatives are read only with `braces`. Null for a glob that can match nothing.
 */
export function globExpression(glob: string, braces: boolean): RegExp | null {
  let source = "";
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at]!;
    if (character === "*") {
      const atStart = at === 0 || glob[at - 1] === "/";
      if (atStart && glob.startsWith("**/", at)) {
        source += "(?:[^/]+/)*";
        at += 2;
        while (glob.startsWith("**/", at + 1)) at += 3;
      } else if (atStart && glob.slice(at) === "**") {
        source += ".+";
        at++;
      } else {
        while (glob[at + 1] === "*") at++;
        source += "[^/]*";
      }
    } else if (character === "?") source += "[^/]";
    else if (character === "[") {
      const found = characterClass(glob, at);
      if (found === null) return null;
      source += found.source;
      at = found.end;
    } else if (character === "\\") {
      if (++at >= glob.length) return null;
      source += escaped(glob[at]!);
    } else if (braces && character === "{") {
      source += "(?:";
      depth++;
    } else if (depth > 0 && character === "}") {
      source += ")";
      depth--;
    } else if (depth > 0 && character === ",") source += "|";
    else source += escaped(character);
  }
  if (depth > 0) return null;
  try {
    return new RegExp(`^${source}$`, "s");
  } catch {
    return null;
  }
}

/**
 * Whether a path, relative to the search root, is meant by an include glob: one without a slash is held against
 * the name alone, a leading `!` turns it round. Null when the glob is malformed.
 */
export function includeFilter(glob: string): ((relativePath: string) => boolean) | null {
  const negated = glob.startsWith("!");
  const body = negated ? glob.slice(1) : glob;
  const anchored = body.includes("/");
  const expression = globExpression(body.startsWith("/") ? body.slice(1) : body, true);
  if (expression === null) return null;
  return (path) => expression.test(anchored ? path : path.slice(path.lastIndexOf("/") + 1)) !== negated;
}
