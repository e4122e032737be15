// Each `on` is a test.
/* oxlint-disable vitest/no-standalone-expect, vitest/expect-expect */
/** The client on the app-servers of codex-agent and of the real Codex, with a scripted model: what it promises holds on both. */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createClient,
  MethodNotSupportedError,
  SessionNotFoundError,
  TurnFailedError,
  type AppServerClient,
  type ClientOptions,
  type NotificationName,
} from "../../../src/sdk/index.ts";
import { clientRequests } from "../../../src/protocol/codex-0.169/app-server/client-requests.ts";
import {
  call,
  created,
  httpError,
  message,
  respond,
  startFakeModel,
  textDelta,
  added,
  type FakeModel,
  type Script,
} from "../../support/fake-model.ts";
import { makeStage, oracle, ours, type Stage } from "../../support/run.ts";
import { failure } from "../exec/scripted.ts";
import { until, untilPasses } from "../../support/until.ts";

interface Bench {
  stage: Stage;
  model: FakeModel;
  client: (options?: ClientOptions) => AppServerClient;
}

const answers: Script = [0, 1, 2, 3].map((index) => respond([message(`msg_${index}`, `answer ${index}`)]));
const unknown = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3";

function texts(model: FakeModel, index: number): string[] {
  const { input } = model.requests[index]!.body as { input: { content?: { text?: string }[] }[] };
  return input.flatMap(({ content }) => content ?? []).flatMap(({ text }) => text ?? []);
}

/** A message whose end never comes. */
const hanging = {
  parts: [created(), added(message("msg_h", "")), textDelta("msg_h", "half"), { hang: true as const }],
};

describe.each([oracle(), ours()])("with $name", (binary) => {
  function on(title: string, script: Script, work: (bench: Bench) => Promise<void>): void {
    it.concurrent(title, async () => {
      const model = await startFakeModel(script);
      const stage = await makeStage({
        baseUrl: model.baseUrl,
        provider: "request_max_retries = 0\nstream_max_retries = 0",
      });
      const clients: AppServerClient[] = [];
      const client = (options: ClientOptions = {}): AppServerClient => {
        const made = createClient({
          codexCommand: binary.path,
          env: stage.env,
          processCwd: stage.workspace,
          defaultThreadParams: {
            model: "gpt-5.5",
            cwd: stage.workspace,
            sandbox: "workspace-write",
            approvalPolicy: "never",
          },
          ...options,
        });
        clients.push(made);
        return made;
      };
      try {
        await work({ stage, model, client });
      } finally {
        for (const each of clients) await each.close();
        await model.close();
        await stage.dispose();
      }
    });
  }

  on(
    "AS-121: a prompt is answered, its events end with the turn, and turns share a thread",
    answers,
    async ({ client, model }) => {
      const one = client();
      const first = await one.responsesCreate({ prompt: "first", includeEvents: true });
      expect(first).toMatchObject({ text: "answer 0", interrupted: false });
      expect(first.events![0]!.type).toBe("thread/ready");
      expect(first.events!.at(-1)).toMatchObject({
        type: "turn/completed",
        phase: "completed",
        sessionId: first.sessionId,
        turnId: first.turnId,
      });
      expect(first.usage!.total.inputTokens).toBeGreaterThan(0);
      const pieces: string[] = [];
      for await (const text of one.responsesStreamText({ prompt: "second", sessionId: first.sessionId }))
        pieces.push(text);
      expect(pieces.join("")).toBe("answer 1");
      expect(texts(model, 1)).toEqual(expect.arrayContaining(["first", "answer 0", "second"]));
      // Another process goes on with what the first one left.
      await one.close();
      const third = await client().responsesCreate({ prompt: "third", sessionId: first.sessionId });
      expect(third).toMatchObject({ text: "answer 2", sessionId: first.sessionId });
      expect(texts(model, 2)).toEqual(expect.arrayContaining(["first", "answer 1", "third"]));
    },
  );

  on(
    "AS-122: a turn that hangs is interrupted; steering needs the right turn",
    [hanging, respond([message("m2", "after")])],
    async ({ client }) => {
      const one = client();
      const stop = new AbortController();
      let sessionId = "";
      let turnId = "";
      const completed = new Promise<{ status: string }>((resolve) =>
        one.on("turn/completed", ({ turn }) => resolve(turn)),
      );
      const work = failure(
        one.responsesCreate({
          prompt: "hi",
          signal: stop.signal,
          onEvent: async (event) => {
            sessionId = event.sessionId ?? sessionId;
            if (event.type === "turn/started") turnId = event.turnId!;
            if (event.textDelta === undefined) return;
            const wrong = await failure(one.turnSteer(sessionId, unknown, "more"));
            expect(wrong.message).toContain(turnId);
            stop.abort();
          },
        }),
      );
      const queued = work.then(() => one.responsesCreate({ prompt: "next", sessionId }));
      expect(await work).toMatchObject({ name: "AbortError" });
      expect((await completed).status).toBe("interrupted");
      expect((await queued).text).toBe("after");
    },
  );

  on("AS-122: a second turn of a thread waits for the first", answers, async ({ client, model }) => {
    const one = client();
    const { thread } = await one.threadStart();
    const turns = await Promise.all(["a", "b"].map((prompt) => one.responsesCreate({ prompt, sessionId: thread.id })));
    expect(turns.map(({ text }) => text)).toEqual(["answer 0", "answer 1"]);
    expect(turns[0]!.turnId).not.toBe(turns[1]!.turnId);
    expect(texts(model, 1)).toEqual(expect.arrayContaining(["a", "answer 0", "b"]));
  });

  const touch = (path: string) => [
    respond([
      call("c1", "exec_command", {
        cmd: `touch ${path}`,
        sandbox_permissions: "require_escalated",
        justification: "to see",
      }),
    ]),
    respond([message("m", "done")]),
  ];

  on(
    "AS-94: an approval is asked of the hook, and what it says is done",
    (request) => (request.index % 2 === 0 ? touch("asked")[0]! : touch("asked")[1]!),
    async ({ client, stage }) => {
      const asked: string[] = [];
      let decision: "accept" | "decline" = "decline";
      const one = client({
        onCommandApproval: ({ command, cwd, reason }, { signal, item }) => {
          asked.push(`${reason} ${cwd === stage.workspace} ${command} ${signal.aborted} ${item?.type ?? "no item"}`);
          return decision;
        },
      });
      const params = { prompt: "go", threadParams: { approvalPolicy: "on-request" as const } };
      const declined = await one.responsesCreate(params);
      expect(asked).toEqual(["to see true /bin/bash -lc 'touch asked' false commandExecution"]);
      expect(declined.text).toBe("done");
      expect(declined.items).toContainEqual(expect.objectContaining({ type: "commandExecution", status: "declined" }));
      expect(existsSync(join(stage.workspace, "asked"))).toBe(false);
      decision = "accept";
      const accepted = await one.responsesCreate(params);
      expect(accepted.items).toContainEqual(
        expect.objectContaining({ type: "commandExecution", status: "completed", exitCode: 0 }),
      );
      expect(existsSync(join(stage.workspace, "asked"))).toBe(true);
    },
  );

  on(
    "AS-94: a cancelled approval interrupts the turn; a rubric decides by itself",
    touch("asked"),
    async ({ client }) => {
      const one = client({
        policyRubric: { commandRules: [{ name: "touch", when: { commandArgv: ["touch"] }, decision: "cancel" }] },
      });
      const rules: (string | null)[] = [];
      one.on("policyAudit", ({ rule }) => rules.push(rule));
      const response = await one.responsesCreate({ prompt: "go", threadParams: { approvalPolicy: "on-request" } });
      expect(response.interrupted).toBe(true);
      expect(rules).toEqual(["touch"]);
    },
  );

  on(
    "AS-79, AS-83: a judge decides in a server of its own what no rule does",
    ({ rawBody }) => {
      if (rawBody.includes("You judge requests"))
        return respond([message("j", JSON.stringify({ decision: "accept", reason: "harmless" }))]);
      return touch("judged")[rawBody.includes("call_c1") ? 1 : 0]!;
    },
    async ({ client, stage, model }) => {
      const one = client({
        policyRubric: { useLlmJudge: true },
        policyJudgeConfig: { model: "gpt-5.5", timeoutMs: 60_000 },
      });
      const audits: unknown[] = [];
      one.on("policyAudit", ({ source, decision, reason }) => audits.push([source, decision, reason]));
      const { text } = await one.responsesCreate({ prompt: "go", threadParams: { approvalPolicy: "on-request" } });
      expect(text).toBe("done");
      expect(audits).toEqual([["judge", "accept", "harmless"]]);
      expect(existsSync(join(stage.workspace, "judged"))).toBe(true);
      const asked = model.requests.filter(({ rawBody }) => rawBody.includes("You judge requests"));
      expect(asked).toHaveLength(1);
      expect(asked[0]!.body).toMatchObject({ text: { format: { type: "json_schema" } } });
      // The judge's thread is its own, and leaves nothing behind.
      expect(await one.threadList()).toHaveLength(1);
    },
  );

  on(
    "AS-55: a turn that fails rejects with what the model's server said",
    () => httpError(400, { error: { message: "too bad" } }),
    async ({ client }) => {
      const error = await failure(client().responsesCreate({ prompt: "hi" }));
      expect(error).toBeInstanceOf(TurnFailedError);
      expect(error.message).toContain("too bad");
    },
  );

  on(
    "AS-29: a schema is passed on, and the answer parsed",
    [respond([message("m", '{"n":3}')])],
    async ({ client, model }) => {
      const outputSchema = {
        type: "object",
        properties: { n: { type: "number" } },
        required: ["n"],
        additionalProperties: false,
      };
      const { parsed } = await client().responsesCreate({ prompt: "hi", outputSchema });
      expect(parsed).toEqual({ n: 3 });
      expect(model.requests[0]!.body).toMatchObject({
        text: { format: { type: "json_schema", schema: outputSchema } },
      });
    },
  );

  on("AS-50, AS-86: threads that are not there, and those that are fresh", answers, async ({ client }) => {
    const one = client();
    const error = await failure(one.responsesCreate({ prompt: "hi", sessionId: unknown }));
    expect(error).toBeInstanceOf(SessionNotFoundError);
    expect(error).toMatchObject({ session: unknown });
    expect(await failure(one.threadRead(unknown))).toBeInstanceOf(SessionNotFoundError);
    const { thread } = await one.threadStart();
    expect((await one.responsesCreate({ prompt: "hi", sessionId: thread.id })).text).toBe("answer 0");
  });

  on("AS-123: what the server does not have is told apart from what fails", [], async ({ client }) => {
    const one = client({ experimentalApi: true });
    for (const method of ["skills/remote/read", "thread/rollback", "no/such"])
      expect(await failure(one.request(method, {}))).toBeInstanceOf(MethodNotSupportedError);
    expect((await one.commandExec(["/bin/echo", "hi"])).stdout).toBe("hi\n");
    const { data } = await one.modelList();
    expect(data.length).toBeGreaterThan(0);
  });

  on(
    "notifications are typed by their names, and those that were opted out of do not come",
    answers,
    async ({ client }) => {
      const one = client({ optOutNotifications: ["thread/tokenUsage/updated"] });
      const names: NotificationName[] = [];
      one.onNotification(({ method }) => names.push(method as NotificationName));
      let name: string | null | undefined;
      one.on("thread/name/updated", ({ threadName }) => (name = threadName));
      const { sessionId } = await one.responsesCreate({ prompt: "hi" });
      await one.threadNameSet(sessionId, "mine");
      await until(() => name === "mine");
      expect(names).toContain("item/agentMessage/delta");
      expect(names).not.toContain("thread/tokenUsage/updated");
    },
  );

  on(
    "two clients of one server see the same turn, over a WebSocket and with a token",
    answers,
    async ({ client, stage }) => {
      const token = join(stage.root, "token");
      writeFileSync(token, "a-long-secret-token\n");
      const args = [
        "app-server",
        "--listen",
        "ws://127.0.0.1:0",
        "--ws-auth",
        "capability-token",
        "--ws-token-file",
        token,
      ];
      const child = spawn(binary.path, args, {
        cwd: stage.workspace,
        env: stage.env,
        stdio: ["ignore", "ignore", "pipe"],
      });
      try {
        let banner = "";
        child.stderr.on("data", (chunk: Buffer) => (banner += chunk.toString("utf8")));
        const url = await until(
          () => /listening on: (ws:\/\/[\d.:]+)/.exec(banner.replaceAll(/\u001b\[[\d;]*m/g, ""))?.[1],
        );
        const refused = await failure(client({ transport: { type: "ws", url, token: "wrong" } }).connect());
        expect(refused.message).toContain("status 401");
        const transport = { type: "ws" as const, url, token: "a-long-secret-token" };
        const [a, b] = [client({ transport }), client({ transport })];
        const { sessionId } = await a.responsesCreate({ prompt: "first" });
        await b.threadResume(sessionId, { excludeTurns: true });
        const heard = new Promise<string>((resolve) => b.on("item/agentMessage/delta", ({ delta }) => resolve(delta)));
        const { text } = await a.responsesCreate({ prompt: "second", sessionId });
        expect(text.startsWith(await heard)).toBe(true);
      } finally {
        child.kill("SIGKILL");
      }
    },
  );

  on("a unix socket carries the same", answers, async ({ client, stage }) => {
    const path = join(stage.root, "server.sock");
    const child = spawn(binary.path, ["app-server", "--listen", `unix://${path}`], {
      cwd: stage.workspace,
      env: stage.env,
      stdio: "ignore",
    });
    try {
      await until(() => existsSync(path));
      const one = client({ transport: { type: "unix", path } });
      // The file is there a moment before somebody listens.
      await untilPasses(() => one.connect());
      expect((await one.responsesCreate({ prompt: "hi" })).text).toBe("answer 0");
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe("AS-123: the method table", () => {
  it("is reached whole, with parameters and results of its own for each method", () => {
    const client = createClient();
    // What is not in the table takes anything; what is, its own parameters.
    // oxlint-disable-next-line no-unused-vars -- compiled, not run
    const typed = () => [
      client.request("thread/read", { threadId: "x", includeTurns: true }).then(({ thread }) => thread.turns.length),
      // @ts-expect-error the thread is missing
      client.request("thread/read", { includeTurns: true }),
      client.request("some/thing", { any: 1 }),
    ];
    expect(Object.keys(clientRequests).length).toBeGreaterThan(100);
    expect(typed).toBeTypeOf("function");
  });
});
