import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appServerInMemory, type AppClient, type AppServerUnderTest } from "../../../support/app-client.ts";
import { makeStage, type Stage } from "../../../support/run.ts";

let stage: Stage;
let server: AppServerUnderTest;
let client: AppClient;

beforeEach(async () => {
  stage = await makeStage();
  server = appServerInMemory(stage);
  client = await server.connect();
});

afterEach(async () => {
  await server.close();
  await stage.dispose();
});

const at = (path: string): string => join(stage.workspace, path);

it("a file of 100 MB comes and goes whole", async () => {
  const bytes = Buffer.alloc(100 * 2 ** 20, "0123456789abcdef\n");
  bytes[bytes.length - 1] = 255;
  writeFileSync(at("big"), bytes);
  const { dataBase64 } = await client.call("fs/readFile", { path: at("big") });
  await client.call("fs/writeFile", { path: at("again"), dataBase64 });
  expect(readFileSync(at("again")).equals(bytes)).toBe(true);
});

it("what has no end is not waited for: pipes, sockets, devices", async () => {
  execFileSync("mkfifo", [at("pipe")]);
  const socket = createServer().listen(at("socket"));
  writeFileSync(at("file"), "x");
  try {
    for (const path of [at("pipe"), at("socket"), "/dev/zero", "/dev/tty"])
      expect(await client.request("fs/readFile", { path })).toHaveProperty("error");
    for (const path of [at("pipe"), at("socket")]) {
      expect(await client.request("fs/writeFile", { path, dataBase64: "eA==" })).toHaveProperty("error");
      const copy = { sourcePath: at("file"), destinationPath: path };
      expect(await client.request("fs/copy", copy)).toHaveProperty("error");
    }
  } finally {
    socket.close();
  }
  expect(await client.call("fs/readFile", { path: "/proc/self/status" })).toHaveProperty("dataBase64");
});

it("a folder is copied with names that are no text, links as they are, and without pipes", async () => {
  const odd = Buffer.concat([Buffer.from(at("from/")), Buffer.from([0x62, 0xff])]);
  mkdirSync(at("from"));
  writeFileSync(odd, "odd");
  symlinkSync("/nowhere", at("from/link"));
  execFileSync("mkfifo", [at("from/pipe")]);
  await client.call("fs/copy", { sourcePath: at("from"), destinationPath: at("to"), recursive: true });
  expect(
    readdirSync(at("to"), { encoding: "buffer" })
      .map((name) => name.toString("latin1"))
      .toSorted(),
  ).toEqual(["bÿ", "link"]);
  expect(readlinkSync(at("to/link"))).toBe("/nowhere");
});

it("a tree of 1,500 levels is copied and removed", async () => {
  mkdirSync(at(`deep/${"d/".repeat(1500)}`), { recursive: true });
  writeFileSync(at(`deep/${"d/".repeat(1500)}leaf`), "leaf");
  await client.call("fs/copy", { sourcePath: at("deep"), destinationPath: at("copy"), recursive: true });
  expect(readFileSync(at(`copy/${"d/".repeat(1500)}leaf`), "utf8")).toBe("leaf");
  await client.call("fs/remove", { path: at("deep") });
  expect(existsSync(at("deep"))).toBe(false);
});

it("a folder is not copied into itself by way of a link", async () => {
  mkdirSync(at("folder/inner"), { recursive: true });
  symlinkSync("folder/inner", at("shortcut"));
  const copy = { sourcePath: at("folder"), destinationPath: at("shortcut/new"), recursive: true };
  expect(await client.request("fs/copy", copy)).toHaveProperty("error");
  expect(readdirSync(at("folder/inner"))).toEqual([]);
});

it("removing a link leaves what it leads to", async () => {
  mkdirSync(at("folder"));
  writeFileSync(at("folder/kept"), "");
  symlinkSync("folder", at("link"));
  await client.call("fs/remove", { path: at("link"), recursive: true });
  expect([existsSync(at("folder/kept")), lstatSync(at("link"), { throwIfNoEntry: false })]).toEqual([true, undefined]);
});

it("when a file was made is told where the system knows it", async () => {
  writeFileSync(at("file"), "");
  const { createdAtMs } = await client.call("fs/getMetadata", { path: at("file") });
  expect(createdAtMs).toBe(Math.floor(statSync(at("file")).birthtimeMs));
});

it("each watch of a path is told, by the name that it was asked for under", async () => {
  mkdirSync(at("folder"));
  symlinkSync("folder", at("link"));
  for (const watchId of ["folder", "link"]) await client.call("fs/watch", { path: at(watchId), watchId });
  const heard = ["folder", "link"].map((id) => client.next("fs/changed", ({ watchId }) => watchId === id));
  writeFileSync(at("folder/new"), "");
  const paths = (await Promise.all(heard)).map(({ params }) => params["changedPaths"]);
  expect(paths).toEqual([[at("folder/new")], [at("link/new")]]);
});

it("a connection watches a thousand paths and no more, and none when it is gone", async () => {
  const other = await server.connect();
  for (let index = 0; index < 1000; index++) {
    mkdirSync(at(`w${index}`));
    await other.call("fs/watch", { path: at(`w${index}`), watchId: String(index) });
  }
  expect(await other.request("fs/watch", { path: at("w0"), watchId: "more" })).toHaveProperty("error");
  await client.call("fs/watch", { path: at("w0"), watchId: "mine" });
  await other.close();
  const heard = other.told.length;
  writeFileSync(at("w0/new"), "");
  await client.next("fs/changed");
  expect(other.told).toHaveLength(heard);
});
