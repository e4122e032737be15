/**
 * The JavaScript of `dist/`: `cli.js` and the library entries in one split build, so that a program that embeds the
 * kernel and the command line share one copy of every module. What a library entry reaches stays readable; what only
 * the command line reaches is minified, since its start-up is what a user waits for.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build, transform, type Metafile } from "esbuild";
import { takeBuiltins } from "./builtin-imports.ts";
import { licencesOf } from "./licences.ts";
import { gatherChunks, loadedWith, type Files } from "./gather-chunks.ts";

const root = dirname(import.meta.dirname);
const target = "node22.18";
/** The command line, and what it starts in a thread or process of its own. */
const programs = {
  cli: "src/doors/cli/main.ts",
  "grep-worker": "src/tools/grep-files/search-worker.ts",
  "code-mode-cell": "src/tools/code-mode/cell-main.ts",
};
/** Named as in `exports` of package.json. */
const libraries = {
  agent: "src/agent/index.ts",
  "app-server": "src/doors/app-server/index.ts",
  kernel: "src/kernel/index.ts",
  proxy: "src/proxy/index.ts",
  sdk: "src/sdk/index.ts",
};

/** Of these, what is loaded stays readable: programs are built on their parts. */
const readable = [libraries.kernel, libraries.sdk];

/** What one turn of `exec` loads: first that of every model, then what more a model of code mode needs, one behind chat completions, and one behind Messages. */
const together = {
  turn: [
    "src/doors/cli/program.ts",
    "src/doors/cli/exec-door.ts",
    "src/doors/exec/log-cleaner.ts",
    "src/host/parts/goals.ts",
    "src/host/parts/agents.ts",
    "src/host/parts/tool-search.ts",
    "node_modules/smol-toml/dist/index.js",
  ],
  scripts: ["src/tools/code-mode/code-mode.ts"],
  chat: ["src/host/model/foreign.ts", "src/model/chat/dialect.ts"],
  messages: ["src/model/messages/dialect.ts"],
};

type Outputs = Metafile["outputs"];

/** The names of all output files that stay readable: what those entries import, directly or not, and the entries themselves. */
function keptReadable(outputs: Outputs): Set<string> {
  const entries = new Set(readable);
  const waiting = Object.keys(outputs).filter((name) => entries.has(outputs[name]?.entryPoint ?? ""));
  const reached = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const imported of outputs[name]?.imports ?? []) if (imported.external !== true) waiting.push(imported.path);
  }
  return new Set([...reached].map((name) => basename(name)));
}

async function bundle(): Promise<{ files: Files; outputs: Outputs }> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { ...programs, ...libraries },
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target,
    // Holds a native part per platform, which npm installs.
    external: ["@lydell/node-pty"],
    chunkNames: "chunk-[hash]",
    legalComments: "external",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const files = new Map(result.outputFiles.map((file) => [basename(file.path), file.text]));
  return { files, outputs: result.metafile.outputs };
}

/** Two files for each of {@link together}: what the library entries share stays readable, and free of the command line. */
function groupsOf(
  outputs: Outputs,
  shared: ReadonlySet<string>,
): { file: string; chunks: Set<string>; library: boolean }[] {
  const taken = new Set<string>();
  return Object.entries(together).flatMap(([name, modules]) => {
    const chunks = [...loadedWith(modules, outputs)].filter((chunk) => chunk.startsWith("chunk-") && !taken.has(chunk));
    for (const chunk of chunks) taken.add(chunk);
    const [inner, outer] = [chunks.filter((each) => shared.has(each)), chunks.filter((each) => !shared.has(each))];
    return [
      { file: `${name}-core.js`, chunks: new Set(inner), library: true },
      { file: `${name}.js`, chunks: new Set(outer), library: false },
    ].filter((group) => group.chunks.size > 0);
  });
}

/** Read when the first shell line is judged; src/system/shell-parser.ts looks for them beside itself. */
const grammar = ["web-tree-sitter/web-tree-sitter.wasm", "tree-sitter-bash/tree-sitter-bash.wasm"];

function writeGrammar(directory: string): void {
  const packages = join(root, "node_modules");
  for (const file of grammar) copyFileSync(join(packages, file), join(directory, basename(file)));
  const licences = grammar.map(
    (file) => `${dirname(file)}\n\n${readFileSync(join(packages, dirname(file), "LICENSE"), "utf8")}`,
  );
  writeFileSync(join(directory, "tree-sitter.wasm.LEGAL.txt"), licences.join("\n"));
}

/** Writes the JavaScript of `dist/`, and what it loads besides, to a folder. */
export async function writeBundle(directory: string): Promise<void> {
  writeGrammar(directory);
  const { files, outputs } = await bundle();
  writeFileSync(join(directory, "bundled.js.LEGAL.txt"), licencesOf(outputs));
  const libraries = keptReadable(outputs);
  const groups = groupsOf(outputs, libraries);
  const readable = new Set([...libraries, ...groups.filter(({ library }) => library).map(({ file }) => file)]);
  for (const [name, part] of await gatherChunks(files, outputs, groups)) {
    const minified = name.endsWith(".js") && !readable.has(name);
    const whole = name.endsWith(".js") ? takeBuiltins(part) : part;
    const text = minified ? (await transform(whole, { minify: true, format: "esm", target })).code : whole;
    writeFileSync(join(directory, name), text);
  }
}
