import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeBundle } from "../../scripts/bundle.ts";
import { gatherChunks, loadedWith, type Files } from "../../scripts/gather-chunks.ts";
import { call, message, respond, startFakeModel, type ModelItem } from "../support/fake-model.ts";
import { makeStage, run } from "../support/run.ts";
import { scratchFolder } from "../support/scratch.ts";

const repository = join(import.meta.dirname, "../..");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(`${scratchFolder}/gathered-`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the files of the product", () => {
  const trace = `import { registerHooks } from "node:module";
import { appendFileSync } from "node:fs";
registerHooks({
  load(url, context, next) {
    if (url.includes("/dist/")) appendFileSync(process.env.LOADED, url.slice(url.lastIndexOf("/") + 1) + "\\n");
    return next(url, context);
  },
});
`;
  const product = (...path: string[]): string => join(folder, "product", ...path);

  beforeAll(async () => {
    mkdirSync(product("dist"), { recursive: true });
    cpSync(join(repository, "bin"), product("bin"), { recursive: true });
    cpSync(join(repository, "package.json"), product("package.json"));
    writeFileSync(product("trace.mjs"), trace);
    await writeBundle(product("dist"));
  });

  /** The files of `dist/` that a turn loads, sorted. */
  async function loadedBy(model: string, items: readonly ModelItem[]): Promise<string[]> {
    const steps = [...items.map((item) => respond([item])), respond([message("m", "done")])];
    const provider = await startFakeModel(steps);
    const stage = await makeStage({ baseUrl: provider.baseUrl, config: `model = "${model}"`, git: true });
    try {
      const env = { NODE_OPTIONS: `--import ${product("trace.mjs")}`, LOADED: join(stage.root, "loaded") };
      const path = product("bin", "codex-agent");
      const { code, stdout, stderr } = await run({ name: "codex-agent", path }, stage, ["exec", "go"], { env });
      expect([code, stdout], stderr).toEqual([0, "done\n"]);
      return readFileSync(env.LOADED, "utf8").trim().split("\n").toSorted();
    } finally {
      await provider.close();
      await stage.dispose();
    }
  }

  test("are few in a turn: each is a look for a file, and what a turn needs is gathered", async () => {
    const turn = ["cli.js", "turn-core.js", "turn.js"];
    expect(await loadedBy("gpt-5.5", [call("1", "exec_command", { cmd: "true" })])).toEqual(turn);
    expect(await loadedBy("gpt-6.1-sol", [])).toEqual([...turn, "scripts.js"].toSorted());
  });
});

describe("gathering", () => {
  /** `main` and `other` share `state`; each imports under other names, and `late` waits in both. */
  const sources = {
    "main.js": `import { state as mine, add } from "./state.js"; import "./effect.js";
add("main"); const late = await import("./late.js"); late.tell(); globalThis.print(mine.join());`,
    "other.js": `import { add, state } from "./state.js"; import "./effect.js";
add("other"); (await import("./late.js")).tell(); globalThis.print(state.join());`,
    "state.js": `export const state = []; export const add = (word) => state.push(word); add("made");`,
    "effect.js": `import { add } from "./state.js"; add("effect");`,
    "late.js": `import { add } from "./state.js"; add("late"); export const tell = () => add("told");`,
    "unused.js": `export const unused = 1;`,
  };

  async function built(): Promise<{ files: Files; outputs: Parameters<typeof loadedWith>[1] }> {
    const at = join(folder, "sources");
    mkdirSync(at, { recursive: true });
    for (const [name, text] of Object.entries(sources)) writeFileSync(join(at, name), text);
    const result = await build({
      absWorkingDir: at,
      entryPoints: ["main.js", "other.js"],
      outdir: "out",
      bundle: true,
      splitting: true,
      format: "esm",
      metafile: true,
      write: false,
    });
    const files = new Map(result.outputFiles.map(({ path, text }) => [basename(path), text]));
    return { files, outputs: result.metafile.outputs };
  }

  function said(files: Files, ...programs: string[]): string[] {
    const at = mkdtempSync(join(folder, "run-"));
    for (const [name, text] of files) writeFileSync(join(at, name), text);
    const script = `globalThis.print = console.log; for (const name of ${JSON.stringify(programs)}) await import(${JSON.stringify(`${at}/`)} + name);`;
    return execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })
      .trim()
      .split("\n");
  }

  test("leaves programs what they were, with one copy of what they share", async () => {
    const { files, outputs } = await built();
    const shared = [...loadedWith(["main.js"], outputs)].filter((name) => name !== "main.js");
    const late = [...files.keys()].filter((name) => !shared.includes(name) && !["main.js", "other.js"].includes(name));
    expect([shared.length > 0, late.length > 0]).toEqual([true, true]);
    const before = said(files, "main.js", "other.js");
    expect(before).toEqual(["made,effect,main,late,told", "made,effect,main,late,told,other,told"]);
    const all = await gatherChunks(files, outputs, [{ file: "all.js", chunks: new Set([...shared, ...late]) }]);
    expect([...all.keys()].toSorted()).toEqual(["all.js", "main.js", "other.js"]);
    // What waited is loaded with the rest, and so is there before.
    expect(said(all, "main.js", "other.js")[1]).toBe("made,effect,late,main,told,other,told");
    const apart = await gatherChunks(files, outputs, [{ file: "shared.js", chunks: new Set(shared) }]);
    expect([...apart.keys()]).toEqual(expect.arrayContaining(["shared.js", ...late]));
    expect(said(apart, "main.js", "other.js")).toEqual(before);
  });

  test("takes what loading a module loads, and not what waits behind an import()", async () => {
    const { files, outputs } = await built();
    const loaded = loadedWith(["main.js"], outputs);
    const text = [...loaded].map((name) => files.get(name)).join("\n");
    expect([text.includes('"effect"'), text.includes('"told"')]).toEqual([true, false]);
    expect(() => loadedWith(["missing.js"], outputs)).toThrow("missing.js");
  });
});
