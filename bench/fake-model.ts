/**
 * The model server of the benchmarks, a process of its own that is told nothing while it serves. The base URL is
 * `http://127.0.0.1:PORT/TASK/RUN/v1`: the n-th request of a run gets the n-th prepared response of the task; in `agents-N`
 * and `served`, what the request asks for. Over the channel to its parent it says its port once, and answers `{ take: RUN }` with the bodies that the run has sent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { agentsAnswer } from "./agents-task.ts";
import { servedAnswer, type Served } from "./served-task.ts";
import { wireOf, wireStreamsOf, type Wire } from "./wire-streams.ts";

export interface Take {
  take: string;
}

export type Told = { port: number } | { run: string; bodies: string[] };

/** Large writes, few of them: the reader is measured, not this server. */
const writeSize = 256 * 1024;
const prepared = new Map<string, Buffer[]>();
const runs = new Map<string, Buffer[]>();

function streams(task: string, wire: Wire = "responses"): Buffer[] {
  const key = `${wire} ${task}`;
  let found = prepared.get(key);
  if (found === undefined) prepared.set(key, (found = wireStreamsOf(task, wire)));
  return found;
}

/** Also when the reader has gone. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      outgoing.off("drain", settle);
      outgoing.off("close", settle);
      resolve();
    };
    outgoing.on("drain", settle);
    outgoing.on("close", settle);
  });
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const [, task = "", run = "", ...rest] = (incoming.url ?? "").split("/");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const wire = wireOf[rest.join("/")];
  if (incoming.method !== "POST" || wire === undefined) {
    outgoing.writeHead(404).end();
    return;
  }
  let bodies = runs.get(run);
  if (bodies === undefined) runs.set(run, (bodies = []));
  const body = Buffer.concat(chunks);
  if (task === "served") return serve(servedAnswer(body), outgoing);
  let stream: Buffer | undefined;
  if (task.startsWith("agents-")) {
    const isAgent = incoming.headers["x-openai-subagent"] !== undefined;
    const said = agentsAnswer(Number(task.slice("agents-".length)), body, isAgent);
    stream = said.stream;
    await new Promise((over) => setTimeout(over, said.afterMs));
  } else stream = streams(task, wire)[bodies.length];
  bodies.push(body);
  if (stream === undefined) {
    outgoing.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"the task is over"}}');
    return;
  }
  await serve({ stream, ends: true }, outgoing);
}

async function serve({ stream, ends }: Served, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(200, { "content-type": "text/event-stream" });
  for (let at = 0; at < stream.length && !outgoing.destroyed; at += writeSize) {
    if (outgoing.write(stream.subarray(at, at + writeSize))) continue;
    await drained(outgoing);
  }
  if (ends) outgoing.end();
}

const server = createServer((incoming, outgoing) => {
  outgoing.on("error", () => {});
  answer(incoming, outgoing).catch(() => outgoing.destroy());
});
// A kept connection is closed by whoever opened it.
server.keepAliveTimeout = 0;
for (const task of ["calls-0", "calls-4", "calls-50", "parallel", "deltas-20000", "deltas-100000", "answers-2"])
  streams(task);
for (const wire of ["chat", "messages"] as const)
  for (const task of ["calls-0", "calls-50", "deltas-20000"]) streams(task, wire);

const tell = (message: Told): void => void process.send?.(message);
process.on("message", ({ take }: Take) => {
  tell({ run: take, bodies: (runs.get(take) ?? []).map((body) => body.toString("utf8")) });
  runs.delete(take);
});
process.on("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
