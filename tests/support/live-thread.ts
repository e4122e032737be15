import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "../../src/client/client.ts";
import { inMemory } from "../../src/client/in-memory.ts";
import { createHost } from "../../src/host/host.ts";
import type { AgentEvent } from "../../src/protocol/events.ts";
import type { ThreadInfo, ThreadOptions } from "../../src/protocol/methods.ts";
import { nodeSystem } from "../../src/system/node.ts";
import type { Clock, System } from "../../src/system/ports.ts";
import { startFakeModel, type FakeModel, type FakeModelOptions, type Script } from "./fake-model.ts";
import { configFile, makeStage, type Stage, type StageOptions } from "./run.ts";

/** A thread of a host in this process, with a person at it, a scripted model behind it and homes of its own. */
export interface LiveThread {
  readonly client: Client;
  readonly info: ThreadInfo;
  readonly model: FakeModel;
  readonly stage: Stage;
  /** Everything that was told, in order. */
  readonly events: readonly AgentEvent[];
  /** Runs a turn to its end and returns its last event. */
  say(text: string): Promise<AgentEvent>;
  /** The next event that fits, from the first one on that was not waited for yet. */
  next<Type extends AgentEvent["type"]>(type: Type): Promise<Extract<AgentEvent, { type: Type }>>;
  close(): Promise<void>;
}

const ends = new Set(["turn.completed", "turn.failed", "turn.interrupted"]);

export async function startLiveThread(
  script: Script,
  {
    stage: stageOptions = {},
    thread = {},
    on,
    clock,
    machine: other = {},
    facts = {},
  }: {
    stage?: StageOptions;
    thread?: ThreadOptions;
    /** A stage that is there already, with another model behind it now; it is left to whoever made it. */
    on?: Stage;
    clock?: Clock;
    /** Ports that stand in for those of this machine. */
    machine?: Partial<System>;
    /** What the model's server tells of itself. */
    facts?: FakeModelOptions["facts"];
  } = {},
): Promise<LiveThread> {
  const model = await startFakeModel(script, { facts });
  const stage = on ?? (await makeStage({ baseUrl: model.baseUrl, ...stageOptions }));
  if (on !== undefined) await writeFile(join(on.codexHome, "config.toml"), configFile(model.baseUrl, stageOptions));
  const machine = nodeSystem();
  const environment = { ...machine.environment, variables: stage.env, home: stage.home, temporaryDirectory: stage.tmp };
  const caller = { originator: "tests", client: "tests", source: "cli", demoWhenUnconfigured: false };
  const client = new Client(
    inMemory(createHost({ ...machine, environment, ...(clock && { clock }), ...other }, caller)),
  );
  const close = async (): Promise<void> => {
    await client.close();
    await model.close();
    if (on === undefined) await stage.dispose();
  };
  const info = await client.call("thread/start", { cwd: stage.workspace, ...thread }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const events: AgentEvent[] = [];
  const waiting: { fits: (event: AgentEvent) => boolean; resolve: (event: AgentEvent) => void }[] = [];
  let looked = 0;
  client.subscribe(info.threadId, (event) => {
    events.push(event);
    const found = waiting.findIndex(({ fits }) => fits(event));
    if (found < 0) return;
    looked = events.length;
    waiting.splice(found, 1)[0]?.resolve(event);
  });
  const wait = (fits: (event: AgentEvent) => boolean): Promise<AgentEvent> => {
    const index = events.findIndex((event, at) => at >= looked && fits(event));
    if (index < 0) return new Promise((resolve) => waiting.push({ fits, resolve }));
    looked = index + 1;
    return Promise.resolve(events[index]!);
  };
  return {
    client,
    info,
    model,
    stage,
    events,
    async say(text) {
      const end = wait((event) => ends.has(event.type));
      await client.call("turn/start", { threadId: info.threadId, input: [{ type: "text", text }] });
      return end;
    },
    next: <Type extends AgentEvent["type"]>(type: Type) =>
      wait((event) => event.type === type) as Promise<Extract<AgentEvent, { type: Type }>>,
    close,
  };
}
