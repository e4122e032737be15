import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { performance } from "node:perf_hooks";

/** One event of a Responses stream; `type` first, the rest as the wire has it. */
export interface ModelEvent {
  type: string;
  [key: string]: unknown;
}

/** An item of a response, as `response.output_item.done` carries it. */
export interface ModelItem {
  type: string;
  [key: string]: unknown;
}

/** What a reply does next. `gate` waits for a promise; `cut` destroys the socket; `hang` leaves the reply open until `close()`. */
export type Part =
  | { event: ModelEvent }
  | { raw: string | Uint8Array }
  | { gate: () => Promise<unknown> }
  | { cut: true }
  | { hang: true };

/** One HTTP reply. Without `status` 200, without `content-type` an event stream. `chunkSize` splits all bytes into pieces of that size. */
export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  parts: Part[];
  chunkSize?: number;
}

export interface RecordedRequest {
  index: number;
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Parsed JSON, or the text when it is not JSON. */
  body: unknown;
  rawBody: string;
  /** Milliseconds since the server started, monotonic. */
  atMs: number;
}

export type Step = Reply | ((request: RecordedRequest) => Reply | Promise<Reply>);

/** The n-th request gets the n-th step; a function answers all of them. */
export type Script = readonly Step[] | ((request: RecordedRequest) => Reply | Promise<Reply>);

export interface FakeModel {
  /** With `/v1`, without a final slash. */
  baseUrl: string;
  requests: RecordedRequest[];
  /** What was asked about the server and its models, in order. */
  asked: RecordedRequest[];
  /** Upgrade attempts (answered with 426 where nothing else is said), in order. */
  upgrades: { url: string; headers: Record<string, string> }[];
  /** Resolves when at least that many requests have arrived. */
  seen(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface FakeModelOptions {
  /** What it tells of itself and its models, by `PATH`; a function gets the request's body, and may take its time. Other such paths are answered with 404. */
  facts?: Readonly<Record<string, unknown>>;
  /** Default: a free one. */
  port?: number;
  /** Takes upgrades, in place of the 426. */
  upgrade?: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Paths at which servers tell of themselves. They stand outside of the script. */
const factPaths = /^(?:.*\/models|\/(?:props|health|version|api\/(?:ps|show|version|tags)))$/;

/** Starts a scripted Responses server on a free port of 127.0.0.1. A request beyond the script is answered with 400, which every client treats as fatal. */
export async function startFakeModel(
  script: Script,
  { facts = {}, port: wanted = 0, upgrade }: FakeModelOptions = {},
): Promise<FakeModel> {
  const startedAt = performance.now();
  const requests: RecordedRequest[] = [];
  const asked: RecordedRequest[] = [];
  const upgrades: FakeModel["upgrades"] = [];
  const sockets = new Set<Socket>();
  const waiting: { count: number; resolve: () => void }[] = [];

  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.on("upgrade", (incoming, socket, head) => {
    upgrades.push({ url: incoming.url ?? "", headers: flatHeaders(incoming) });
    if (upgrade !== undefined) return upgrade(incoming, socket, head);
    socket.end("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  });
  server.keepAliveTimeout = 0;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.on("error", () => {});
    const rawBody = await readAll(incoming);
    const request: RecordedRequest = {
      index: requests.length,
      method: incoming.method ?? "",
      url: incoming.url ?? "",
      headers: flatHeaders(incoming),
      body: parsed(rawBody),
      rawBody,
      atMs: performance.now() - startedAt,
    };
    const path = request.url.split("?")[0]!;
    if (factPaths.test(path)) {
      asked.push(request);
      const fact = Object.hasOwn(facts, path) ? facts[path] : undefined;
      const told: unknown =
        typeof fact === "function" ? await (fact as (body: unknown) => unknown)(request.body) : fact;
      outgoing.writeHead(told === undefined ? 404 : 200, { "content-type": "application/json" });
      outgoing.end(JSON.stringify(told ?? { error: { message: "not found" } }));
      return;
    }
    requests.push(request);
    for (const waiter of waiting) if (requests.length >= waiter.count) waiter.resolve();
    await play(await chosen(script, request), outgoing);
  }

  await new Promise<void>((resolve) => server.listen(wanted, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    asked,
    upgrades,
    seen: (count) =>
      requests.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function chosen(script: Script, request: RecordedRequest): Promise<Reply> {
  if (typeof script === "function") return script(request);
  const step = script[request.index];
  if (step === undefined) return httpError(400, { error: { message: `no step ${request.index} in the script` } });
  return typeof step === "function" ? step(request) : step;
}

async function play(reply: Reply, outgoing: ServerResponse): Promise<void> {
  const headers = { "content-type": "text/event-stream", ...reply.headers };
  outgoing.writeHead(reply.status ?? 200, headers);
  for (const part of reply.parts) {
    if ("gate" in part) await part.gate();
    else if ("cut" in part) return cut(outgoing);
    else if ("hang" in part) return;
    else if (!(await send(outgoing, "event" in part ? encode(part.event) : part.raw, reply.chunkSize))) return;
  }
  outgoing.end();
}

/** Lets everything written so far reach the socket first: what is cut is the rest, not what was sent. */
async function cut(outgoing: ServerResponse): Promise<void> {
  outgoing.flushHeaders();
  await new Promise<void>((resolve) => {
    if (outgoing.destroyed || outgoing.socket === null) return resolve();
    outgoing.once("close", resolve);
    outgoing.socket.write("", () => resolve());
  });
  outgoing.socket?.destroy();
}

/** False when the reader has gone. Waits for the socket, so that a huge reply does not pile up here. */
async function send(outgoing: ServerResponse, data: string | Uint8Array, chunkSize?: number): Promise<boolean> {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const size = chunkSize ?? Math.max(bytes.length, 1);
  for (let at = 0; at < bytes.length; at += size) {
    if (outgoing.destroyed) return false;
    const flushed = outgoing.write(bytes.subarray(at, at + size));
    if (!flushed) {
      await new Promise<void>((resolve) => {
        const settle = (): void => {
          outgoing.off("drain", settle);
          outgoing.off("close", settle);
          resolve();
        };
        outgoing.once("drain", settle);
        outgoing.once("close", settle);
      });
    } else if (chunkSize !== undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return !outgoing.destroyed;
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) flat[name] = String(value);
  return flat;
}

/** The bytes of one event as a Responses server sends it. */
export function encode(event: ModelEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

// Items

export function message(id: string, text: string, extra: Record<string, unknown> = {}): ModelItem {
  return {
    type: "message",
    id,
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text, annotations: [] }],
    ...extra,
  };
}

/** One summary part a string; none makes a reasoning item that is not shown. */
export function reasoning(id: string, ...summary: string[]): ModelItem {
  return {
    type: "reasoning",
    id,
    summary: summary.map((text) => ({ type: "summary_text", text })),
    encrypted_content: `sealed-${id}`,
  };
}

/** `args` as an object is written as JSON; as a string it is sent as it is. */
export function call(id: string, name: string, args: unknown, extra: Record<string, unknown> = {}): ModelItem {
  const text = typeof args === "string" ? args : JSON.stringify(args);
  return {
    type: "function_call",
    id: `fc_${id}`,
    status: "completed",
    name,
    arguments: text,
    call_id: `call_${id}`,
    ...extra,
  };
}

export function customCall(id: string, name: string, input: string, extra: Record<string, unknown> = {}): ModelItem {
  return {
    type: "custom_tool_call",
    id: `ctc_${id}`,
    status: "completed",
    call_id: `call_${id}`,
    name,
    input,
    ...extra,
  };
}

export function webSearch(id: string, action: Record<string, unknown>): ModelItem {
  return { type: "web_search_call", id, status: "completed", action };
}

// Events

export function created(id = "resp_1"): Part {
  return { event: { type: "response.created", response: { id } } };
}

export function added(item: ModelItem): Part {
  return { event: { type: "response.output_item.added", item: opened(item) } };
}

export function done(item: ModelItem): Part {
  return { event: { type: "response.output_item.done", item } };
}

export function textDelta(itemId: string, delta: string): Part {
  return { event: { type: "response.output_text.delta", item_id: itemId, output_index: 0, content_index: 0, delta } };
}

export interface CompletedOptions {
  id?: string;
  /** input, cached, output, reasoning tokens. */
  usage?: readonly [number, number, number, number] | null;
  endTurn?: boolean;
}

export function completed({ id = "resp_1", usage = [100, 40, 10, 3], endTurn }: CompletedOptions = {}): Part {
  const response: Record<string, unknown> = { id };
  if (usage !== null) {
    const [input, cached, output, thought] = usage;
    response["usage"] = {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: thought },
      total_tokens: input + output,
    };
  }
  if (endTurn !== undefined) response["end_turn"] = endTurn;
  return { event: { type: "response.completed", response } };
}

export function failed(code: string | null, text: string): Part {
  const error = code === null ? null : { code, message: text };
  return { event: { type: "response.failed", response: { id: "resp_failed", status: "failed", error } } };
}

export function incomplete(reason: string): Part {
  return {
    event: {
      type: "response.incomplete",
      response: { id: "resp_incomplete", status: "incomplete", incomplete_details: { reason } },
    },
  };
}

// Replies

/** A whole response: created, each item with its opening event and deltas, completed. */
export function respond(items: readonly ModelItem[], options: CompletedOptions = {}): Reply {
  return { parts: [created(options.id), ...items.flatMap(itemParts), completed(options)] };
}

/** Events of one item: added, the deltas of its text, done. */
export function itemParts(item: ModelItem): Part[] {
  return [added(item), ...deltas(item), done(item)];
}

export function httpError(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  return { status, headers: { "content-type": type, ...headers }, parts: text === "" ? [] : [{ raw: text }] };
}

export function htmlPage(status = 200): Reply {
  return {
    status,
    headers: { "content-type": "text/html" },
    parts: [{ raw: "<!doctype html><html><body>Sign in to the network</body></html>" }],
  };
}

function deltas(item: ModelItem): Part[] {
  const id = item["id"];
  if (item.type === "message") {
    const parts = item["content"] as { text?: string }[];
    return parts.flatMap((part) => halves(part.text ?? "").map((delta) => textDelta(String(id), delta)));
  }
  if (item.type === "reasoning") {
    const summary = item["summary"] as { text: string }[];
    return summary.flatMap(({ text }, index): Part[] => [
      {
        event: {
          type: "response.reasoning_summary_part.added",
          item_id: id,
          output_index: 0,
          summary_index: index,
          part: { type: "summary_text", text: "" },
        },
      },
      ...halves(text).map((delta): Part => ({
        event: {
          type: "response.reasoning_summary_text.delta",
          item_id: id,
          output_index: 0,
          summary_index: index,
          delta,
        },
      })),
    ]);
  }
  if (item.type === "function_call") {
    return halves(String(item["arguments"])).map((delta) => ({
      event: { type: "response.function_call_arguments.delta", item_id: id, output_index: 0, delta },
    }));
  }
  if (item.type === "custom_tool_call") {
    return halves(String(item["input"])).map((delta) => ({
      event: { type: "response.custom_tool_call_input.delta", item_id: id, output_index: 0, delta },
    }));
  }
  return [];
}

function opened(item: ModelItem): ModelItem {
  const open: ModelItem = { ...item, status: "in_progress" };
  if (item.type === "message") open["content"] = [];
  if (item.type === "reasoning") {
    delete open["status"];
    open["summary"] = [];
  }
  if (item.type === "function_call") open["arguments"] = "";
  if (item.type === "custom_tool_call") open["input"] = "";
  return open;
}

function halves(text: string): string[] {
  if (text.length < 2) return text === "" ? [] : [text];
  const letters = [...text];
  const middle = letters.length >> 1;
  return [letters.slice(0, middle).join(""), letters.slice(middle).join("")];
}
