import { once } from "node:events";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import type { ServerProcess } from "./process.ts";

type Json = Record<string, unknown>;

/** The codes with which the real Codex refuses what it has no room for. */
export class Refused extends Error {}

/** A client of an app-server that does no more than it must. */
export interface Peer {
  /** The result. @throws Refused for an error. */
  call(method: string, params: Json): Promise<Json>;
  /** Starts a thread where anything goes; its id. */
  startThread(cwd: string): Promise<string>;
  /** A turn to its end; ms from the request to `turn/completed`. */
  turn(threadId: string, text: string): Promise<number>;
  /** Resolves at the first notification of that kind from now on. */
  heard(method: string): Promise<Json>;
  close(): void;
}

type Connect = (hear: (text: string) => void) => { send(text: string): void; close(): void };

async function meet(connect: Connect): Promise<Peer> {
  const open = new Map<number, { resolve: (result: Json) => void; reject: (error: Error) => void }>();
  const turns = new Map<string, (turn: Json) => void>();
  const waiting: { method: string; resolve: (params: Json) => void }[] = [];
  let last = 0;
  const { send, close } = connect((text) => {
    // Most of what comes is of no interest here.
    if (text.includes('"item/agentMessage/delta"') && !waiting.some(({ method }) => method.endsWith("delta"))) return;
    const { id, method, params, result, error } = JSON.parse(text) as {
      id?: number;
      method?: string;
      params: Json;
      result: Json;
      error?: { message: string };
    };
    if (method === undefined) {
      const asked = open.get(id ?? 0);
      open.delete(id ?? 0);
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Refused(error.message));
      return;
    }
    const found = waiting.findIndex((each) => each.method === method);
    if (found >= 0) waiting.splice(found, 1)[0]!.resolve(params);
    if (method === "turn/completed") turns.get(String(params["threadId"]))?.(params["turn"] as Json);
  });
  const call = (method: string, params: Json): Promise<Json> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      open.set(id, { resolve, reject });
      send(JSON.stringify({ id, method, params }));
    });
  await call("initialize", {
    clientInfo: { name: "bench", title: null, version: "1.0" },
    capabilities: { experimentalApi: true },
  });
  send(JSON.stringify({ method: "initialized" }));
  return {
    call,
    async startThread(cwd) {
      const { thread } = await call("thread/start", { cwd, sandbox: "danger-full-access", approvalPolicy: "never" });
      return (thread as { id: string }).id;
    },
    async turn(threadId, text) {
      const since = performance.now();
      const ended = new Promise<Json>((resolve) => turns.set(threadId, resolve));
      await call("turn/start", { threadId, input: [{ type: "text", text }] });
      const { status, error } = await ended;
      turns.delete(threadId);
      if (status !== "completed") throw new Error(`a turn is ${String(status)}: ${JSON.stringify(error)}`);
      return performance.now() - since;
    },
    heard: (method) => new Promise((resolve) => waiting.push({ method, resolve })),
    close,
  };
}

export function overStdio({ child }: ServerProcess): Promise<Peer> {
  return meet((hear) => {
    createInterface({ input: child.stdout! }).on("line", hear);
    return { send: (text) => void child.stdin!.write(`${text}\n`), close: () => void child.stdin!.end() };
  });
}

export async function overWebSocket(url: string): Promise<Peer> {
  const socket = new WebSocket(url, { maxPayload: 0, perMessageDeflate: false });
  await once(socket, "open");
  return meet((hear) => {
    socket.on("message", (data: Buffer) => hear(data.toString()));
    return { send: (text) => socket.send(text), close: () => socket.terminate() };
  });
}
