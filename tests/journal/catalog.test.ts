import { appendFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture, idOf, ids, newThread, place, prompt, started, temporaryHome } from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

async function thread(cwd: string, text: string, atSeconds: number): Promise<string> {
  const id = ids.uuid();
  const journal = home.store.create(newThread(id, cwd));
  journal.append([started("t1"), prompt("t1", text, 0)]);
  await journal.close();
  utimesSync(journal.path!, atSeconds, atSeconds);
  return id;
}

const name = (id: string, thread_name: string): void =>
  appendFileSync(
    join(home.home, "session_index.jsonl"),
    `${JSON.stringify({ id, thread_name, updated_at: "2026-11-21T10:00:00Z" })}\n`,
  );

describe("finding threads", () => {
  it("the last of a directory, and of all", async () => {
    const a = await thread("/a", "one", 1000);
    const b = await thread("/b", "two", 2000);
    expect(home.store.find({ by: "last", cwd: null })).toBe(b);
    expect(home.store.find({ by: "last", cwd: "/a" })).toBe(a);
    expect(home.store.find({ by: "last", cwd: "/c" })).toBeNull();
    expect(home.store.find({ by: "id", id: a })).toBe(a);
    expect(home.store.find({ by: "id", id: ids.uuid() })).toBeNull();
  });

  it("by name: the last naming counts, and the thread has to be there", async () => {
    const a = await thread("/a", "one", 1000);
    const b = await thread("/b", "two", 2000);
    name(a, "old");
    name(a, "work");
    name(b, "work");
    name(ids.uuid(), "work");
    appendFileSync(join(home.home, "session_index.jsonl"), "broken\n\n");
    expect(home.store.find({ by: "name", name: "old" })).toBeNull();
    expect(home.store.find({ by: "name", name: "work" })).toBe(b);
    expect(home.store.read(a).name).toBe("work");
  });

  it("nothing is found in an empty home", () => {
    expect(home.store.find({ by: "last", cwd: null })).toBeNull();
    expect(home.store.find({ by: "name", name: "x" })).toBeNull();
    expect(home.store.list({ limit: 3 })).toEqual({ threads: [], next: null, previous: null });
  });

  it("a file that lies directly in sessions/ is a thread too, and other files are none", () => {
    const content = fixture("fork-parent.jsonl");
    const path = place(home.home, idOf(content), content);
    renameSync(path, join(home.home, "sessions", basename(path)));
    writeFileSync(join(home.home, "sessions/2026/11/21/notes.jsonl"), "x");
    expect(home.store.find({ by: "last", cwd: "/workspace/project" })).toBe(idOf(content));
    expect(home.store.read(idOf(content)).history).toHaveLength(4);
  });

  it("helpers of other threads are not offered", () => {
    const child = fixture("review-child-rollout.jsonl");
    place(home.home, idOf(child), child);
    expect(home.store.find({ by: "last", cwd: null })).toBeNull();
    expect(home.store.find({ by: "id", id: idOf(child) })).toBe(idOf(child));
  });
});

describe("listing threads", () => {
  it("newest first, page by page, each once", async () => {
    const made: string[] = [];
    for (let index = 0; index < 7; index++) {
      made.push(await thread(index % 2 ? "/a" : "/b", `prompt ${index}`, index < 3 ? 1000 : 1000 + index));
    }
    const seen: string[] = [];
    const previews: string[] = [];
    let cursor: string | null = null;
    do {
      const page = home.store.list({ limit: 3, cursor });
      expect(page.threads.length).toBeLessThanOrEqual(3);
      seen.push(...page.threads.map((one) => one.id));
      previews.push(...page.threads.map((one) => one.preview));
      cursor = page.next;
    } while (cursor !== null);
    expect([...seen].sort()).toEqual([...made].sort());
    expect(previews.slice(0, 4)).toEqual(["prompt 6", "prompt 5", "prompt 4", "prompt 3"]);
    expect(home.store.list({ limit: 9, cwd: "/a" }).threads.map((one) => one.cwd)).toEqual(["/a", "/a", "/a"]);
  });

  it("pages lead back to where they came from, by change and by creation, in both directions", async () => {
    const made: string[] = [];
    for (let at = 0; at < 5; at++) made.push(await thread("/a", `words ${at}`, 5000 - at));
    const byCreation = made.toSorted();
    for (const [sortBy, oldest] of [
      ["created", byCreation],
      ["updated", made.toReversed()],
    ] as const) {
      const listed = (cursor: string | null, oldestFirst: boolean) => {
        const page = home.store.list({ limit: 2, sortBy, oldestFirst, cursor });
        return { ...page, ids: page.threads.map(({ id }) => id) };
      };
      const first = listed(null, true);
      const second = listed(first.next, true);
      const third = listed(second.next, true);
      expect([...first.ids, ...second.ids, ...third.ids]).toEqual(oldest);
      expect(third.next).toBeNull();
      expect(listed(second.previous, false).ids).toEqual([oldest[2], oldest[1]]);
      expect(listed(null, false).ids).toEqual([oldest[4], oldest[3]]);
    }
    expect(() => home.store.list({ limit: 2, cursor: "nonsense" })).toThrow("invalid cursor: nonsense");
  });

  it("lists are filtered by folder, provider, words, ids and kind", async () => {
    const a = await thread("/a", "one apple", 1000);
    const b = await thread("/b", "two", 2000);
    name(b, "Pear");
    const agent = fixture("review-child-rollout.jsonl");
    place(home.home, idOf(agent), agent);
    const listed = (filter: NonNullable<Parameters<typeof home.store.list>[0]["filter"]>): string[] =>
      home.store.list({ limit: 9, filter }).threads.map(({ id }) => id);
    expect(listed({ cwds: ["/a", "/c"] })).toEqual([a]);
    expect(listed({ search: "apple" })).toEqual([a]);
    expect(listed({ search: "Pear" })).toEqual([b]);
    expect(listed({ search: "pear" })).toEqual([]);
    expect(listed({ only: [a], except: [b] })).toEqual([a]);
    expect(listed({ except: [a, b] })).toEqual([]);
    expect(listed({ providers: ["nobody"] })).toEqual([]);
    expect(listed({ sources: [], agents: true, agentKinds: ["review"] })).toEqual([idOf(agent)]);
    expect(listed({ sources: [], agents: true, agentKinds: ["compact"] })).toEqual([]);
  });

  it("a fork shows the prompt that its past began with", () => {
    for (const file of ["fork-parent.jsonl", "fork-child.jsonl", "fork-grandchild.jsonl"]) {
      place(home.home, idOf(fixture(file)), fixture(file));
    }
    expect(home.store.list({ limit: 9 }).threads.map((one) => one.preview)).toEqual(["q1", "q1", "q1"]);
  });
});
