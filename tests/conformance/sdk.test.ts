import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  call,
  completed,
  created,
  customCall,
  httpError,
  itemParts,
  message,
  reasoning,
  respond,
  startFakeModel,
  type FakeModel,
  type Script,
} from "../support/fake-model.ts";
import { Names, normaliseRequests, normaliseRun, type NormalRequest, type NormalRun } from "../support/normalise.ts";
import {
  makeStage,
  oracle,
  subject,
  type Binary,
  type JsonEvent,
  type Outcome,
  type Stage,
  type StageOptions,
} from "../support/run.ts";
import { commonRules } from "./rules.ts";
import { Codex, type CodexOptions, type Thread } from "../oracle/node_modules/@openai/codex-sdk/dist/index.js";

/** What a scenario may use: a Codex of the official SDK bound to one binary, one stage and one scripted model. */
interface Bench {
  stage: Stage;
  model: FakeModel;
  codex: (options?: Partial<CodexOptions>) => Codex;
}

interface SdkScenario {
  name: string;
  script: () => Script;
  stage?: StageOptions;
  /** Returns what the program saw: events, results, messages of errors. */
  program: (bench: Bench) => Promise<unknown>;
  /** Why ours differs on purpose, and what it must give instead. */
  wanted?: { reason: string; change: (real: Seen) => Seen };
}

interface Seen {
  seen: unknown;
  requests: NormalRequest[];
  upgrades: number;
}

const open = { skipGitRepoCheck: true, model: "gpt-5.5", sandboxMode: "danger-full-access" } as const;
const answer = respond([message("msg_1", "answer")]);
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const here = (stage: Stage): { workingDirectory: string } => ({ workingDirectory: stage.workspace });

async function collect(
  thread: Thread,
  input: Parameters<Thread["runStreamed"]>[0],
  options?: Parameters<Thread["runStreamed"]>[1],
): Promise<{ events: JsonEvent[]; thrown: string | null }> {
  const events: JsonEvent[] = [];
  try {
    const { events: stream } = await thread.runStreamed(input, options);
    for await (const event of stream) events.push(event as unknown as JsonEvent);
    return { events, thrown: null };
  } catch (error) {
    return { events, thrown: firstWords(error) };
  }
}

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => ({ thrown: firstWords(error) }));
}

/** The SDK puts the whole stderr behind the exit code; stderr is not for programs, so only the part before it is compared. */
function firstWords(error: unknown): string {
  return (error as Error).message.replace(/^(Codex Exec exited with (?:code \d+|signal \w+)): .*$/s, "$1");
}

type Body = { input: Record<string, unknown>[]; client_metadata: Record<string, unknown> };

function eachBody(real: Seen, change: (body: Body) => object): Seen {
  const requests = real.requests.map((request) => ({
    ...request,
    body: change(request.body as unknown as Body) as NormalRequest["body"],
  }));
  return { ...real, requests };
}

/** Told to end by the SDK, it takes the time to write down that the turn was cut short, and the model learns of it. */
function tellsOfTheAbort(real: Seen): Seen {
  const told = {
    type: "message",
    id: "msg_<uuid>",
    role: "user",
    content: [{ type: "input_text", text: "<turn_aborted><text>" }],
  };
  const before = {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "before", annotations: [] }],
  };
  return eachBody(real, (body) => {
    // The real one may be killed before it has written the answer that it told of.
    const kept = body.input.some((item) => item["id"] === before.id);
    const untold = kept ? [told] : [before, told];
    return {
      ...body,
      input: body.input.flatMap((item) => (JSON.stringify(item).includes('"again"') ? [...untold, item] : [item])),
    };
  });
}

/** Bookkeeping that only OpenAI's own service reads. */
function withoutBookkeeping(real: Seen): Seen {
  const plain = eachBody(real, (body) => {
    const { mcp_attribution: _attribution, ...metadata } = body.client_metadata;
    return {
      ...body,
      client_metadata: metadata,
      input: body.input.map(({ internal_chat_message_metadata_passthrough: _passed, ...item }) => item),
    };
  });
  const requests = plain.requests.map((request) => {
    const { version: _version, ...headers } = request.headers as Record<string, NormalRequest["headers"]>;
    return { ...request, headers };
  });
  return { ...plain, requests };
}

const scenarios: SdkScenario[] = [
  {
    name: "run gives the final response, items and usage",
    script: () => [
      respond([
        reasoning("rs_1", "think"),
        message("msg_1", "r1 before", { phase: "commentary" }),
        call("1", "exec_command", { cmd: "echo r1" }),
      ]),
      respond([message("msg_2", "answer")]),
    ],
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage) })
        .run("go"),
  },
  {
    name: "runStreamed gives every event and then the id",
    script: () => [
      respond([customCall("1", "apply_patch", "*** Begin Patch\n*** Add File: r1.txt\n+x\n*** End Patch\n")]),
      answer,
    ],
    program: async ({ codex, stage }) => {
      const thread = codex().startThread({ ...open, ...here(stage) });
      const before = thread.id;
      const result = await collect(thread, "go");
      return { before, ...result, sameId: result.events[0]?.["thread_id"] === thread.id };
    },
  },
  {
    name: "a thread goes on over several runs",
    script: () => [0, 1, 2].map((index) => respond([message(`msg_${index}`, `answer ${index}`)])),
    program: async ({ codex, stage }) => {
      const thread = codex().startThread({ ...open, ...here(stage) });
      const turns = [await thread.run("one"), await thread.run("two"), await thread.run("three")];
      return turns.map(({ finalResponse, usage }) => ({ finalResponse, usage }));
    },
  },
  {
    name: "resumeThread in another process",
    script: () => [answer, answer],
    program: async ({ codex, stage }) => {
      const first = codex().startThread({ ...open, ...here(stage) });
      await first.run("one");
      const second = codex().resumeThread(String(first.id), { ...open, ...here(stage) });
      return { ...(await collect(second, "two")), same: second.id === first.id };
    },
  },
  {
    name: "resumeThread of an unknown id throws",
    script: () => [],
    program: async ({ codex, stage }) =>
      outcomeOf(
        codex()
          .resumeThread("01a1fdc0-573b-7a60-a1cd-00ee41d6fef3", { ...open, ...here(stage) })
          .run("go"),
      ),
  },
  {
    name: "structured output",
    script: () => [respond([message("msg_1", '{"answer":"x"}')])],
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage) })
        .run("go", {
          outputSchema: {
            type: "object",
            properties: { answer: { type: "string" } },
            required: ["answer"],
            additionalProperties: false,
          },
        }),
  },
  {
    name: "text parts and images",
    script: () => [answer],
    stage: { files: { "a.png": pixel, "b.png": pixel } },
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage) })
        .run([
          { type: "text", text: "first" },
          { type: "local_image", path: join(stage.workspace, "a.png") },
          { type: "text", text: "second" },
          { type: "local_image", path: join(stage.workspace, "b.png") },
        ]),
  },
  {
    name: "image on a resumed thread",
    script: () => [answer, answer],
    stage: { files: { "a.png": pixel } },
    program: async ({ codex, stage }) => {
      const thread = codex().startThread({ ...open, ...here(stage) });
      await thread.run("one");
      return thread.run([
        { type: "text", text: "look" },
        { type: "local_image", path: join(stage.workspace, "a.png") },
      ]);
    },
  },
  {
    name: "abort in a command",
    script: () => [respond([message("msg_1", "before"), call("1", "exec_command", { cmd: "sleep 60" })])],
    program: async ({ codex, stage }) => {
      const abort = new AbortController();
      const events: string[] = [];
      try {
        const { events: stream } = await codex()
          .startThread({ ...open, ...here(stage) })
          .runStreamed("go", { signal: abort.signal });
        for await (const event of stream) {
          events.push(event.type);
          if (event.type === "item.started") abort.abort();
        }
        return { events };
      } catch (error) {
        return { events, name: (error as Error).name };
      }
    },
  },
  {
    name: "abort in a text, then the thread goes on",
    wanted: { reason: "nothing that is known is lost", change: tellsOfTheAbort },
    script: () => [{ parts: [created(), ...itemParts(message("msg_1", "before")), { hang: true }] }, answer],
    program: async ({ codex, stage }) => {
      const abort = new AbortController();
      const thread = codex().startThread({ ...open, ...here(stage) });
      const { events: stream } = await thread.runStreamed("go", { signal: abort.signal });
      const watch = (async () => {
        for await (const event of stream) if (event.type === "item.completed") abort.abort();
      })();
      return { first: await outcomeOf(watch), second: (await thread.run("again")).finalResponse };
    },
  },
  {
    name: "abort before the start",
    script: () => [],
    program: async ({ codex, stage }) =>
      outcomeOf(
        codex()
          .startThread({ ...open, ...here(stage) })
          .run("go", { signal: AbortSignal.abort() }),
      ),
  },
  {
    name: "stopping to read ends the process",
    script: () => [{ parts: [created(), ...itemParts(message("msg_1", "before")), { hang: true }] }],
    program: async ({ codex, stage }) => {
      const { events: stream } = await codex()
        .startThread({ ...open, ...here(stage) })
        .runStreamed("go");
      for await (const event of stream) if (event.type === "item.completed") return event;
      return null;
    },
  },
  {
    name: "all thread options",
    script: () => [answer],
    stage: { git: true },
    program: async ({ codex, stage }) => {
      await mkdir(join(stage.root, "extra"));
      return codex()
        .startThread({
          model: "gpt-5.5",
          threadSource: "nightly",
          sandboxMode: "workspace-write",
          workingDirectory: stage.workspace,
          skipGitRepoCheck: true,
          modelReasoningEffort: "high",
          networkAccessEnabled: true,
          webSearchMode: "live",
          approvalPolicy: "on-request",
          additionalDirectories: [join(stage.root, "extra")],
        })
        .run("go", { cyberAccessProgram: "standard" });
    },
  },
  ...(["never", "on-request", "on-failure", "untrusted"] as const).map((approvalPolicy): SdkScenario => ({
    name: `approval policy ${approvalPolicy}`,
    script: () => [answer],
    program: async ({ codex, stage }) =>
      outcomeOf(
        codex()
          .startThread({ ...open, ...here(stage), approvalPolicy })
          .run("go"),
      ),
  })),
  ...(["read-only", "workspace-write", "danger-full-access"] as const).map((sandboxMode): SdkScenario => ({
    name: `sandbox mode ${sandboxMode}`,
    script: () => [answer],
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage), sandboxMode })
        .run("go"),
  })),
  ...(["minimal", "low", "medium", "xhigh"] as const).map((modelReasoningEffort): SdkScenario => ({
    name: `effort ${modelReasoningEffort}`,
    script: () => [answer],
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage), modelReasoningEffort })
        .run("go"),
  })),
  {
    name: "web search disabled by the old option",
    script: () => [answer],
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage), webSearchEnabled: false })
        .run("go"),
  },
  {
    name: "config and raw overrides",
    script: () => [respond([call("1", "update_plan", { plan: [{ step: "a", status: "completed" }] })]), answer],
    program: async ({ codex, stage }) =>
      codex({
        config: {
          model_verbosity: "high",
          tools: { update_plan: { enabled: true } },
          developer_instructions: 'say "hi"\nplease',
          project_doc_fallback_filenames: ["A.md", "B.md"],
          model_context_window: 100_000,
        },
        configOverrides: ['model_reasoning_summary="concise"'],
      })
        .startThread({ ...open, ...here(stage) })
        .run("go"),
  },
  {
    name: "baseUrl and apiKey use the built-in provider",
    wanted: { reason: "requests with what the protocol needs", change: withoutBookkeeping },
    script: () => [respond([call("1", "exec_command", { cmd: "echo x" })]), answer],
    program: async ({ codex, stage, model }) =>
      codex({ baseUrl: model.baseUrl, apiKey: "sk-given", config: { model_provider: "openai" } })
        .startThread({ ...open, ...here(stage) })
        .run("go"),
  },
  {
    name: "a failed turn throws its message",
    script: () => [httpError(400, { error: { message: "bad thing" } })],
    program: async ({ codex, stage }) =>
      outcomeOf(
        codex()
          .startThread({ ...open, ...here(stage) })
          .run("go"),
      ),
  },
  {
    name: "a failed turn, streamed: the event, then an error",
    script: () => [httpError(429, { error: { message: "slow" } })],
    program: async ({ codex, stage }) => collect(codex().startThread({ ...open, ...here(stage) }), "go"),
  },
  {
    name: "retries are events",
    script: () => [{ parts: [created(), { cut: true }] }, answer],
    program: async ({ codex, stage }) => collect(codex().startThread({ ...open, ...here(stage) }), "go"),
  },
  {
    name: "an unknown provider throws",
    script: () => [],
    program: async ({ codex, stage }) =>
      outcomeOf(
        codex({ config: { model_provider: "zzz" } })
          .startThread({ ...open, ...here(stage) })
          .run("go"),
      ),
  },
  {
    name: "a missing key is a failed turn",
    script: () => [],
    program: async ({ codex, stage }) => {
      const { FAKE_KEY: _key, ...env } = stage.env;
      return collect(codex({ env }).startThread({ ...open, ...here(stage) }), "go");
    },
  },
  {
    name: "outside of a trusted directory it throws",
    script: () => [],
    program: async ({ codex, stage }) =>
      outcomeOf(
        codex()
          .startThread({ model: "gpt-5.5", ...here(stage) })
          .run("go"),
      ),
  },
  {
    name: "a working directory that is missing throws",
    script: () => [],
    program: async ({ codex, stage }) =>
      outcomeOf(
        codex()
          .startThread({ ...open, workingDirectory: join(stage.root, "none") })
          .run("go"),
      ),
  },
  {
    name: "a broken config.toml throws",
    script: () => [],
    program: async ({ codex, stage }) => {
      await writeFile(join(stage.codexHome, "config.toml"), "a = = 1");
      return outcomeOf(
        codex()
          .startThread({ ...open, ...here(stage) })
          .run("go"),
      );
    },
  },
  {
    name: "an unknown model is an error item, and the turn runs",
    script: () => [answer],
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage), model: "mystery" })
        .run("go"),
  },
  {
    name: "two threads at the same time",
    script: () => (request) =>
      respond([message("msg_1", `answer to ${request.rawBody.includes("first question") ? "first" : "second"}`)]),
    program: async ({ codex, stage }) => {
      const threads = ["first question", "second question"].map((text) =>
        codex()
          .startThread({ ...open, ...here(stage) })
          .run(text),
      );
      return (await Promise.all(threads)).map(({ finalResponse }) => finalResponse);
    },
  },
  {
    name: "an empty response",
    script: () => [{ parts: [created(), completed()] }],
    program: async ({ codex, stage }) =>
      codex()
        .startThread({ ...open, ...here(stage) })
        .run("go"),
  },
  {
    name: "a long prompt",
    script: () => [answer],
    program: async ({ codex, stage }) =>
      (
        await codex()
          .startThread({ ...open, ...here(stage) })
          .run("word ".repeat(60_000))
      ).finalResponse,
  },
];

async function drive(binary: Binary, scenario: SdkScenario): Promise<Seen> {
  const model = await startFakeModel(scenario.script());
  const stage = await makeStage({
    baseUrl: model.baseUrl,
    provider: "request_max_retries = 1\nstream_max_retries = 2",
    ...scenario.stage,
  });
  try {
    const codex = (options: Partial<CodexOptions> = {}): Codex =>
      new Codex({ codexPathOverride: binary.path, env: stage.env, ...options });
    const raw = await scenario.program({ stage, model, codex });
    const names = new Names(stage);
    const sorted = scenario.name === "two threads at the same time" ? [] : model.requests;
    return {
      seen: comparable(raw, names),
      requests: normaliseRequests(sorted, names, commonRules),
      upgrades: Math.min(model.upgrades.length, 1),
    };
  } finally {
    await model.close();
    await stage.dispose();
  }
}

/** Events of a streamed run and items of a finished one get the same treatment as the lines of exec. */
function comparable(value: unknown, names: Names): unknown {
  if (typeof value !== "object" || value === null) return names.cleanAll(value);
  const object = value as Record<string, unknown>;
  const items = object["items"];
  const events =
    Array.isArray(object["events"]) && typeof object["events"][0] === "object"
      ? (object["events"] as JsonEvent[])
      : undefined;
  const listed = Array.isArray(items)
    ? items.map((item): JsonEvent => ({ type: "item.completed", item: item as unknown }))
    : events;
  if (listed === undefined) return names.cleanAll(value);
  const { events: _events, items: _items, ...rest } = object;
  return { rest: names.cleanAll(rest), events: normalEvents(listed, names) };
}

function normalEvents(events: JsonEvent[], names: Names): NormalRun["events"] {
  const outcome: Outcome = { stdout: "", stderr: "", code: 0, signal: null, events, otherLines: [], pid: 0 };
  return normaliseRun(outcome, names).events;
}

describe("the official SDK cannot tell it from the real Codex", () => {
  for (const scenario of scenarios) {
    it.concurrent(
      scenario.name,
      async () => {
        const tested = subject();
        const [real, got] = await Promise.all([drive(oracle(), scenario), drive(tested, scenario)]);
        expect(got).toEqual(
          scenario.wanted === undefined || tested.name === "codex" ? real : scenario.wanted.change(real),
        );
      },
      120_000,
    );
  }
});
