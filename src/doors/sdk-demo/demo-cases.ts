/** What the demo tries, in its order; later cases use the thread of the first. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppServerClient, ResponseEvent } from "../../sdk/index.ts";

export type DemoMode = "smoke" | "demo" | "full";

export interface DemoStage {
  client: AppServerClient;
  /** Another client, in a home of its own. */
  elsewhere(home: string): AppServerClient;
  useRealHome: boolean;
  prompts: { create: string; events: string; stream: string };
  onEvent(event: ResponseEvent): void;
  /** Of the first thread; empty before. */
  threadId: string;
  /** Of the review that runs. */
  review: { turnId: string; ended: Promise<void> } | null;
}

export interface DemoCase {
  name: string;
  /** The first mode that has it. */
  from: DemoMode;
  /** Throws where something is not as it should be; what it returns is shown. */
  run(stage: DemoStage): Promise<string | void>;
}

const turnEndMs = 30_000;

export const demoCases: readonly DemoCase[] = [
  {
    name: "start a thread",
    from: "smoke",
    async run(stage) {
      const { thread, model } = await stage.client.threadStart();
      stage.threadId = thread.id;
      return `${thread.id} on ${model}`;
    },
  },
  {
    name: "create a response",
    from: "smoke",
    async run({ client, threadId, prompts }) {
      const { text, sessionId } = await client.responsesCreate({ prompt: prompts.create, sessionId: threadId });
      holds(sessionId === threadId, "the answer came in another thread");
      holds(text !== "", "the answer is empty");
      return short(text);
    },
  },
  {
    name: "stream text",
    from: "smoke",
    async run({ client, threadId, prompts }) {
      let pieces = 0;
      for await (const piece of client.responsesStreamText({ prompt: prompts.stream, sessionId: threadId }))
        if (piece !== "") pieces++;
      holds(pieces > 0, "no text came");
      return counted(pieces, "piece");
    },
  },
  {
    name: "stream events",
    from: "demo",
    async run({ client, threadId, prompts, onEvent }) {
      let [count, last] = [0, ""];
      for await (const event of client.responsesEvents({ prompt: prompts.events, sessionId: threadId })) {
        onEvent(event);
        count++;
        last = event.type;
      }
      holds(last === "turn/completed", `the last event is ${last}`);
      return counted(count, "event");
    },
  },
  {
    name: "read the thread",
    from: "demo",
    async run({ client, threadId }) {
      const thread = await client.threadRead(threadId);
      holds(thread.id === threadId, "it is another thread");
      return short(thread.preview);
    },
  },
  {
    name: "list threads",
    from: "demo",
    async run({ client }) {
      const threads = await client.threadList();
      return counted(threads.length, "thread");
    },
  },
  {
    name: "name the thread",
    from: "demo",
    run: async ({ client, threadId }) => void (await client.threadNameSet(threadId, "sdk demo")),
  },
  {
    name: "fork the thread",
    from: "demo",
    async run({ client, threadId }) {
      const { thread } = await client.threadFork(threadId, { excludeTurns: true });
      holds(thread.id !== threadId, "the fork is the thread itself");
      return thread.id;
    },
  },
  {
    name: "list loaded threads",
    from: "demo",
    async run({ client, threadId }) {
      const { data } = await client.threadLoadedList();
      holds(data.includes(threadId), "the thread is not among them");
      return counted(data.length, "thread");
    },
  },
  {
    name: "list skills",
    from: "demo",
    run: async ({ client }) =>
      counted((await client.skillsList()).data.flatMap(({ skills }) => skills).length, "skill"),
  },
  { name: "list apps", from: "demo", run: async ({ client }) => counted((await client.appList()).data.length, "app") },
  {
    name: "list models",
    from: "demo",
    run: async ({ client }) => counted((await client.modelList()).data.length, "model"),
  },
  { name: "read rate limits", from: "demo", run: async ({ client }) => void (await client.accountRateLimitsRead()) },
  {
    name: "read the account",
    from: "demo",
    async run({ client }) {
      const { account } = await client.accountRead();
      return account === null ? "nobody is signed in" : account.type;
    },
  },
  {
    name: "take one turn back",
    from: "full",
    run: async ({ client, threadId }) => void (await client.threadRollback(threadId, 1)),
  },
  { name: "review", from: "full", run: startReview },
  {
    name: "interrupt the review",
    from: "full",
    async run({ client, threadId, review }) {
      holds(review !== null, "there is no review");
      // Codex leaves an interrupt of a turn that ends by itself meanwhile without an answer.
      await Promise.race([interruptReview(client, threadId, review.turnId), review.ended]);
    },
  },
  {
    name: "wait for the review's end",
    from: "full",
    async run({ review }) {
      holds(review !== null, "there is no review");
      await review.ended;
    },
  },
  {
    name: "compact the thread",
    from: "full",
    async run(stage) {
      const ended = turnEnd(stage.client, stage.threadId, null);
      await stage.client.threadCompactStart(stage.threadId);
      await ended;
    },
  },
  { name: "read remote skills", from: "full", run: async ({ client }) => void (await client.skillsRemoteRead()) },
  {
    name: "archive the thread",
    from: "demo",
    run: async ({ client, threadId }) => void (await client.threadArchive(threadId)),
  },
  {
    name: "unarchive the thread",
    from: "demo",
    run: async ({ client, threadId }) => void (await client.threadUnarchive(threadId)),
  },
  { name: "switch a skill off", from: "demo", run: writeSkillConfig },
];

const order: readonly DemoMode[] = ["smoke", "demo", "full"];

export const casesOf = (mode: DemoMode): readonly DemoCase[] =>
  demoCases.filter(({ from }) => order.indexOf(from) <= order.indexOf(mode));

async function startReview(stage: DemoStage): Promise<string> {
  const { client, threadId } = stage;
  const target = { type: "custom" as const, instructions: "Say in one sentence what you would look at first." };
  const ended = turnEnd(client, threadId, () => stage.review?.turnId ?? null);
  const { turn } = await client.reviewStart(threadId, target);
  stage.review = { turnId: turn.id, ended };
  return turn.id;
}

/** Resolves with the end of a turn of the thread; `wanted` names the turn once it is known. */
function turnEnd(client: AppServerClient, threadId: string, wanted: (() => string | null) | null): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the turn did not end within ${turnEndMs / 1000} s`)), turnEndMs);
    late.unref();
    const stop = client.on("turn/completed", (event) => {
      const turnId = wanted?.() ?? event.turn.id;
      if (event.threadId !== threadId || event.turn.id !== turnId) return;
      clearTimeout(late);
      stop();
      resolve();
    });
  });
  ended.catch(() => {});
  return ended;
}

/** In a home that is thrown away, unless the real one is wanted; there the skill keeps the setting that it has. */
async function writeSkillConfig(stage: DemoStage): Promise<string> {
  if (stage.useRealHome) {
    const { data } = await stage.client.skillsList();
    const skill = data.flatMap(({ skills }) => skills)[0];
    if (skill === undefined) return "there is no skill";
    await stage.client.skillsConfigWrite(skill.path, skill.enabled);
    return `${skill.name} stays ${skill.enabled ? "on" : "off"}`;
  }
  const home = mkdtempSync(join(tmpdir(), "codex-agent-sdk-demo-"));
  const client = stage.elsewhere(home);
  try {
    const file = join(home, "skills", "demo", "SKILL.md");
    mkdirSync(join(home, "skills", "demo"), { recursive: true });
    writeFileSync(file, "---\nname: demo\ndescription: A skill of the demo.\n---\n\nNothing to do.\n");
    await client.skillsConfigWrite(file, false);
    return "in a home of its own";
  } finally {
    await client.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function holds(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

async function interruptReview(client: DemoStage["client"], threadId: string, turnId: string): Promise<void> {
  try {
    await client.turnInterrupt(threadId, turnId);
  } catch (error) {
    const { message } = error as Error;
    // A quick one is over by now.
    if (/no active turn/.test(message)) return;
    // Codex knows a review that has begun by the turn of its reviewer.
    const running = /but found `?([0-9a-f-]{36})/.exec(message)?.[1];
    if (running === undefined) throw error;
    await client.turnInterrupt(threadId, running);
  }
}
