import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import { endOrphans } from "../../../src/system/processes/orphans.ts";
import type { ChildCommand } from "../../../src/system/ports.ts";
import { markProcess, readProcessTable } from "../../../src/system/processes/process-table.ts";
import { fastest } from "../../support/fastest.ts";

const children: ChildProcess[] = [];
const others: number[] = [];
const never = new AbortController().signal;

afterEach(() => {
  const pids = [...children.splice(0).map(({ pid }) => -pid!), ...others.splice(0)];
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // The test has ended it.
    }
  }
});

/** A process that has run and is no more. */
const deadPid = (): number => spawnSync("true").pid;

/** Starts a command as a call does, and waits for what it prints first. */
async function start(script: string, env: Record<string, string> = {}): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn("/bin/bash", ["-c", script], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"], CODEX_THREAD_ID: "t", CODEX_TOOL_CALL_ID: "c", ...env },
  });
  children.push(child);
  const [said] = (await once(child.stdout!, "data")) as [Buffer];
  return { child, said: said.toString() };
}

const named = (child: ChildProcess, changes: Partial<ChildCommand> = {}): ChildCommand => ({
  threadId: "t",
  callId: "c",
  ownerPid: deadPid(),
  mark: markProcess(child.pid!),
  ...changes,
});

const runs = (pid: number): boolean => readProcessTable().some((entry) => entry.pid === pid && !entry.zombie);
const membersOf = (session: number): number[] =>
  readProcessTable().flatMap((entry) => (entry.session === session && !entry.zombie ? [entry.pid] : []));

it("ends a command with all that it started, also in other groups of its session", async () => {
  const { child } = await start("set -m; sleep 300 & (sleep 300 & sleep 300) & echo up; sleep 300");
  expect(
    new Set(
      readProcessTable()
        .filter(({ session }) => session === child.pid)
        .map(({ group }) => group),
    ).size,
  ).toBe(3);
  const { count, done } = endOrphans([named(child)], never);
  expect(count).toBe(1);
  await done;
  expect(membersOf(child.pid!)).toEqual([]);
});

it("kills what does not go by itself after two seconds, and sooner in a hurry", async () => {
  const stubborn = "trap '' TERM; echo up; while :; do sleep 300; done";
  const one = await start(stubborn);
  const before = performance.now();
  await endOrphans([named(one.child)], never).done;
  const patient = performance.now() - before;
  expect(patient).toBeGreaterThan(1500);
  expect(membersOf(one.child.pid!)).toEqual([]);
  const hurried = await fastest(1500, async () => {
    const other = await start(stubborn);
    const hurry = new AbortController();
    const { done } = endOrphans([named(other.child)], hurry.signal);
    hurry.abort();
    const asked = performance.now();
    await done;
    expect(membersOf(other.child.pid!)).toEqual([]);
    return performance.now() - asked;
  });
  expect(hurried).toBeLessThan(1500);
});

it("leaves alone whatever is not the command without a doubt", async () => {
  const { child } = await start("echo up; sleep 300");
  const mark = markProcess(child.pid!)!;
  const wrong: [string, ChildCommand][] = [
    ["another start time", named(child, { mark: { ...mark, startTicks: mark.startTicks - 1 } })],
    ["another boot", named(child, { mark: { ...mark, bootId: "another" } })],
    ["an owner that lives", named(child, { ownerPid: process.pid })],
    ["no mark, and another call", named(child, { mark: null, callId: "d" })],
    ["no mark, and another thread", named(child, { mark: null, threadId: "u" })],
    ["no mark, and an owner that lives", named(child, { mark: null, ownerPid: process.pid })],
    ["a process that has ended", named(child, { mark: { ...mark, pid: deadPid() } })],
  ];
  for (const [what, command] of wrong) expect([what, endOrphans([command], never).count]).toEqual([what, 0]);
  expect(runs(child.pid!)).toBe(true);
});

it("an owner whose number another process has got since is dead", async () => {
  const { child } = await start("echo up; sleep 300");
  const mark = markProcess(child.pid!)!;
  let later = child;
  // Started within the same tick, the two could not be told apart, and the command would be left alone.
  while (markProcess(later.pid!)!.startTicks === mark.startTicks) later = (await start("echo up; sleep 300")).child;
  const { count, done } = endOrphans([named(child, { ownerPid: later.pid! })], never);
  expect(count).toBe(1);
  await done;
  expect([runs(child.pid!), runs(later.pid!)]).toEqual([false, true]);
});

it("finds a command that was not noted any more by what its environment says", async () => {
  const { child } = await start("echo up; sleep 300");
  const { count, done } = endOrphans([named(child, { mark: null })], never);
  expect(count).toBe(1);
  await done;
  expect(membersOf(child.pid!)).toEqual([]);
});

it("finds what a command left behind when it ended, by the environment again", async () => {
  const { child, said } = await start("sleep 300 & echo $!; exec 1>&-; kill -9 $$");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const left = Number(said);
  // Its own mark can no longer be read: the leader has gone.
  const member = markProcess(left)!;
  const command = named(child, { mark: { ...member, pid: child.pid! } });
  expect(endOrphans([{ ...command, callId: "d" }], never).count).toBe(0);
  expect(runs(left)).toBe(true);
  const { count, done } = endOrphans([command], never);
  expect(count).toBe(1);
  await done;
  expect(runs(left)).toBe(false);
});

it("does not reach what made itself a session of its own", async () => {
  const { child, said } = await start(
    'setsid sleep 300 & until [ "$(ps -o sid= -p $!)" -eq $! ]; do :; done; echo $!; sleep 300',
  );
  const away = Number(said);
  others.push(away);
  await endOrphans([named(child)], never).done;
  expect(membersOf(child.pid!)).toEqual([]);
  expect(runs(away)).toBe(true);
});
