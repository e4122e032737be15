/**
 * A thread is gone on with by another process, forked, and one turn of the fork taken back.
 *
 *     node examples/app-server-resume.ts
 */
import assert from "node:assert/strict";
import { createClient, SessionNotFoundError } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
const options = { env, processCwd: folder, defaultThreadParams: { model: "demo", cwd: folder } };
try {
  const first = createClient(options);
  const { sessionId } = await first.responsesCreate({ prompt: "read notes.txt" });
  await first.close();

  await using second = createClient(options);
  await second.responsesCreate({ prompt: "list the files here", sessionId });
  const thread = await second.threadRead(sessionId, true);
  assert.equal(thread.turns.length, 2);

  const fork = await second.threadFork(sessionId);
  assert.equal(fork.thread.forkedFromId, sessionId);
  await second.threadRollback(fork.thread.id, 1);
  assert.equal((await second.threadRead(fork.thread.id, true)).turns.length, 1);
  assert.equal((await second.threadRead(sessionId, true)).turns.length, 2);

  // What is not there has an error of its own.
  const nowhere = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3";
  await assert.rejects(second.responsesCreate({ prompt: "hi", sessionId: nowhere }), SessionNotFoundError);
  console.log(`${sessionId} has 2 turns, its fork ${fork.thread.id} has 1`);
} finally {
  await leave();
}
