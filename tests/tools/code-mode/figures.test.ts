import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CellProcess, type CellProgram } from "../../../src/tools/code-mode/cell-process.ts";
import { functionTool, heard, scriptBench } from "./bench.ts";

let shipped: CellProgram;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "cell-"));
  shipped = { program: join(folder, "cell.mjs"), readable: `${folder}/` };
  await build({
    entryPoints: [join(import.meta.dirname, "../../../src/tools/code-mode/cell-main.ts")],
    outfile: shipped.program,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
});
afterAll(() => rm(shipped.readable, { recursive: true }));

/** Kilobytes, by the kernel's names. */
function memoryOf(pid: number): Record<string, number> {
  const lines = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^(\w+): +(\d+) kB$/gm);
  return Object.fromEntries([...lines].map(([, name = "", size]) => [name, Number(size)]));
}

it("an idle script, as it is shipped, has less than 30 MB; of its own less than 15 MB", async () => {
  const cell = new CellProcess(null, shipped);
  const spoke = new Promise<void>((settle) =>
    cell.listen(
      (message) => typeof message === "object" && message.type === "text" && settle(),
      () => settle(),
    ),
  );
  const plan = JSON.stringify({ tools: [], stored: {}, storeSize: 0 });
  cell.send({ source: `text("idle"); await new Promise(() => {})`, plan });
  await spoke;
  const { Pss = Infinity, Private_Clean: clean = 0, Private_Dirty: dirty = Infinity } = memoryOf(cell.pid);
  cell.kill();
  // The rest is the program of Node itself, which it shares with us: half of it counts here when nobody else runs Node.
  expect(clean + dirty).toBeLessThan(15_000);
  expect(Pss).toBeLessThan(30_000);
});

it("three calls side by side are under way at once", async () => {
  let under = 0;
  let most = 0;
  const slow = functionTool("slow", async () => {
    most = Math.max(most, ++under);
    await new Promise((go) => setTimeout(go, 50));
    under--;
    return "";
  });
  const bench = scriptBench([slow]);
  expect(heard(await bench.exec(`await Promise.all([1, 2, 3].map(() => tools.slow()))`)).state).toBe(
    "Script completed",
  );
  bench.close();
  expect(most).toBe(3);
});
