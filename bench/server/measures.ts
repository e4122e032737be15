import type { Measure, Values } from "../measures.ts";
import type { Bench } from "../sample.ts";
import { median } from "../statistics.ts";
import type { Subject } from "../subjects.ts";
import { fanOut } from "./fan-out.ts";
import { overStdio, overWebSocket, Refused, type Peer } from "./peer.ts";
import { addressOf, startServer, type ServerProcess } from "./process.ts";

type OnServer = (server: ServerProcess, peer: Peer) => Promise<Values>;

/** Something that is done with a fresh server over stdio. */
const overTheirStdio =
  (take: OnServer): Measure["take"] =>
  async (bench, subject) => {
    if (subject.server === null) return null;
    const server = startServer(bench, subject);
    try {
      return await take(server, await overStdio(server));
    } finally {
      await server.stop();
    }
  };

const oursOnly =
  (take: Measure["take"]): Measure["take"] =>
  async (bench, subject) =>
    subject.name === "ours" ? take(bench, subject) : null;

const warmTurns = 20;

const warmTurn: OnServer = async ({ stage }, peer) => {
  const threadId = await peer.startThread(stage.workspace);
  const times: number[] = [];
  for (let turn = 0; turn <= warmTurns; turn++) times.push(await peer.turn(threadId, "hi"));
  return { "server-turn": median(times.slice(1)) };
};

const firstThreads = 50;

const threadStart: OnServer = async ({ stage }, peer) => {
  const since = performance.now();
  for (let count = 0; count < firstThreads; count++) await peer.startThread(stage.workspace);
  return { "server-start": (performance.now() - since) / firstThreads };
};

const crowd = 300;

/** Who has not been served by then is taken for refused. */
const crowdMs = 150_000;

/** All are asked for at once; whoever is refused does not try again. */
const allAtOnce: OnServer = async ({ stage }, peer) => {
  let served = 0;
  let lastMs = 0;
  const since = performance.now();
  const one = async (): Promise<void> => {
    try {
      await peer.turn(await peer.startThread(stage.workspace), "call");
      served++;
      lastMs = performance.now() - since;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  };
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<void>((over) => (limit = setTimeout(over, crowdMs)));
  await Promise.race([Promise.all(Array.from({ length: crowd }, one)), late]).finally(() => clearTimeout(limit));
  if (served === 0) throw new Error(`none of ${crowd} turns has ended in ${crowdMs / 1000} s`);
  return { "server-300-refused": crowd - served, "server-300": lastMs, "server-300-each": lastMs / served };
};

const many = 1000;
const atATime = 25;

const liveThreads: OnServer = async (server, peer) => {
  const most = server.watch();
  const since = performance.now();
  let begun = 0;
  const next = async (): Promise<void> => {
    while (begun < many) {
      begun++;
      await peer.turn(await peer.startThread(server.stage.workspace), "hi");
    }
  };
  await Promise.all(Array.from({ length: atATime }, next));
  const wall = performance.now() - since;
  const { data } = await peer.call("thread/loaded/list", {});
  if (!Array.isArray(data) || data.length !== many) throw new Error(`not ${many} threads are live`);
  return { "server-1000": wall, "server-1000-memory": most() };
};

/** Nothing is asked of it for so long. */
const restMs = 2000;

const idle: OnServer = async (server) => {
  await new Promise((over) => setTimeout(over, restMs));
  return { "server-idle": server.memory() };
};

const attached = 10;

/** A client that has introduced itself comes to a thread with ten turns, of which the eleventh runs. */
async function attach(bench: Bench, subject: Subject): Promise<Values | null> {
  if (subject.server === null) return null;
  const server = startServer(bench, subject, "--listen", "ws://127.0.0.1:0");
  try {
    const url = await addressOf(server);
    const first = await overWebSocket(url);
    const threadId = await first.startThread(server.stage.workspace);
    for (let turn = 0; turn < 10; turn++) await first.turn(threadId, "hi");
    const runs = first.heard("item/agentMessage/delta");
    await first.call("turn/start", { threadId, input: [{ type: "text", text: "wait" }] });
    await runs;
    const times: number[] = [];
    for (let count = 0; count < attached; count++) {
      const peer = await overWebSocket(url);
      const since = performance.now();
      await peer.call("thread/resume", { threadId });
      times.push(performance.now() - since);
      peer.close();
    }
    return { "server-attach": median(times) };
  } finally {
    await server.stop();
  }
}

async function audience(bench: Bench, subject: Subject): Promise<Values> {
  const { wallMs, withDeafMs, memoryBytes, missed } = await fanOut(bench, subject, 100);
  return {
    "server-audience": wallMs,
    "server-audience-slow": withDeafMs,
    "server-audience-memory": memoryBytes,
    "server-audience-missed": missed,
  };
}

/** What programs count on that have one server for many threads and clients. */
export const serverMeasures: readonly Measure[] = [
  { name: "server-turn", take: overTheirStdio(warmTurn) },
  { name: "server-start", take: overTheirStdio(threadStart) },
  { name: "server-300", once: true, take: overTheirStdio(allAtOnce) },
  { name: "server-1000", once: true, take: oursOnly(overTheirStdio(liveThreads)) },
  { name: "server-idle", take: overTheirStdio(idle) },
  { name: "server-attach", take: attach },
  { name: "server-audience", once: true, take: oursOnly(audience) },
];
