import { once } from "node:events";
import * as fs from "node:fs";
import { createServer, request, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gateRules } from "../../../src/host/walls/command-gate.ts";
import { isPublic } from "../../../src/system/gate/addresses.ts";
import { openGate } from "../../../src/system/gate/gate.ts";
import type { Gate, HostTry } from "../../../src/system/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";

const listen = async (server: Server): Promise<number> => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
};

/** A server that takes everything and never answers, and how many connections it has. */
function createSilent(): { server: Server; open(): number; seen(): number } {
  let [open, seen] = [0, 0];
  const server = createTcpServer((socket) => {
    [open, seen] = [open + 1, seen + 1];
    socket.resume().on("error", () => {});
    socket.on("close", () => open--);
  });
  return { server, open: () => open, seen: () => seen };
}

/** What arrived at the server that may be reached, and at the one that may not. */
const arrived: string[] = [];
const forbidden: string[] = [];
const good = createServer((incoming, response) => {
  let body = "";
  incoming.on("data", (bytes: Buffer) => (body += bytes.toString()));
  incoming.on("end", () => {
    arrived.push(`${incoming.method} ${incoming.headers.host} ${incoming.url} ${body}`);
    response.setHeader("x-headers", incoming.rawHeaders.join("|"));
    response.end("good");
  });
});
const bad = createServer((incoming, response) => {
  forbidden.push(`${incoming.headers.host} ${incoming.url}`);
  response.end("forbidden");
});
bad.on("connection", () => forbidden.push("a connection"));

const folder = fs.mkdtempSync(`${scratchFolder}/gate-`);
const tries: HostTry[] = [];
let goodPort = 0;
let badPort = 0;
let gate: Gate;
const lists = { allow: [] as string[], deny: [] as string[] };
const names: Record<string, string[]> = {};

beforeAll(async () => {
  goodPort = await listen(good);
  badPort = await listen(bad);
  names["good.test"] = ["127.0.0.1"];
  names["deep.good.test"] = ["127.0.0.1"];
  // Theirs to change at any time: the name is allowed, what it leads to is not.
  names["rebound.test"] = ["127.0.0.1"];
  names["half.test"] = ["127.0.0.2", "127.0.0.1"];
  names["mapped.test"] = ["::ffff:127.0.0.1"];
  names["neighbour.test"] = ["10.1.2.3", "192.168.1.1", "169.254.169.254"];
  lists.allow.push(`127.0.0.1:${goodPort}`, "good.test", "*.good.test", "rebound.test", "half.test", "mapped.test");
  lists.allow.push("neighbour.test", "missing.test", "*.0.0.1", "xn--bcher-kva.test");
  lists.deny.push("secret.good.test");
  const rules = gateRules(
    () => lists,
    (attempt) => tries.push(attempt),
  );
  gate = await openGate(folder, rules, async (name) => {
    if (names[name] === undefined) throw new Error("not found");
    return names[name];
  });
});
afterAll(async () => {
  await gate.close();
  good.close();
  bad.close();
  fs.rmSync(folder, { recursive: true });
});
beforeEach(() => {
  for (const list of [arrived, forbidden, tries]) list.length = 0;
});

const client = (): Socket => connect(join(folder, "gate"));

/** Sends bytes, and resolves to all that comes back until it is closed. */
async function say(bytes: string | Buffer, end = true): Promise<string> {
  const socket = client();
  let answer = "";
  socket.on("data", (more: Buffer) => (answer += more.toString("latin1"))).on("error", () => {});
  socket.write(bytes);
  if (end) socket.end();
  await once(socket, "close");
  return answer;
}

/** A request through the gate as programs make it. */
async function fetchBy(method: string, url: string, headers: Record<string, string> = {}, body = ""): Promise<string> {
  const outgoing = request({ method, path: url, headers: { host: "x", ...headers }, createConnection: client });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = `${answer.statusCode} `;
  for await (const bytes of answer) text += String(bytes);
  return text;
}

describe("a host that is allowed", () => {
  test("is reached by plain HTTP, with what the client said of the message alone", async () => {
    const headers = { "proxy-authorization": "Basic x", connection: "close, x-hop", "x-hop": "1", "x-own": "2" };
    expect(await fetchBy("GET", `http://good.test:${goodPort}/a?b=c`, headers)).toBe("200 good");
    expect(arrived).toEqual([`GET good.test:${goodPort} /a?b=c `]);
    const raw = await say(
      `GET http://good.test:${goodPort}/ HTTP/1.1\r\nHost: y\r\nX-Hop: 1\r\nConnection: close, x-hop\r\nX-Own: 2\r\n\r\n`,
      false,
    );
    expect(raw).toMatch(/x-headers: X-Own\|2\|Host\|good.test:\d+\|Connection\|close\r\n/);
    expect(tries[0]).toEqual({ host: "good.test", port: goodPort, refusal: null });
  });

  test("takes bodies of a known and of an unknown length", async () => {
    await fetchBy("POST", `http://good.test:${goodPort}/`, { "content-length": "4" }, "four");
    await fetchBy("GET", `http://good.test:${goodPort}/`, { "transfer-encoding": "chunked" }, "GET / HTTP/1.1\r\n\r\n");
    expect(arrived).toEqual([
      `POST good.test:${goodPort} / four`,
      `GET good.test:${goodPort} / GET / HTTP/1.1\r\n\r\n`,
    ]);
  });

  test.each(["good.test", "GOOD.TEST", "good.test.", "deep.good.test", "g%6fod.test"])(
    "is reached by CONNECT as %s",
    async (name) => {
      const answer = await say(
        `CONNECT ${name}:${goodPort} HTTP/1.1\r\nHost: ${name}\r\n\r\nGET /inside HTTP/1.0\r\nHost: inner\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 200 [^]*good$/);
      expect(arrived).toEqual(["GET inner /inside "]);
    },
  );

  test("is reached by SOCKS, by its name and by an address that is allowed", async () => {
    const port = Buffer.from([goodPort >> 8, goodPort & 255]);
    const byName = Buffer.concat([Buffer.from([5, 1, 0, 3, 9]), Buffer.from("good.test"), port]);
    const byAddress = Buffer.concat([Buffer.from([5, 1, 0, 1, 127, 0, 0, 1]), port]);
    for (const asked of [byName, byAddress]) {
      const answer = await say(Buffer.concat([Buffer.from([5, 1, 0]), asked, Buffer.from("GET /s HTTP/1.0\r\n\r\n")]));
      expect(answer).toMatch(/good$/);
    }
    expect(arrived).toHaveLength(2);
  });

  test("that does not answer, or has no address, is told as such", async () => {
    expect(await fetchBy("GET", "http://missing.test/")).toMatch(
      /^502 codex-agent: missing.test is allowed, but was not/,
    );
    names["missing.test"] = ["127.0.0.1"];
    lists.allow.push("127.0.0.1:1");
    expect(await fetchBy("GET", "http://missing.test:1/")).toMatch(
      /^502 codex-agent: missing.test:1 is allowed, but does/,
    );
  });
});

/** Ways to a server that may not be reached, each as the bytes of a client. */
const connectTo =
  (target: string): (() => string) =>
  () =>
    `CONNECT ${target.replace("PORT", String(badPort))} HTTP/1.1\r\nHost: good.test\r\n\r\nGET / HTTP/1.0\r\n\r\n`;
const get =
  (target: string, more = ""): (() => string) =>
  () =>
    `GET ${target.replace("PORT", String(badPort))} HTTP/1.1\r\nHost: good.test\r\n${more}\r\n`;
const socks =
  (...bytes: (number | string)[]): (() => Buffer) =>
  () => {
    const parts = bytes.map((each) => (typeof each === "number" ? Buffer.from([each]) : Buffer.from(each)));
    return Buffer.concat([
      Buffer.from([5, 1, 0]),
      ...parts,
      Buffer.from([badPort >> 8, badPort & 255]),
      Buffer.from("x"),
    ]);
  };

describe("what is not allowed is not reached", () => {
  test.each<[string, () => string | Buffer]>([
    ["another host", connectTo("evil.test:PORT")],
    ["a host that only begins alike", connectTo("good.test.evil.test:PORT")],
    ["a host that only ends alike", connectTo("notgood.test:PORT")],
    ["a host that is denied", connectTo("secret.good.test:PORT")],
    ["a host that is denied, with a dot at its end", connectTo("secret.good.test.:PORT")],
    ["a host that is denied, in other letters", connectTo("SECRET.g%6Fod.test:PORT")],
    ["an address", connectTo("127.0.0.1:PORT")],
    ["an address with a port that is another's", get("http://127.0.0.1:PORT/")],
    ["an address as one number", connectTo("2130706433:PORT")],
    ["an address in base 16", connectTo("0x7f.0.0.1:PORT")],
    ["an address in base 8", get("http://0177.0.0.1:PORT/")],
    ["an address of two parts", get("http://127.1:PORT/")],
    ["an address of any", connectTo("0.0.0.0:PORT")],
    ["an IPv6 address", connectTo("[::1]:PORT")],
    ["an IPv6 address that wraps one", connectTo("[::ffff:127.0.0.1]:PORT")],
    ["an IPv6 address with a zone", connectTo("[fe80::1%25lo]:PORT")],
    ["localhost", connectTo("localhost:PORT")],
    ["a name that leads to this machine", connectTo("rebound.test:PORT")],
    ["a name that leads to this machine by several addresses", connectTo("half.test:PORT")],
    ["a name that leads to a wrapped address", connectTo("mapped.test:PORT")],
    ["a name that leads to neighbours", connectTo("neighbour.test:PORT")],
    ["a name before an at sign", connectTo("good.test@evil.test:PORT")],
    ["a name and password before an at sign", get("http://good.test:x@127.0.0.1:PORT/")],
    ["a name before an at sign, the other way round", get("http://127.0.0.1:PORT@good.test:PORT/")],
    ["a name before a backslash", get("http://evil.test\\@good.test:PORT/")],
    ["a name with a nul", connectTo("good.test\0.evil.test:PORT")],
    ["a name with a nul in percent", connectTo("good.test%00.evil.test:PORT")],
    ["a name with a line break in percent", connectTo("good.test%0d%0aX:PORT")],
    ["a name with a hash", connectTo("evil.test#.good.test:PORT")],
    ["a name with a slash in percent", connectTo("evil.test%2f.good.test:PORT")],
    ["letters that look alike", connectTo("gооd.test:PORT")],
    ["wide letters of another host", connectTo("ｅvil.test:PORT")],
    ["no port", connectTo("good.test")],
    ["a port out of reach", connectTo("good.test:65536")],
    ["a port of nothing", connectTo("good.test:0")],
    ["a name longer than names are", connectTo(`${"a.".repeat(130)}good.test:PORT`)],
    ["no name", connectTo(":PORT")],
    ["a name without end", connectTo(`${"a".repeat(20_000)}.good.test:PORT`)],
    ["a port of words", connectTo("good.test:http")],
    ["two ports", connectTo("good.test:80:PORT")],
    ["a path alone, with the host in a header", get("/")],
    ["another scheme", get("https://good.test:PORT/")],
    ["a file", get("file:///etc/passwd")],
    ["a second host header", get("http://127.0.0.1:PORT/", "Host: good.test\r\n")],
    ["two lengths", get("http://good.test:PORT/", "Content-Length: 1\r\nContent-Length: 2\r\n")],
    ["a length beside pieces", get("http://good.test:PORT/", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")],
    ["pieces spelt strangely", get("http://good.test:PORT/", "Transfer-Encoding : chunked\r\n")],
    ["a header folded over lines", get("http://good.test:PORT/", "X: a\r\n b: c\r\n")],
    ["line breaks of one sign", () => `GET http://127.0.0.1:${badPort}/ HTTP/1.1\nHost: good.test\n\n`],
    ["no version", () => `GET http://127.0.0.1:${badPort}/\r\n\r\n`],
    ["SOCKS to an address", socks(5, 1, 0, 1, 127, 0, 0, 1)],
    ["SOCKS to an address as a name", socks(5, 1, 0, 3, 9, "127.0.0.1")],
    ["SOCKS to an IPv6 address", socks(5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    ["SOCKS to another host", socks(5, 1, 0, 3, 9, "evil.test")],
    ["SOCKS to a name with a nul", socks(5, 1, 0, 3, 10, "good.test\0")],
    ["SOCKS that wants to be called", socks(5, 2, 0, 3, 9, "good.test")],
    ["SOCKS for datagrams", socks(5, 3, 0, 3, 9, "good.test")],
    ["SOCKS of an older kind", () => Buffer.from([4, 1, badPort >> 8, badPort & 255, 127, 0, 0, 1, 0])],
    ["TLS without a word before", () => Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])],
  ])("%s", async (_, bytes) => {
    const answer = await say(bytes());
    expect(answer).not.toContain("HTTP/1.1 200");
    expect(forbidden).toEqual([]);
    expect(arrived).toEqual([]);
  });

  test("a request behind another one on the same connection is judged by itself", async () => {
    const first = `GET http://good.test:${goodPort}/1 HTTP/1.1\r\nHost: good.test\r\n\r\n`;
    const second = `GET http://127.0.0.1:${badPort}/2 HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\n\r\n`;
    const answer = await say(first + second, false);
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 403"]);
    expect(forbidden).toEqual([]);
  });

  test("the answer says what was refused and why, and the one who asks is told", async () => {
    expect(await fetchBy("GET", "http://evil.test/")).toBe(
      "403 codex-agent: evil.test:80 may not be reached: codex_agent.network.allow does not name it\n",
    );
    expect(await say(connectTo("secret.good.test:443")())).toMatch(
      /403 Forbidden[^]*codex_agent.network.deny names it\n$/,
    );
    expect(await fetchBy("GET", "http://rebound.test/")).toMatch(/^403 .*leads to 127.0.0.1, which is not public/);
    expect(tries.map(({ host, port, refusal }) => [host, port, refusal === null])).toEqual([
      ["evil.test", 80, false],
      ["secret.good.test", 443, false],
      ["rebound.test", 80, false],
    ]);
  });
});

describe("what a client leaves behind", () => {
  /** Takes what comes and says nothing. */
  const silent = createSilent();
  let silentPort = 0;
  beforeAll(async () => {
    silentPort = await listen(silent.server);
    lists.allow.push(`127.0.0.1:${silentPort}`, "later.test");
  });
  afterAll(() => void silent.server.close());

  test.each([
    ["CONNECT", () => `CONNECT later.test:${silentPort} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a request", () => `GET http://later.test:${silentPort}/ HTTP/1.1\r\nHost: x\r\n\r\n`],
    [
      "SOCKS",
      () => Buffer.from([5, 1, 0, 5, 1, 0, 3, 10, ...Buffer.from("later.test"), silentPort >> 8, silentPort & 255]),
    ],
  ])("no connection, when it goes before the host of %s was found", async (_, bytes) => {
    const before = silent.seen();
    const asked = Promise.withResolvers<void>();
    const found = Promise.withResolvers<string[]>();
    const place = join(folder, "later");
    const rules = gateRules(
      () => lists,
      () => {},
    );
    const other = await openGate(place, rules, () => (asked.resolve(), found.promise));
    const socket = connect(join(place, "gate")).on("error", () => {});
    socket.write(bytes());
    await asked.promise;
    socket.destroy();
    // Whoever comes behind it finds that it has gone.
    await once(connect(join(place, "gate")).end().resume(), "close");
    found.resolve(["127.0.0.1"]);
    await expect.poll(() => silent.seen()).toBe(before + 1);
    await expect.poll(() => silent.open()).toBe(0);
    await other.close();
  });

  test("no end of connections: many requests on one end it, and all together have a limit", async () => {
    const one = `GET http://127.0.0.1:${silentPort}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    const greedy = client();
    greedy.on("error", () => {}).resume();
    greedy.write(one.repeat(100));
    await once(greedy, "close");
    await expect.poll(() => silent.open()).toBe(0);
    const many = Array.from({ length: 20 }, () =>
      client()
        .on("error", () => {})
        .resume(),
    );
    for (const each of many) each.write(one.repeat(30));
    await expect.poll(() => silent.open()).toBe(512);
    expect(await fetchBy("GET", `http://good.test:${goodPort}/`)).toBe(
      "503 codex-agent: too many connections are open at once\n",
    );
    for (const each of many) each.destroy();
    await expect.poll(() => silent.open()).toBe(0);
    expect(await fetchBy("GET", `http://good.test:${goodPort}/`)).toBe("200 good");
  });
});

test("what was granted lets through every name that is not denied, and no address that is not listed", () => {
  const rules = gateRules(
    () => ({ allow: ["127.0.0.1:80"], deny: ["evil.test", "*.evil.test"] }),
    () => {},
    true,
  );
  expect(["any.test", "127.0.0.1"].map((host) => rules.refusal(host, 80))).toEqual([null, null]);
  for (const host of ["evil.test", "deep.evil.test", "10.0.0.1", "8.8.8.8", "::1"]) {
    expect([host, rules.refusal(host, 80) === null]).toEqual([host, false]);
  }
  expect(rules.allowsAddress("10.0.0.1", 80)).toBe(false);
});

test("of special addresses none is public", () => {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const special =
    "0.0.0.0 10.0.0.1 100.64.1.1 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.255.255 192.168.0.1 198.18.0.1 203.0.113.5 224.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 100::1 2001::1 2001:db8::1 2002:7f00:1:: fc00::1 fd12::1 fe80::1 ff02::1 nonsense".split(
      " ",
    );
  for (const address of [...special, ...own.map((each) => each.address)])
    expect([address, isPublic(address)]).toEqual([address, false]);
  for (const address of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]) {
    expect([address, isPublic(address)]).toEqual([address, true]);
  }
});

test("a closed gate leaves no socket and no connection", async () => {
  const place = join(folder, "other");
  const other = await openGate(
    place,
    gateRules(
      () => lists,
      () => {},
    ),
  );
  const socket = connect(join(place, "gate"));
  await once(socket, "connect");
  await other.close();
  await once(socket.resume(), "close");
  expect(fs.readdirSync(place)).toEqual([]);
});

test("a client that reads late gets all of an answer whose server has gone", async () => {
  let wanted = 0;
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => socket.resume().end(Buffer.alloc(wanted, "x")));
  const port = await listen(server);
  lists.allow.push(`127.0.0.1:${port}`);
  // How much waits in which of our buffers hangs on the size.
  for (let size = 100_000; size <= 600_000; size += 20_000) {
    wanted = size;
    const socket = client();
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`);
    await once(socket, "readable");
    socket.end();
    for (let turns = 0; turns < 200; turns++) await setImmediate();
    let text = "";
    for await (const bytes of socket) text += (bytes as Buffer).toString("latin1");
    expect(text.length - text.indexOf("\r\n\r\n") - 4).toBe(size);
  }
  server.close();
});

test("a folder of a long name has a gate, too", async () => {
  const place = join(folder, "long".repeat(40));
  const other = await openGate(
    place,
    gateRules(
      () => lists,
      () => {},
    ),
  );
  expect(fs.lstatSync(join(place, "gate")).isSocket()).toBe(true);
  await other.close();
});
