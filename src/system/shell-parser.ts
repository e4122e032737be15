import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Language, Parser, type TreeCursor } from "web-tree-sitter";
import type { ShellNode, ShellParser } from "./ports.ts";

/**
 * How often the parser may ask whether to go on, per letter and at least: some eighty times what ordinary lines need. A
 * count and not a time, so that the same text always ends the same way.
 */
const asksPerLetter = 4;
const leastAsks = 2_000;

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
  const names = { types: language.types, fields: language.fields };
  return {
    parse(text) {
      const most = Math.max(leastAsks, text.length * asksPerLetter);
      let asked = 0;
      const tree = parser.parse(text, null, { progressCallback: () => ++asked > most });
      if (tree === null) {
        parser.reset();
        return null;
      }
      // What the tree holds is outside of this process's garbage collection.
      const cursor = tree.walk();
      try {
        return nodeAt(cursor, names);
      } finally {
        cursor.delete();
        tree.delete();
      }
    },
  };
}

interface Names {
  readonly types: readonly (string | null)[];
  readonly fields: readonly (string | null)[];
}

function nodeAt(cursor: TreeCursor, names: Names): ShellNode {
  const type = names.types[cursor.nodeTypeId] ?? "ERROR";
  const field = names.fields[cursor.currentFieldId] ?? null;
  const [start, end] = [cursor.startIndex, cursor.endIndex];
  const named = cursor.nodeIsNamed;
  const missing = start === end && cursor.nodeIsMissing;
  const children: ShellNode[] = [];
  if (cursor.gotoFirstChild()) {
    do children.push(nodeAt(cursor, names));
    while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return { type, field, start, end, named, missing, children };
}
