/**
 * A turn event by event, the same with callbacks, and one that is stopped half-way.
 *
 *     node examples/sdk-streaming.ts
 */
import assert from "node:assert/strict";
import { Codex, isUnknownEvent, TurnAbortedError } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
const codex = new Codex({ env });
const thread = codex.startThread({ model: "demo", workingDirectory: folder, skipGitRepoCheck: true });

try {
  const types: string[] = [];
  const { events } = await thread.runStreamed("read notes.txt");
  for await (const event of events) {
    types.push(event.type);
    // Of a program that is newer than this client.
    if (isUnknownEvent(event)) continue;
    if (event.type === "item.completed" && event.item.type === "agent_message") console.log(event.item.text);
    if (event.type === "turn.completed") console.log(`${event.usage.input_tokens} tokens read`);
  }
  assert.deepEqual([types[0], types[types.length - 1]], ["thread.started", "turn.completed"]);

  const seen: string[] = [];
  const turn = await thread.stream("list the files here", {
    onItem: (item, phase) => seen.push(`${item.type} ${phase}`),
    onText: (text) => console.log(text),
  });
  assert.ok(seen.includes("agent_message completed"));
  assert.match(turn.finalResponse, /notes\.txt/);

  // Leaving the loop ends the process, and waits until it is gone.
  const { events: some } = await thread.runStreamed("read notes.txt");
  for await (const event of some) if (event.type === "turn.started") break;

  const abort = new AbortController();
  const stopped = thread.run("read notes.txt", { signal: abort.signal, onEvent: () => abort.abort("seen enough") });
  await assert.rejects(stopped, (error) => error instanceof TurnAbortedError && error.cause === "seen enough");
  // The next turn waits until the process of that one is gone.
  assert.match((await thread.run("read notes.txt")).finalResponse, /milk/);
} finally {
  await leave();
}
