/**
 * A thread that another program goes on with, and a copy of it that goes its own way.
 *
 *     node examples/sdk-resume.ts
 */
import assert from "node:assert/strict";
import { Codex, SessionNotFoundError } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
const options = { model: "demo", workingDirectory: folder, skipGitRepoCheck: true };
try {
  const first = new Codex({ env }).startThread(options);
  await first.run("read notes.txt");
  assert.ok(first.id !== null);

  // As if in another process, on another day.
  const later = new Codex({ env });
  const resumed = later.resumeThread(first.id, options);
  const turn = await resumed.run("what did you do?");
  console.log(turn.finalResponse);
  assert.equal(resumed.id, first.id);
  assert.match(turn.finalResponse, /notes\.txt|read/i);

  const newest = later.resumeLast(options);
  await newest.run("list the files here");
  assert.equal(newest.id, first.id);

  const fork = later.forkThread(first.id, options);
  await fork.run("what did you do?");
  assert.notEqual(fork.id, first.id);
  console.log(`thread ${first.id}, and its fork ${fork.id}`);

  // A name that no thread has is an error, not a new thread.
  await assert.rejects(later.resumeThread("no such name", options).run("go on"), SessionNotFoundError);
} finally {
  await leave();
}
