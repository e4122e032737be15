import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import {
  createServer as createHttpServer,
  request,
  STATUS_CODES,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { join as joinPath } from "node:path";
import type { Gate, GateRules } from "../ports.ts";
import { GateError, join, reach, systemResolve, targetOf, type Resolve, type Target } from "./reach.ts";
import { serveSocks } from "./socks.ts";

const mostConnections = 512;
const headMs = 30_000;
/** Requests of one connection that a client sends before it has read the answers. */
const mostUnanswered = 32;
/** Of one connection between two proxies, not of the message (RFC 9110, 7.6.1). */
const hopHeaders = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split(
    " ",
  ),
);

/** See `Gates.open`; `resolve` looks names up. */
export async function openGate(folder: string, rules: GateRules, resolve: Resolve = systemResolve): Promise<Gate> {
  const outward = new Set<Socket>();
  let coming = 0;
  let closed = false;
  // One connection of a client can ask for many of ours: they are counted by themselves.
  const open = async (target: Target): Promise<Socket> => {
    if (coming + outward.size >= mostConnections) throw new GateError(503, "too many connections are open at once");
    coming++;
    try {
      const far = await reach(target, rules, resolve);
      if (closed) throw (far.destroy(), new GateError(502, "the gate was closed"));
      outward.add(far.once("close", () => outward.delete(far)));
      return far;
    } finally {
      coming--;
    }
  };
  const http = createHttpServer({ headersTimeout: headMs, requestTimeout: 0, keepAliveTimeout: headMs });
  /** With the number of their requests that are not answered yet. */
  const clients = new Map<Socket, number>();
  http.on("request", (incoming, response) => {
    const { socket } = incoming;
    const unanswered = 1 + (clients.get(socket) ?? 0);
    // A connection that is held up would not even notice when its client goes.
    if (unanswered > mostUnanswered) return void socket.destroy();
    clients.set(socket, unanswered);
    response.once("close", () => clients.has(socket) && clients.set(socket, (clients.get(socket) ?? 1) - 1));
    void forward(incoming, response, open);
  });
  http.on("connect", (incoming, client: Socket, head) => void tunnel(incoming, client, head, open));
  // It gets its connections from us, and would keep no time of them otherwise.
  http.emit("listening");
  const server = createServer({ allowHalfOpen: true });
  server.maxConnections = mostConnections;
  server.on("connection", (client: Socket) => {
    clients.set(client, 0);
    client.setMaxListeners(mostUnanswered + 10);
    client.on("close", () => clients.delete(client));
    // What a client does to its own connection is its own business.
    client.on("error", () => {});
    client.setTimeout(headMs, () => client.destroy());
    client.once("readable", () => {
      const first = client.read(1) as Buffer | null;
      if (first === null) return void client.destroy();
      client.unshift(first);
      if (first[0] === 5) void serveSocks(client, open).catch(() => client.destroy());
      else http.emit("connection", client.setTimeout(0));
    });
  });
  await listen(server, folder);
  return {
    async close() {
      closed = true;
      for (const socket of [...clients.keys(), ...outward]) socket.destroy();
      http.close();
      await new Promise<void>((done) => server.close(() => done()));
      rmSync(joinPath(folder, "gate"), { force: true });
    },
  };
}

async function listen(server: Server, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  rmSync(joinPath(folder, "gate"), { force: true });
  // A socket's path has room for a hundred bytes only, the folder's may be longer.
  const held = openSync(folder, "r");
  try {
    await new Promise<void>((done, reject) =>
      server.once("error", reject).listen(`/proc/self/fd/${held}/gate`, () => done()),
    );
  } finally {
    closeSync(held);
  }
}

const sentence = (error: unknown): { status: number; text: string } => ({
  status: error instanceof GateError ? error.status : 502,
  text: `codex-agent: ${error instanceof Error ? error.message : String(error)}\n`,
});

async function tunnel(
  { url = "" }: IncomingMessage,
  client: Socket,
  head: Buffer,
  open: (target: Target) => Promise<Socket>,
): Promise<void> {
  client.on("error", () => {});
  try {
    const [, host = "", port = ""] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(url) ?? [];
    const target = targetOf(host, Number(port));
    if (target === null) throw new GateError(400, "CONNECT takes HOST:PORT");
    const far = await open(target);
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) far.write(head);
    join(client, far);
  } catch (error) {
    const { status, text } = sentence(error);
    const headers = `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close`;
    client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n${text}`);
  }
}

/** Plain HTTP: the request is read as a whole and written anew, so that what we judged is what the server reads. */
async function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  open: (target: Target) => Promise<Socket>,
): Promise<void> {
  try {
    const { target, url } = requested(incoming);
    const far = await open(target);
    far.on("error", () => {});
    const { socket } = incoming;
    // Only the answer that is due ends with its connection, not those that wait behind it.
    const drop = (): void => void far.destroy();
    far.once("close", () => socket.off("close", drop));
    socket.once("close", drop);
    if (socket.destroyed) drop();
    const outgoing = request({
      method: incoming.method ?? "GET",
      path: `${url.pathname}${url.search}`,
      headers: [
        ...messageHeaders(incoming.rawHeaders, ["host"]),
        // Without it the body would follow the head as it is, and could be read as another request.
        ...("transfer-encoding" in incoming.headers ? ["Transfer-Encoding", "chunked"] : []),
        "Host",
        url.host,
        "Connection",
        "close",
      ],
      setHost: false,
      createConnection: () => far,
    });
    const answer = await new Promise<IncomingMessage>((done, reject) => {
      outgoing.on("response", done).on("error", (error) => reject(new GateError(502, `${url.host}: ${error.message}`)));
      incoming.on("error", reject).pipe(outgoing);
    });
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, messageHeaders(answer.rawHeaders, []));
    answer.on("error", () => response.destroy()).pipe(response);
  } catch (error) {
    const { status, text } = sentence(error);
    if (response.headersSent) return void response.destroy();
    // Who is still sending reads the answer afterwards.
    incoming.unpipe().resume();
    response.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(text);
  }
}

function requested({ url = "" }: IncomingMessage): { target: Target; url: URL } {
  const wrong = new GateError(400, "this is a proxy; it takes http://HOST/PATH, and CONNECT for everything else");
  if (!/^http:\/\//i.test(url) || !URL.canParse(url)) throw wrong;
  const parsed = new URL(url);
  const target = targetOf(parsed.hostname, Number(parsed.port || 80));
  if (target === null || parsed.username !== "" || parsed.password !== "") throw wrong;
  return { target, url: parsed };
}

/** Names and values in turns, without those of the connection, and those that `Connection` names. */
function messageHeaders(raw: readonly string[], without: readonly string[]): string[] {
  const pairs = raw.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""]] : []));
  const named = pairs
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(",").map((each) => each.trim().toLowerCase()));
  const gone = new Set([...hopHeaders, ...named, ...without]);
  // How long a body is must not get lost with them.
  gone.delete("content-length");
  return pairs.filter(([name]) => !gone.has(name.toLowerCase())).flat();
}
