import { spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Placeholders } from "../../../src/policy/sandbox/placeholders.ts";
import { nodeFiles } from "../../../src/system/node-files.ts";
import { nodeProcesses } from "../../../src/system/processes/node-processes.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { Clock } from "../../../src/system/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";

let root: string;
beforeEach(() => {
  const made = mkdtempSync(`${scratchFolder}/placeholders-`);
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  root = made;
});

const waiting: (() => void)[] = [];
const clock: Clock = {
  ...nodeSystem().clock,
  sleep: (_ms, signal) =>
    new Promise((resolve, reject) => {
      waiting.push(resolve);
      signal?.addEventListener("abort", () => reject(signal.reason));
    }),
};

/** Lets the time pass that placeholders stand for after the last command. */
async function aWhile(): Promise<void> {
  for (const wake of waiting.splice(0)) wake();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Placeholders of this process, or of the one with another id. */
const of = (pid: number = process.pid): Placeholders =>
  new Placeholders({ files: nodeFiles, processes: { ...nodeProcesses, pid }, clock });

function someProcess(): ChildProcess & { pid: number } {
  const child = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child as ChildProcess & { pid: number };
}

describe("a placeholder", () => {
  test("stands as long as a command needs it, and leaves nothing", async () => {
    const [path, mine] = [join(root, ".codex"), of()];
    expect(mine.hold([path])).toEqual([path]);
    expect(mine.hold([path])).toEqual([path]);
    mine.release([path]);
    await aWhile();
    expect(existsSync(path)).toBe(true);
    mine.release([path]);
    await aWhile();
    expect(readdirSync(root)).toEqual([]);
  });

  test("stands for a while longer, and serves the next command as long as nobody has put anything into it", async () => {
    const [path, mine] = [join(root, ".codex"), of()];
    mine.hold([path]);
    mine.release([path]);
    expect(existsSync(path)).toBe(true);
    expect(mine.hold([path])).toEqual([path]);
    await aWhile();
    expect(existsSync(path)).toBe(true);
    mine.release([path]);
    writeFileSync(join(path, "config.toml"), "");
    expect(mine.hold([path])).toEqual([]);
    expect(readdirSync(path)).toEqual(["config.toml"]);
    rmSync(path, { recursive: true });
    expect(mine.hold([path])).toEqual([path]);
    mine.release([path]);
    await aWhile();
    expect(readdirSync(root)).toEqual([]);
  });

  test("is not put where something is: a file, a link, a folder with contents", () => {
    writeFileSync(join(root, "file"), "");
    symlinkSync("nowhere", join(root, "link"));
    mkdirSync(join(root, "full/inner"), { recursive: true });
    const paths = ["file", "link", "full"].map((name) => join(root, name));
    expect(of().hold(paths)).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(["file", "full", "link"]);
  });

  test("cannot be removed by anybody else while it is held", async () => {
    const [path, mine] = [join(root, ".git"), of()];
    mine.hold([path]);
    expect(() => rmdirSync(path)).toThrow(/ENOTEMPTY/);
    mine.release([path]);
    await aWhile();
  });

  test("is shared by processes, and goes with the last one, whoever made it", async () => {
    const other = someProcess();
    const [path, first, second] = [join(root, ".aws"), of(other.pid), of()];
    first.hold([path]);
    second.hold([path]);
    first.release([path]);
    await aWhile();
    expect(existsSync(path)).toBe(true);
    second.release([path]);
    await aWhile();
    expect(existsSync(path)).toBe(false);
  });

  test("in an empty folder of the user's leaves the folder", async () => {
    const [path, mine] = [join(root, ".agents"), of()];
    mkdirSync(path);
    expect(mine.hold([path])).toEqual([path]);
    mine.release([path]);
    await aWhile();
    expect(readdirSync(root)).toEqual([".agents"]);
    expect(readdirSync(path)).toEqual([]);
  });

  test("that a crash left goes with the next use", async () => {
    const dead = someProcess();
    const path = join(root, ".codex");
    of(dead.pid).hold([path]);
    const gone = new Promise((resolve) => dead.on("exit", resolve));
    dead.kill("SIGKILL");
    await gone;
    const mine = of();
    expect(mine.hold([path])).toEqual([path]);
    mine.release([path]);
    await aWhile();
    expect(readdirSync(root)).toEqual([]);
  });

  test("stays when somebody has put something into it meanwhile", async () => {
    const [path, mine] = [join(root, ".codex"), of()];
    mine.hold([path]);
    writeFileSync(join(path, "config.toml"), "");
    mine.release([path]);
    await aWhile();
    expect(readdirSync(path)).toEqual(["config.toml"]);
  });

  test("goes when everything is closed, also in the middle of a command", async () => {
    const [paths, mine] = [[join(root, "a"), join(root, "b")], of()];
    mine.hold(paths);
    mine.close();
    expect(readdirSync(root)).toEqual([]);
    // The end of the command comes late and finds nothing to do.
    mine.release(paths);
    await aWhile();
    expect(readdirSync(root)).toEqual([]);
  });

  test("is left out where nobody can make one", () => {
    const mine = of();
    writeFileSync(join(root, "file"), "");
    expect(mine.hold([join(root, "file/below")])).toEqual([]);
  });
});
