/**
 * An answer in the shape of a JSON Schema, parsed and checked. A schema of Zod 4, ArkType or another library that exports JSON Schema goes
 * in the same place, and `parsed` has its type then.
 *
 *     node examples/sdk-structured.ts
 */
import assert from "node:assert/strict";
import { Codex } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const outputSchema = {
  type: "object",
  properties: { answer: { type: "string" }, done: { type: "boolean" } },
  required: ["answer", "done"],
  additionalProperties: false,
};

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
try {
  const thread = new Codex({ env }).startThread({ model: "demo", workingDirectory: folder, skipGitRepoCheck: true });
  // With strictParse an answer that does not fit is an OutputParseError; without, a warning.
  const turn = await thread.run("list the files here", { outputSchema, strictParse: true });
  const parsed = turn.parsed as { answer: string; done: boolean };
  console.log(parsed);
  assert.equal(typeof parsed.answer, "string");
  assert.equal(typeof parsed.done, "boolean");
  assert.deepEqual(JSON.parse(turn.finalResponse), parsed);
} finally {
  await leave();
}
