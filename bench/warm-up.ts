import { join } from "node:path";
import { type LongThread, placeThread } from "./long-thread.ts";
import type { Bench } from "./sample.ts";
import { makeStage } from "./stage.ts";
import { startAndWait } from "./start.ts";
import type { Subject } from "./subjects.ts";

/**
 * One run of each program that is not measured, on a thread that makes it load what it has: afterwards its files are in
 * the machine's memory, and ours has compiled its parts into `warm` below the root.
 */
export async function warmUp(bench: Bench, subjects: readonly Subject[], thread: LongThread): Promise<void> {
  for (const subject of subjects) {
    for (const task of ["calls-4", "parallel"]) {
      const baseUrl = bench.model.baseUrl(task, `warm-${subject.name}-${task}`);
      const stage = makeStage(bench.root, baseUrl, null);
      placeThread(thread, stage);
      const sandbox = task === "parallel" ? "workspace-write" : "danger-full-access";
      const resume = task === "parallel" ? null : thread.id;
      try {
        await startAndWait(subject.command(stage, baseUrl, { task, sandbox, resume }), {
          cwd: stage.workspace,
          env: { ...stage.env, AGENT_RUNTIME_DIR: join(bench.root, "warm") },
        });
      } finally {
        stage.remove();
      }
    }
  }
}
