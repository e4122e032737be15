import { fork } from "node:child_process";
import { join } from "node:path";
import type { Told } from "./fake-model.ts";

export interface ModelProcess {
  /** What a subject is given as its provider's address for one run of a task. */
  baseUrl(task: string, run: string): string;
  /** The bodies of the requests of a run, which are then forgotten. */
  take(run: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startModel(): Promise<ModelProcess> {
  const child = fork(join(import.meta.dirname, "fake-model.ts"), { serialization: "advanced" });
  const waiting = new Map<string, (bodies: string[]) => void>();
  const port = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the fake model ended with ${code}`)));
    child.on("message", (told: Told) => {
      if ("port" in told) return resolve(told.port);
      waiting.get(told.run)?.(told.bodies);
      waiting.delete(told.run);
    });
  });
  return {
    baseUrl: (task, run) => `http://127.0.0.1:${port}/${task}/${run}/v1`,
    take: (run) =>
      new Promise((resolve) => {
        waiting.set(run, resolve);
        child.send({ take: run });
      }),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.disconnect();
      }),
  };
}
