import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeSystem } from "../../src/system/node.ts";
import { decompressZstd } from "../../src/system/zstd.ts";
import { endsUnread } from "../support/busy.ts";
import { until } from "../support/until.ts";

const { files, processes, clock, random, environment } = nodeSystem();
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "system-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

describe("files", () => {
  it("what is not there is null, whatever lies on the way to it", () => {
    writeFileSync(at("file"), "x");
    for (const path of [at("none"), at("none/deeper"), at("file/deeper")]) {
      expect(files.stat(path)).toBeNull();
      expect(files.lstat(path)).toBeNull();
    }
  });

  it("kinds are told, links followed or not", () => {
    writeFileSync(at("file"), "abc", { mode: 0o640 });
    symlinkSync(at("file"), at("link"));
    symlinkSync(at("none"), at("dangling"));
    expect(files.stat(at("link"))).toMatchObject({
      kind: "file",
      size: 3,
      mode: 0o640,
      ownerId: process.getuid?.(),
    });
    expect(files.lstat(at("link"))).toMatchObject({ kind: "link" });
    expect(files.stat(at("dangling"))).toBeNull();
    expect(files.stat(folder)).toMatchObject({ kind: "directory" });
    expect(files.realPath(at("link"))).toBe(files.realPath(at("file")));
    expect(() => files.realPath(at("none"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });

  it("a range ends where the file ends", () => {
    writeFileSync(at("file"), "0123456789");
    const text = (start: number, end: number): string =>
      Buffer.from(files.readRange(at("file"), start, end)).toString();
    expect([text(2, 5), text(8, 99), text(10, 20), text(50, 60)]).toEqual(["234", "89", "", ""]);
  });

  it("an atomic write replaces the whole file, or nothing", () => {
    files.writeAtomic(at("file"), "one", 0o600);
    files.writeAtomic(at("file"), new TextEncoder().encode("two"), 0o600);
    expect(readFileSync(at("file"), "utf8")).toBe("two");
    expect(statSync(at("file")).mode & 0o777).toBe(0o600);
    mkdirSync(at("taken"));
    writeFileSync(at("taken/inside"), "");
    expect(() => files.writeAtomic(at("taken"), "x")).toThrow(/EISDIR|ENOTEMPTY|directory/);
    expect(readdirSync(folder).sort()).toEqual(["file", "taken"]);
  });

  it("appending goes on at the end, also behind another handle and a truncation", async () => {
    const one = files.openAppend(at("log"), 0o600);
    const two = files.openAppend(at("log"));
    one.write("a\n");
    two.write("é\n");
    one.write("c\n");
    expect(one.size()).toBe(7);
    two.truncate(2);
    one.write("d\n");
    await one.sync();
    await two.sync();
    one.close();
    one.close();
    two.close();
    expect(readFileSync(at("log"), "utf8")).toBe("a\nd\n");
  });

  it("removing what is not there is no error", () => {
    files.remove(at("none"));
    files.makeDirectory(at("a/b"), 0o700);
    files.makeDirectory(at("a/b"));
    expect(statSync(at("a/b")).mode & 0o777).toBe(0o700);
  });
});

describe("helper programs", () => {
  it("tell exit code and both streams", async () => {
    expect(await processes.run(["sh", "-c", "echo out; echo err >&2; exit 3"])).toEqual({
      code: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await processes.run(["sh", "-c", "kill -9 $$"])).toMatchObject({ code: 137 });
    expect(await processes.run(["sh", "-c", "pwd; echo $WORD"], { cwd: folder, env: { WORD: "w" } })).toMatchObject({
      stdout: `${folder}\nw\n`,
    });
  });

  it("one that does not exist has no code", async () => {
    expect(await processes.run([at("none")])).toMatchObject({ code: null, stderr: expect.stringContaining("ENOENT") });
    expect(await processes.run(["true"], { cwd: at("none") })).toMatchObject({ code: null });
  });

  it("output beyond the limit is dropped and does not block the program", async () => {
    const { code, stdout } = await processes.run(["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"], {
      maxBytes: 1000,
    });
    expect([code, stdout.length]).toEqual([0, 1000]);
  });

  it("one that is killed ends, though its child holds the pipe", async () => {
    const ended = await processes.run(["sh", "-c", "sleep 30 & echo $!; wait"], { timeoutMs: 3000 });
    expect(ended.code).toBe(137);
    // 0 would be the group of the tests.
    expect(Number(ended.stdout)).toBeGreaterThan(1);
    process.kill(Number(ended.stdout), "SIGKILL");
    const stop = new AbortController();
    const running = processes.run(["sleep", "30"], { signal: stop.signal });
    stop.abort();
    expect((await running).code).toBe(137);
  });

  it("what one had written before it was killed is there, though its end is noticed first", async () => {
    const script = "echo $$ >pid.part; mv pid.part pid; until [ -e go ]; do sleep 0.01; done; echo out; kill -9 $$";
    const running = processes.run(["sh", "-c", script], { cwd: folder });
    const pid = Number(await until(() => existsSync(at("pid")) && readFileSync(at("pid"), "utf8")));
    await endsUnread(pid, () => writeFileSync(at("go"), ""));
    expect(await running).toEqual({ code: 137, stdout: "out\n", stderr: "" });
  });

  it("an abort before the start runs nothing", async () => {
    await processes.run(["sh", "-c", `touch ${at("made")}`], { signal: AbortSignal.abort() });
    expect(files.stat(at("made"))).toBeNull();
  });
});

describe("clock, randomness, environment", () => {
  it("sleep ends by itself or with the signal's reason", async () => {
    await clock.sleep(1);
    await expect(clock.sleep(60_000, AbortSignal.abort("gone"))).rejects.toBe("gone");
    const stop = new AbortController();
    const sleeping = clock.sleep(60_000, stop.signal);
    stop.abort("later");
    await expect(sleeping).rejects.toBe("later");
  });

  it("tells the machine as it is", () => {
    expect(random.bytes(16)).toHaveLength(16);
    expect(random.bytes(16)).not.toEqual(random.bytes(16));
    expect(clock.timeZone()).toMatch(/\w/);
    expect(environment).toMatchObject({ platform: process.platform, architecture: process.arch });
    expect(processes.pid).toBe(process.pid);
  });

  it("unpacks zstd and refuses anything else", () => {
    expect(Buffer.from(decompressZstd(zstdCompressSync("hello"))).toString()).toBe("hello");
    expect(() => decompressZstd(Buffer.from("hello"))).toThrow(/frame/);
  });
});
