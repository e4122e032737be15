import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Client, type Transport } from "../../src/client/client.ts";
import { inMemory } from "../../src/client/in-memory.ts";
import { AppServer } from "../../src/doors/app-server/app-server.ts";
import type { IdleThreads } from "../../src/doors/app-server/feed/idle-threads.ts";
import type { Receiver } from "../../src/doors/app-server/wire.ts";
import { createHost } from "../../src/host/host.ts";
import { nodeSystem } from "../../src/system/node.ts";
import { ShapeFaults } from "./shape-faults.ts";
import type { Binary, Stage } from "./run.ts";

export type Json = Record<string, unknown>;

/** A notification or a request of a server, as it came. */
export interface Told {
  method: string;
  params: Json;
  /** Of a request. */
  id?: string | number;
}

export type Reply = { result: Json } | { error: { code: number; message: string; data?: unknown } };

/** The two directions of one connection to an app-server. */
export interface Line {
  send(message: unknown): void;
  close(): Promise<void>;
}

/** One client of an app-server, whichever it is. */
export interface AppClient {
  /** Everything that came so far, in order. */
  readonly heard: readonly Json[];
  /** What was told so far, in order. */
  readonly told: readonly Told[];
  /** The replies so far, in the order of their requests. */
  readonly replies: readonly { method: string; reply: Reply | null }[];
  request(method: string, params?: unknown): Promise<Reply>;
  /** The result. Throws where it is an error. */
  call(method: string, params?: unknown): Promise<Json>;
  /** Anything at all, such as what is no request. */
  send(message: unknown): void;
  /** The next that fits, from the first on that was not waited for yet. */
  next(method: string, fits?: (params: Json) => boolean): Promise<Told>;
  /** Answers a request of the server. */
  answer(asked: Told, result: unknown): void;
  close(): Promise<void>;
}

export interface Introduction {
  name?: string;
  experimentalApi?: boolean;
  optOutNotificationMethods?: string[];
}

/** Where clients connect to. */
export interface AppServerUnderTest {
  connect(introduction?: Introduction | null): Promise<AppClient>;
  close(): Promise<void>;
}

export function clientOf(open: (hear: (message: Json) => void) => Line): AppClient {
  const heard: Json[] = [];
  const told: Told[] = [];
  const replies: { method: string; reply: Reply | null }[] = [];
  const open_ = new Map<unknown, (reply: Reply) => void>();
  const waiting: { fits: (message: Told) => boolean; resolve: (message: Told) => void }[] = [];
  let looked = 0;
  let last = 0;
  const line = open((message) => {
    heard.push(message);
    if (typeof message["method"] !== "string") {
      open_.get(message["id"])?.(message as unknown as Reply);
      return;
    }
    told.push(message as unknown as Told);
    const found = waiting.findIndex(({ fits }) => fits(message as unknown as Told));
    if (found < 0) return;
    looked = told.length;
    waiting.splice(found, 1)[0]?.resolve(message as unknown as Told);
  });
  const request = (method: string, params: unknown = {}): Promise<Reply> => {
    const id = ++last;
    const entry: { method: string; reply: Reply | null } = { method, reply: null };
    replies.push(entry);
    return new Promise((resolve) => {
      open_.set(id, (reply) => {
        entry.reply = reply;
        resolve(reply);
      });
      line.send({ id, method, params });
    });
  };
  return {
    heard,
    told,
    replies,
    request,
    async call(method, params) {
      const reply = await request(method, params);
      if ("error" in reply) throw new Error(`${method}: ${reply.error.message}`);
      return reply.result;
    },
    send: (message) => line.send(message),
    next(method, fits = () => true) {
      const right = (message: Told): boolean => message.method === method && fits(message.params);
      const index = told.findIndex((message, at) => at >= looked && right(message));
      if (index < 0) return new Promise((resolve) => waiting.push({ fits: right, resolve }));
      looked = index + 1;
      return Promise.resolve(told[index]!);
    },
    answer: (asked, result) => line.send({ id: asked.id, result }),
    close: () => line.close(),
  };
}

export async function introduced(client: AppClient, introduction: Introduction | null): Promise<AppClient> {
  if (introduction === null) return client;
  const { name = "probe", experimentalApi = true, optOutNotificationMethods } = introduction;
  await client.call("initialize", {
    clientInfo: { name, title: "Probe", version: "1.0" },
    capabilities: { experimentalApi, ...(optOutNotificationMethods && { optOutNotificationMethods }) },
  });
  client.send({ method: "initialized" });
  return client;
}

export interface InMemoryOptions {
  /** What lies between the server and its host. */
  between?: (transport: Transport) => Transport;
  idle?: IdleThreads;
}

/** Our server in this process; every message goes once through JSON, and has to hold to the shapes of the protocol. */
export function appServerInMemory(stage: Stage, options: InMemoryOptions = {}): AppServerUnderTest {
  const { between = (transport) => transport, idle } = options;
  const machine = nodeSystem();
  const environment = { ...machine.environment, variables: stage.env, home: stage.home, temporaryDirectory: stage.tmp };
  const caller = { originator: "probe", client: "probe", source: "vscode", demoWhenUnconfigured: false };
  const client = new Client(between(inMemory(createHost({ ...machine, environment }, caller))));
  const surroundings = { codexHome: stage.codexHome, cwd: stage.workspace, variables: stage.env };
  const server = new AppServer(client, surroundings, idle);
  const receivers: Receiver[] = [];
  const faults: string[] = [];
  return {
    connect: (introduction = {}) =>
      introduced(
        clientOf((hear) => {
          const shapes = new ShapeFaults(faults);
          const receiver = server.accept({
            send({ message }) {
              const text = JSON.stringify(message);
              const sent = JSON.parse(text) as Json;
              shapes.heard(sent);
              queueMicrotask(() => hear(sent));
            },
            tellMissed: () => undefined,
            close: () => undefined,
          });
          receivers.push(receiver);
          return {
            send(message) {
              shapes.sent(message);
              receiver.receive(JSON.parse(JSON.stringify(message)));
            },
            close: async () => receiver.gone(),
          };
        }),
        introduction,
      ),
    async close() {
      for (const receiver of receivers) receiver.gone();
      await client.close();
      if (faults.length > 0) throw new Error(`messages that do not hold to their shapes:\n${faults.join("\n")}`);
    },
  };
}

/** `BINARY app-server` as a process of its own for its one client, over stdio. */
export function appServerProcess(binary: Binary, stage: Stage, args: readonly string[] = []): AppServerUnderTest {
  const ends: (() => Promise<void>)[] = [];
  return {
    connect: (introduction = {}) =>
      introduced(
        clientOf((hear) => {
          const child = spawn(binary.path, ["app-server", ...args], {
            cwd: stage.workspace,
            env: stage.env,
            stdio: ["pipe", "pipe", "ignore"],
          });
          const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
          child.stdin.on("error", () => undefined);
          createInterface({ input: child.stdout }).on("line", (line) => hear(JSON.parse(line) as Json));
          const close = async (): Promise<void> => {
            child.stdin.end();
            const late = setTimeout(() => child.kill("SIGKILL"), 5000);
            await exited;
            clearTimeout(late);
          };
          ends.push(close);
          return { send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`), close };
        }),
        introduction,
      ),
    close: async () => void (await Promise.all(ends.map((end) => end()))),
  };
}
