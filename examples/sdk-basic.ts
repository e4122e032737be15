/**
 * One turn and what it gives: on the demo model, which answers offline. Checks itself: exits with 0 only when everything was as it should be.
 *
 *     node examples/sdk-basic.ts
 *
 * In a program of yours the import is `codex-agent/sdk`, and `model` is left out or one of yours.
 */
import assert from "node:assert/strict";
import { Codex, TurnFailedError } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
const codex = new Codex({ env });
const thread = codex.startThread({ model: "demo", workingDirectory: folder, skipGitRepoCheck: true });

try {
  const turn = await thread.run("read notes.txt");
  console.log(turn.finalResponse);
  console.log(`${turn.items.length} items, ${turn.usage?.output_tokens} tokens written, thread ${thread.id}`);
  assert.match(turn.finalResponse, /milk/);
  assert.equal(turn.threadId, thread.id);
} catch (error) {
  // Whatever can go wrong has a class and a code of its own.
  if (error instanceof TurnFailedError) console.error(`the turn failed (${error.kind}): ${error.message}`);
  throw error;
} finally {
  await leave();
}
