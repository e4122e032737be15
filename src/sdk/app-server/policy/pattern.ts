/** Regular expressions of rubrics, which may be slow to the point of never ending: each gets so long and no longer. */
import { createContext, Script, type Context } from "node:vm";

const limitMs = 100;
const longestText = 100_000;

/** Null when it is one. */
export function checkPattern(source: string): string | null {
  try {
    return new RegExp(source) instanceof RegExp ? null : "is no regular expression";
  } catch (error) {
    return `is no regular expression: ${(error as Error).message}`;
  }
}

let engine: { script: Script; context: Context } | null = null;

/** Null when that takes too long, or the text is too long to tell. `whole`: the match has to be the whole text. */
export function matches(source: string, text: string, whole: boolean): boolean | null {
  if (text.length > longestText) return null;
  engine ??= { script: new Script("new RegExp(source).test(text)"), context: createContext({}) };
  const { script, context } = engine;
  context["source"] = whole ? `^(?:${source})$` : source;
  context["text"] = text;
  try {
    return script.runInContext(context, { timeout: limitMs }) as boolean;
  } catch {
    return null;
  }
}
