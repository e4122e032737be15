import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startAppServer, type AppServer } from "../journal/support/real-codex.ts";
import {
  call,
  created,
  failed,
  httpError,
  incomplete,
  itemParts,
  message,
  respond,
  startFakeModel,
  type CompletedOptions,
  type FakeModel,
  type Script,
} from "../support/fake-model.ts";
import { startLiveThread } from "../support/live-thread.ts";
import { makeStage, oracle, ours, run, type Binary, type Outcome, type Stage } from "../support/run.ts";

const time = 120_000;
const full: CompletedOptions = { usage: [9000, 0, 100, 0] };
const limit = "model_auto_compact_token_limit = 5000";
const summary = (text = "what matters"): ReturnType<typeof respond> => respond([message("msg_sum", text)]);
const end = respond([message("msg_end", "end")]);
const work = (id = "1"): ReturnType<typeof call> => call(id, "exec_command", { cmd: "echo hi" });
const tooLong = { parts: [created(), failed("context_length_exceeded", "too long")] };

async function onStage<T>(
  script: Script,
  config: string,
  play: (stage: Stage, model: FakeModel) => Promise<T>,
): Promise<T> {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl, config });
  try {
    return await play(stage, model);
  } finally {
    await model.close();
    await stage.dispose();
  }
}

const start = (binary: Binary, stage: Stage, prompt: string, ...flags: string[]): Promise<Outcome> =>
  run(binary, stage, [
    "exec",
    "--json",
    "--skip-git-repo-check",
    "-m",
    "gpt-5.5",
    "-s",
    "danger-full-access",
    ...flags,
    prompt,
  ]);
const resume = (binary: Binary, stage: Stage, id: string, prompt: string, modelName = "gpt-5.5"): Promise<Outcome> =>
  run(binary, stage, [
    "exec",
    "resume",
    "--json",
    "--skip-git-repo-check",
    "-m",
    modelName,
    "-c",
    "sandbox_mode=danger-full-access",
    id,
    prompt,
  ]);
const threadOf = ({ events }: Outcome): string =>
  String(events.find(({ type }) => type === "thread.started")?.["thread_id"]);
const lastOf = ({ events }: Outcome): string | undefined => events.at(-1)?.type;

interface Item {
  type: string;
  role?: string;
  id?: string;
  call_id?: string;
  content?: { text?: string }[];
}
const inputOf = (model: FakeModel, index: number): Item[] => (model.requests[index]!.body as { input: Item[] }).input;
const metadataOf = (model: FakeModel, index: number): Record<string, unknown> =>
  JSON.parse(model.requests[index]!.headers["x-codex-turn-metadata"]!) as Record<string, unknown>;
/** Without base prompt and context, whose words differ: users' messages, the first words of summaries left out. */
function talk(model: FakeModel, index: number): string[] {
  return inputOf(model, index).flatMap(({ type, role, content }) => {
    const text = (content ?? []).map((part) => part.text ?? "").join("");
    if (role === "developer" || text.startsWith("<environment_context>")) return [];
    const said = /\n(what matters.*|sum of \w+)$/s.exec(text)?.[1];
    return [said === undefined ? `${role ?? type} ${text}`.trim() : `summary ${said}`];
  });
}

const makers = [
  ["codex-agent", "codex", ours, oracle],
  ["codex", "codex-agent", oracle, ours],
] as const;

describe("a thread with a summary in place of its history", () => {
  it.each(makers)(
    "of %s is taken up by %s, which sums it up once more",
    async (_maker, _other, maker, other) => {
      const script = [
        respond([message("msg_1", "first")], full),
        summary("sum of one"),
        respond([message("msg_2", "second")]),
        respond([message("msg_3", "third")], full),
        summary("sum of all"),
        respond([message("msg_4", "fourth")]),
        respond([message("msg_5", "fifth")]),
      ];
      await onStage(script, limit, async (stage, model) => {
        const id = threadOf(await start(maker(), stage, "one"));
        await resume(maker(), stage, id, "two");
        expect(talk(model, 2)).toEqual(["user one", "summary sum of one", "user two"]);
        const before = [...talk(model, 2), "assistant second"];
        expect(lastOf(await resume(other(), stage, id, "three"))).toBe("turn.completed");
        expect(talk(model, 3)).toEqual([...before, "user three"]);
        expect(metadataOf(model, 3)).toMatchObject({
          window_number: 1,
          context_window_id: metadataOf(model, 2)["context_window_id"],
        });
        expect(lastOf(await resume(other(), stage, id, "four"))).toBe("turn.completed");
        // The real one knows summaries by their first words alone, and takes those of others for what a user said.
        const first = other().name === "codex" ? ["summary sum of one"] : [];
        expect(talk(model, 5)).toEqual([
          "user one",
          ...first,
          "user two",
          "user three",
          "summary sum of all",
          "user four",
        ]);
        expect(metadataOf(model, 5)["window_number"]).toBe(2);
        expect(lastOf(await resume(maker(), stage, id, "five"))).toBe("turn.completed");
        expect(talk(model, 6)).toEqual([...talk(model, 5), "assistant fourth", "user five"]);
        expect(metadataOf(model, 6)).toMatchObject({
          window_number: 2,
          context_window_id: metadataOf(model, 5)["context_window_id"],
        });
      });
    },
    time,
  );

  it.each(makers)(
    "of %s is forked by %s with the summary",
    async (_maker, _other, maker, other) => {
      const script = [respond([message("msg_1", "first")], full), summary(), end, respond([message("msg_2", "third")])];
      await onStage(script, limit, async (stage, model) => {
        const id = threadOf(await start(maker(), stage, "one"));
        await resume(maker(), stage, id, "two");
        await run(other(), stage, ["exec", "fork", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", id, "three"]);
        expect(talk(model, 3)).toEqual([...talk(model, 2), "assistant end", "user three"]);
        expect(metadataOf(model, 3)["window_number"]).toBe(1);
      });
    },
    time,
  );

  it(
    "of codex-agent is shown by the real app-server, with the place where it was summed up",
    async () => {
      await onStage([respond([work()], full), summary(), end], limit, async (stage) => {
        const id = threadOf(await start(ours(), stage, "one"));
        const server = await startAppServer({ ...stage, cwd: stage.workspace, remove: () => {} });
        try {
          await server.request("thread/resume", { threadId: id, excludeTurns: true });
          const options = { threadId: id, limit: 50, itemsView: "full", sortDirection: "asc" };
          const { data } = await server.request("thread/turns/list", options);
          expect((data as { items: Item[] }[])[0]?.items.map(({ type }) => type)).toEqual([
            "userMessage",
            "commandExecution",
            "contextCompaction",
            "agentMessage",
          ]);
        } finally {
          await server.close();
        }
      });
    },
    time,
  );
});

it(
  "asks the model that made a history for the summary when another one, of another kind, takes it up",
  async () => {
    const play = (binary: Binary): Promise<unknown> =>
      onStage([respond([message("msg_1", "first")]), summary(), end, end], "", async (stage, model) => {
        const id = threadOf(await start(binary, stage, "one"));
        const second = await resume(binary, stage, id, "two", "gpt-6.1-sol");
        const third = await resume(binary, stage, id, "three", "gpt-6.1-sol");
        const {
          model: name,
          tools,
          reasoning,
          parallel_tool_calls,
        } = model.requests[1]!.body as Record<string, unknown>;
        const { compaction, request_kind, window_number, ...rest } = metadataOf(model, 1);
        return {
          ends: [second, third].map(({ events }) => events.map(({ type }) => type)),
          models: model.requests.map(({ body }) => (body as { model: string }).model),
          request: { name, tools, reasoning, parallel_tool_calls, compaction, request_kind, window_number },
          names: ["model" in rest, "reasoning_effort" in rest],
          talk: [0, 2, 3].map((index) => talk(model, index)),
        };
      });
    const [real, got] = await Promise.all([play(oracle()), play(ours())]);
    expect(got).toEqual(real);
    expect(real).toMatchObject({
      models: ["gpt-5.5", "gpt-5.5", "gpt-6.1-sol", "gpt-6.1-sol"],
      request: { compaction: { reason: "comp_hash_changed", phase: "pre_turn" }, tools: [] },
    });
  },
  time,
);

it(
  "sums up when the user asks for it, in a turn of its own",
  async () => {
    const script = [respond([work()]), respond([message("msg_1", "first")]), summary(), end];
    const look = (model: FakeModel): unknown => ({
      described: [2, 3].map((index) => {
        const { compaction, request_kind, window_number } = metadataOf(model, index);
        return { compaction, request_kind, window_number };
      }),
      talk: [1, 3].map((index) => talk(model, index).filter((text) => !text.startsWith("function_call_output"))),
    });
    const real = onStage(script, 'model = "gpt-5.5"', async (stage, model) => {
      const server = await startAppServer({ ...stage, cwd: stage.workspace, remove: () => {} });
      try {
        const { thread } = await server.request("thread/start", {});
        const threadId = (thread as { id: string }).id;
        const say = async (text: string, requests: number): Promise<void> => {
          await server.request("turn/start", { threadId, input: [{ type: "text", text }] });
          await model.seen(requests);
          await atRest(server, threadId);
        };
        await say("one", 2);
        await server.request("thread/compact/start", { threadId });
        await model.seen(3);
        await atRest(server, threadId);
        await say("two", 4);
        return look(model);
      } finally {
        await server.close();
      }
    });
    const live = await startLiveThread(script, { stage: { config: 'model = "gpt-5.5"' } });
    try {
      await live.say("one");
      const ended = live.next("turn.completed");
      await live.client.call("thread/compact", { threadId: live.info.threadId });
      await ended;
      await live.say("two");
      expect(live.events.flatMap(({ type }) => (type.startsWith("compaction.") ? [type] : []))).toEqual([
        "compaction.started",
        "compaction.completed",
      ]);
      expect(look(live.model)).toEqual(await real);
    } finally {
      await live.close();
    }
  },
  time,
);

/** Resolves when no turn runs in a thread of the app-server. */
async function atRest(server: AppServer, threadId: string): Promise<void> {
  for (;;) {
    const { thread } = await server.request("thread/read", { threadId });
    if ((thread as { status: { type: string } }).status.type === "idle") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it(
  "sends the request for a summary, and the one behind it, as the capture of Codex has them",
  async () => {
    const fixture = JSON.parse(
      readFileSync(join(import.meta.dirname, "../fixtures/codex/request-08-compaction.json"), "utf8"),
    ) as { headers: Record<string, string>; body: Record<string, unknown> }[];
    // Keys, kinds and numbers; ids, prose and the names of tools aside.
    const shape = ({ headers, body }: { headers: Record<string, string>; body: unknown }): unknown => {
      const { input, tools, client_metadata, prompt_cache_key, ...rest } = body as Record<string, unknown>;
      const metadata = JSON.parse(headers["x-codex-turn-metadata"]!) as Record<string, unknown>;
      return {
        headers: Object.keys(headers)
          .filter((name) => name.startsWith("x-") || name.endsWith("-id"))
          .sort(),
        window: headers["x-codex-window-id"]?.slice(-2),
        rest,
        cache: typeof prompt_cache_key,
        tools: (tools as unknown[]).length === 0,
        metadata: Object.entries(metadata)
          .filter(([key]) => key !== "workspaces")
          .map(([key, value]) => [
            key,
            ["window_number", "request_kind", "compaction"].includes(key) ? value : typeof value,
          ]),
        described: Object.keys(client_metadata as object).sort(),
        input: (input as Item[]).map(({ type, role, id, call_id }) => [type, role, typeof id, typeof call_id]),
      };
    };
    const got = await onStage(
      [respond([work()], full), summary("SUMMARY OF THINGS"), respond([message("msg_45", "after compaction")])],
      limit,
      async (stage, model) => {
        await run(ours(), stage, [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "gpt-5.5",
          "-s",
          "read-only",
          "do it",
        ]);
        return model.requests.map(({ headers, body }) => shape({ headers, body }));
      },
    );
    expect(got).toEqual(fixture.map(shape));
  },
  time,
);

describe("where the real Codex is at a loss", () => {
  it(
    "a request that is refused as too long is sent once more with a summary, where Codex ends the turn",
    async () => {
      const play = (binary: Binary): Promise<{ end: string | undefined; kinds: unknown[] }> =>
        onStage([respond([work()]), tooLong, summary(), end], "", async (stage, model) => {
          const outcome = await start(binary, stage, "one");
          return {
            end: lastOf(outcome),
            kinds: model.requests.map((_, index) => metadataOf(model, index)["request_kind"]),
          };
        });
      const [real, got] = await Promise.all([play(oracle()), play(ours())]);
      expect(real).toEqual({ end: "turn.failed", kinds: ["turn", "turn"] });
      expect(got).toEqual({ end: "turn.completed", kinds: ["turn", "turn", "compaction", "turn"] });
    },
    time,
  );

  it(
    "a refusal of a request as too long is known by its words as well, whatever its status",
    async () => {
      const words =
        "This model's maximum context length is 8192 tokens, however you requested 9000 tokens (8000 in the messages, 1000 in the completion).";
      await onStage(
        [respond([work()]), httpError(400, { error: { message: words } }), summary(), end],
        "",
        async (stage, model) => {
          expect(lastOf(await start(ours(), stage, "one"))).toBe("turn.completed");
          expect(model.requests).toHaveLength(4);
          const files = (await readdir(stage.codexHome, { recursive: true })).filter((name) => name.endsWith(".jsonl"));
          const lines = await readFile(join(stage.codexHome, files[0]!), "utf8");
          expect(lines).toContain(
            '"last_token_usage":{"input_tokens":8000,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":1000',
          );
        },
      );
    },
    time,
  );

  it(
    "a turn that can make no room fails with what the provider said",
    async () => {
      await onStage([tooLong, httpError(400, { error: { message: "no" } }), end], "", async (stage) => {
        const outcome = await start(ours(), stage, "one");
        expect(outcome.events.at(-1)).toEqual({ type: "turn.failed", error: { message: "too long" } });
        expect(lastOf(await resume(ours(), stage, threadOf(outcome), "two"))).toBe("turn.failed");
      });
    },
    time,
  );

  it(
    "a summary that does not fit is made without the oldest calls, where Codex leaves out the instructions first",
    async () => {
      const script = [respond([work("1")]), respond([work("2")], full), tooLong, summary(), end];
      const left = (binary: Binary): Promise<string[]> =>
        onStage(script, limit, async (stage, model) => {
          expect(lastOf(await start(binary, stage, "one"))).toBe("turn.completed");
          return inputOf(model, 3).map(({ type, role, call_id }) => call_id ?? role ?? type);
        });
      const [real, got] = await Promise.all([left(oracle()), left(ours())]);
      expect(real).toEqual(["developer", "user", "user", "call_1", "call_1", "call_2", "call_2", "user"]);
      expect(got).toEqual(["developer", "developer", "user", "user", "call_2", "call_2", "user"]);
    },
    time,
  );

  it(
    "a summary that is cut off at the provider's limit is taken as far as it goes, where Codex fails the turn",
    async () => {
      const cut = {
        parts: [created(), ...itemParts(message("msg_sum", "what matters")), incomplete("max_output_tokens")],
      };
      const play = (binary: Binary): Promise<string | undefined> =>
        onStage([respond([work()], full), cut, end], limit, async (stage) => lastOf(await start(binary, stage, "one")));
      expect(await Promise.all([play(oracle()), play(ours())])).toEqual(["turn.failed", "turn.completed"]);
    },
    time,
  );

  it(
    "a window that is smaller than the instructions is an error, where Codex makes a summary before each request",
    async () => {
      const calls = (): Script => (request) =>
        metadataKind(request.headers) === "compaction" ? summary() : respond([work(String(request.index))], full);
      const play = (binary: Binary): Promise<{ end: string | undefined; summaries: number; said: string }> =>
        onStage(limited(calls(), 9), "model_context_window = 300", async (stage, model) => {
          const outcome = await start(binary, stage, "one");
          const summaries = model.requests.filter(({ headers }) => metadataKind(headers) === "compaction").length;
          return { end: lastOf(outcome), summaries, said: JSON.stringify(outcome.events.at(-1)) };
        });
      const [real, got] = await Promise.all([play(oracle()), play(ours())]);
      expect(real.summaries).toBeGreaterThan(2);
      expect(got).toMatchObject({ end: "turn.failed", summaries: 0 });
      expect(got.said).toContain("model_context_window");
    },
    time,
  );

  it(
    "what a summary stands for can be read by its number, and searched",
    async () => {
      const script = [
        respond([call("1", "exec_command", { cmd: "echo needle in a haystack" })], full),
        summary(),
        respond([
          call("2", "read_history", { query: "NEEDLE" }),
          call("3", "read_history", { id: 5 }),
          call("4", "read_history", { id: 99 }),
        ]),
        end,
      ];
      await onStage(script, limit, async (stage, model) => {
        await start(ours(), stage, "one");
        const names = (index: number): unknown[] =>
          (model.requests[index]!.body as { tools: { name?: string }[] }).tools.map(({ name }) => name);
        expect([names(0), names(2)].map((each) => each.includes("read_history"))).toEqual([false, true]);
        const outputs = inputOf(model, 3).flatMap((item) =>
          item.type === "function_call_output" ? [(item as unknown as { output: string }).output] : [],
        );
        expect(outputs[0]).toMatch(
          /^#4 call of exec_command \(\d+\): \{"cmd":"echo needle in a haystack"\}\n#5 output of #4 /,
        );
        expect(outputs[1]).toMatch(/^#5 output of #4 \(\d+ characters\)\nChunk ID: [^]*needle in a haystack\n$/);
        expect(outputs[2]).toMatch(/^Error: There is no entry #99/);
      });
    },
    time,
  );
});

const metadataKind = (headers: Record<string, string>): unknown =>
  (JSON.parse(headers["x-codex-turn-metadata"]!) as Record<string, unknown>)["request_kind"];

/** The first requests only; the next one is refused for good. */
const limited =
  (script: Script, count: number): Script =>
  (request) =>
    request.index < count && typeof script === "function"
      ? script(request)
      : httpError(400, { error: { message: "enough" } });
