import { expect, it, onTestFinished } from "vitest";
import { IdleThreads } from "../../../src/doors/app-server/feed/idle-threads.ts";
import type { MethodName } from "../../../src/protocol/methods.ts";
import { appServerInMemory, type AppClient, type InMemoryOptions } from "../../support/app-client.ts";
import { message, respond, startFakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage } from "../../support/run.ts";

interface Timer {
  ring: () => void;
  ms: number;
}

/** A server whose clock for threads that nobody follows is the test's. */
async function serverWith(script: Script, between?: InMemoryOptions["between"]) {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  /** Those that run. */
  const timers = new Set<Timer>();
  const idle = new IdleThreads({
    set(work, ms) {
      const timer = { ms, ring: () => timers.delete(timer) && work() };
      timers.add(timer);
      return timer;
    },
    clear: (timer) => void timers.delete(timer as Timer),
  });
  const server = appServerInMemory(stage, { idle, ...(between && { between }) });
  onTestFinished(async () => {
    await server.close();
    await model.close();
    await stage.dispose();
  });
  const start = { approvalPolicy: "never", model: "gpt-5.5", cwd: stage.workspace };
  /** Lets the time of the only one that runs be over. */
  const ring = (): void => {
    const [timer, ...others] = timers;
    expect([timer?.ms, others]).toEqual([30 * 60 * 1000, []]);
    timer?.ring();
  };
  return { server, ring, start };
}

const hello = respond([message("msg_1", "hello")]);
const say = [{ type: "text", text: "hi" }];

const idOf = ({ thread }: Record<string, unknown>): string => (thread as { id: string }).id;

async function turn(client: AppClient, threadId: string): Promise<void> {
  await client.call("turn/start", { threadId, input: say });
  await client.next("turn/completed");
}

it("a thread that nobody follows any more is closed after half an hour in which nothing happens, and everybody is told", async () => {
  const { promise: gate, resolve: answer } = Promise.withResolvers<void>();
  const { server, ring, start } = await serverWith(async () => {
    await gate;
    return hello;
  });
  const client = await server.connect();
  const threadId = idOf(await client.call("thread/start", start));
  await client.call("thread/unsubscribe", { threadId });
  const isStatus = (type: string) => (params: Record<string, unknown>) =>
    (params["status"] as { type: string }).type === type;
  await client.call("turn/start", { threadId, input: say });
  await client.next("thread/status/changed", isStatus("active"));
  // A turn runs: it gets as long again.
  ring();
  answer();
  await client.next("thread/status/changed", isStatus("idle"));
  ring();
  expect((await client.next("thread/closed")).params).toEqual({ threadId });
  expect(await client.call("thread/loaded/list")).toEqual({ data: [], nextCursor: null });
});

it.each(["thread/start", "thread/resume", "thread/fork"] as const)(
  "a client that leaves while %s opens a thread for it does not keep that thread open",
  async (method) => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: arrival, resolve: arrived } = Promise.withResolvers<void>();
    let held: MethodName | null = null;
    const { server, ring, start } = await serverWith(
      () => hello,
      (transport) => ({
        ...transport,
        async call(name, params, signal) {
          const result = await transport.call(name, params, signal);
          if (name === held) arrived();
          if (name === held) await gate;
          return result;
        },
      }),
    );
    const [maker, client, witness] = [await server.connect(), await server.connect(), await server.connect()];
    const threadId = idOf(await maker.call("thread/start", start));
    await turn(maker, threadId);
    await maker.close();
    ring();
    await witness.next("thread/closed");

    held = method;
    const reply = client.request(method, method === "thread/start" ? start : { ...start, threadId });
    await arrival;
    await client.close();
    open();
    await reply;
    const opened = (await witness.call("thread/loaded/list"))["data"] as string[];
    expect(opened).toHaveLength(1);
    ring();
    expect((await witness.next("thread/closed")).params).toEqual({ threadId: opened[0] });
  },
);

it.each([
  ["thread/start", "thread/instructions"],
  ["thread/resume", "thread/notes"],
  ["thread/fork", "attachment/copy"],
] as const)(
  "a thread that %s has opened for a request that then failed (%s) does not stay open",
  async (method, failing) => {
    let fails = false;
    const { server, ring, start } = await serverWith(
      () => hello,
      (transport) => ({
        ...transport,
        async call(name, params, signal) {
          if (fails && name === failing) throw new Error("the ledger cannot be read");
          return transport.call(name, params, signal);
        },
      }),
    );
    const [maker, client] = [await server.connect(), await server.connect()];
    const threadId = idOf(await maker.call("thread/start", start));
    await turn(maker, threadId);
    await maker.close();
    ring();
    await client.next("thread/closed");

    fails = true;
    const reply = await client.request(method, method === "thread/start" ? start : { ...start, threadId });
    expect(reply).toHaveProperty("error");
    const opened = (await client.call("thread/loaded/list"))["data"] as string[];
    expect(opened).toHaveLength(1);
    ring();
    expect((await client.next("thread/closed")).params).toEqual({ threadId: opened[0] });
  },
);
