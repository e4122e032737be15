/**
 * One schema of Zod for all that can be asked for an answer in a shape: the exec client, the app-server's client, and an agent in this
 * process. Each gives the answer parsed, checked, and with the schema's type.
 *
 *     node examples/structured-zod.ts
 */
import assert from "node:assert/strict";
import { z } from "zod";
import { Agent } from "../src/agent/index.ts";
import { Codex, createClient } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const Report = z.object({
  answer: z.string().min(1).describe("What was found"),
  done: z.boolean(),
});
type Report = z.infer<typeof Report>;

const prompt = "list the files here";
const { folder, env, leave } = await playground({ "notes.txt": "buy milk\n" });
try {
  const thread = new Codex({ env }).startThread({ model: "demo", workingDirectory: folder, skipGitRepoCheck: true });
  const turn = await thread.run(prompt, { outputSchema: Report, strictParse: true });
  const byExec: Report | undefined = turn.parsed;
  console.log("exec:", byExec);

  await using client = createClient({ env, processCwd: folder, defaultThreadParams: { model: "demo", cwd: folder } });
  const response = await client.responsesCreate({ prompt, outputSchema: Report });
  const byServer: Report | undefined = response.parsed;
  console.log("app-server:", byServer);

  await using agent = new Agent({ cwd: folder, env, model: "demo" });
  const { output } = await agent.run(prompt, { outputSchema: Report });
  const byAgent: Report = Report.parse(output);
  console.log("agent:", byAgent);

  for (const found of [byExec, byServer, byAgent]) assert.ok(Report.safeParse(found).success);
  // What JSON Schema has no words for is checked, too: an answer that does not fit is none, and the problem says where.
  const picky = Report.extend({
    answer: Report.shape.answer.refine((text) => text.includes("bread"), "says nothing of bread"),
  });
  const refused = await client.responsesCreate({ prompt, outputSchema: picky });
  assert.equal(refused.parsed, undefined);
  assert.match(refused.parseProblem ?? "", /answer.*bread/);
  console.log("what does not fit:", refused.parseProblem);
} finally {
  await leave();
}
