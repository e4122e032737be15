import { sha1 } from "../../system/hash.ts";

/** What a provider takes in a name; every other character becomes an underscore, as in Codex. */
const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9_]/gu, "_") || "_";

/**
 * Names as the model is shown them, in the order of `names`. Two that would look alike are told apart by some digits
 * of what they really are; the same name twice counts once.
 */
export function shownNames(names: readonly string[], prefix = ""): Map<string, string> {
  const unique = [...new Set(names)];
  const uses = new Map<string, number>();
  for (const name of unique) uses.set(plain(name), (uses.get(plain(name)) ?? 0) + 1);
  return new Map(
    unique.map((name) => {
      const shown = plain(name);
      return [name, `${prefix}${uses.get(shown)! > 1 ? `${shown}_${sha1(name).slice(0, 12)}` : shown}`];
    }),
  );
}

/** The namespace of each server's tools. */
export const shownNamespaces = (servers: readonly string[]): Map<string, string> => shownNames(servers, "mcp__");
