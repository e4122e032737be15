/**
 * The JavaScript of `dist/`: `cli.js` and the library entries in one split build, so that a program that embeds the
 * kernel and the command line share one copy of every module. What a library entry reaches stays readable; what only
 * the command line reaches is minified, since its start-up is what a user waits for.
 */
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build, transform, type Metafile, type OutputFile } from "esbuild";
import { takeBuiltins } from "./builtin-imports.ts";

const root = dirname(import.meta.dirname);
const target = "node22.18";
/** The command line, and what it starts in a thread or process of its own. */
const programs = {
  cli: "src/doors/cli/main.ts",
  "grep-worker": "src/tools/grep-files/search-worker.ts",
  "code-mode-cell": "src/tools/code-mode/cell-main.ts",
};
/** Named as in `exports` of package.json. */
const libraries = { kernel: "src/kernel/index.ts" };

type Outputs = Metafile["outputs"];

/** The names of all output files that the library entries import, directly or not, themselves included. */
function reachedByLibraries(outputs: Outputs): Set<string> {
  const entries = new Set(Object.values<string>(libraries));
  const waiting = Object.keys(outputs).filter((name) => entries.has(outputs[name]?.entryPoint ?? ""));
  const reached = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const imported of outputs[name]?.imports ?? []) if (imported.external !== true) waiting.push(imported.path);
  }
  return new Set([...reached].map((name) => basename(name)));
}

async function bundle(): Promise<{ files: OutputFile[]; outputs: Outputs }> {
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
  return { files: result.outputFiles, outputs: result.metafile.outputs };
}

/** Writes the JavaScript of `dist/` to a folder. */
export async function writeBundle(directory: string): Promise<void> {
  const { files, outputs } = await bundle();
  const readable = reachedByLibraries(outputs);
  for (const file of files) {
    const name = basename(file.path);
    const minified = name.endsWith(".js") && !readable.has(name);
    const whole = name.endsWith(".js") ? takeBuiltins(file.text) : file.text;
    const text = minified ? (await transform(whole, { minify: true, format: "esm", target })).code : whole;
    writeFileSync(join(directory, name), text);
  }
}
