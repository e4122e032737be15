// Each `on` is a test.
/* oxlint-disable vitest/no-standalone-expect, vitest/expect-expect */
/** The client on codex-agent and on the real Codex, with a scripted model: what it promises holds on both. */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  Codex,
  NotTrustedDirectoryError,
  ResumeMismatchError,
  SessionNotFoundError,
  TurnFailedError,
  type ThreadOptions,
} from "../../../src/sdk/index.ts";
import {
  call,
  created,
  httpError,
  itemParts,
  message,
  respond,
  startFakeModel,
  type FakeModel,
  type Script,
} from "../../support/fake-model.ts";
import {
  Codex as OfficialCodex,
  type ThreadOptions as OfficialThreadOptions,
} from "../../oracle/node_modules/@openai/codex-sdk/dist/index.js";
import { makeStage, oracle, ours, type Stage, type StageOptions } from "../../support/run.ts";
import { collect, failure, type CodexSettings } from "./scripted.ts";

interface Bench {
  stage: Stage;
  model: FakeModel;
  /** Where the thread works, with no sandbox. */
  open: ThreadOptions;
  codex: (options?: CodexSettings) => Codex;
}

const answers: Script = [0, 1, 2, 3].map((index) => respond([message(`msg_${index}`, `answer ${index}`)]));
const unknown = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3";
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** What the model was shown of the conversation, in the n-th request. */
function texts(model: FakeModel, index: number): string[] {
  const { input } = model.requests[index]!.body as { input: { role?: string; content?: { text?: string }[] }[] };
  return input.flatMap(({ content }) => content ?? []).flatMap(({ text }) => text ?? []);
}

const binaries: [string, CodexSettings][] = [
  ["codex-agent", {}],
  ["codex", { codexPathOverride: oracle().path }],
];

describe.each(binaries)("with %s", (name, binary) => {
  function on(title: string, script: Script, work: (bench: Bench) => Promise<void>, options: StageOptions = {}): void {
    it.concurrent(title, async () => {
      const model = await startFakeModel(script);
      const provider = "request_max_retries = 0\nstream_max_retries = 1";
      const stage = await makeStage({ baseUrl: model.baseUrl, provider, ...options });
      const open: ThreadOptions = {
        model: "gpt-5.5",
        skipGitRepoCheck: true,
        sandboxMode: "danger-full-access",
        workingDirectory: stage.workspace,
      };
      const codex = (more: CodexSettings = {}): Codex => new Codex({ env: stage.env, ...binary, ...more });
      try {
        await work({ stage, model, open, codex });
      } finally {
        await model.close();
        await stage.dispose();
      }
    });
  }

  on("XS-101: one turn has a message, usage and a thread", answers, async ({ codex, open }) => {
    const thread = codex().startThread(open);
    expect(thread.id).toBeNull();
    const turn = await thread.run("hello");
    expect(turn.items).toEqual([{ id: "item_0", type: "agent_message", text: "answer 0" }]);
    expect(turn).toMatchObject({ finalResponse: "answer 0", threadId: thread.id, warnings: [] });
    expect(turn.usage!.input_tokens).toBeGreaterThan(0);
    expect(thread.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(turn.durationMs).toBeGreaterThan(0);
  });

  on(
    "XS-102: later turns, run and streamed, send what was answered before",
    answers,
    async ({ codex, open, model }) => {
      const thread = codex().startThread({ ...open, modelReasoningEffort: "low" });
      await thread.run("first");
      await thread.run("second");
      const events = await collect((await thread.runStreamed("third")).events);
      expect(events[0]).toEqual({ type: "thread.started", thread_id: thread.id });
      expect(events.at(-1)!.type).toBe("turn.completed");
      expect(texts(model, 1)).toContain("answer 0");
      expect(texts(model, 1).at(-1)).toBe("second");
      expect(texts(model, 2)).toEqual(expect.arrayContaining(["answer 0", "answer 1"]));
      expect(texts(model, 2).at(-1)).toBe("third");
    },
  );

  on("XS-103: a thread is resumed by its id, run and streamed", answers, async ({ codex, open, model }) => {
    const first = codex().startThread(open);
    await first.run("first");
    const second = codex().resumeThread(first.id!, open);
    expect(second.id).toBe(first.id);
    const turn = await second.run("second");
    expect(turn).toMatchObject({ threadId: first.id, turnUsage: null });
    const third = codex().resumeThread(first.id!, open);
    await collect((await third.runStreamed("third")).events);
    expect(third.id).toBe(first.id);
    expect(texts(model, 2)).toEqual(expect.arrayContaining(["first", "answer 0", "second", "answer 1", "third"]));
  });

  on("XS-104: the model that was asked for reaches the request", answers, async ({ codex, open, model }) => {
    await codex()
      .startThread({ ...open, modelReasoningEffort: "high" })
      .run("go");
    expect(model.requests[0]!.body).toMatchObject({ model: "gpt-5.5", reasoning: { effort: "high" } });
  });

  on(
    "XS-109: an image on a resumed turn stays in the thread",
    answers,
    async ({ codex, open, model, stage }) => {
      const thread = codex().startThread(open);
      await thread.run("one");
      const { id } = thread;
      await thread.run([
        { type: "text", text: "look" },
        { type: "local_image", path: join(stage.workspace, "a.png") },
      ]);
      expect(thread.id).toBe(id);
      expect(model.requests[1]!.rawBody).toContain("data:image/png;base64");
      expect(texts(model, 1)).toContain("answer 0");
    },
    { files: { "a.png": pixel } },
  );

  on(
    "XS-110: images before the word resume are found out by the id of another thread",
    answers,
    async ({ codex, open, stage }) => {
      const image = join(stage.workspace, "a.png");
      const pids: number[] = [];
      const swapped: NonNullable<CodexSettings["spawn"]> = (command, args, options) => {
        const at = args.indexOf("resume");
        const wrong = at === -1 ? args : [...args.slice(0, at), "--image", image, ...args.slice(at)];
        const child = spawn(command, [...wrong], options);
        pids.push(child.pid!);
        return child;
      };
      const thread = codex({ spawn: swapped }).startThread(open);
      await thread.run("one");
      const { id } = thread;
      const error = await failure(thread.run("two"));
      // codex-agent does not pass over an image that is not there, be it called `resume`.
      if (name === "codex-agent") {
        expect(error.message).toContain("image file not found: ");
      } else {
        expect(error).toBeInstanceOf(ResumeMismatchError);
        expect(error).toMatchObject({ requested: id, actual: expect.not.stringMatching(id!) });
      }
      expect(thread.id).toBe(id);
      expect(existsSync(`/proc/${pids[1]}`)).toBe(false);
    },
    { files: { "a.png": pixel } },
  );

  on("XS-113: requests carry the client's name, or the caller's", answers, async ({ codex, open, model, stage }) => {
    const variable = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE";
    await codex().startThread(open).run("go");
    await codex({ originator: "mine" }).startThread(open).run("go");
    await codex({ env: { ...stage.env, [variable]: "theirs" } })
      .startThread(open)
      .run("go");
    expect(model.requests.map(({ headers }) => headers["originator"])).toEqual(["codex_agent_sdk", "mine", "theirs"]);
  });

  const both = [respond([call("1", "exec_command", { cmd: "echo out; exit 3" })]), respond([message("m", "said")])];
  on("a turn gives what the official package gives", [...both, ...both], async ({ codex, open, stage }) => {
    const program = name === "codex" ? oracle().path : ours().path;
    const official = new OfficialCodex({ codexPathOverride: program, env: stage.env });
    const wanted = await official.startThread({ ...open } as OfficialThreadOptions).run("go");
    const got = await codex().startThread(open).run("go");
    expect(got).toMatchObject({ items: wanted.items, finalResponse: wanted.finalResponse, usage: wanted.usage });
    expect(got.items).toHaveLength(2);
  });

  on(
    "XS-114: a schema is a strict format of the request",
    [respond([message("msg_1", '{"answer":"x"}')])],
    async ({ codex, open, model }) => {
      const outputSchema = {
        type: "object",
        properties: { answer: { type: "string" } },
        required: ["answer"],
        additionalProperties: false,
      };
      const turn = await codex().startThread(open).run("go", { outputSchema });
      expect(turn.parsed).toEqual({ answer: "x" });
      expect((model.requests[0]!.body as { text: unknown }).text).toMatchObject({
        format: { type: "json_schema", name: "codex_output_schema", strict: true, schema: outputSchema },
      });
    },
  );

  on("XS-115: two texts are one with a blank line between", answers, async ({ codex, open, model }) => {
    const parts = ["first", "second"].map((text) => ({ type: "text" as const, text }));
    await codex().startThread(open).run(parts);
    expect(texts(model, 0).at(-1)).toBe("first\n\nsecond");
  });

  on(
    "XS-116: the working directory counts; one that is not trusted fails unless that is waived",
    [respond([call("1", "exec_command", { cmd: "pwd" })]), respond([message("m", "done")])],
    async ({ codex, open, stage }) => {
      const { skipGitRepoCheck: _, ...careful } = open;
      const error = await failure(codex().startThread(careful).run("go"));
      expect(error).toBeInstanceOf(NotTrustedDirectoryError);
      expect(error).toMatchObject({ exitCode: 1 });
      const { items } = await codex().startThread(open).run("go");
      expect(items[0]).toMatchObject({
        type: "command_execution",
        exit_code: 0,
        aggregated_output: `${stage.workspace}\n`,
      });
    },
  );

  on(
    "XS-117: a failing response rejects with its message",
    [httpError(400, { error: { message: "bad thing" } })],
    async ({ codex, open }) => {
      const error = await failure(codex().startThread(open).run("go"));
      expect(error).toBeInstanceOf(TurnFailedError);
      expect(error).toMatchObject({ kind: "badRequest", message: "bad thing" });
    },
  );

  on(
    "a status of 401 is unauthorized, 429 a rate limit, a cut network",
    (request) => {
      const prompt = (request.body as { input: unknown[] }).input.at(-1);
      const words = JSON.stringify(prompt);
      if (words.includes("cut")) return { parts: [created(), { cut: true }] };
      return httpError(words.includes("slow") ? 429 : 401, { error: { message: "no" } });
    },
    async ({ codex, open }) => {
      const kinds: unknown[] = [];
      for (const prompt of ["who", "slow", "cut"])
        kinds.push((await failure(codex().startThread(open).run(prompt)))["kind"]);
      expect(kinds).toEqual(["unauthorized", "rateLimit", "network"]);
    },
  );

  on(
    "XS-119: a command that never ends is aborted, and the thread goes on",
    [respond([call("1", "exec_command", { cmd: "sleep 60" })]), respond([message("m", "after")])],
    async ({ codex, open }) => {
      const thread = codex().startThread(open);
      const abort = new AbortController();
      const { events } = await thread.runStreamed("go", { signal: abort.signal });
      const error = await failure(
        (async () => {
          for await (const event of events) if (event.type === "item.started") abort.abort();
        })(),
      );
      expect(error.name).toBe("AbortError");
      expect((await thread.run("again")).finalResponse).toBe("after");
    },
  );

  on("XS-127: usage grows with the thread, and the usage of each turn is its own", answers, async ({ codex, open }) => {
    const thread = codex().startThread(open);
    const turns = [await thread.run("one"), await thread.run("two"), await thread.run("three")];
    const inputs = turns.map(({ usage }) => usage!.input_tokens);
    expect(inputs).toEqual([inputs[0]!, inputs[0]! * 2, inputs[0]! * 3]);
    for (const { turnUsage } of turns) expect(turnUsage).toEqual(turns[0]!.usage);
  });

  on("XS-128: two turns at once are one thread, in order", answers, async ({ codex, open, model }) => {
    const thread = codex().startThread(open);
    const turns = await Promise.all([thread.run("one"), thread.run("two")]);
    expect(turns.map(({ threadId }) => threadId)).toEqual([thread.id, thread.id]);
    expect(texts(model, 1)).toEqual(expect.arrayContaining(["one", "answer 0", "two"]));
  });

  on("an unknown id is a session that is not found, resumed and forked", answers, async ({ codex, open }) => {
    expect(await failure(codex().resumeThread(unknown, open).run("go"))).toBeInstanceOf(SessionNotFoundError);
    expect(await failure(codex().forkThread(unknown, open).run("go"))).toBeInstanceOf(SessionNotFoundError);
  });

  on("a thread is resumed by its name, and the newest without one", answers, async ({ codex, open, stage, model }) => {
    const first = codex().startThread(open);
    await first.run("one");
    const line = { id: first.id, thread_name: "my thread", updated_at: "2026-01-01T00:00:00Z" };
    writeFileSync(join(stage.codexHome, "session_index.jsonl"), `${JSON.stringify(line)}\n`);
    const named = codex().resumeThread("my thread", open);
    await named.run("two");
    expect(named.id).toBe(first.id);
    const last = codex().resumeLast(open);
    await last.run("three");
    expect(last.id).toBe(first.id);
    expect(texts(model, 2)).toEqual(expect.arrayContaining(["one", "two", "three"]));
    expect(await failure(codex().resumeThread("no such name", open).run("go"))).toBeInstanceOf(SessionNotFoundError);
    expect(model.requests).toHaveLength(3);
  });

  on("a fork has the history and an id of its own", answers, async ({ codex, open, model }) => {
    const first = codex().startThread(open);
    await first.run("one");
    const fork = codex().forkThread(first.id!, open);
    const turn = await fork.run("two");
    expect(fork.id).not.toBe(first.id);
    expect(turn).toMatchObject({ finalResponse: "answer 1", turnUsage: null });
    expect(texts(model, 1)).toContain("answer 0");
    await fork.run("three");
    expect(texts(model, 2)).toEqual(expect.arrayContaining(["answer 0", "answer 1"]));
  });

  on(
    "leaving the loop ends the process, and callbacks see everything",
    [{ parts: [created(), ...itemParts(message("msg_1", "before")), { hang: true }] }, ...answers],
    async ({ codex, open }) => {
      const thread = codex().startThread(open);
      const { events } = await thread.runStreamed("go");
      for await (const event of events) if (event.type === "item.completed") break;
      const seen: string[] = [];
      const turn = await thread.stream("again", {
        onEvent: ({ type }) => seen.push(type),
        onItem: (item, phase) => seen.push(`${item.type} ${phase}`),
        onText: (text) => seen.push(text),
      });
      expect(turn.finalResponse).toMatch(/^answer/);
      expect(seen).toEqual([
        "thread.started",
        "turn.started",
        "item.completed",
        "agent_message completed",
        turn.finalResponse,
        "turn.completed",
      ]);
    },
  );

  on(
    "a review of what is uncommitted",
    answers,
    async ({ codex, open }) => {
      const { finalResponse } = await codex().review({ type: "uncommittedChanges" }, open);
      expect(finalResponse).toBe("answer 0");
    },
    { git: true },
  );
});
