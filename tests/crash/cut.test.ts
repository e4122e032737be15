import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RolloutStore } from "../../src/journal/store.ts";
import type { System } from "../../src/system/ports.ts";
import {
  completed,
  fixture,
  idOf,
  ids,
  newThread,
  place,
  prompt,
  started,
  system,
  typicalTurn,
} from "../journal/support/journals.ts";
import { Dice } from "../support/dice.ts";
import { message, respond, startFakeModel } from "../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Stage } from "../support/run.ts";
import { journalLines } from "./promises.ts";

vi.setConfig({ testTimeout: 120_000 });

const tailBytes = 4096;

interface Sample {
  /** Other files that the thread goes on from. */
  past: string[];
  content: Buffer;
}

let home: string;
let samples: Record<string, Sample>;

/** Thousands of files are written and synced here: in memory, where there is such a folder. */
const folder = existsSync("/dev/shm") ? "/dev/shm" : "/var/tmp";

// Nobody else is there, and taking a lock starts a program.
const alone: System = {
  ...system,
  processes: { ...system.processes, lock: async () => ({ release: async () => undefined }) },
};

beforeAll(async () => {
  home = mkdtempSync(join(folder, "cut-"));
  const store = new RolloutStore(alone, home);
  const journal = store.create(newThread(ids.uuid()));
  journal.append(typicalTurn(ids.uuid(), "/workspace/project"));
  await journal.close();
  const of = (name: string, ...past: string[]): Sample => ({
    past: past.map(fixture),
    content: Buffer.from(fixture(name)),
  });
  samples = {
    "a thread of the real Codex": of("rollout-typical.jsonl"),
    "one whose last turn was interrupted": of("rollout-interrupted.jsonl"),
    "one that was compacted": of("rollout-compacted-resumed.jsonl"),
    "the fork of a fork": of("fork-grandchild.jsonl", "fork-parent.jsonl", "fork-child.jsonl"),
    "a thread of ours": { past: [], content: readFileSync(journal.path!) },
  };
  rmSync(journal.path!);
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

const isWhole = (line: string): boolean => {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
};

/** Bytes up to the end of the last line that is sound, and whether something else follows. */
function soundPart(bytes: Buffer): { text: string; torn: boolean } {
  const text = bytes.toString("latin1");
  const end = text.lastIndexOf("\n") + 1;
  const rest = text.slice(end);
  if (rest === "" || !isWhole(bytes.subarray(end).toString("utf8"))) {
    return { text: bytes.subarray(0, end).toString("utf8"), torn: rest !== "" };
  }
  return { text: `${bytes.toString("utf8")}\n`, torn: false };
}

/** Puts the bytes where the thread's file is, uses the thread in every way, and says what went wrong. */
async function useDamaged(sample: Sample, bytes: Buffer): Promise<string | null> {
  const id = idOf(sample.content.toString("utf8"));
  for (const past of sample.past) place(home, idOf(past), past);
  const path = place(home, id, bytes, ".jsonl", "2026-11-21T09-55-12");
  const store = new RolloutStore(alone, home);
  const { text, torn } = soundPart(bytes);
  const before = store.read(id);
  if (readFileSync(path).compare(bytes) !== 0) return "reading changed the file";
  const { journal, thread } = await store.resume(id);
  if (thread.history.length !== before.history.length) return "it is read and resumed differently";
  if (thread.warnings.some((warning) => warning.includes("cut off")) !== torn) return `said of it: ${thread.warnings}`;
  const turnId = ids.uuid();
  journal.append([started(turnId), prompt(turnId, "on", journal.nextSequence() - 1), completed(turnId, null)]);
  await journal.close();
  const after = readFileSync(path, "utf8");
  if (!after.startsWith(text)) return "sound lines were changed";
  const lines = after.slice(0, -1).split("\n");
  if (!after.endsWith("\n") || !lines.every(isWhole)) return "a line is not whole";
  const ordinals = journalLines(after).flatMap((line) => (line.type === "codex_agent" ? [] : [line.ordinal]));
  const first = ordinals[0] ?? 0;
  const consecutive = ordinals.every((ordinal, index) => ordinal === first + index);
  // Legacy files have none at all.
  if (!consecutive && ordinals.some((ordinal) => ordinal !== undefined)) return `ordinals are ${ordinals.join(" ")}`;
  const again = store.read(id);
  if (again.history.length !== before.history.length + 1) return "what was appended is not read back";
  return again.warnings.length === 0 ? null : `said afterwards: ${again.warnings}`;
}

const firstLine = ({ content }: Sample): number => content.indexOf("\n") + 1;
const from = (sample: Sample): number => Math.max(firstLine(sample), sample.content.length - tailBytes);

async function faultsOf(sample: Sample, step: number, make: (at: number) => Buffer): Promise<string[]> {
  const faults: string[] = [];
  for (let at = from(sample); at <= sample.content.length && faults.length < 5; at += step) {
    const fault = await useDamaged(sample, make(at)).catch((error: unknown) => String(error));
    if (fault !== null) faults.push(`at byte ${at} of ${sample.content.length}: ${fault}`);
  }
  return faults;
}

const names = [
  "a thread of the real Codex",
  "one whose last turn was interrupted",
  "one that was compacted",
  "the fork of a fork",
  "a thread of ours",
];

describe.each(names)("%s", (name) => {
  it("is used after a cut at any byte of its last 4 KB", async () => {
    const sample = samples[name]!;
    // Compacted threads end as others do, and take longer to read.
    const step = name === "one that was compacted" ? 7 : 1;
    expect(await faultsOf(sample, step, (at) => sample.content.subarray(0, at))).toEqual([]);
  });

  it("is used when its last bytes, up to 4096 of them, are zeros", async () => {
    const sample = samples[name]!;
    const zeroed = (at: number): Buffer => {
      const bytes = Buffer.from(sample.content);
      return bytes.fill(0, at);
    };
    expect(await faultsOf(sample, 13, zeroed)).toEqual([]);
  });

  it("is used when up to 4096 zeros follow it", async () => {
    const sample = samples[name]!;
    const counts = [1, 2, 511, 512, 513, 4095, 4096];
    for (const count of counts) {
      expect(await useDamaged(sample, Buffer.concat([sample.content, Buffer.alloc(count)]))).toBeNull();
    }
  });
});

describe("with the real Codex", () => {
  const flags = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];
  const resume = (binary: Binary, stage: Stage, id: string) => run(binary, stage, [...flags, "resume", id, "on"]);

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])("a thread cut at byte of chance %i is resumed by both", async (seed) => {
    const dice = new Dice(seed);
    const sample = samples[names[seed % names.length]!]!;
    const at = from(sample) + dice.below(sample.content.length - from(sample));
    const cut = sample.content.subarray(0, at);
    // The real one takes a tail of zeros for a torn line as we do.
    const bytes = dice.chance(30) ? Buffer.concat([cut, Buffer.alloc(1 + dice.below(4096))]) : cut;
    const model = await startFakeModel(() => respond([message("msg_end", "end")]));
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      for (const past of sample.past) place(stage.codexHome, idOf(past), past);
      const id = idOf(sample.content.toString("utf8"));
      writeFileSync(place(stage.codexHome, id, "", ".jsonl", "2026-11-21T09-55-12"), bytes);
      const order = dice.chance(50) ? [ours(), oracle(), ours()] : [oracle(), ours(), oracle()];
      for (const binary of order) {
        const { code, stderr } = await resume(binary, stage, id);
        expect([binary.name, at, code, stderr.includes("ordinal")]).toEqual([binary.name, at, 0, false]);
      }
      const users = (model.requests.at(-1)!.body as { input: { role?: string; content?: unknown }[] }).input.filter(
        ({ role, content }) => role === "user" && JSON.stringify(content).includes('"on"'),
      );
      expect(users).toHaveLength(3);
    } finally {
      await model.close();
      await stage.dispose();
    }
  });
});
