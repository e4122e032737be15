import { resolvePath } from "../../system/paths.ts";
import { isWithin } from "../paths.ts";

/** A pattern of paths: `*` and `?` stay within a name, `**` goes through folders. Compiled once. */
export interface PathGlob {
  readonly text: string;
  /** Whether the pattern means the path, or a folder that it lies in. */
  matches(path: string): boolean;
  /** Whether something that the pattern means can lie in the folder: then whoever changes the folder changes that. */
  mayLieIn(folder: string): boolean;
  /** The one path that it means; null where it means several. */
  readonly only: string | null;
  /** Letters before the first wildcard. */
  readonly weight: number;
}

/**
 * @param base where relative patterns start; those without a slash mean a name in any folder below it, and those that begin
 * with `~/` start at `home`.
 */
export function compileGlob(text: string, base: string, home: string | null): PathGlob {
  const rooted = text.startsWith("~/") && home !== null ? `${home}${text.slice(1)}` : text;
  const inAnyFolder = !rooted.includes("/");
  const full = resolvePath(base, inAnyFolder ? `**/${rooted}` : rooted);
  const expression = new RegExp(
    `^${full
      .split(/(\*\*\/|\/\*\*$|\*\*|\*|\?)/)
      .map(part)
      .join("")}(?:/.*)?$`,
    "s",
  );
  const at = full.search(/[*?]/);
  const literal = at < 0 ? full : full.slice(0, at);
  const folder = literal.slice(0, literal.lastIndexOf("/")) || "/";
  return {
    text,
    matches: (path) => expression.test(path),
    mayLieIn: (path) => isWithin(at < 0 ? full : folder, path),
    only: at < 0 ? full : null,
    weight: inAnyFolder ? rooted.length : literal.length,
  };
}

function part(text: string): string {
  if (text === "**/") return "(?:[^/]+/)*";
  if (text === "/**") return "(?:/.*)?";
  if (text === "**") return ".*";
  if (text === "*") return "[^/]*";
  if (text === "?") return "[^/]";
  return text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
}
