import type { ChildCommand, Ending } from "../ports.ts";
import { bootId, type ProcessEntry, readProcessTable, wasStartedWith } from "./process-table.ts";

const graceMs = 2000;
const hurriedMs = 100;
const lookAgainMs = 20;

/** The environment of every command names its call: Codex gives these to its own, too. */
const belongsTo = (pid: number, { threadId, callId }: ChildCommand): boolean =>
  wasStartedWith(pid, "CODEX_THREAD_ID", threadId) && wasStartedWith(pid, "CODEX_TOOL_CALL_ID", callId);

class Table {
  readonly byPid = new Map<number, ProcessEntry>();
  readonly bySession = new Map<number, ProcessEntry[]>();

  constructor() {
    for (const entry of readProcessTable()) {
      this.byPid.set(entry.pid, entry);
      const members = this.bySession.get(entry.session);
      if (members === undefined) this.bySession.set(entry.session, [entry]);
      else members.push(entry);
    }
  }

  alive(session: number): ProcessEntry[] {
    return (this.bySession.get(session) ?? []).filter(({ zombie }) => !zombie);
  }
}

/** A process that has its number and is no younger than the command is the one that ran it. */
function ownerLives({ byPid }: Table, { ownerPid }: ChildCommand, startTicks: number): boolean {
  const owner = byPid.get(ownerPid);
  return owner !== undefined && owner.startTicks <= startTicks && !owner.zombie;
}

/** The session that the command leads or led, when it is the command's without a doubt; else null. */
function sessionOf(table: Table, child: ChildCommand): number | null {
  const { mark } = child;
  if (mark === null) {
    for (const session of table.bySession.keys()) {
      const leader = table.byPid.get(session);
      if (leader === undefined || !belongsTo(session, child)) continue;
      return ownerLives(table, child, leader.startTicks) ? null : session;
    }
    return null;
  }
  const members = table.bySession.get(mark.pid);
  if (members === undefined || ownerLives(table, child, mark.startTicks)) return null;
  const leader = table.byPid.get(mark.pid);
  if (leader !== undefined) return leader.startTicks === mark.startTicks ? mark.pid : null;
  // The leader has gone. A number is not given out while a session has it, but it may have been before that one began.
  return members.some(({ pid }) => belongsTo(pid, child)) ? mark.pid : null;
}

/** A session may hold several groups: a shell with job control makes one for each command. */
function signalSession(members: readonly ProcessEntry[], signal: NodeJS.Signals): void {
  for (const group of new Set(members.map((entry) => entry.group))) {
    try {
      process.kill(-group, signal);
    } catch {
      // It has gone by itself, or became somebody else's (a set-uid program).
    }
  }
}

/** Resolves after the time, or when there is a hurry. */
function pause(ms: number, hurry: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      hurry.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (!hurry.aborted) hurry.addEventListener("abort", end, { once: true });
  });
}

/** What was found then and is there still, and what that has started since. */
function survivors(found: readonly ProcessEntry[]): ProcessEntry[] {
  const table = new Table();
  const sessions = new Set<number>();
  for (const { pid, startTicks } of found) {
    const now = table.byPid.get(pid);
    if (now?.startTicks === startTicks) sessions.add(now.session);
  }
  return [...sessions].flatMap((session) => table.alive(session));
}

/** Looks until none is left or the time is over; returns what is left. */
async function wait(found: readonly ProcessEntry[], ms: number, hurry: AbortSignal): Promise<ProcessEntry[]> {
  let end = performance.now() + ms;
  let left = survivors(found);
  for (let waitMs = lookAgainMs; left.length > 0; waitMs = Math.min(waitMs * 2, 200)) {
    if (hurry.aborted) end = Math.min(end, performance.now() + hurriedMs);
    if (performance.now() >= end) break;
    await pause(hurry.aborted ? lookAgainMs : waitMs, hurry);
    left = survivors([...found, ...left]);
  }
  return left;
}

async function see(found: readonly ProcessEntry[], hurry: AbortSignal): Promise<void> {
  const stubborn = await wait(found, graceMs, hurry);
  signalSession(stubborn, "SIGKILL");
  // One that the system does not let go of, because of a broken disk say, is waited for no longer.
  await wait(stubborn, graceMs, hurry);
}

/** See {@link Processes.endOrphans}. Finds nothing where there is no `/proc`. */
export function endOrphans(children: readonly ChildCommand[], hurry: AbortSignal): Ending {
  const none: Ending = { count: 0, done: Promise.resolve() };
  const boot = children.length === 0 ? null : bootId();
  const possible = children.filter(({ mark }) => mark === null || mark.bootId === boot);
  if (boot === null || possible.length === 0) return none;
  const table = new Table();
  const sessions = new Set(possible.flatMap((child) => sessionOf(table, child) ?? []));
  // A command of the dead one may have started us: then it is at work still, on whatever we are asked for.
  const ours = table.byPid.get(process.pid)?.session;
  const found = [...sessions].map((session) => (session === ours ? [] : table.alive(session)));
  const running = found.filter((members) => members.length > 0);
  if (running.length === 0) return none;
  for (const members of running) signalSession(members, "SIGTERM");
  return { count: running.length, done: see(running.flat(), hurry) };
}
