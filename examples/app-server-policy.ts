/**
 * Approvals without a person: rules decide what they can, the mode of the rubric the rest, and each decision is told. The sandbox of the
 * threads here only reads, so that each file that is to be written is asked about.
 *
 *     node examples/app-server-policy.ts
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createClient, RuleBasedPolicyEngine, type PolicyAudit, type Rubric } from "../src/sdk/index.ts";
import { playground } from "./sdk/playground.ts";

const { folder, env, leave } = await playground();
const rubric: Rubric = {
  mode: "strict", // what no rule decides is refused; balanced would let commands that only read go on
  fileChangeRules: [{ name: "in the folder", when: { pathWithin: folder }, decision: "accept" }],
  commandRules: [
    { name: "no deleting", priority: 1, when: { commandArgv: ["rm"] }, decision: "decline", reason: "files are kept" },
    // A pattern that allows has to match the whole of each command of the line, which may hold no substitution and no redirection.
    { name: "new files", when: { commandRegex: "touch [\\w.]+" }, decision: "accept" },
  ],
};

const audits: PolicyAudit[] = [];
try {
  await using client = createClient({
    env,
    processCwd: folder,
    policyEngine: new RuleBasedPolicyEngine(rubric, { onAudit: (audit) => audits.push(audit) }),
    defaultThreadParams: { model: "demo", cwd: folder, sandbox: "read-only", approvalPolicy: "on-request" },
  });
  const outside = join(dirname(folder), "outside.txt");
  for (const path of ["made.txt", outside]) {
    const { text } = await client.responsesCreate({ prompt: `create a file called ${path} with: hello` });
    console.log(text.split("\n")[0]);
  }
  for (const { rule, source, decision } of audits) console.log(`${rule ?? source}: ${String(decision)}`);
  assert.deepEqual(
    audits.map(({ rule, decision }) => [rule, decision]),
    [
      ["in the folder", "accept"],
      [null, "decline"],
    ],
  );
  assert.ok(existsSync(join(folder, "made.txt")));
  assert.ok(!existsSync(outside));
} finally {
  await leave();
}
