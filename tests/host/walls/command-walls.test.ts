import * as fs from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configure } from "../../../src/host/configure.ts";
import { CommandWalls } from "../../../src/host/walls/command-walls.ts";
import type { Walls } from "../../../src/policy/sandbox/walls.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { System } from "../../../src/system/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";

let scratch: string;
let machine: System;
let walls: CommandWalls;

beforeEach(() => {
  scratch = fs.mkdtempSync(`${scratchFolder}/codex-agent-walls-`);
  const own = nodeSystem();
  const variables = {
    ...own.environment.variables,
    CODEX_HOME: folder("home"),
    AGENT_RUNTIME_DIR: join(scratch, "runtime"),
  };
  machine = { ...own, environment: { ...own.environment, variables } };
});
afterEach(async () => {
  await walls.close();
  fs.rmSync(scratch, { recursive: true });
});

const folder = (...names: string[]): string => {
  const path = join(scratch, ...names);
  fs.mkdirSync(path, { recursive: true });
  return path;
};

const enter = (cwd: string) => configure({ cwd, sandbox: "workspace-write" }, machine);
const nothing: Walls = { writable: [], guarded: [], hidden: [], shown: [], network: false };

test("a program that one workspace may write to is never what holds its commands, whichever workspace came first", async () => {
  const workspaces = [folder("one"), folder("two")];
  const programs = workspaces.map((workspace) => {
    const program = join(workspace, "bwrap");
    fs.writeFileSync(program, '#!/bin/sh\nexec /usr/bin/bwrap "$@"\n', { mode: 0o755 });
    return program;
  });
  const variables = { ...machine.environment.variables, PATH: workspaces.join(":") };
  const { files } = machine;
  const stat: typeof files.stat = (path) => (path.endsWith("bin/bwrap") ? null : files.stat(path));
  machine = {
    ...machine,
    environment: { ...machine.environment, variables },
    files: { ...files, stat },
  };
  walls = new CommandWalls(machine);
  const used = [];
  for (const workspace of workspaces) {
    const { sandbox } = await walls.find(await enter(workspace));
    used.push(...sandbox!.enclose(["/bin/true"], "/", nothing).argv.filter((word) => word.endsWith("/bwrap")));
  }
  expect(used).toEqual(programs.toReversed());
});

test("walls are tried out once for all workspaces that have the same programs for them", async () => {
  walls = new CommandWalls(machine);
  const [one, two] = await Promise.all([folder("one"), folder("two")].map(enter));
  expect(await walls.find(two!)).toBe(await walls.find(one!));
});

test("a placeholder stays as long as a command of any rung needs it", async () => {
  const work = folder("work");
  machine = { ...machine, clock: { ...machine.clock, sleep: () => Promise.resolve() } };
  walls = new CommandWalls(machine);
  const config = await enter(work);
  const around: Walls = { ...nothing, writable: [work], guarded: [join(work, ".git")] };
  const [first, second] = (await Promise.all([walls.find(config, "bubblewrap"), walls.find(config, "helper")])).map(
    ({ sandbox }) => sandbox!.enclose(["/bin/true"], work, around),
  );
  const stands = (): boolean => fs.existsSync(join(work, ".git"));
  first!.release();
  await setImmediate();
  expect(stands()).toBe(true);
  second!.release();
  await setImmediate();
  expect(stands()).toBe(false);
});
