import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import type { Answer } from "../../../src/protocol/questions.ts";
import { granularFlags } from "../../../src/protocol/permissions.ts";
import { call, message, respond, startFakeModel, type ModelItem, type Reply } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { makeStage, oracle, type StageOptions } from "../../support/run.ts";
import { handmade, mcpCall } from "../../support/mcp/servers.ts";

/** What was asked of the user, who allows everything, and what the model was told in the end. */
interface Heard {
  readonly asked: number;
  readonly output: string;
}

let live: LiveThread | undefined;
afterEach(() => live?.close());

const script = (item: ModelItem): Reply[] => [respond([item]), respond([message("msg_end", "done")])];

/** Ids, times and the names of rights that nobody gave are each their own. */
const steady = (output: unknown): string =>
  JSON.stringify(output)
    .replace(/Chunk ID: \w+/g, "Chunk ID")
    .replace(/Wall time: [\d.]+/g, "Wall time")
    .replace(/\\"(network|file_system)\\":null,?/g, "");

const outputIn = (body: unknown): string => {
  const { input } = body as { input: { type: string; output?: unknown }[] };
  return steady(input.find(({ type }) => type.endsWith("_output"))?.output);
};

async function ofCodex(stageOptions: StageOptions, item: ModelItem): Promise<Heard> {
  const steps = script(item);
  const model = await startFakeModel(() => steps.shift()!);
  const stage = await makeStage({ baseUrl: model.baseUrl, ...stageOptions });
  const child = spawn(oracle().path, ["app-server"], {
    cwd: stage.workspace,
    env: stage.env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const send = (sent: object): void => void child.stdin.write(`${JSON.stringify(sent)}\n`);
  const rights = { permissions: { network: { enabled: true } }, scope: "turn" };
  const yes: Record<string, object> = {
    "item/permissions/requestApproval": rights,
    "mcpServer/elicitation/request": { action: "accept", content: { name: "me" } },
  };
  let asked = 0;
  try {
    send({ id: 1, method: "initialize", params: { clientInfo: { name: "test", title: "test", version: "1" } } });
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, method, result } = JSON.parse(line) as {
        id?: number;
        method?: string;
        result?: { thread?: { id: string } };
      };
      if (method === undefined && id === 1) {
        send({ method: "initialized" });
        send({ id: 2, method: "thread/start", params: {} });
      } else if (method === undefined && id === 2) {
        const input = [{ type: "text", text: "go" }];
        send({ id: 3, method: "turn/start", params: { threadId: result!.thread!.id, input } });
      } else if (method !== undefined && id !== undefined) {
        asked++;
        send({ id, result: yes[method] ?? { decision: "accept" } });
      } else if (method === "turn/completed") break;
    }
    return { asked, output: outputIn(model.requests.at(-1)!.body) };
  } finally {
    child.kill("SIGKILL");
    await model.close();
    await stage.dispose();
  }
}

async function ofOurs(stageOptions: StageOptions, item: ModelItem): Promise<Heard> {
  live = await startLiveThread(script(item), { stage: stageOptions });
  const { client, info } = live;
  let asked = 0;
  const answering = async (thread: LiveThread): Promise<never> => {
    for (;;) {
      const { questionId, question } = await thread.next("question.asked");
      asked++;
      const answer: Answer =
        question.type === "elicitation"
          ? { type: "content", content: { name: "me" } }
          : question.type === "rights"
            ? { type: "rights", rights: { network: { enabled: true } }, scope: "turn" }
            : { type: "allow", scope: "once" };
      await client.call("question/answer", { threadId: info.threadId, questionId, answer });
    }
  };
  answering(live).catch(() => undefined);
  await live.say("go");
  return { asked, output: outputIn(live.model.requests.at(-1)!.body) };
}

const all = { sandbox_approval: true, rules: true, mcp_elicitations: true };
const without = (flag: string): object => ({ ...all, [flag]: false });

const leaving = call("1", "exec_command", {
  cmd: "touch ../made",
  sandbox_permissions: "require_escalated",
  justification: "why",
});
const ruled = call("1", "exec_command", { cmd: "true it" });
const patch: ModelItem = {
  type: "custom_tool_call",
  id: "ct_1",
  call_id: "call_1",
  name: "apply_patch",
  input: "*** Begin Patch\n*** Add File: ../out.txt\n+x\n*** End Patch\n",
  status: "completed",
};
const rights = call("1", "request_permissions", { reason: "why", permissions: { network: { enabled: true } } });
const elicits = mcpCall("1", "mcp__demo", "ask", {});
const destroys = mcpCall("1", "mcp__demo", "destructive", {});

test.each<[string, object, ModelItem, number]>([
  ["a command outside, where the sandbox may be asked about", all, leaving, 1],
  ["a command outside, where it may not", without("sandbox_approval"), leaving, 0],
  ["a command outside, where rules may not ask", without("rules"), leaving, 1],
  ["a command that a rule asks about", all, ruled, 1],
  ["a command that a rule asks about, where rules may not ask", without("rules"), ruled, 0],
  ["a command that a rule asks about, where the sandbox may not be asked about", without("sandbox_approval"), ruled, 1],
  ["a patch outside", all, patch, 1],
  ["a patch outside, where the sandbox may not be asked about", without("sandbox_approval"), patch, 0],
  ["rights, where nothing is said of them", all, rights, 0],
  ["rights, where they may be asked for", { ...all, request_permissions: true }, rights, 1],
  ["a question of an MCP server", all, elicits, 1],
  ["a question of an MCP server, where it may not ask", without("mcp_elicitations"), elicits, 0],
  ["a tool of an MCP server, whose own questions do not count", without("mcp_elicitations"), destroys, 1],
])("the real Codex asks for the same, and tells the model the same: %s", async (_name, flags, item, questions) => {
  const granular = Object.entries(flags).map(([flag, on]) => `${flag} = ${on}`);
  const stage: StageOptions = {
    config: [
      'model = "gpt-5.5"',
      `approval_policy = { granular = { ${granular.join(", ")} } }`,
      'sandbox_mode = "workspace-write"',
      "[features]",
      "request_permissions_tool = true",
      handmade(),
    ].join("\n"),
    homeFiles: { "rules/a.rules": 'prefix_rule(pattern=["true"], decision="prompt")\n' },
  };
  const [codex, ours] = await Promise.all([ofCodex(stage, item), ofOurs(stage, item)]);
  expect(ours).toEqual(codex);
  expect(ours.asked).toBe(questions);
});

test("the model is told what it need not ask for", async () => {
  live = await startLiveThread([respond([message("msg_end", "done")])], {
    stage: {
      config:
        'model = "gpt-5.5"\napproval_policy = { granular = { sandbox_approval = false, rules = true, mcp_elicitations = true } }',
    },
  });
  await live.say("go");
  const text = JSON.stringify(live.model.requests[0]!.body);
  expect(text).toMatch(/refused at once: what leaves the sandbox[^"]*`request_permissions`/);
  expect(text).not.toContain("what a rule wants to ask about");
});

test.each(granularFlags.slice(0, 3))(
  "a table that does not say whether %s are asked about is refused",
  async (flag) => {
    const flags = Object.entries(all).flatMap(([name, on]) => (name === flag ? [] : [`${name} = ${on}`]));
    const config = `approval_policy = { granular = { ${flags.join(", ")} } }`;
    await expect(startLiveThread([], { stage: { config } })).rejects.toThrow(
      `\`approval_policy.granular.${flag}\` is missing`,
    );
  },
);
