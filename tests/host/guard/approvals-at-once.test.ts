import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Approvals } from "../../../src/host/guard/approvals.ts";
import { Grants } from "../../../src/host/guard/grants.ts";
import { LedgerKeeper } from "../../../src/host/guard/ledger-keeper.ts";
import { Questions } from "../../../src/host/questions.ts";
import type { Decision } from "../../../src/policy/action.ts";
import { noEffects } from "../../../src/protocol/effects.ts";
import { createIds } from "../../../src/system/ids.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { gate } from "../../kernel/kit.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";

const threadId = "01a00000-0000-7000-8000-000000000001";
const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

/** Approvals whose memory is there only once `ready` opens; whoever is asked allows it for the session. */
async function waiting(ready: Promise<void>) {
  const folder = await mkdtemp(join(scratchFolder, "approvals-"));
  folders.push(folder);
  const system = nodeSystem();
  const ids = createIds(system.clock, system.random);
  const ledger = new LedgerKeeper(system, () => join(folder, "runtime"));
  const counted = { asked: 0, made: 0 };
  const questions: Questions = new Questions(
    threadId,
    ids,
    (event) => {
      if (event.type !== "question.asked") return;
      counted.asked++;
      queueMicrotask(() => questions.answer(event.questionId, { type: "allow", scope: "session" }));
    },
    false,
    system.clock,
  );
  const approvals = new Approvals(
    {
      questions,
      rules: { codexHome: folder, files: system.files, sources: () => [], lifts: () => true, warn: () => undefined },
      door: "tests",
      async grants() {
        counted.made++;
        await ready;
        return new Grants({ system, ids, ledger, threadId, cwd: () => folder, warn: () => undefined });
      },
      effectsOf: async () => noEffects,
      keep: () => undefined,
      reviewer: () => null,
    },
    null,
  );
  const settle = (program: string): Promise<Decision> =>
    approvals.settle(
      { type: "ask", allowed: { type: "allow", enclose: null } },
      { kind: "command", argv: [program], cwd: folder, escalate: true, justification: null },
      { turnId: "turn", callId: program, question: null, signal: new AbortController().signal },
    );
  const close = async (): Promise<void> => (approvals.close(), ledger.close());
  return { settle, counted, close };
}

test("what is allowed for the session holds also where two calls are the first that are asked about", async () => {
  const ready = gate();
  const { settle, counted, close } = await waiting(ready.promise);
  const both = Promise.all([settle("one"), settle("two")]);
  await until(() => counted.made > 0);
  ready.open();
  expect(await both).toMatchObject([{ type: "allow" }, { type: "allow" }]);
  expect(counted.asked).toBe(2);
  expect(await Promise.all([settle("one"), settle("two")])).toMatchObject([{ type: "allow" }, { type: "allow" }]);
  expect(counted.asked).toBe(2);
  await close();
});
