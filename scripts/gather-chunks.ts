/**
 * Puts together what is always loaded together. A split build makes a chunk for every set of entries that share
 * something, most of them tiny, and each costs a start of the program the look for a file and the linking of a module.
 */
import { build, type Metafile } from "esbuild";

type Outputs = Metafile["outputs"];

/** The text of each file of the build, by its name. */
export type Files = ReadonlyMap<string, string>;

interface Gathered {
  /** Name of the file that the chunks went into. */
  readonly file: string;
  readonly chunks: ReadonlySet<string>;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
/** Under which name a file of gathered chunks exports what one of them exported. */
const within = (chunk: string, exported: string): string => `${chunk.replace(/\W/g, "_")}__${exported}`;

/** The chunks that loading these modules loads, without what waits for an `import()`. */
export function loadedWith(modules: readonly string[], outputs: Outputs): Set<string> {
  const waiting = Object.keys(outputs).filter((path) => modules.includes(outputs[path]!.entryPoint ?? ""));
  const missing = modules.filter((module) => !waiting.some((path) => outputs[path]!.entryPoint === module));
  if (missing.length > 0) throw new Error(`the build has no entry for ${missing.join(", ")}`);
  const loaded = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    for (const { path: imported, kind, external } of outputs[path]!.imports) {
      if (external !== true && kind === "import-statement") waiting.push(imported);
    }
  }
  return new Set([...loaded].map(nameOf));
}

/** The files with each group of chunks in one of its own, which what imported one of the chunks imports instead. */
export async function gatherChunks(files: Files, outputs: Outputs, groups: readonly Gathered[]): Promise<Files> {
  const exportsOf = new Map(Object.entries(outputs).map(([path, { exports }]) => [nameOf(path), exports]));
  const groupOf = new Map(groups.flatMap((group) => [...group.chunks].map((chunk) => [chunk, group.file] as const)));
  const result = new Map<string, string>();
  const helpers = helperChunks(outputs);
  for (const { file, chunks } of groups) {
    result.set(file, redirected(await joined(file, chunks, files, exportsOf), groupOf, exportsOf));
  }
  for (const [name, whole] of files) {
    if (groupOf.has(name)) continue;
    const text = whole.replace(/^import "\.\/([^"]+)";\n/gm, (line, chunk: string) => (helpers.has(chunk) ? "" : line));
    result.set(name, name.endsWith(".js") ? redirected(text, groupOf, exportsOf) : whole);
  }
  return result;
}

/** Holds nothing but what the bundler adds: an import that takes no name of it has no effect, and would load what it is gathered with. */
function helperChunks(outputs: Outputs): ReadonlySet<string> {
  const paths = Object.keys(outputs).filter((path) => Object.keys(outputs[path]!.inputs).length === 0);
  return new Set(paths.map(nameOf).filter((name) => name.startsWith("chunk-")));
}

async function joined(
  file: string,
  chunks: ReadonlySet<string>,
  files: Files,
  exportsOf: ReadonlyMap<string, readonly string[]>,
): Promise<string> {
  const lines = [...chunks].map((chunk) => {
    const names = (exportsOf.get(chunk) ?? []).map((each) => `${each} as ${within(chunk, each)}`);
    return names.length === 0 ? `import "./${chunk}";` : `export { ${names.join(", ")} } from "./${chunk}";`;
  });
  const { outputFiles } = await build({
    stdin: { contents: lines.join("\n"), resolveDir: "/" },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
    logLevel: "warning",
    legalComments: "none",
    plugins: [
      {
        name: "chunks",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /.*/ }, ({ path, kind }) => {
            const name = nameOf(path);
            const inside = path.startsWith("./") && chunks.has(name) && kind === "import-statement";
            return inside ? { path: name, namespace: "chunk" } : { path, external: true };
          });
          onLoad({ filter: /.*/, namespace: "chunk" }, ({ path }) => ({ contents: files.get(path)!, loader: "js" }));
        },
      },
    ],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`nothing came of ${file}`);
  return output.text;
}

/** The text with every import of a gathered chunk turned to the file that holds it. */
function redirected(
  text: string,
  groupOf: ReadonlyMap<string, string>,
  exportsOf: ReadonlyMap<string, readonly string[]>,
): string {
  const imports = text.replace(
    /import\s*(?:\{([^}]*)\}\s*from\s*)?"\.\/([^"]+)";/g,
    (whole: string, names: string | undefined, chunk: string) => {
      const file = groupOf.get(chunk);
      if (file === undefined) return whole;
      if (names === undefined) return `import "./${file}";`;
      const list = names.split(",").filter((each) => each.trim() !== "");
      const renamed = list.map((each) => {
        const [imported = "", local = imported] = each.trim().split(/\s+as\s+/);
        return `${within(chunk, imported)} as ${local}`;
      });
      return `import { ${renamed.join(", ")} } from "./${file}";`;
    },
  );
  return imports.replace(/import\("\.\/([^"]+)"\)/g, (whole: string, chunk: string) => {
    const file = groupOf.get(chunk);
    if (file === undefined) return whole;
    const names = (exportsOf.get(chunk) ?? []).map((each) => `${each}: all.${within(chunk, each)}`);
    return `import("./${file}").then((all) => ({ ${names.join(", ")} }))`;
  });
}
