import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CellProcess } from "../src/tools/code-mode/cell-process.ts";
import type { Values } from "./measures.ts";
import type { Bench } from "./sample.ts";

/** Bytes of one process, by the names that the kernel has for them. */
function memoryOf(pid: number): (name: string) => number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return (name) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text)?.[1]) * 1024;
}

/** The process of a script that waits, as it is shipped: its memory, and how much of it nobody else has. */
export async function idleCell({ root }: Bench): Promise<Values> {
  const dist = join(root, "product", "dist");
  const cell = new CellProcess(null, { program: join(dist, "code-mode-cell.js"), readable: `${dist}/` });
  try {
    await new Promise<void>((resolve, reject) => {
      cell.listen(
        (message) => typeof message === "object" && message.type === "text" && resolve(),
        () => reject(new Error("the script's process has ended")),
      );
      const plan = JSON.stringify({ tools: [], stored: {}, storeSize: 0 });
      cell.send({ source: `text("idle"); await new Promise(() => {})`, plan });
    });
    const bytes = memoryOf(cell.pid);
    return {
      "cell-resident": bytes("Rss"),
      "cell-share": bytes("Pss"),
      "cell-own": bytes("Private_Clean") + bytes("Private_Dirty"),
    };
  } finally {
    cell.kill();
  }
}
