export type Matcher = (name: string) => boolean;

const everything: Matcher = () => true;

/** What Rust's regular expressions do not have, and JavaScript's do: lookaround and references back. */
const foreign = /(?<!\\)(?:\\\\)*(\(\?(?:<?[=!])|\\[1-9]|\\k<)/;

/**
 * The test that a matcher asks for: absent, empty or `*` fits everything, words joined by `|` fit exactly those, all else is
 * a regular expression in the syntax of Rust's `regex`, found anywhere. Returns what is wrong with it as a text.
 */
export function compileMatcher(matcher: string | null): Matcher | string {
  if (matcher === null || matcher === "" || matcher === "*") return everything;
  if (/^[\w|]+$/.test(matcher)) {
    const names = new Set(matcher.split("|"));
    return (name) => names.has(name);
  }
  const alien = foreign.exec(matcher)?.[1];
  if (alien !== undefined) return `\`${alien}\` is not supported`;
  const { source, flags } = translated(matcher);
  try {
    const expression = new RegExp(source, flags);
    return (name) => expression.test(name);
  } catch (error) {
    return String((error as Error).message).replace(/^Invalid regular expression: /, "");
  }
}

/** Rust's syntax in JavaScript's words, as far as names of tools can need it. */
function translated(matcher: string): { source: string; flags: string } {
  const leading = /^\(\?([imsux]+)\)/.exec(matcher);
  const flags = new Set(["u"]);
  for (const flag of leading?.[1] ?? "") if ("ims".includes(flag)) flags.add(flag);
  const source = matcher
    .slice(leading?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replaceAll("\\A", "^")
    .replaceAll("\\z", "$")
    // A dash that was escaped for nothing is fine in Rust.
    .replace(/\\([-_#&~<>@!%,;:'"` /])/g, (_, letter: string) =>
      letter === "-" || letter === "/" ? `\\${letter}` : letter,
    )
    .replace(/\\-/g, "\\x2d");
  return { source, flags: [...flags].join("") };
}
