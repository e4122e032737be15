import { expect, test } from "vitest";
import { Client } from "../../src/client/client.ts";
import { inMemory, type Peer } from "../../src/client/in-memory.ts";
import type { AgentEvent } from "../../src/protocol/events.ts";

function peer() {
  const listeners = new Set<(event: AgentEvent) => void>();
  const calls: unknown[] = [];
  const it: Peer = {
    handle: async (method, params, signal) => {
      calls.push([method, params, signal]);
      if (method === "thread/close") throw new Error("no such thread");
      return {} as never;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => void calls.push("close"),
  };
  const tell = (threadId: string, message: string): void => {
    for (const listener of listeners) listener({ type: "warning", threadId, message });
  };
  return { it, calls, tell, listeners };
}

const text = (event: AgentEvent): string => (event.type === "warning" ? event.message : event.type);

test("calls reach the host with their parameters and signal, and failures come back", async () => {
  const { it, calls } = peer();
  const client = new Client(inMemory(it));
  const { signal } = new AbortController();
  await client.call("turn/interrupt", { threadId: "a" }, signal);
  expect(calls).toEqual([["turn/interrupt", { threadId: "a" }, signal]]);
  await expect(client.call("thread/close", { threadId: "a" })).rejects.toThrow("no such thread");
});

test("who subscribes hears of that thread alone, in order, until it stops", () => {
  const { it, tell } = peer();
  const client = new Client(inMemory(it));
  const heard: string[] = [];
  const stop = client.subscribe("a", (event) => heard.push(text(event)));
  client.subscribe("a", (event) => heard.push(`also ${text(event)}`));
  tell("a", "1");
  tell("b", "2");
  tell("a", "3");
  stop();
  stop();
  tell("a", "4");
  expect(heard).toEqual(["1", "also 1", "3", "also 3", "also 4"]);
});

test("a listener that throws costs the others nothing, and itself one event", () => {
  const { it, tell } = peer();
  const client = new Client(inMemory(it));
  const heard: string[] = [];
  let faults = 0;
  client.subscribe("a", (event) => {
    if (faults++ === 0) throw new Error("a fault");
    heard.push(`first ${text(event)}`);
  });
  client.subscribe("a", (event) => heard.push(`second ${text(event)}`));
  expect(() => tell("a", "1")).not.toThrow();
  tell("a", "2");
  expect(heard).toEqual(["second 1", "first 2", "second 2"]);
});

test("a listener may stop itself and start others while it hears", () => {
  const { it, tell } = peer();
  const client = new Client(inMemory(it));
  const heard: string[] = [];
  const stop = client.subscribe("a", (event) => {
    heard.push(text(event));
    stop();
    client.subscribe("a", (later) => heard.push(`later ${text(later)}`));
  });
  tell("a", "1");
  tell("a", "2");
  expect(heard.filter((each) => each === "1" || each === "2")).toEqual(["1"]);
  expect(heard).toContain("later 2");
});

test("closing closes the host and lets go of its events", async () => {
  const { it, calls, listeners } = peer();
  const client = new Client(inMemory(it));
  expect(listeners.size).toBe(1);
  await client.close();
  expect(calls).toEqual(["close"]);
  expect(listeners.size).toBe(0);
});
