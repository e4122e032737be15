import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Language, Parser, type TreeCursor } from "web-tree-sitter";
import type { ShellNode, ShellParser } from "./ports.ts";

/**
 * Milliseconds of processor time, which no sensible line takes; a text of nothing but openings would keep it busy for
 * minutes. Not of the clock: what a line means does not depend on what else the machine does.
 */
const longestMs = 250;

let loading: Promise<ShellParser> | undefined;

/** The grammar of bash, compiled to WebAssembly; loaded once per process. Rejects when its files are not there. */
export function loadShellParser(): Promise<ShellParser> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Beside the built program; in a clone that runs its sources, in the package that it comes from. */
function wasm(name: string, inPackage: () => string): Uint8Array {
  const beside = join(import.meta.dirname, name);
  return readFileSync(existsSync(beside) ? beside : fileURLToPath(inPackage()));
}

async function load(): Promise<ShellParser> {
  const runtime = wasm("web-tree-sitter.wasm", () => import.meta.resolve("web-tree-sitter/web-tree-sitter.wasm"));
  await Parser.init({ wasmBinary: runtime });
  const grammar = wasm("tree-sitter-bash.wasm", () => import.meta.resolve("tree-sitter-bash/tree-sitter-bash.wasm"));
  const language = await Language.load(grammar);
  const parser = new Parser();
  parser.setLanguage(language);
  return {
    parse(text) {
      const started = process.cpuUsage();
      let calls = 0;
      // Asked after every few signs; the question takes longer than these.
      const late = (): boolean => {
        if (++calls % 8 !== 0) return false;
        const { user, system } = process.cpuUsage(started);
        return (user + system) / 1000 > longestMs;
      };
      const tree = parser.parse(text, null, { progressCallback: late });
      if (tree === null) {
        parser.reset();
        return null;
      }
      // What the tree holds is outside of this process's garbage collection.
      const cursor = tree.walk();
      try {
        return nodeAt(cursor, language);
      } finally {
        cursor.delete();
        tree.delete();
      }
    },
  };
}

/** Most of what a line is made of; asking the parser for their parts takes longer than all the rest. */
const leaves = new Set([
  "word",
  "raw_string",
  "string_content",
  "variable_name",
  "ansi_c_string",
  "comment",
  ";",
  "\n",
]);

function nodeAt(cursor: TreeCursor, language: Language): ShellNode {
  const id = cursor.nodeTypeId;
  const type = language.types[id] ?? "ERROR";
  const [start, end] = [cursor.startIndex, cursor.endIndex];
  const missing = start === end && cursor.nodeIsMissing;
  const children: ShellNode[] = [];
  if (!leaves.has(type) && cursor.gotoFirstChild()) {
    do children.push(nodeAt(cursor, language));
    while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return { type, start, end, missing, children };
}
