import { expect, it } from "vitest";
import { startAppServer } from "../journal/support/real-codex.ts";
import {
  call,
  customCall,
  message,
  reasoning,
  respond,
  startFakeModel,
  type FakeModel,
  type Script,
} from "../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Outcome, type Stage } from "../support/run.ts";

/** A thread that one of the two has made, with a command and a patch in it, is read and taken up by the other. */

const flags = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];
const limit = 120_000;
const newFile = "*** Begin Patch\n*** Add File: made.txt\n+made\n*** End Patch\n";

const script = (): Script => [
  respond([
    reasoning("rs_1", "**Plan**"),
    message("msg_1", "looking"),
    call("1", "exec_command", { cmd: "echo from a command; exit 3" }),
  ]),
  respond([customCall("2", "apply_patch", newFile)]),
  respond([message("msg_2", "first answer")]),
  respond([call("3", "exec_command", { cmd: "cat made.txt" })]),
  respond([message("msg_3", "second answer")]),
  respond([message("msg_4", "third answer")]),
];

async function onStage(work: (stage: Stage, model: FakeModel) => Promise<void>): Promise<void> {
  const model = await startFakeModel(script());
  const stage = await makeStage({ baseUrl: model.baseUrl });
  try {
    await work(stage, model);
  } finally {
    await model.close();
    await stage.dispose();
  }
}

async function turn(binary: Binary, stage: Stage, ...args: string[]): Promise<Outcome> {
  const outcome = await run(binary, stage, [...flags, ...args], { limitMs: 60_000 });
  expect(outcome, outcome.stderr).toMatchObject({ code: 0, otherLines: [] });
  return outcome;
}

const threadOf = ({ events }: Outcome): string =>
  String(events.find(({ type }) => type === "thread.started")?.["thread_id"]);
const usageOf = ({ events }: Outcome): unknown => events.at(-1)?.["usage"];
const answersOf = ({ events }: Outcome): unknown[] =>
  events.flatMap((event) =>
    (event["item"] as { type: string; text?: string } | undefined)?.type === "agent_message"
      ? [(event["item"] as { text: string }).text]
      : [],
  );

/** What was said and done, without the base prompt and the context, which each has in words of its own. */
function talk(model: FakeModel, request: number): Record<string, unknown>[] {
  const { input } = model.requests[request]!.body as { input: Record<string, unknown>[] };
  return input.filter(
    (item) => item["role"] !== "developer" && !JSON.stringify(item).includes("<environment_context>"),
  );
}

const prompt = (text: string): unknown =>
  expect.objectContaining({ role: "user", content: [{ type: "input_text", text }] });
const answer = (id: string): unknown => expect.objectContaining({ id, role: "assistant" });

it.each([
  ["codex-agent", "codex", ours, oracle],
  ["codex", "codex-agent", oracle, ours],
])(
  "a thread of %s is resumed by %s, and then by its maker again",
  async (_maker, _other, maker, other) => {
    await onStage(async (stage, model) => {
      const first = await turn(maker(), stage, "first");
      const id = threadOf(first);
      const second = await turn(other(), stage, "resume", id, "second");
      const third = await turn(maker(), stage, "resume", id, "third");
      expect([second, third].map(threadOf)).toEqual([id, id]);
      expect([first, second, third].map(answersOf)).toEqual([
        ["looking", "first answer"],
        ["second answer"],
        ["third answer"],
      ]);
      // Three responses, then two, then one, of a hundred tokens each.
      expect([first, second, third].map(usageOf)).toMatchObject([
        { input_tokens: 300 },
        { input_tokens: 500 },
        { input_tokens: 600 },
      ]);
      expect(model.requests).toHaveLength(6);
      // All that the maker had sent, word for word and item for item, then what came of it.
      const made = talk(model, 2);
      expect(made.map(({ type }) => type)).toEqual([
        "message",
        "reasoning",
        "message",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
      ]);
      expect(talk(model, 3)).toEqual([...made, answer("msg_2"), prompt("second")]);
      expect(talk(model, 5)).toEqual([...talk(model, 4), answer("msg_3"), prompt("third")]);
      expect(JSON.stringify(talk(model, 4).at(-1))).toContain("made\\n");
    });
  },
  limit,
);

it(
  "a thread of codex-agent is forked by codex, and one of codex by codex-agent",
  async () => {
    for (const [maker, other] of [
      [ours, oracle],
      [oracle, ours],
    ] as const) {
      await onStage(async (stage, model) => {
        const id = threadOf(await turn(maker(), stage, "first"));
        const fork = await turn(other(), stage, "fork", id, "second");
        expect(threadOf(fork)).not.toBe(id);
        expect(talk(model, 3)).toEqual([...talk(model, 2), answer("msg_2"), prompt("second")]);
      });
    }
  },
  limit,
);

it(
  "the real app-server shows the whole transcript of a thread of codex-agent",
  async () => {
    await onStage(async (stage) => {
      const id = threadOf(await turn(ours(), stage, "first"));
      await turn(ours(), stage, "resume", id, "second");
      const server = await startAppServer({ ...stage, cwd: stage.workspace, remove: () => {} });
      try {
        const { thread } = await server.request("thread/resume", { threadId: id, excludeTurns: true });
        expect(thread).toMatchObject({ id, preview: "first", cwd: stage.workspace });
        const { data } = await server.request("thread/turns/list", {
          threadId: id,
          limit: 50,
          itemsView: "full",
          sortDirection: "asc",
        });
        const user = (text: string): unknown => ({ type: "userMessage", content: [{ type: "text", text }] });
        expect(data).toMatchObject([
          {
            status: "completed",
            items: [
              user("first"),
              { type: "reasoning", id: "rs_1", summary: ["**Plan**"] },
              { type: "agentMessage", id: "msg_1", text: "looking" },
              {
                type: "commandExecution",
                command: "/bin/bash -lc 'echo from a command; exit 3'",
                cwd: stage.workspace,
                status: "failed",
                exitCode: 3,
                aggregatedOutput: "from a command\n",
              },
              {
                type: "fileChange",
                status: "completed",
                changes: [{ path: `${stage.workspace}/made.txt`, kind: { type: "add" }, diff: "made\n" }],
              },
              { type: "agentMessage", id: "msg_2", text: "first answer" },
            ],
          },
          {
            status: "completed",
            items: [
              user("second"),
              {
                type: "commandExecution",
                command: "/bin/bash -lc 'cat made.txt'",
                status: "completed",
                exitCode: 0,
                aggregatedOutput: "made\n",
              },
              { type: "agentMessage", id: "msg_3", text: "second answer" },
            ],
          },
        ]);
      } finally {
        await server.close();
      }
    });
  },
  limit,
);
