import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandWalls, surroundings } from "../../../src/host/walls/command-walls.ts";
import { configure } from "../../../src/host/configure.ts";
import { openTrial, type Trial } from "../../../src/host/trial/trial.ts";
import type { TrialReport } from "../../../src/protocol/trial.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { scratchFolder } from "../../support/scratch.ts";

let scratch: string;
let work: string;
let walls: CommandWalls;
let trial: Trial | string;

beforeEach(() => {
  scratch = fs.mkdtempSync(`${scratchFolder}/codex-agent-trial-test-`);
  work = join(scratch, "work");
  for (const name of ["work", "outside", "home"]) fs.mkdirSync(join(scratch, name));
});
afterEach(async () => {
  if (typeof trial !== "string") await trial.close();
  await walls.close();
  fs.rmSync(scratch, { recursive: true, force: true });
});

const at = (...names: string[]): string => join(work, ...names);
const trials = (): string => join(scratch, "runtime", "cache", "trials");

async function open(overrides: string[] = [], cwd = work): Promise<Trial | string> {
  const machine = nodeSystem();
  const variables = {
    ...machine.environment.variables,
    CODEX_HOME: join(scratch, "home"),
    AGENT_RUNTIME_DIR: join(scratch, "runtime"),
  };
  const system = { ...machine, environment: { ...machine.environment, variables } };
  const config = await configure({ cwd, sandbox: "workspace-write", overrides }, system);
  walls = new CommandWalls(system);
  return (trial = await openTrial({ config, surroundings: surroundings(config, system), walls, system }));
}

const copying = ['codex_agent.sandbox.rung="bubblewrap"'];
interface Tried {
  readonly trial: Trial;
  readonly report: TrialReport;
  readonly output: string;
}

async function run(script: string, overrides: string[] = []): Promise<Tried> {
  const opened = await open(overrides);
  if (typeof opened === "string") throw new Error(opened);
  const { argv, release } = opened.enclose(["/bin/bash", "-c", script], work);
  const { stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), { cwd: work, encoding: "utf8" });
  release();
  return { trial: opened, report: await opened.look(), output: stdout + stderr };
}

/** Every path below the workspace with what it holds; names as their bytes. */
function contents(): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (folder: Buffer, name: string): void => {
    for (const each of fs.readdirSync(folder, { encoding: "buffer" })) {
      const path = Buffer.concat([folder, Buffer.from("/"), each]);
      const relative = `${name}${each.toString("latin1")}`;
      const stat = fs.lstatSync(path);
      if (stat.isDirectory()) {
        found[`${relative}/`] = "";
        walk(path, `${relative}/`);
      } else if (stat.isSymbolicLink()) found[relative] = `-> ${fs.readlinkSync(path)}`;
      else found[relative] = `${(stat.mode & 0o777).toString(8)} ${fs.readFileSync(path, "utf8")}`;
    }
  };
  walk(Buffer.from(work), "");
  // Where commands run, folders stand that guard what is not there.
  for (const path of Object.keys(found)) if (/^\.(git|codex|agents|aws)\//.test(path)) delete found[path];
  return found;
}

function prepare(): void {
  fs.mkdirSync(at("folder/deep"), { recursive: true });
  fs.writeFileSync(at("folder/one"), "one\n");
  fs.writeFileSync(at("folder/deep/two"), "two\n");
  fs.writeFileSync(at("file"), "file\n");
  fs.symlinkSync("file", at("link"));
  fs.symlinkSync(join(scratch, "outside"), at("away"));
}

/** Commands, each of which must end as it does without a trial once it is carried over. */
const scripts: Readonly<Record<string, string>> = {
  "a new file": "echo x > new",
  "a changed file": "echo more >> file",
  "a removed file": "rm file",
  "a removed folder": "rm -r folder",
  "a folder that was removed and made again": "rm -r folder && mkdir folder && echo x > folder/x",
  "a folder made again deeper": "rm -r folder && mkdir -p folder/deep && echo x > folder/deep/x",
  "a renamed folder": "mv folder moved",
  "a renamed file": "mv file moved",
  "a file in place of a folder": "rm -r folder && echo x > folder",
  "a folder in place of a file": "rm file && mkdir file && echo x > file/x",
  "a link in place of a file": "rm file && ln -s folder file",
  "a file in place of a link": "rm link && echo x > link",
  "a link that leads elsewhere": "ln -sfn folder/one link",
  "empty folders": "mkdir -p a/b/c",
  "a program": "printf '#!/bin/sh\\n' > run && chmod 755 run",
  "rights alone": "chmod 700 file",
  "an empty file": ": > folder/one",
  "a file written through a link": "echo through >> link",
  "names that mean something elsewhere":
    "touch -- '-rf' 'a b' $'line\\nbreak' $'tab\\t' '$(x)' '*' $'\\e[31m' \"qu'ote\"",
  "names that are no text": "touch $'\\xff\\xfe' && mkdir $'d\\xe9' && echo x > $'d\\xe9/f'",
  "many steps in one": "for n in 1 2 3; do mkdir d$n; mv folder/one d$n/ 2>/dev/null; echo $n > d$n/n; done; rm -r d2",
  "bytes that are no text": "printf '\\0\\1\\377' > file",
};

describe.each([
  { way: "overlay", overrides: [] as string[] },
  { way: "copy", overrides: copying },
])("by $way", ({ way, overrides }) => {
  test.each(Object.entries(scripts))("%s", async (_, script) => {
    prepare();
    const before = contents();
    const { trial: tried } = await run(script, overrides);
    expect(tried.way).toBe(way);
    expect(contents()).toEqual(before);
    expect(await tried.commit()).toBeNull();
    const after = contents();
    fs.rmSync(work, { recursive: true });
    fs.mkdirSync(work);
    prepare();
    spawnSync("/bin/bash", ["-c", script], { cwd: work });
    expect(after).toEqual(contents());
    expect(after).not.toEqual(before);
  });

  test("what looks changed and is not is no change", async () => {
    prepare();
    const { report } = await run(
      "touch file folder; cp file x && mv x file; mkdir y && rmdir y; echo a > z && rm z",
      overrides,
    );
    expect(report).toMatchObject({ changes: [], folders: [], notes: way === "copy" ? [expect.anything()] : [] });
  });

  test("nothing outside is written, also through links, and guarded folders stay as they are", async () => {
    prepare();
    fs.mkdirSync(at(".git/hooks"), { recursive: true });
    const script =
      "echo x > away/x; echo x > .git/hooks/pre-commit; echo x > $HOME/x-of-trial; mv .git .git2; rm -rf .git; true";
    const { trial: tried, report } = await run(script, overrides);
    expect(report.changes).toEqual([]);
    expect(await tried.commit()).toBeNull();
    expect(fs.readdirSync(join(scratch, "outside"))).toEqual([]);
    expect(fs.readdirSync(at(".git/hooks"))).toEqual([]);
  });

  test("what is kept of trials, and the network, are out of reach", async () => {
    const { output } = await run(`ls -a ${trials()} 2>&1; cat /dev/null > /dev/tcp/127.0.0.1/1; true`, overrides);
    expect(output).toMatch(/^\.\n\.\.\n(?!\d)/);
    expect(output).toMatch(/Permission denied|Operation not permitted|refused|unreachable|Address family/);
  });

  test("what others changed meanwhile is a conflict, and then nothing at all is carried over", async () => {
    prepare();
    const { trial: tried } = await run("echo by the command >> file; echo x > new; rm -r folder", overrides);
    fs.writeFileSync(at("file"), "by somebody\n");
    fs.writeFileSync(at("folder/late"), "late");
    const before = contents();
    expect(await tried.commit()).toEqual({
      conflicts: expect.arrayContaining([
        { path: at("file"), why: "it was changed meanwhile" },
        { path: at("folder"), why: "late has come into the folder that would be removed" },
      ]),
    });
    expect(contents()).toEqual(before);
  });

  test("a folder that became a link since leads nothing elsewhere", async () => {
    prepare();
    const { trial: tried } = await run("echo x > folder/new; echo y > folder/one", overrides);
    fs.renameSync(at("folder"), at("real"));
    fs.symlinkSync(join(scratch, "outside"), at("folder"));
    expect(await tried.commit()).not.toBeNull();
    expect(fs.readdirSync(join(scratch, "outside"))).toEqual([]);
    expect(fs.readFileSync(at("real/one"), "utf8")).toBe("one\n");
  });

  test("what cannot be carried over is said", async () => {
    prepare();
    const script = "mkfifo pipe; chmod 750 folder; echo x > s && chmod 4755 s";
    const { report, trial: tried } = await run(script, overrides);
    expect(report.notes.join("\n")).toContain(`sockets, pipes and devices are left out: ${at("pipe")}`);
    expect(report.notes.join("\n")).toContain(`the rights of folders stay as they are: ${at("folder")}`);
    expect(report.notes.join("\n")).toContain(`setuid, setgid and sticky bits are left out: ${at("s")}`);
    expect(await tried.commit()).toBeNull();
    expect(fs.statSync(at("s")).mode & 0o7777).toBe(0o755);
    expect(fs.existsSync(at("pipe"))).toBe(false);
  });

  test("more than can be held is shown as such, and only dropped", async () => {
    const { report } = await run("truncate -s 300M big", overrides);
    expect(report.refusal).toBe("it wrote 300 MiB, and a trial carries over at most 256 MiB");
    expect(fs.existsSync(at("big"))).toBe(false);
  });

  test("dropped, it leaves nothing behind", async () => {
    prepare();
    const before = contents();
    const { trial: tried } = await run("rm -r folder; mkdir -p x/y; chmod 000 x/y x; echo z > z", overrides);
    await tried.close();
    expect(contents()).toEqual(before);
    expect(fs.readdirSync(trials())).toEqual([]);
  });
});

test("a change that fails takes those before it back", async () => {
  prepare();
  const { trial: tried } = await run("rm -r folder; echo a > a; echo b >> file; echo z > z");
  const before = contents();
  // As if the disk had lost it: the last one that is carried over.
  const [id = ""] = fs.readdirSync(trials());
  const upper = fs.readdirSync(join(trials(), id)).find((name) => fs.existsSync(join(trials(), id, name, "z")))!;
  fs.rmSync(join(trials(), id, upper, "z"));
  expect(await tried.commit()).toEqual({
    failure: `${at("z")} could not be changed (what was written is not there any more); everything before it was taken back`,
  });
  expect(contents()).toEqual(before);
});

test("what changed while the command ran is told before anybody says yes", async () => {
  prepare();
  const opened = (await open()) as Trial;
  const { argv, release } = opened.enclose(["/bin/sh", "-c", "echo x >> file"], work);
  fs.writeFileSync(at("file"), "somebody else");
  spawnSync(argv[0]!, argv.slice(1), { cwd: work });
  release();
  const { conflicts } = await opened.look();
  expect(conflicts).toEqual([{ path: at("file"), why: "somebody else changed it while the command ran" }]);
});

test("hard links and attributes are told of", async () => {
  prepare();
  const attribute = `perl -e 'my ($p, $n, $v) = ("file", "user.x", "1"); syscall(188, $p, $n, $v, 1, 0)'`;
  const { report } = await run(`ln folder/one second; ${process.arch === "x64" ? attribute : ":"}`);
  expect(report.notes.join("\n")).toContain("files with several names become files of their own");
  if (process.arch === "x64")
    expect(report.notes.join("\n")).toContain(`extended attributes are left out: ${at("file")}`);
});

test("what a killed process left is swept away", async () => {
  const left = join(trials(), "999999999-left");
  fs.mkdirSync(join(left, "1"), { recursive: true });
  await open();
  await expect.poll(() => fs.existsSync(left)).toBe(false);
});

test("a workspace that holds the runtime directory can be tried in, too", async () => {
  const opened = (await open([], scratch)) as Trial;
  const { argv, release } = opened.enclose(["/bin/sh", "-c", "echo x > work/new"], scratch);
  spawnSync(argv[0]!, argv.slice(1), { cwd: scratch });
  release();
  expect((await opened.look()).changes).toEqual([{ path: at("new"), kind: "add", diff: "x\n" }]);
  expect(opened.way).toBe("overlay");
});

test.each([
  ["Landlock alone", ['codex_agent.sandbox.rung="landlock"'], "the walls here are those of landlock"],
  ["walls that are not ours", ['codex_agent.sandbox.rung="external"'], "there are no walls of ours here"],
])("with %s nothing is tried, and it is said", async (_, overrides, why) => {
  expect(await open(overrides)).toContain(why);
});
