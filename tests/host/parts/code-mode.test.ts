import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Answer } from "../../../src/protocol/questions.ts";
import { call, customCall, message, respond, type Reply } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

let live: LiveThread;
afterEach(() => live.close());

const end = respond([message("msg_end", "done")]);
const script = (id: string, source: string): Reply => respond([customCall(id, "exec", source)]);

async function open(config: string, ...replies: Reply[]): Promise<void> {
  live = await startLiveThread([...replies, end, end, end, end, end], { stage: { config } });
}

const attended = 'approval_policy = "on-request"\nsandbox_mode = "workspace-write"';
const free = 'approval_policy = "never"\nsandbox_mode = "danger-full-access"';

interface Item {
  type: string;
  output?: string | { text?: string }[];
  tools?: { name: string; tools: { name: string }[] }[];
  name?: string;
}

const input = (index: number): Item[] => (live.model.requests[index]!.body as { input: Item[] }).input;

/** What the model reads of its last call, without the head. */
const said = (index: number): string[] => {
  const { output } = input(index).at(-1)!;
  return typeof output === "string" ? [output] : (output ?? []).slice(1).map(({ text }) => text ?? "");
};

async function answer(given: Answer): Promise<void> {
  const { questionId } = await live.next("question.asked");
  await live.client.call("question/answer", { threadId: live.info.threadId, questionId, answer: given });
}

const escape = `tools.exec_command({cmd: "echo out > ../outside; echo done", sandbox_permissions: "require_escalated", justification: "why"})`;

describe("a call of a script", () => {
  test("is put to the user like any other, and runs once it is allowed", async () => {
    await open(attended, script("c1", `text((await ${escape}).output)`));
    const turn = live.say("go");
    await answer({ type: "allow", scope: "once" });
    expect(await turn).toMatchObject({ type: "turn.completed" });
    expect(said(1)).toEqual(["done\n"]);
    expect(readFileSync(join(live.stage.root, "outside"), "utf8")).toBe("out\n");
  });

  test("rejects where the user says no", async () => {
    await open(attended, script("c1", `await ${escape}.catch((why) => text("no: " + typeof why))`));
    const turn = live.say("go");
    await answer({ type: "deny" });
    expect(await turn).toMatchObject({ type: "turn.completed" });
    expect(said(1)).toEqual(["no: string"]);
    expect(existsSync(join(live.stage.root, "outside"))).toBe(false);
  });

  test("takes its question back when the script is stopped, and the turn goes on", async () => {
    await open(
      attended,
      script("c1", `// @exec: {"yield_time_ms": 0}\nawait ${escape}`),
      respond([call("d", "sleep", { duration_ms: 600_000 }, { namespace: "clock" })]),
      respond([call("w", "wait", { cell_id: "1", terminate: true })]),
    );
    const turn = live.say("go");
    await live.next("question.asked");
    await live.client.call("turn/steer", {
      threadId: live.info.threadId,
      input: [{ type: "text", text: "never mind" }],
    });
    expect(await live.next("question.closed")).toMatchObject({ answer: null });
    expect(await turn).toMatchObject({ type: "turn.completed" });
    expect(input(3).at(-1)?.output).toMatch(/^Script terminated/);
  });

  test("is told of as an item, and ends with an interrupt", async () => {
    await open(free, script("c1", `await tools.exec_command({cmd: "echo $$; exec sleep 600", yield_time_ms: 30000})`));
    const turn = live.say("go");
    const { item } = await live
      .next("item.started")
      .then(async (first) => (first.item.type === "commandExecution" ? first : live.next("item.started")));
    expect(item).toMatchObject({ type: "commandExecution", id: expect.stringMatching(/^exec-/) });
    const { delta } = await live.next("command.output");
    await live.client.call("turn/interrupt", { threadId: live.info.threadId });
    expect(await turn).toMatchObject({ type: "turn.interrupted" });
    await gone(Number(delta));
  });
});

describe("tools of a model of code mode", () => {
  const namesOf = (index: number): string[] => {
    const body = live.model.requests[index]!.body as { tools?: { name: string }[] };
    const [first] = input(index);
    return first!.type === "additional_tools"
      ? (first!.tools?.find(({ name }) => name === "functions")?.tools.map(({ name }) => name) ?? [])
      : (body.tools?.map(({ name }) => name).filter((name) => ["exec", "wait", "exec_command"].includes(name)) ?? []);
  };

  test("are scripts, and are the classic ones where the configuration says so", async () => {
    await open(`${free}\n[codex_agent.tools]\nmode = "classic"`);
    await live.say("go");
    expect(namesOf(0)).toEqual(["exec_command"]);
  });

  test("are both in the mixed mode", async () => {
    await open(`${free}\n[codex_agent.tools]\nmode = "mixed"`);
    await live.say("go");
    expect(namesOf(0)).toEqual(expect.arrayContaining(["exec", "wait", "exec_command"]));
  });

  test("follow the model when it changes between turns", async () => {
    await open(`model = "gpt-5.5"\n${free}`);
    await live.say("one");
    await live.client.call("thread/settings", { threadId: live.info.threadId, model: "gpt-6-luna" });
    await live.say("two");
    await live.client.call("thread/settings", { threadId: live.info.threadId, model: "gpt-5.5" });
    await live.say("three");
    // Between them the history is summed up: these models cannot read each other's.
    const shown = live.model.requests
      .filter(({ headers }) => headers["x-codex-turn-metadata"]?.includes('"request_kind":"turn"'))
      .map(({ index }) => namesOf(index));
    expect(shown).toEqual([
      ["exec_command"],
      ["exec", "wait", "request_user_input", "request_user_input_async"],
      ["exec_command"],
    ]);
  });

  test("a mode that there is not is refused", async () => {
    const started = startLiveThread([end], { stage: { config: '[codex_agent.tools]\nmode = "modern"' } });
    await expect(started).rejects.toThrow('`codex_agent.tools.mode` must be one of "classic", "code", "mixed"');
    await open(free);
  });
});

async function gone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(0);
  for (;;) {
    try {
      if (!readFileSync(`/proc/${pid}/status`, "utf8").includes("VmRSS")) return;
    } catch {
      return;
    }
    await new Promise((go) => setTimeout(go, 10));
  }
}
