import { expect, test } from "vitest";
import { Outlet, type Cleaner } from "../../src/host/outlet.ts";
import type { AgentEvent } from "../../src/protocol/events.ts";

const threadId = "t";
const turnId = "u";
const warning: AgentEvent = { type: "warning", threadId, message: "a secret" };
const started: AgentEvent = { type: "turn.started", threadId, turnId, rootTurnId: turnId };
const rejected: AgentEvent = { type: "call.rejected", threadId, turnId, callId: "c", tool: "x", message: "a secret" };

function tellAll(load: () => Promise<Cleaner>, events: readonly AgentEvent[]) {
  const told: AgentEvent[] = [];
  const outlet = new Outlet((event) => told.push(event), load);
  for (const event of events) outlet.tell(event);
  return { told, outlet };
}

test("events keep their order while the cleaner of one of them is loaded", async () => {
  const clean = ((value: string) => value.replace("secret", "[removed]")) as Cleaner;
  const { told, outlet } = tellAll(async () => clean, [started, warning, started, rejected]);
  await outlet.waiting;
  expect(told).toEqual([
    started,
    { ...warning, message: "a [removed]" },
    started,
    { ...rejected, message: "a [removed]" },
  ]);
  expect(outlet.waiting).toBeNull();
});

test("words that cannot be looked through are withheld, and what follows is told", async () => {
  const { told, outlet } = tellAll(() => Promise.reject(new Error("too many open files")), [warning, started]);
  await outlet.waiting;
  const message = "(withheld, for it cannot be looked through for secrets: too many open files)";
  expect(told).toEqual([{ ...warning, message }, started]);
});
