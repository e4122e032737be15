import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import type { AppendFile, System } from "../../src/system/ports.ts";
import {
  answer,
  call,
  completed,
  fixture,
  idOf,
  ids,
  newThread,
  output,
  place,
  prompt,
  sketch,
  started,
  system,
  temporaryHome,
} from "./support/journals.ts";

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => void (home = temporaryHome()));
afterEach(() => home.remove());

const content = fixture("fork-parent.jsonl");
const id = idOf(content);
const placed = (): string => place(home.home, id, content);
const whole = ["user: q1", "assistant: a1"];

const linesOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("a torn last line", () => {
  it("is passed over by a reader, who changes nothing", () => {
    const path = placed();
    appendFileSync(path, '{"timestamp":"2026-11-21T10:00:00.000Z","ordinal":14,"type":"event_m');
    const before = readFileSync(path, "utf8");
    const thread = home.store.read(id);
    expect(sketch(thread.history).slice(2)).toEqual(whole);
    expect(thread.warnings).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("is cut off, and said, when the thread is opened for writing", async () => {
    const path = placed();
    appendFileSync(path, '{"timestamp":"2026-11-21T10:00:00.000Z","ordinal":14,"type":"event_m');
    const { journal, thread } = await home.store.resume(id);
    expect(thread.warnings).toEqual([expect.stringContaining("cut off")]);
    journal.append([started("t2"), prompt("t2", "on", 3)]);
    await journal.close();
    expect(readFileSync(path, "utf8").startsWith(content)).toBe(true);
    expect(
      linesOf(path)
        .slice(14)
        .map((line) => line["ordinal"]),
    ).toEqual([14, 15]);
  });

  it("of zero bytes, as a power cut leaves it, is one too", async () => {
    const path = placed();
    appendFileSync(path, Buffer.alloc(4096));
    const { journal } = await home.store.resume(id);
    await journal.close();
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  it("that only lacks its newline counts, and gets it", async () => {
    const path = placed();
    writeFileSync(path, content.trimEnd());
    expect(home.store.read(id).turns[0]!.status).toBe("completed");
    const { journal, thread } = await home.store.resume(id);
    expect(thread.warnings).toEqual([]);
    journal.append([started("t2")]);
    await journal.close();
    expect(linesOf(path).map((line) => line["ordinal"])).toEqual(linesOf(path).map((_, index) => index));
  });
});

describe("damage in the middle", () => {
  it("is said, and the rest is used", async () => {
    const path = placed();
    const lines = content.split("\n");
    writeFileSync(path, [...lines.slice(0, 4), "\u0001garbage", "{}", "[1]", ...lines.slice(4)].join("\n"));
    const { journal, thread } = await home.store.resume(id);
    expect(sketch(thread.history).slice(2)).toEqual(whole);
    expect(thread.warnings).toEqual([expect.stringMatching(/^3 lines of .* cannot be read \(the first at byte \d+\)/)]);
    journal.append([started("t2")]);
    await journal.close();
    expect(readFileSync(path, "utf8").trim().split("\n").at(-1)).toContain('"ordinal":14,');
  });

  it("of zeros, in the last turn, ends the thread: nothing behind them had reached the disk as a whole", async () => {
    const path = placed();
    const lines = content.split("\n");
    const kept = `${lines.slice(0, 8).join("\n")}\n`;
    writeFileSync(path, `${kept}${"\0".repeat(600)}${lines[9]!.slice(20)}\n${lines.slice(10).join("\n")}`);
    const before = readFileSync(path, "utf8");
    expect(sketch(home.store.read(id).history).slice(2)).toEqual(whole.slice(0, 1));
    expect(readFileSync(path, "utf8")).toBe(before);
    const { journal, thread } = await home.store.resume(id);
    expect(thread.warnings).toEqual([expect.stringMatching(/^The end of .* was cut off .* \(\d+ bytes\)\.$/)]);
    expect(thread.unfinishedTurn).not.toBeNull();
    await journal.close();
    expect(readFileSync(path, "utf8")).toBe(kept);
  });

  it("of zeros that another writer left and went on behind is passed over, and what that one wrote is kept", async () => {
    const lines = content.trimEnd().split("\n");
    // Where the numbers go on, nothing is missing: the real Codex mends a torn line by a newline alone.
    const path = place(home.home, id, [...lines.slice(0, 9), "\0".repeat(600), ...lines.slice(9), ""].join("\n"));
    const { journal, thread } = await home.store.resume(id);
    expect(thread.warnings).toEqual([expect.stringContaining("One line of")]);
    expect(thread.turns[0]!.status).toBe("completed");
    journal.append([started("t2")]);
    await journal.close();
    expect(readFileSync(path, "utf8").trim().split("\n").at(-1)).toContain('"ordinal":14,');
  });

  it("of zeros before a turn that was begun after another had ended is damage as any other", async () => {
    const path = placed();
    const { journal } = await home.store.resume(id);
    journal.append([started("t2"), prompt("t2", "on", 3), answer("t2", "went on", 4), completed("t2", "went on")]);
    await journal.close();
    const lines = readFileSync(path, "utf8").split("\n");
    const damaged = [...lines.slice(0, 4), "\0".repeat(600), ...lines.slice(4)].join("\n");
    writeFileSync(path, damaged);
    const again = await home.store.resume(id);
    await again.journal.close();
    expect(sketch(again.thread.history).slice(2)).toEqual([...whole, "user: on", "assistant: went on"]);
    expect(again.thread.warnings).toEqual([expect.stringMatching(/^One line of .* cannot be read/)]);
    expect(readFileSync(path, "utf8")).toBe(damaged);
  });

  it("of zeros in an unfinished turn does not cost what another writer added behind the rest of that turn", async () => {
    const path = placed();
    const { journal } = await home.store.resume(id);
    const work = ["a", "b"].flatMap((callId) => [call("t2", callId, 4), output("t2", callId, 4)]);
    journal.append([started("t2"), prompt("t2", "on", 3), ...work, started("t3"), prompt("t3", "later", 5)]);
    await journal.close();
    const lines = readFileSync(path, "utf8").split("\n");
    const without = (callId: string): string =>
      lines
        .with(
          lines.findIndex((line) => line.includes(`fc_${callId}`)),
          "\0".repeat(700),
        )
        .join("\n");
    // The call of b is work of the turn, and was synced by nobody unless the turn after it was told.
    writeFileSync(path, without("a"));
    expect(sketch(home.store.read(id).history)).toContain("user: later");
    // An output alone may be what a resume adds right before its first turn, all of it unsynced.
    writeFileSync(path, without("b"));
    expect(sketch(home.store.read(id).history).at(-1)).toBe("function_call_output a");
  });

  it("a file without its head is refused", () => {
    place(home.home, id, content.split("\n").slice(1).join("\n"));
    expect(() => home.store.read(id)).toThrow(expect.objectContaining({ code: "thread_damaged" }));
    place(home.home, id, "");
    expect(() => home.store.read(id)).toThrow(expect.objectContaining({ code: "thread_damaged" }));
  });
});

describe("lines and fields of others", () => {
  it("are passed over", () => {
    const lines = content.split("\n");
    const strange = '{"timestamp":"2026-11-21T10:00:00.000Z","type":"from_the_future","payload":{"type":"x"},"new":1}';
    const item =
      '{"new":[],"timestamp":"2026-11-21T10:00:00.000Z","payload":{"type":"nova","id":"n1","deep":{"a":1}},"ordinal":14,"type":"response_item","metadata":{"history_sequence":9,"later":2}}';
    place(home.home, id, [lines[0], strange, ...lines.slice(1, -1), strange, item, ""].join("\n"));
    const thread = home.store.read(id);
    expect(thread.warnings).toEqual([]);
    expect(thread.history.at(-1)).toEqual({ type: "nova", id: "n1", deep: { a: 1 } });
    expect(thread.sequence).toBe(9);
  });

  it("ours take no ordinal", async () => {
    const path = placed();
    const { journal } = await home.store.resume(id);
    journal.append([
      started("t2"),
      call("t2", "a", 5),
      { type: "call.started", callId: "a" },
      call("t2", "b", 5),
      { type: "call.started", callId: "b" },
      output("t2", "b", 5),
    ]);
    await journal.close();
    const added = linesOf(path).slice(14);
    expect(added.map((line) => line["ordinal"])).toEqual([14, 15, undefined, 16, undefined, 17]);
    const thread = home.store.read(id);
    expect([...thread.startedCalls]).toEqual(["a"]);
    expect(thread.unfinishedTurn).toBe("t2");
  });
});

describe("a write that fails", () => {
  it("leaves no half line behind, and the next one fits", async () => {
    let failing = false;
    const files = {
      ...system.files,
      openAppend(path: string, mode?: number): AppendFile {
        const file = system.files.openAppend(path, mode);
        return {
          ...file,
          write(text) {
            file.write(failing ? text.slice(0, text.length / 2) : text);
            if (failing) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
          },
        };
      },
    };
    const limited: System = { ...system, files };
    const store = new RolloutStore(limited, home.home);
    const journal = store.create(newThread(ids.uuid()));
    journal.append([started("t1"), prompt("t1", "one", 0)]);
    const size = statSync(journal.path!).size;
    failing = true;
    expect(() => journal.append([answer("t1", "lost", 1)])).toThrow(/cannot be written: ENOSPC.*Free some space/);
    expect(statSync(journal.path!).size).toBe(size);
    failing = false;
    expect(journal.append([answer("t1", "kept", 1), completed("t1", "kept")])).toEqual([2]);
    await journal.close();
    expect(linesOf(journal.path!).map((line) => line["ordinal"])).toEqual([0, 1, 2, 3, 4]);
    expect(sketch(home.store.read(journal.threadId).history)).toEqual(["user: one", "assistant: kept"]);
  });
});

describe("a writer that is killed", () => {
  it("has lost nothing that it had appended", async () => {
    const thread = ids.uuid();
    const writer = fileURLToPath(new URL("support/endless-writer.ts", import.meta.url));
    const child = spawn(process.execPath, [writer, home.home, thread], { stdio: ["ignore", "pipe", "inherit"] });
    let told = "";
    await new Promise<void>((done) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        told += text;
        if (told.length > 5000) child.kill("SIGKILL");
      });
      child.once("close", () => done());
    });
    const last = Number(told.trim().split("\n").at(-1)!.split(" ")[1]);
    const { journal, thread: stored } = await home.store.resume(thread);
    await journal.close();
    expect(last).toBeGreaterThan(100);
    expect(stored.history.length - 1).toBeGreaterThanOrEqual(last);
    expect(stored.unfinishedTurn).toBe("t1");
  });
});

describe("a new thread", () => {
  it("has no file before its first records, and is private then", async () => {
    const journal = home.store.create(newThread(ids.uuid()));
    expect(() => home.store.read(journal.threadId)).toThrow(expect.objectContaining({ code: "thread_not_found" }));
    journal.append([started("t1")]);
    expect(statSync(journal.path!).mode & 0o777).toBe(0o600);
    const local = new Date();
    const day = `${local.getFullYear()}/${String(local.getMonth() + 1).padStart(2, "0")}/${String(local.getDate()).padStart(2, "0")}`;
    expect(journal.path).toContain(`/sessions/${day}/rollout-${day.replaceAll("/", "-")}T`);
    await journal.sync();
    await journal.close();
  });

  it("a huge item is read back", async () => {
    const journal = home.store.create(newThread(ids.uuid()));
    const text = "é".repeat(6 * 2 ** 20);
    journal.append([started("t1"), prompt("t1", text, 0), answer("t1", "ok", 1)]);
    await journal.close();
    const { history } = home.store.read(journal.threadId);
    expect(JSON.stringify(history[0])).toHaveLength(JSON.stringify(prompt("t1", text, 0).item).length);
    expect(sketch(history)[1]).toBe("assistant: ok");
  });
});
