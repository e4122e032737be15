import { mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  answer,
  completed,
  fixture,
  idOf,
  ids,
  newThread,
  place,
  prompt,
  sketch,
  started,
  temporaryHome,
  typicalTurn,
} from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const names = ["fork-parent.jsonl", "fork-child.jsonl", "fork-grandchild.jsonl"];
const [parentId, childId, grandchildId] = names.map((name) => idOf(fixture(name))) as [string, string, string];
const placeChain = (): string[] => names.map((name) => place(home.home, idOf(fixture(name)), fixture(name)));
const context = [
  "developer: <skills_instructions><text><permissions ",
  "user: <environment_context>\n  <cwd>/workspace/",
];

async function turn(id: string, text: string): Promise<void> {
  const { journal } = await home.store.resume(id);
  const turnId = ids.uuid();
  const sampled = journal.nextSequence() - 1;
  journal.append([
    started(turnId),
    prompt(turnId, text, sampled),
    answer(turnId, `re ${text}`, sampled + 1),
    completed(turnId, `re ${text}`),
  ]);
  await journal.close();
}

describe("a thread spread over several files", () => {
  it("a fork of a fork has the pasts of both", () => {
    placeChain();
    const thread = home.store.read(grandchildId);
    expect(sketch(thread.history)).toEqual([
      ...context,
      "user: q1",
      "assistant: a1",
      "user: b",
      "assistant: b1",
      "user: c",
      "assistant: c1",
    ]);
    expect(thread.usage.totalTokens).toBe(330);
    expect(thread.meta.forkedFromId).toBe(childId);
    expect(thread.turns.map((one) => one.status)).toEqual(["completed", "completed", "completed"]);
    expect(thread.warnings).toEqual([]);
  });

  it("is not affected when its source grows", async () => {
    placeChain();
    await turn(parentId, "later");
    expect(sketch(home.store.read(parentId).history).at(-1)).toBe("assistant: re later");
    const child = home.store.read(childId);
    expect(sketch(child.history).slice(2)).toEqual(["user: q1", "assistant: a1", "user: b", "assistant: b1"]);
    expect(child.warnings).toEqual([]);
  });

  it("goes on with the ordinals of its chain", async () => {
    const paths = placeChain();
    await turn(grandchildId, "more");
    const ordinals = readFileSync(paths[2]!, "utf8")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { ordinal: number }).ordinal);
    expect(ordinals).toEqual(ordinals.map((_, index) => 26 + index));
    expect(sketch(home.store.read(grandchildId).history).slice(-2)).toEqual(["user: more", "assistant: re more"]);
  });

  it("finds an archived source", () => {
    const [parent] = placeChain();
    mkdirSync(join(home.home, "archived_sessions"));
    renameSync(parent!, join(home.home, "archived_sessions", basename(parent!)));
    expect(sketch(home.store.read(grandchildId).history)).toHaveLength(8);
    expect(home.store.find({ by: "id", id: parentId })).toBeNull();
  });

  it("a missing source is named", () => {
    const [parent] = placeChain();
    rmSync(parent!);
    expect(() => home.store.read(grandchildId)).toThrow(
      expect.objectContaining({ code: "thread_damaged", message: expect.stringContaining(parentId) }),
    );
  });

  it("a circle is refused", () => {
    const [, child] = placeChain();
    const lines = fixture("fork-parent.jsonl").split("\n");
    const meta = JSON.parse(lines[0]!) as { payload: Record<string, unknown> };
    meta.payload["history_base"] = {
      thread_id: childId,
      end_ordinal_exclusive: 20,
      end_byte_offset: statSync(child!).size,
    };
    place(home.home, parentId, [JSON.stringify(meta), ...lines.slice(1)].join("\n"));
    expect(() => home.store.read(grandchildId)).toThrow(expect.objectContaining({ code: "thread_damaged" }));
  });

  it("a file that goes on from itself is refused", () => {
    const lines = fixture("fork-parent.jsonl").split("\n");
    const meta = JSON.parse(lines[0]!) as { payload: Record<string, unknown> };
    meta.payload["history_base"] = { thread_id: parentId, end_ordinal_exclusive: 3, end_byte_offset: 10 };
    place(home.home, parentId, [JSON.stringify(meta), ...lines.slice(1)].join("\n"));
    expect(() => home.store.read(parentId)).toThrow(expect.objectContaining({ code: "thread_damaged" }));
  });

  it("says so when the source no longer has its lines where they were", () => {
    placeChain();
    const lines = fixture("fork-parent.jsonl").trim().split("\n");
    place(home.home, parentId, `${lines.map((line) => `${line} `).join("\n")}\n`);
    const thread = home.store.read(childId);
    expect(sketch(thread.history)).toHaveLength(6);
    expect(thread.warnings).toEqual([expect.stringContaining("has changed")]);
  });
});

describe("generations of one thread", () => {
  /** The three files that two reverts leave: to behind the first turn, then to nothing. */
  function revert(id: string, base: { ordinal: number; byte: number } | null, uuid: string, text: string): void {
    const first = base?.ordinal ?? 0;
    const meta = {
      timestamp: "2026-11-21T09:51:33.860Z",
      ordinal: first,
      type: "session_meta",
      payload: {
        id,
        timestamp: "2026-11-21T09:51:33.852Z",
        cwd: "/workspace/project",
        history_mode: "paginated",
        ...(base && {
          history_base: { thread_id: id, end_ordinal_exclusive: base.ordinal, end_byte_offset: base.byte },
        }),
      },
    };
    const item = {
      timestamp: "2026-11-21T09:51:34.860Z",
      ordinal: first + 1,
      type: "response_item",
      payload: { type: "message", role: "user", content: [{ type: "input_text", text }] },
    };
    place(home.home, id, `${JSON.stringify(meta)}\n${JSON.stringify(item)}\n`, `_${uuid}.jsonl`, "2026-11-21T09-51-33");
  }

  it("the newest one counts and goes on from the one before", () => {
    const content = fixture("fork-parent.jsonl");
    place(home.home, parentId, content);
    const lines = content.split("\n");
    const byte = Buffer.byteLength(`${lines.slice(0, 8).join("\n")}\n`);
    revert(parentId, { ordinal: 8, byte }, "01a1fd84-afdc-7281-815f-b2e934057049", "again");
    expect(sketch(home.store.read(parentId).history)).toEqual([...context, "user: q1", "user: again"]);
    revert(parentId, null, "01a1fd84-b081-7dd1-b2c2-167df56eedb9", "from nothing");
    expect(sketch(home.store.read(parentId).history)).toEqual(["user: from nothing"]);
    expect(home.store.list({ limit: 9 }).threads).toHaveLength(0);
  });

  it("a fork that was made before a revert keeps the past that it was made from", () => {
    placeChain();
    revert(parentId, null, "01a1fd99-b081-7dd1-b2c2-167df56eedb9", "from nothing");
    expect(sketch(home.store.read(childId).history)).toHaveLength(6);
  });
});

describe("compressed rollouts", () => {
  it("are read as they are, and become plain before they are written", async () => {
    const content = fixture("fork-parent.jsonl");
    const packed = place(home.home, parentId, zstdCompressSync(Buffer.from(content)), ".jsonl.zst");
    for (const name of names.slice(1)) place(home.home, idOf(fixture(name)), fixture(name));
    expect(sketch(home.store.read(parentId).history)).toHaveLength(4);
    expect(sketch(home.store.read(grandchildId).history)).toHaveLength(8);
    expect(home.store.list({ limit: 9 }).threads).toHaveLength(3);
    await turn(parentId, "more");
    const plain = readFileSync(packed.slice(0, -4), "utf8");
    expect(plain.startsWith(content)).toBe(true);
    expect(statSync(packed, { throwIfNoEntry: false })).toBeUndefined();
    expect(sketch(home.store.read(parentId).history).at(-1)).toBe("assistant: re more");
    expect(sketch(home.store.read(grandchildId).history)).toHaveLength(8);
  });

  it("a broken one is refused with its name", () => {
    const path = place(home.home, parentId, "not zstd", ".jsonl.zst");
    expect(() => home.store.read(parentId)).toThrow(
      expect.objectContaining({ code: "thread_damaged", message: expect.stringContaining(path) }),
    );
    expect(home.store.list({ limit: 9 }).threads).toEqual([]);
  });
});

describe("forks of ours", () => {
  async function typical(): Promise<{ id: string; turns: string[] }> {
    const id = ids.uuid();
    const journal = home.store.create(newThread(id));
    const turns = [ids.uuid(), ids.uuid()] as [string, string];
    journal.append(typicalTurn(turns[0], "/workspace/project"));
    const sampled = journal.nextSequence() - 1;
    journal.append([
      started(turns[1]),
      prompt(turns[1], "second", sampled),
      answer(turns[1], "two", sampled + 1),
      completed(turns[1], "two"),
    ]);
    await journal.close();
    return { id, turns };
  }

  it("copy nothing and exist at once", async () => {
    const { id } = await typical();
    const { journal, thread } = await home.store.fork(id, newThread(ids.uuid()));
    const lines = readFileSync(journal.path!, "utf8").split("\n");
    expect(lines).toHaveLength(2);
    const source = statSync(home.store.read(id).meta.path).size;
    expect(JSON.parse(lines[0]!)).toMatchObject({
      payload: { forked_from_id: id, history_base: { thread_id: id, end_byte_offset: source } },
    });
    expect(thread.history).toEqual(home.store.read(id).history);
    expect(thread.usage).toEqual(home.store.read(id).usage);
    await journal.close();
  });

  it("can end behind any turn, also one of an ancestor", async () => {
    const { id, turns } = await typical();
    const whole = await home.store.fork(id, newThread(ids.uuid()));
    await whole.journal.close();
    for (const source of [id, whole.journal.threadId]) {
      const { journal, thread } = await home.store.fork(source, newThread(ids.uuid()), turns[0]);
      expect(sketch(thread.history).at(-1)).toBe("assistant: ours: done");
      expect(thread.turns.map((one) => one.id)).toEqual([turns[0]]);
      await journal.close();
    }
    await expect(home.store.fork(id, newThread(ids.uuid()), "nope")).rejects.toMatchObject({ code: "turn_not_found" });
  });

  it("an ephemeral one leaves no file", async () => {
    const { id, turns } = await typical();
    const { journal, thread } = await home.store.fork(id, { ...newThread(ids.uuid()), ephemeral: true }, turns[0]);
    expect(journal.path).toBeNull();
    expect(sketch(thread.history).at(-1)).toBe("assistant: ours: done");
    expect(journal.append([prompt("t", "x", 1)])).toEqual([thread.sequence + 1]);
    expect(home.store.find({ by: "id", id: journal.threadId })).toBeNull();
  });

  it("of a legacy thread copies it and stays legacy", async () => {
    const content = fixture("rollout-minimal.jsonl");
    place(home.home, idOf(content), content);
    const { journal, thread } = await home.store.fork(idOf(content), newThread(ids.uuid()));
    expect(thread.meta.legacy).toBe(true);
    journal.append(typicalTurn("t1", "/workspace/project"));
    await journal.close();
    const text = readFileSync(journal.path!, "utf8");
    expect(text).not.toContain('"ordinal"');
    expect(text).toContain('"type":"user_message","message":"ours: first"');
    expect(text).toContain('"type":"agent_message","message":"ours: done"');
    expect(text).not.toContain("item_completed");
    expect(sketch(home.store.read(journal.threadId).history).slice(0, 2)).toEqual([
      "user: remember BLUE",
      "assistant: OK BLUE",
    ]);
  });
});
