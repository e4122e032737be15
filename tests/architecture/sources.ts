import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

export const root = join(import.meta.dirname, "..", "..");

export interface Source {
  /** Relative to the repository, with `/`. */
  path: string;
  text: string;
}

/** The TypeScript files below a folder of the repository, in order of their names. */
export function sourcesBelow(folder: string): Source[] {
  const paths = globSync(`${folder}/**/*.{ts,mjs}`, {
    cwd: root,
    exclude: ["**/node_modules/**", "tests/oracle/**", "tests/fixtures/**"],
  });
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Source without comments, and with line numbers as they were. Strings stay, so that import lines can be read. */
export function withoutComments(text: string): string {
  const pattern = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replaceAll(pattern, (all, string: string | undefined) => string ?? all.replaceAll(/[^\n]/g, " "));
}

export interface Import {
  line: number;
  /** As written. */
  specifier: string;
  /** Relative to the repository; null for a package or a module of Node. */
  path: string | null;
}

const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\n]+)["']/g;

/** Every module that a file names: imports, re-exports, dynamic imports and imported types. */
export function importsOf(source: Source): Import[] {
  const text = withoutComments(source.text);
  return [...text.matchAll(importPattern)].map((match) => {
    const specifier = match[1] ?? "";
    return {
      line: text.slice(0, match.index).split("\n").length,
      specifier,
      path: specifier.startsWith(".") ? posix.join(posix.dirname(source.path), specifier) : null,
    };
  });
}
