import { AgentError } from "../../protocol/errors.ts";
import { cleanLine } from "../../system/terminal-text.ts";

/** Letters of a hash that stand for the whole of it: too many to be met by trying. */
const shownLetters = 20;
const bare = (hash: string): string => hash.replace(/^sha256:/, "").slice(0, shownLetters);

/** A key as it is listed, with what it stood for then: `KEY#HASH`. */
export const keyWithHash = (key: string, hash: string): string => `${key}#${bare(hash)}`;

/** Null where no hash was given. */
export function splitKey(given: string): readonly [key: string, hash: string | null] {
  const found = /^(.*)#([0-9a-f]{20})$/s.exec(given);
  return found === null ? [given, null] : [found[1]!, found[2]!];
}

/** Nobody trusts what they have not seen. @throws AgentError `usage` without a hash, or with another than the content has now */
export function requireShown(key: string, given: string | null, hash: string, look: string): void {
  if (given === null) {
    throw new AgentError(
      "usage",
      `give ${cleanLine(key)} as it was listed, with the letters behind #, so that nothing else is trusted than what was shown: ${look}`,
    );
  }
  if (given !== bare(hash)) {
    throw new AgentError("usage", `${cleanLine(key)} has changed since it was shown: ${look}`);
  }
}
