/**
 * An answer in the shape of a schema, parsed, checked and typed. A schema of Zod 4, ArkType or another library that exports JSON Schema goes
 * where the object below does, and `parsed` has its type then; what such libraries share is the interface that is written out here.
 *
 *     node examples/app-server-structured.ts
 */
import assert from "node:assert/strict";
import { createClient } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

interface Report {
  answer: string;
  done: boolean;
}

const json = {
  type: "object",
  properties: { answer: { type: "string" }, done: { type: "boolean" } },
  required: ["answer", "done"],
  additionalProperties: false,
};

/** As `z.object({ answer: z.string(), done: z.boolean() })` would be. */
const outputSchema = {
  "~standard": {
    version: 1 as const,
    vendor: "example",
    types: undefined as { input: Report; output: Report } | undefined,
    validate: (value: unknown) => ({ value: value as Report }),
    jsonSchema: { input: () => json, output: () => json },
  },
};

const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
try {
  await using client = createClient({ env, processCwd: folder, defaultThreadParams: { model: "demo", cwd: folder } });
  const { parsed, parseProblem, text } = await client.responsesCreate({ prompt: "list the files here", outputSchema });
  // What does not satisfy the schema leaves `parsed` undefined and says why.
  assert.equal(parseProblem, null);
  assert.ok(parsed !== undefined);
  const answer: string = parsed.answer;
  console.log(answer, parsed.done);
  assert.deepEqual(JSON.parse(text), parsed);
} finally {
  await leave();
}
