import { resolvePath } from "../../system/paths.ts";
import { isWithin } from "../paths.ts";

/** A pattern of paths: `*` and `?` stay within a name, `**` goes through folders. Compiled once. */
export interface PathGlob {
  readonly text: string;
  /** Whether the pattern means the path, or a folder that it lies in. */
  matches(path: string): boolean;
  /** Whether something that the pattern means can lie in the folder: then whoever changes the folder changes that. */
  mayLieIn(folder: string): boolean;
  /** The one path that it means, with all that lies below; null where it means several. */
  readonly only: string | null;
  /** Letters before the first wildcard. */
  readonly weight: number;
}

/** Where patterns start, and where links lead. */
export interface GlobPlace {
  /** For relative patterns. */
  readonly base: string;
  /** What `~` stands for; null where nobody knows. */
  readonly home: string | null;
  /** The real path, as far as it exists; null where that cannot be known. */
  real(path: string): string | null;
}

/**
 * Relative patterns start at `base`; those without a slash mean a name in any folder below it, and those that begin with
 * `~/` start at `home`. Links in what stands before the first wildcard are followed: paths are met by where they lead.
 */
export function compileGlob(text: string, { base, home, real }: GlobPlace): PathGlob {
  const rooted = text.startsWith("~/") && home !== null ? `${home}${text.slice(1)}` : text;
  const inAnyFolder = !rooted.includes("/");
  const said = resolvePath(base, inAnyFolder ? `**/${rooted}` : rooted);
  const at = said.search(/[*?]/);
  const end = at < 0 ? said.length : Math.max(said.lastIndexOf("/", at), 0);
  const fixed = said.slice(0, end) || "/";
  const rest = said.slice(end);
  const fixedPaths = [...new Set([fixed, real(fixed) ?? fixed])];
  const expressions = fixedPaths.map((path) => expression(`${path === "/" ? "" : path}${rest}`));
  return {
    text,
    matches: (path) => expressions.some((each) => each.test(path)),
    mayLieIn: (path) => fixedPaths.some((each) => isWithin(each, path)),
    only: at < 0 || rest === "/**" ? fixedPaths.at(-1)! : null,
    weight: inAnyFolder ? rooted.length : at < 0 ? said.length : at,
  };
}

function expression(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*\/|\/\*\*$|\*\*|\*|\?)/).map(part);
  return new RegExp(`^${parts.join("")}(?:/.*)?$`, "s");
}

function part(text: string): string {
  if (text === "**/") return "(?:[^/]+/)*";
  if (text === "/**") return "(?:/.*)?";
  if (text === "**") return ".*";
  if (text === "*") return "[^/]*";
  if (text === "?") return "[^/]";
  return text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
}
