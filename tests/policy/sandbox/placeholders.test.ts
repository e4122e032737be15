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
import { planMounts, WallsError } from "../../../src/policy/sandbox/mount-plan.ts";
import { Placeholders } from "../../../src/policy/sandbox/placeholders.ts";
import { nodeFiles } from "../../../src/system/node-files.ts";
import { nodeProcesses } from "../../../src/system/processes/node-processes.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { Clock, FileSystem } from "../../../src/system/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { openWalls } from "./rig.ts";

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
const of = (pid: number = process.pid, files: FileSystem = nodeFiles): Placeholders =>
  new Placeholders({ files, processes: { ...nodeProcesses, pid }, clock });

/** Files where nothing can be made at some path, for such a reason. */
const refusing = (path: string, code: string): FileSystem => ({
  ...nodeFiles,
  makeDirectory(wanted, mode) {
    if (wanted.startsWith(path)) throw Object.assign(new Error(`${code}: no folder here`), { code });
    nodeFiles.makeDirectory(wanted, mode);
  },
});

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

  test("is one no longer when somebody has put something into it while a command runs", async () => {
    const [path, mine] = [join(root, ".git"), of()];
    const guarded = { ...openWalls, writable: [root], guarded: [path] };
    expect(mine.hold([path])).toEqual([path]);
    writeFileSync(join(path, "HEAD"), "");
    const { mounts, held } = planMounts(guarded, nodeFiles, mine);
    expect(held).toEqual([]);
    expect(mounts).toContainEqual({ kind: "read-only", path });
    mine.release(held);
    await aWhile();
    expect(readdirSync(path).toSorted()).toEqual(["HEAD", `codex-agent-made-${process.pid}`]);
    mine.release([path]);
    await aWhile();
    expect(readdirSync(path)).toEqual(["HEAD"]);
  });

  test("that somebody has removed while a command runs is made again, and stands for both commands", async () => {
    const [path, mine] = [join(root, ".git"), of()];
    mine.hold([path]);
    rmSync(path, { recursive: true });
    expect(mine.hold([path])).toEqual([path]);
    expect(existsSync(path)).toBe(true);
    mine.release([path]);
    await aWhile();
    expect(existsSync(path)).toBe(true);
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

  test("that cannot be removed any more stays, and the others go", async () => {
    const stuck = join(root, ".agents");
    const mine = of(process.pid, {
      ...nodeFiles,
      removeDirectory(path) {
        // As in a folder that a command has closed to writing.
        if (path === stuck) throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
        nodeFiles.removeDirectory(path);
      },
    });
    const paths = [stuck, join(root, ".codex")];
    mine.hold(paths);
    mine.release(paths);
    await aWhile();
    expect(readdirSync(root)).toEqual([".agents"]);
    mine.hold(paths);
    mine.close();
    expect(readdirSync(root)).toEqual([".agents"]);
  });

  test("is left out where nobody can make one", () => {
    const mine = of();
    writeFileSync(join(root, "file"), "");
    expect(mine.hold([join(root, "file/below")])).toEqual([]);
  });

  test.each(["EROFS", "EEXIST"])(
    "is left out where a command can make nothing either, or something is (%s)",
    (code) => {
      expect(of(process.pid, refusing(root, code)).hold([join(root, ".codex")])).toEqual([]);
    },
  );

  test.each(["EACCES", "EPERM"])("is left out where the folder is another user's (%s)", (code) => {
    const refused = refusing(root, code);
    const files: FileSystem = {
      ...refused,
      stat(path) {
        const found = refused.stat(path);
        return found && { ...found, ownerId: found.ownerId + 1 };
      },
    };
    expect(of(process.pid, files).hold([join(root, "sub/.codex")])).toEqual([]);
  });
});

describe("walls without a placeholder that they need", () => {
  test.each(["ENOSPC", "EDQUOT", "EMLINK", "EIO", "EACCES", "EPERM"])(
    "are refused, as a command could make it possible again (%s)",
    (code) => {
      const paths = [".aws", ".codex"].map((name) => join(root, name));
      const files = refusing(join(root, ".codex"), code);
      const placeholders = of(process.pid, files);
      const walls = { ...openWalls, writable: [root], guarded: paths };
      const attempt = (): unknown => planMounts(walls, files, placeholders);
      expect(attempt).toThrow(WallsError);
      expect(attempt).toThrow(`${paths[1]} cannot be guarded: ${code}`);
      placeholders.close();
      expect(readdirSync(root)).toEqual([]);
    },
  );

  test("keep nothing held", async () => {
    const paths = [".aws", ".codex"].map((name) => join(root, name));
    const mine = of(process.pid, refusing(paths[1]!, "ENOSPC"));
    expect(() => mine.hold(paths)).toThrow(WallsError);
    await aWhile();
    expect(readdirSync(root)).toEqual([]);
  });

  test("leave no half of one", () => {
    const path = join(root, ".codex");
    const half: FileSystem = {
      ...nodeFiles,
      makeDirectory(wanted, mode) {
        nodeFiles.makeDirectory(join(wanted, ".."), mode);
        throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
      },
    };
    expect(() => of(process.pid, half).hold([path])).toThrow(WallsError);
    expect(readdirSync(root)).toEqual([]);
  });

  test("are refused where the placeholder of somebody else can go at any time", () => {
    const other = someProcess();
    const path = join(root, ".codex");
    of(other.pid).hold([path]);
    expect(() => of(process.pid, refusing(path, "ENOSPC")).hold([path])).toThrow(WallsError);
  });

  test("stand where an empty folder of the user's is: it is kept as it is", () => {
    const path = join(root, ".codex");
    mkdirSync(path);
    const files = refusing(path, "ENOSPC");
    const { mounts, held } = planMounts(
      { ...openWalls, writable: [root], guarded: [path] },
      files,
      of(process.pid, files),
    );
    expect(held).toEqual([]);
    expect(mounts).toContainEqual({ kind: "read-only", path });
  });
});
