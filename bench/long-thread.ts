import { randomUUID } from "node:crypto";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeStage, type Stage } from "./stage.ts";
import { startAndWait } from "./start.ts";
import type { Bench } from "./sample.ts";
import type { Subject } from "./subjects.ts";

export interface LongThread {
  id: string;
  /** Path below a Codex home. */
  path: string;
  text: string;
  items: number;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

interface Line {
  ordinal: number;
  type: string;
  metadata?: { history_sequence?: number; sampled_through_sequence?: number };
}

/**
 * A thread as the real Codex writes it: it runs two turns with four calls each, and the lines of the second are repeated
 * with ids and numbers of their own until there are `items` items for the model.
 */
export async function makeLongThread(bench: Bench, codex: Subject, items: number): Promise<LongThread> {
  const baseUrl = bench.model.baseUrl("calls-4", "long-thread-1");
  const next = bench.model.baseUrl("calls-4", "long-thread-2");
  const stage = makeStage(bench.root, baseUrl, null);
  const where = { cwd: stage.workspace, env: stage.env };
  const task = { task: "calls-4", sandbox: "danger-full-access" } as const;
  try {
    await startAndWait(codex.command(stage, baseUrl, { ...task, resume: null }), where);
    const [path = ""] = globSync(join(stage.codexHome, "sessions/**/*.jsonl"));
    const first = readFileSync(path, "utf8");
    const id = basename(path).match(uuid)?.[0] ?? "";
    const config = join(stage.codexHome, "config.toml");
    writeFileSync(config, readFileSync(config, "utf8").replace(baseUrl, next));
    await startAndWait(codex.command(stage, next, { ...task, resume: id }), where);
    const turn = readFileSync(path, "utf8").slice(first.length);
    const text = repeat(first, turn, items);
    return { id, path: path.slice(stage.codexHome.length + 1), text, items: itemsOf(text) };
  } finally {
    stage.remove();
  }
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const itemsOf = (text: string): number =>
  linesOf(text).filter((line) => line.includes('"type":"response_item"')).length;

function repeat(first: string, turn: string, items: number): string {
  const known = new Set(first.match(uuid));
  const lines = linesOf(turn);
  const perTurn = itemsOf(turn);
  const numbered = lines.map((line) => JSON.parse(line) as Line);
  const sequences = numbered.flatMap(({ metadata }) => metadata?.history_sequence ?? []);
  const sequenceStep = Math.max(...sequences) - Math.min(...sequences) + 1;
  const copies: string[] = [first.trimEnd()];
  const missing = items - itemsOf(first);
  for (let copy = 0; copy * perTurn < missing; copy++) {
    const ids = new Map<string, string>();
    const own = (id: string): string => {
      if (known.has(id) || copy === 0) return id;
      const given = ids.get(id) ?? randomUUID().replace(/^(.{14})4/, "$17");
      ids.set(id, given);
      return given;
    };
    for (const line of lines) {
      const renamed = line
        .replaceAll(uuid, own)
        .replaceAll(
          /\b(call|fc|msg)_(\d+)_(\d+)\b/g,
          (_, kind: string, round: string) => `${kind}_${round}_${copy + 2}`,
        )
        .replaceAll(
          /"(history_sequence|sampled_through_sequence)":(\d+)/g,
          (_, name: string, value: string) => `"${name}":${Number(value) + copy * sequenceStep}`,
        )
        .replace(/"ordinal":(\d+)/, (_, ordinal: string) => `"ordinal":${Number(ordinal) + copy * lines.length}`);
      copies.push(renamed);
    }
  }
  return `${copies.join("\n")}\n`;
}

/** Puts the thread where Codex and ours look for it, and where the bare loop does. */
export function placeThread({ path, text }: LongThread, stage: Stage): void {
  const target = join(stage.codexHome, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  writeFileSync(stage.journal, text);
}
