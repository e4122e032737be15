import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, expect, it } from "vitest";
import { writeBundle } from "../../scripts/bundle.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "sdk-loading-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("depends on nothing but Node and the package's own words", async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/sdk/index.ts"],
    bundle: true,
    format: "esm",
    platform: "node",
    metafile: true,
    write: false,
  });
  const foreign = Object.keys(metafile.inputs).filter((path) => !/(^|\/)src\/(sdk|protocol|client)\//.test(path));
  const external = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(foreign).toEqual([]);
  expect(external.filter((path) => !path.startsWith("node:"))).toEqual([]);
});

/** The files of the bundle that one of them loads, itself included. */
function filesOf(name: string, known = new Set<string>()): Set<string> {
  if (known.has(name)) return known;
  known.add(name);
  const text = readFileSync(join(folder, name), "utf8");
  for (const [, imported = ""] of text.matchAll(/^(?:import|\}) ?(?:.* )?from "\.\/([^"]+)";$/gm))
    filesOf(imported, known);
  return known;
}

// How long that takes is a figure of the benchmarks (`sdk`).
it("loads no more than 450 KB, and nothing of the command line", async () => {
  await writeBundle(folder);
  const texts = [...filesOf("sdk.js")].map((name) => readFileSync(join(folder, name), "utf8"));
  const sources = texts.flatMap((text) => [...text.matchAll(/^\/\/ (src\/\S+)$/gm)].map((match) => match[1] ?? ""));
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.filter((path) => !/^src\/(sdk|protocol|client)\//.test(path))).toEqual([]);
  expect(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0)).toBeLessThan(450_000);
});
