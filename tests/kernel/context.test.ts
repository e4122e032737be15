import fc from "fast-check";
import { expect, test } from "vitest";
import { contextBlocks, type ContextFacts } from "../../src/kernel/context/context-blocks.ts";
import { applyMergePatch, contextUpdate, mergePatch } from "../../src/kernel/context/context.ts";
import type { JournalRecord, StoredThread } from "../../src/kernel/journal-port.ts";
import { memoryJournal } from "../../src/kernel/memory-journal.ts";
import type { ModelEvent, ModelRequest, ModelResult } from "../../src/model/model-client.ts";
import type { InputPart, ResponseItem } from "../../src/protocol/response-items.ts";
import { createIds } from "../../src/system/ids.ts";
import { reload } from "./reload.ts";
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
  FakeClock,
  input,
  permissions,
  say,
  steadyRandom,
  threadId,
  tool,
  usage,
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
  includeSkills: true,
  includeEnvironment: true,
  includePermissions: true,
  mode: null,
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
  expect(change({ skills: null }).texts.join()).toMatch(/no skills here any more/);
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
  | { kind: "call"; name: "quick" | "slow" | "alone" | "throws" | "missing" | "looks" }
  | { kind: "partial" };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("say" as const), text: fc.string({ unit: "grapheme", maxLength: 6 }) }),
  fc.record({ kind: fc.constant("reason" as const) }),
  fc.record({
    kind: fc.constant("call" as const),
    name: fc.constantFrom(...(["quick", "slow", "alone", "throws", "missing", "looks"] as const)),
  }),
  fc.record({ kind: fc.constant("partial" as const) }),
);
const ending = fc.constantFrom("completed", "completed", "again", "broken", "fatal", "steered", "interrupted", "full");
const response = fc.record({ steps: fc.array(step, { maxLength: 4 }), end: ending });
const turn = fc.record({
  responses: fc.array(response, { minLength: 1, maxLength: 4 }),
  date: fc.constantFrom("1", "2"),
  agents: fc.constantFrom(null, "x", "y"),
  model: fc.constantFrom("first", "second"),
  image: fc.boolean(),
  /** The thread is opened anew, from its journal, before the turn. */
  resumed: fc.boolean(),
});

const picture: InputPart = { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "high" };
const tools = [
  tool("quick", () => "quick"),
  tool("slow", async () => (await new Promise((resolve) => setImmediate(resolve)), "slow"), { effect: "once" }),
  tool("alone", () => "alone", { parallel: false }),
  tool("throws", () => {
    throw new Error("x");
  }),
  tool("looks", () => [{ type: "input_text", text: "seen" }, picture]),
];

const asksForSummary = ({ input: items }: ModelRequest): boolean =>
  JSON.stringify(items.at(-1)).includes("The conversation no longer fits.");

test("every request continues the one before it, byte for byte, whatever happened between, until a summary takes its place", async () => {
  let summaries = 0;
  let resumes = 0;
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
        (emit, request) => {
          if (asksForSummary(request)) {
            emit({ type: "item.done", item: say(`summary ${++made}`, `msg_s${made}`) });
            return completed({ usage: usage(10, 1) });
          }
          items(steps).forEach((item, index) =>
            emit({ type: steps[index]!.kind === "partial" ? "item.started" : "item.done", item }),
          );
          if (end === "steered") table().thread.steer(input(`steer ${made}`));
          if (end === "interrupted") table().thread.interrupt();
          if (end === "broken") return broken();
          if (end === "fatal") return broken("no", { retryable: false });
          if (end === "again") return completed({ endTurn: false });
          if (end === "full") return completed({ usage: usage(2000 * ++made, 1) });
          return end === "completed" ? completed() : never;
        };
      const acts: Act[] = [];
      const done: Act = act(() => table, { steps: [], end: "completed" });
      const client = new ActedModel(acts, { streamMaxRetries: 2, otherwise: done });
      let current = 0;
      const records: JournalRecord[] = [];
      const open = (stored: StoredThread | null): Bench =>
        bench({
          client,
          tools,
          stored,
          journal: () => memoryJournal(threadId, records),
          ids,
          setUp: async (setup) => {
            const { date, agents, model } = turns[current]!;
            return {
              ...setup,
              contextWindow: 100_000,
              compaction: { ...setup.compaction, limit: 1000 },
              context: contextBlocks({
                ...facts,
                date,
                model,
                agentsMd: agents === null ? null : { directory: null, text: agents },
              }),
            };
          },
        });
      const ids = createIds(new FakeClock(), steadyRandom);
      let table: Bench = open(null);
      for (; current < turns.length; current++) {
        const { responses, resumed, image } = turns[current]!;
        if (resumed && current > 0) {
          resumes++;
          table = open(reload(records));
        }
        acts.length = 0;
        acts.push(...responses.map((each) => act(() => table, each)));
        const before = ends(table.events).length;
        const said = input(`prompt ${current}`);
        table.thread.submit(
          image ? { ...said, content: [picture, ...said.content], kinds: ["user.image", ...said.kinds] } : said,
        );
        await table.thread.idle();
        expect(ends(table.events)).toHaveLength(before + 1);
        expectResumable(records.filter((record) => record.type !== "response.item" || !record.summarising));
        expect(reload(records).history).toEqual(table.thread.memory.history);
      }
      let last: string | null = null;
      for (const request of client.requests) {
        expectValid(request.input);
        const body = requestBody(request);
        const text = JSON.stringify((JSON.parse(body) as { input: unknown }).input);
        expect(body).toContain(text);
        const summed = text.includes("Earlier work in this thread, #1 to #");
        // What begins with another summary, or with the first one, is what a compaction has made.
        const anew: boolean = last !== null && summed && summaryIn(text) !== summaryIn(last);
        if (anew) summaries++;
        if (last !== null && !anew) expect(text.startsWith(last.slice(0, -1))).toBe(true);
        // The words that ask for a summary are in no other request.
        if (!asksForSummary(request)) last = text;
      }
    }),
    { numRuns: 150 },
  );
  expect(summaries).toBeGreaterThan(20);
  expect(resumes).toBeGreaterThan(20);
});

const summaryIn = (text: string): string | undefined =>
  /"id":"([^"]*)","role":"user","content":\[\{"type":"input_text","text":"Earlier work/.exec(text)?.[1];

test("what the provider had cached is counted, in the sums of turn and thread as well", async () => {
  let before = "";
  let sum = 0;
  const shares: number[] = [];
  const cached = (emit: (event: ModelEvent) => void, request: ModelRequest, item: ResponseItem): ModelResult => {
    const text = JSON.stringify(request.input).slice(0, -1);
    // As a provider's cache does: what the last request began with.
    const share = text.startsWith(before) ? before.length : 0;
    before = text;
    sum += share;
    shares.push(share / text.length);
    emit({ type: "item.done", item });
    return completed({ usage: { ...usage(text.length, 1), cachedInputTokens: share } });
  };
  const client = new ActedModel([
    (emit, request) => cached(emit, request, call("c1", "quick")),
    (emit, request) => cached(emit, request, call("c2", "looks")),
    (emit, request) => cached(emit, request, say("a")),
    (emit, request) => cached(emit, request, call("c3", "quick")),
    (emit, request) => cached(emit, request, say("b")),
  ]);
  const table = bench({ client, tools, context: contextBlocks(facts) });
  for (const text of ["one", "two"]) {
    table.thread.submit(input(text));
    await table.thread.idle();
  }
  expect(shares[0]).toBe(0);
  for (const share of shares.slice(1)) expect(share).toBeGreaterThan(0.8);
  expect(table.thread.usage.cachedInputTokens).toBe(sum);
  expect(table.records.filter(({ type }) => type === "usage").at(-1)).toMatchObject({
    thread: { cachedInputTokens: sum },
  });
  expect(reload(table.records).usage.cachedInputTokens).toBe(sum);
});
