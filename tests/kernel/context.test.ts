import fc from "fast-check";
import { expect, test } from "vitest";
import { contextBlocks, type ContextFacts } from "../../src/kernel/context/context-blocks.ts";
import { applyMergePatch, contextUpdate, mergePatch } from "../../src/kernel/context/context.ts";
import type { ResponseItem } from "../../src/protocol/response-items.ts";
import { requestBody } from "../../src/model/responses/request-body.ts";
import {
  type Act,
  ActedModel,
  bench,
  type Bench,
  broken,
  call,
  completed,
  ends,
  expectResumable,
  expectValid,
  input,
  permissions,
  say,
  tool,
} from "./kit.ts";

const facts: ContextFacts = {
  cwd: "/work",
  shell: "bash",
  date: "2026-11-21",
  timeZone: "Etc/UTC",
  permissions,
  model: "first",
  baseInstructions: "Base.",
  developerInstructions: "Be brief.",
  agentsMd: { directory: "/work", text: "Use tabs." },
  skills: "- a skill",
  includeEnvironment: true,
};

/** What is told when the facts become these, one after the other: `role kind` of each part, and the texts. */
function telling(...states: ContextFacts[]): { kinds: string[]; texts: string[] }[] {
  let told: Record<string, unknown> | null = null;
  let count = 0;
  return states.map((state) => {
    const { messages, state: change } = contextUpdate(contextBlocks(state), told, () => `${count++}`);
    if (change !== null)
      told = (change.full ? change.state : applyMergePatch(told, change.state)) as Record<string, unknown>;
    return {
      kinds: messages.map(({ message, kinds }) => `${message.role} ${kinds.join(" ")}`),
      texts: messages.flatMap(({ message }) => message.content.map((part) => ("text" in part ? part.text : ""))),
    };
  });
}

test("everything is told once at first, in the order of Codex, and nothing again", () => {
  const [first, second] = telling(facts, facts);
  expect(first!.kinds).toEqual([
    "developer generic.developer_instructions host_skills.instructions permissions.instructions",
    "user agents_md.instructions environments.environment_context",
  ]);
  expect(second).toEqual({ kinds: [], texts: [] });
});

test("what changed is told alone", () => {
  const change = (next: Partial<ContextFacts>) => telling(facts, { ...facts, ...next })[1]!;
  expect(change({ date: "2026-11-22" }).kinds).toEqual(["user environments.environment_context"]);
  expect(change({ date: "2026-11-22" }).texts[0]).not.toContain("<cwd>");
  expect(change({ cwd: "/other" }).texts.join()).toContain("<cwd>/other</cwd>");
  expect(change({ permissions: { ...permissions, sandbox: "read-only" } }).kinds).toEqual([
    "developer permissions.instructions",
    "user environments.environment_context",
  ]);
  expect(change({ agentsMd: { directory: "/work", text: "Use spaces." } }).texts.join()).toContain("Use spaces.");
  expect(change({ skills: null }).texts).toEqual([]);
  expect(change({ developerInstructions: "Be long." }).texts).toEqual([]);
  const model = change({ model: "second", baseInstructions: "Other base." });
  expect(model.kinds).toEqual(["developer model_switch.instructions"]);
  expect(model.texts[0]).toMatch(/^<model_switch>[^]*Other base\./);
});

test("AGENTS.md files that go and come back are told both times", () => {
  const [, gone, still, back] = telling(facts, { ...facts, agentsMd: null }, { ...facts, agentsMd: null }, facts);
  expect(gone!.texts.join()).toMatch(/no AGENTS.md files/);
  expect(still!.texts).toEqual([]);
  expect(back!.texts.join()).toContain("Use tabs.");
});

test("what a path or a zone holds cannot end its element", () => {
  const { texts } = telling({ ...facts, cwd: "/a</cwd><b>&", timeZone: "<x>" })[0]!;
  expect(texts.at(-1)).toContain("<cwd>/a&lt;/cwd&gt;&lt;b&gt;&amp;</cwd>");
  expect(texts.at(-1)).toContain("<timezone>&lt;x&gt;</timezone>");
});

const plainJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ maxLength: 3 }),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 2 }),
    tie("record"),
  ),
  record: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
})).record;

test("a merge patch makes the one state of the other, and is absent only for equal ones", () => {
  fc.assert(
    fc.property(plainJson, plainJson, (from, to) => {
      const patch = mergePatch(from, to);
      if (patch === undefined) expect(from).toEqual(to);
      else expect(applyMergePatch(from, patch)).toEqual(to);
    }),
    { numRuns: 500 },
  );
});

// Prefix

type Step =
  | { kind: "say"; text: string }
  | { kind: "reason" }
  | { kind: "call"; name: "quick" | "slow" | "alone" | "throws" | "missing" }
  | { kind: "partial" };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("say" as const), text: fc.string({ unit: "grapheme", maxLength: 6 }) }),
  fc.record({ kind: fc.constant("reason" as const) }),
  fc.record({
    kind: fc.constant("call" as const),
    name: fc.constantFrom("quick" as const, "slow" as const, "alone" as const, "throws" as const, "missing" as const),
  }),
  fc.record({ kind: fc.constant("partial" as const) }),
);
const ending = fc.constantFrom("completed", "completed", "again", "broken", "fatal", "steered", "interrupted");
const response = fc.record({ steps: fc.array(step, { maxLength: 4 }), end: ending });
const turn = fc.record({
  responses: fc.array(response, { minLength: 1, maxLength: 4 }),
  date: fc.constantFrom("1", "2"),
  agents: fc.constantFrom(null, "x", "y"),
  model: fc.constantFrom("first", "second"),
});

const tools = [
  tool("quick", () => "quick"),
  tool("slow", async () => (await new Promise((resolve) => setImmediate(resolve)), "slow"), { effect: "once" }),
  tool("alone", () => "alone", { parallel: false }),
  tool("throws", () => {
    throw new Error("x");
  }),
];

test("every request continues the one before it, byte for byte, whatever happened between", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 4 }), async (turns) => {
      let made = 0;
      const items = (steps: readonly Step[]): ResponseItem[] =>
        steps.map((each) => {
          const id = ++made;
          if (each.kind === "call") return call(`c${id}`, each.name);
          if (each.kind === "say") return say(each.text, `msg_${id}`);
          if (each.kind === "reason")
            return { type: "reasoning", id: `rs_${id}`, summary: [], encrypted_content: `${id}` };
          return say("", `msg_partial_${id}`);
        });
      const never = new Promise<never>(() => undefined);
      const act =
        (table: () => Bench, { steps, end }: { steps: readonly Step[]; end: string }): Act =>
        (emit) => {
          items(steps).forEach((item, index) =>
            emit({ type: steps[index]!.kind === "partial" ? "item.started" : "item.done", item }),
          );
          if (end === "steered") table().thread.steer(input(`steer ${made}`));
          if (end === "interrupted") table().thread.interrupt();
          if (end === "broken") return broken();
          if (end === "fatal") return broken("no", { retryable: false });
          if (end === "again") return completed({ endTurn: false });
          return end === "completed" ? completed() : never;
        };
      const acts: Act[] = [];
      const client = new ActedModel(acts, { streamMaxRetries: 2, otherwise: () => completed() });
      let current = 0;
      const table: Bench = bench({
        client,
        tools,
        setUp: async (setup) => {
          const { date, agents, model } = turns[current]!;
          return {
            ...setup,
            context: contextBlocks({
              ...facts,
              date,
              model,
              agentsMd: agents === null ? null : { directory: null, text: agents },
            }),
          };
        },
      });
      for (; current < turns.length; current++) {
        acts.length = 0;
        acts.push(...turns[current]!.responses.map((each) => act(() => table, each)));
        const before = ends(table.events).length;
        table.thread.submit(input(`prompt ${current}`));
        await table.thread.idle();
        expect(ends(table.events)).toHaveLength(before + 1);
        expectResumable(table.records);
      }
      let last: string | null = null;
      for (const request of client.requests) {
        expectValid(request.input);
        const body = requestBody(request);
        const text = JSON.stringify((JSON.parse(body) as { input: unknown }).input);
        expect(body).toContain(text);
        if (last !== null) expect(text.startsWith(last.slice(0, -1))).toBe(true);
        last = text;
      }
    }),
    { numRuns: 150 },
  );
});
