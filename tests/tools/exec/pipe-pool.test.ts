import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { launch } from "../../../src/tools/exec/process/launch.ts";
import { PipePool } from "../../../src/tools/exec/process/pipe-pool.ts";
import { ProcessGroups } from "../../../src/tools/exec/process/process-group.ts";
import { scratchFolder } from "../../support/scratch.ts";

let folder: string;
let pool: PipePool;
const groups = new ProcessGroups();

beforeEach(() => {
  folder = mkdtempSync(`${scratchFolder}/pipes-`);
  pool = new PipePool(join(folder, "pipes"));
});
afterEach(() => {
  groups.killAll();
  pool.close();
  rmSync(folder, { recursive: true });
});

async function outputOf(script: string): Promise<string> {
  let output = "";
  const running = await launch(pool, groups, {
    argv: ["/bin/sh", "-c", script],
    cwd: folder,
    enclose: null,
    env: { PATH: process.env["PATH"] ?? "" },
    terminal: false,
    onStart: () => {},
    onOutput: (bytes) => (output += Buffer.from(bytes).toString()),
  });
  expect(await running.ended).toBe(0);
  return output;
}

const pipes = (): string[] => readdirSync(join(folder, "pipes"));

it("uses the pipes of commands that have ended again", async () => {
  expect(await outputOf("echo first")).toBe("first\n");
  const made = pipes();
  for (let count = 0; count < 20; count++) expect(await outputOf(`echo ${count}`)).toBe(`${count}\n`);
  expect(pipes()).toEqual(made);
  pool.close();
  expect(pipes()).toEqual([]);
});

it("never gives a pipe to a second command that something of the first one still writes to", async () => {
  // A session of its own, which nobody ends with the command.
  const late = (name: string): string =>
    `setsid sh -c 'trap "" PIPE; touch at${name}; until [ -e go ]; do sleep 0.01; done; echo late; touch said${name}' &
     until [ -e at${name} ]; do sleep 0.01; done; echo now`;
  for (const name of ["1", "2", "3"]) expect(await outputOf(late(name))).toBe("now\n");
  const waiting = "touch go; until [ -e said1 -a -e said2 -a -e said3 ]; do sleep 0.01; done; echo own";
  const outputs = await Promise.all(Array.from({ length: 12 }, () => outputOf(waiting)));
  expect(new Set(outputs)).toEqual(new Set(["own\n"]));
});
