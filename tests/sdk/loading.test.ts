import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

/** The modules of a file of the bundle, and of those that it imports. */
function loadedBy(name: string): string[] {
  const text = readFileSync(join(folder, name), "utf8");
  const own = [...text.matchAll(/^\/\/ (src\/\S+)$/gm)].map((match) => match[1] ?? "");
  const imported = [...text.matchAll(/^(?:import|\}) ?(?:.* )?from "\.\/([^"]+)";$/gm)].map((match) => match[1] ?? "");
  return [...own, ...imported.flatMap(loadedBy)];
}

it("loads within 30 ms beyond Node itself, and nothing of the command line", async () => {
  await writeBundle(folder);
  const sources = loadedBy("sdk.js");
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.filter((path) => !/^src\/(sdk|protocol|client)\//.test(path))).toEqual([]);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "none.mjs"), "");
  writeFileSync(
    join(folder, "some.mjs"),
    'import { Codex, createClient } from "./sdk.js"; new Codex().startThread(); createClient();',
  );
  /** CPU time of a start, which others that use the machine do not add to as they do to the clock. */
  const cpuOf = (name: string): number => {
    const measure =
      "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.log((user + system) / 1000); });";
    const args = ["--import", `data:text/javascript,${encodeURIComponent(measure)}`, join(folder, name)];
    return Number(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout);
  };
  const best = { "none.mjs": Infinity, "some.mjs": Infinity };
  // Others that use the machine's caches cost it time of its own, too: a round that they leave alone is enough.
  for (let round = 0; round < 8 || (round < 40 && best["some.mjs"] - best["none.mjs"] >= 30); round++)
    for (const name of ["none.mjs", "some.mjs"] as const) best[name] = Math.min(best[name], cpuOf(name));
  expect(best["none.mjs"]).toBeGreaterThan(0);
  expect(best["some.mjs"] - best["none.mjs"]).toBeLessThan(30);
});
