import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { call, message, respond, startFakeModel, type ModelItem, type RecordedRequest } from "../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Stage } from "../support/run.ts";

type Json = Record<string, unknown>;
interface Line {
  type: string;
  payload: Json;
}

const isAgent = ({ headers }: RecordedRequest): boolean => headers["x-openai-subagent"] !== undefined;
const inputOf = ({ body }: RecordedRequest): Json[] => (body as { input: Json[] }).input;

const byId = { namespace: "multi_agent_v1" };
const byPath = { namespace: "collaboration" };
const generations = {
  "known by id": {
    model: "unknown-model",
    spawn: call("s", "spawn_agent", { message: "look", fork_context: true }, byId),
    wait: (id: string): ModelItem => call("w", "wait_agent", { targets: [id], timeout_ms: 60_000 }, byId),
  },
  "known by path": {
    model: "gpt-6.1-sol",
    spawn: call("s", "spawn_agent", { message: "look", task_name: "scout" }, byPath),
    wait: (): ModelItem => call("w", "wait_agent", { timeout_ms: 60_000 }, byPath),
  },
};

function rollouts({ codexHome }: Stage): Line[][] {
  const folder = join(codexHome, "sessions");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) =>
      readFileSync(join(folder, name), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line),
    );
}

/** A turn with one agent by `first`, then both threads resumed by `second`. */
async function handOver(kind: keyof typeof generations, first: Binary, second: Binary) {
  const { model: name, spawn, wait } = generations[kind];
  const later: RecordedRequest[] = [];
  let step = 0;
  const model = await startFakeModel((request) => {
    if (JSON.stringify(inputOf(request).at(-1)).includes("AGAIN")) {
      later.push(request);
      return respond([message("msg_later", "resumed")]);
    }
    if (isAgent(request)) return respond([message("msg_agent", "seen")]);
    step++;
    if (step === 1) return respond([spawn]);
    const made = inputOf(request).find(({ type }) => type === "function_call_output");
    if (step === 2) return respond([wait(/"agent_id":"([^"]+)"/.exec(String(made?.["output"]))?.[1] ?? "")]);
    return respond([message("msg_end", "done", { phase: "final_answer" })]);
  });
  const stage = await makeStage({ baseUrl: model.baseUrl });
  try {
    const flags = ["exec", "--json", "--skip-git-repo-check", "-m", name];
    await run(first, stage, [...flags, "go"]);
    const files = rollouts(stage);
    const child = files.find(([head]) => head?.payload["parent_thread_id"] !== undefined)!;
    const parent = files.find(([head]) => head?.payload["parent_thread_id"] === undefined)!;
    const lastOf = (agent: boolean) => inputOf(model.requests.filter((request) => isAgent(request) === agent).at(-1)!);
    const before = [lastOf(true), lastOf(false)];
    const codes: (number | null)[] = [];
    for (const [head] of [child, parent]) {
      const { code } = await run(second, stage, [...flags, "resume", String(head!.payload["id"]), "AGAIN"]);
      codes.push(code);
    }
    return { child, parent, before, codes, later: [...later] };
  } finally {
    await model.close();
    await stage.dispose();
  }
}

const bare = (items: readonly Json[]): string[] =>
  items
    .filter(({ type, role }) => type !== "additional_tools" && role !== "developer")
    .map(({ type, content, output, arguments: args }) => JSON.stringify({ type, content, output, args }));

describe.each(Object.keys(generations) as (keyof typeof generations)[])("threads with agents that are %s", (kind) => {
  it.each([
    ["the real Codex goes on with ours", ours, oracle],
    ["ours go on with those of the real Codex", oracle, ours],
  ])("go from hand to hand: %s", { timeout: 120_000 }, async (_, first, second) => {
    const { before, codes, later } = await handOver(kind, first(), second());
    // The real one opens agents with a path through their parent alone, its own as well as ours.
    const refused = kind === "known by path" && second().name === "codex";
    expect(codes).toEqual([refused ? 1 : 0, 0]);
    expect(later.map(isAgent)).toEqual(refused ? [false] : [true, false]);
    for (const request of later) {
      const sent = bare(inputOf(request));
      const kept = bare(before[isAgent(request) ? 0 : 1]!);
      expect(sent.slice(0, kept.length)).toEqual(kept);
    }
  });

  it("begin with a head that has Codex's keys, and hold its items", { timeout: 120_000 }, async () => {
    const [real, got] = await Promise.all([handOver(kind, oracle(), oracle()), handOver(kind, ours(), ours())]);
    const shape = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shape);
      if (typeof value !== "object" || value === null) return value === null ? null : typeof value;
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [/^[0-9a-f-]{36}$/.test(key) ? "<id>" : key, shape(inner)]),
      );
    };
    const head = ({ child }: typeof real): unknown => {
      const { subagent_history_start_ordinal: _ours, ...rest } = child[0]!.payload;
      return shape(rest);
    };
    expect(JSON.stringify(head(got))).toBe(JSON.stringify(head(real)));
    const items = ({ parent }: typeof real): unknown[] =>
      parent
        .map(({ payload }) => payload["item"] as Json | undefined)
        .filter((item) => /Collab|SubAgent/.test(String(item?.["type"])))
        .map((item) => {
          const { model: _model, reasoning_effort: _effort, ...rest } = item!;
          return shape({
            ...rest,
            tool: undefined,
            named: [item!["type"], item!["tool"], item!["kind"], item!["status"]].join(" "),
          });
        });
    expect(items(got)).toEqual(items(real));
    const started = ({ child }: typeof real): unknown =>
      child
        .filter(({ payload }) => payload["type"] === "task_started")
        .slice(-1)
        .map(({ payload }) => shape(payload["turn_attribution"]));
    expect(started(got)).toEqual(started(real));
  });
});
