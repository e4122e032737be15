/**
 * One long-lived server, a turn event by event, then as text alone, then rendered as the command line does: on the demo model, offline.
 *
 *     node examples/app-server-streaming.ts
 *
 * In a program of yours the import is `codex-agent/sdk`, and `model` is left out or one of yours.
 */
import assert from "node:assert/strict";
import { createClient, renderExecStyleEvents } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
try {
  await using client = createClient({
    env,
    processCwd: folder,
    defaultThreadParams: { model: "demo", cwd: folder, sandbox: "read-only", approvalPolicy: "never" },
  });

  // Event by event. `sessionId` is the thread, to go on with it.
  let sessionId = "";
  const types: string[] = [];
  for await (const event of client.responsesEvents({ prompt: "read notes.txt" })) {
    sessionId = event.sessionId ?? sessionId;
    types.push(event.type);
    if (event.type === "item/completed" && event.phase === "tool") console.log("a tool was used");
  }
  assert.equal(types[0], "thread/ready");
  assert.equal(types.at(-1), "turn/completed");

  // The text of the answer as it comes.
  let text = "";
  for await (const piece of client.responsesStreamText({ prompt: "list the files here", sessionId })) text += piece;
  console.log(text);
  assert.match(text, /notes\.txt/);

  // As lines for people. Leaving a loop early would interrupt the turn.
  const counts = await renderExecStyleEvents(client.responsesEvents({ prompt: "read notes.txt", sessionId }));
  assert.equal(counts.turns, 1);
  assert.equal(counts.errors, 0);
} finally {
  await leave();
}
