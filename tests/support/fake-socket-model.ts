import { WebSocketServer, type WebSocket } from "ws";
import { startFakeModel, type FakeModel, type Part, type Reply, type Script } from "./fake-model.ts";

/** A `response.create` as it came over a socket. */
export interface RecordedMessage {
  /** Over all sockets, from 0. */
  index: number;
  /** Of the socket that it came over, from 0. */
  socket: number;
  body: Record<string, unknown>;
}

/** What is sent back; an `event` is one message. */
export type SocketScript = readonly Reply[] | ((message: RecordedMessage) => Reply);

export interface FakeSocketModel extends FakeModel {
  messages: RecordedMessage[];
  /** Resolves when that many sockets stand, on the client's side, too. */
  standing(count: number): Promise<void>;
  /** Resolves when at least that many messages have arrived. */
  heard(count: number): Promise<void>;
  /** Closes every socket that stands. */
  hangUp(code?: number): void;
  /** Sockets that are open. */
  open(): number;
}

/** A Responses server that has WebSockets, or answers each upgrade with the status `refuses`. What comes as a POST gets `script`, what comes over a socket `socketScript`. */
export async function startFakeSocketModel(
  script: Script,
  socketScript: SocketScript,
  { headers = {}, refuses = null }: { headers?: Record<string, string>; refuses?: number | null } = {},
): Promise<FakeSocketModel> {
  const server = new WebSocketServer({ noServer: true });
  const messages: RecordedMessage[] = [];
  const waiting: { holds: () => boolean; resolve: () => void }[] = [];
  let opened = 0;
  let stood = 0;
  const settle = (): void => {
    for (const each of waiting.splice(0)) {
      if (each.holds()) each.resolve();
      else waiting.push(each);
    }
  };
  const when = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ holds, resolve });
      settle();
    });
  server.on("headers", (lines) => lines.push(...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)));
  server.on("connection", (socket) => {
    const number = opened++;
    socket.on("pong", () => {
      stood++;
      settle();
    });
    socket.ping();
    socket.on("message", (data) => {
      const message = {
        index: messages.length,
        socket: number,
        body: JSON.parse(String(data)) as RecordedMessage["body"],
      };
      messages.push(message);
      settle();
      void play(chosen(socketScript, message), socket);
    });
  });
  const model = await startFakeModel(script, {
    upgrade: (incoming, socket, head) =>
      refuses !== null
        ? socket.end(`HTTP/1.1 ${refuses} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
        : server.handleUpgrade(incoming, socket, head, (each) => server.emit("connection", each, incoming)),
  });
  return {
    ...model,
    messages,
    standing: (count) => when(() => stood >= count),
    heard: (count) => when(() => messages.length >= count),
    hangUp(code = 1001) {
      for (const socket of server.clients) socket.close(code);
    },
    open: () => server.clients.size,
    async close() {
      for (const socket of server.clients) socket.terminate();
      await model.close();
    },
  };
}

function chosen(script: SocketScript, message: RecordedMessage): Reply {
  if (typeof script === "function") return script(message);
  return script[message.index] ?? { parts: [socketError(400, { message: `no step ${message.index} in the script` })] };
}

/** An error as servers send it over a socket. */
export const socketError = (
  status: number,
  error: Record<string, unknown>,
  headers: Record<string, string> = {},
): Part => ({ event: { type: "error", status, error, headers } });

async function play({ parts }: Reply, socket: WebSocket): Promise<void> {
  for (const part of parts) {
    if ("gate" in part) await part.gate();
    else if ("cut" in part) return socket.terminate();
    else if ("hang" in part) return;
    else await sent(socket, "event" in part ? JSON.stringify(part.event) : part.raw);
  }
}

/** What is cut off afterwards has left by then. */
const sent = (socket: WebSocket, data: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => socket.send(data, () => resolve()));
