import { expect, test } from "vitest";
import { importsOf, sourcesBelow, type Source } from "./sources.ts";

/** The spine from the ground up: a folder imports from itself and from those before it. */
const layers = [
  "system",
  "protocol",
  "client",
  "config",
  "model",
  "policy",
  "tools",
  "kernel",
  "journal",
  "host",
  "agent",
  "doors",
];

/** Stands beside the spine: of it, these may be used. */
const beside: Record<string, string[]> = {
  sdk: ["protocol", "client"],
  proxy: ["system", "protocol", "model"],
};

/** The command line stands above the other doors: it opens the one that was asked for. */
const opener = "cli";

function layerOf(path: string): string | undefined {
  return path.match(/^src\/([^/]+)\//)?.[1];
}

function doorOf(path: string): string | undefined {
  return path.match(/^src\/doors\/([^/]+)\//)?.[1];
}

function mayImport(layer: string): string[] {
  if (beside[layer] !== undefined) return [layer, ...beside[layer]];
  const below = layers.slice(0, layers.indexOf(layer) + 1);
  // A door may be a program that uses the SDK or the bridge, as those of users do.
  return layer === "doors" ? [...below, ...Object.keys(beside)] : below;
}

function forbiddenImports(source: Source): string[] {
  const layer = layerOf(source.path);
  if (layer === undefined || !(layers.includes(layer) || layer in beside)) return [`${source.path}: in no known layer`];
  const allowed = mayImport(layer);
  return importsOf(source).flatMap(({ line, specifier, path }) => {
    if (path === null) return [];
    const where = `${source.path}:${line} imports ${specifier}`;
    const target = layerOf(path);
    if (target === undefined) return [`${where}, outside of the layers`];
    if (!allowed.includes(target)) return [`${where}: ${layer}/ may not know ${target}/`];
    const knowsDoor = target !== "doors" || doorOf(path) === doorOf(source.path) || doorOf(source.path) === opener;
    return knowsDoor ? [] : [`${where}: a door may not know another`];
  });
}

test("a layer imports only from itself and from the layers below it, and no door from another but the command line", () => {
  expect(sourcesBelow("src").flatMap(forbiddenImports)).toEqual([]);
});

test("the check sees upward imports of every form", () => {
  const text = [
    'import { a } from "../host/a.ts";',
    'import type { B } from "../host/b.ts";',
    'export * from "../host/c.ts";',
    'const d = await import("../host/d.ts");',
    'type E = import("../host/e.ts").E;',
    'import "../host/f.ts";',
    'import {\n  g,\n} from "../host/g.ts";',
    '// import { h } from "../host/h.ts";',
    'import { i } from "../model/i.ts";',
  ].join("\n");
  const found = forbiddenImports({ path: "src/kernel/example.ts", text });
  expect(found.map((line) => line.match(/host\/(.)\.ts/)?.[1])).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  expect(found[0]).toBe("src/kernel/example.ts:1 imports ../host/a.ts: kernel/ may not know host/");
});

test("the check sees a door that imports another, and a file in no layer", () => {
  const text = 'import { run } from "../exec/run.ts";\nimport { own } from "./own.ts";';
  expect(forbiddenImports({ path: "src/doors/http/serve.ts", text })).toEqual([
    "src/doors/http/serve.ts:1 imports ../exec/run.ts: a door may not know another",
  ]);
  expect(forbiddenImports({ path: "src/doors/exec/run.ts", text: 'import "../cli/main.ts";' })).toHaveLength(1);
  expect(forbiddenImports({ path: "src/doors/cli/main.ts", text })).toEqual([]);
  expect(forbiddenImports({ path: "src/utils/x.ts", text: "" })).toEqual(["src/utils/x.ts: in no known layer"]);
});
