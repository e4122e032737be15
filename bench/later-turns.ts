import { Client } from "../src/client/client.ts";
import { inMemory } from "../src/client/in-memory.ts";
import { createHost } from "../src/host/host.ts";
import { nodeSystem } from "../src/system/node.ts";
import type { Bench } from "./sample.ts";
import { makeStage } from "./stage.ts";
import { median } from "./statistics.ts";

const turns = 6;
let runs = 0;

/** What a turn takes that is not the first of its thread, ms, the model's answer included: the median of five. */
export async function laterTurnMs({ root, model }: Bench, cwd: string): Promise<number> {
  const run = `later-${runs++}`;
  const stage = makeStage(root, model.baseUrl(`answers-${turns}`, run), null);
  const machine = nodeSystem();
  const environment = { ...machine.environment, variables: stage.env };
  const caller = { originator: "bench", client: "bench", source: "cli", demoWhenUnconfigured: false };
  const client = new Client(inMemory(createHost({ ...machine, environment }, caller)));
  try {
    const { threadId } = await client.call("thread/start", { cwd });
    let ended = (_type: string): void => {};
    client.subscribe(threadId, ({ type }) => ended(type));
    const times: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const end = new Promise<void>((resolve, reject) => {
        ended = (type) => {
          if (type === "turn.completed") resolve();
          if (type === "turn.failed") reject(new Error("a turn has failed"));
        };
      });
      const since = performance.now();
      await client.call("turn/start", { threadId, input: [{ type: "text", text: "hi" }] });
      await end;
      times.push(performance.now() - since);
    }
    return median(times.slice(1));
  } finally {
    await client.close();
    await model.take(run);
    stage.remove();
  }
}
