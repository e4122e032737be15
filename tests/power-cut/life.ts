import { listRollouts } from "../../src/journal/rollout-files.ts";
import { RolloutStore } from "../../src/journal/store.ts";
import type { Journal, JournalRecord, NewThread, OpenThread } from "../../src/kernel/journal-port.ts";
import { ScriptedModel } from "../../src/model/scripted-model.ts";
import type { ResponseItem } from "../../src/protocol/response-items.ts";
import { nodeFiles } from "../../src/system/node-files.ts";
import { createIds, type Ids } from "../../src/system/ids.ts";
import type { AppendFile, System } from "../../src/system/ports.ts";
import type { Effect, Tool } from "../../src/tools/tool.ts";
import { bench, call, FakeClock, input, say, tool } from "../kernel/kit.ts";
import { Dice } from "../support/dice.ts";
import { Client, fileFaults, holesIn } from "./client.ts";
import { type DiskOptions, SimulatedDisk } from "./simulated-disk.ts";
import { fileContent } from "./simulated-file.ts";
import { fsyncSync, mkdirSync, mount, openDescriptors, openSync } from "./system-calls.ts";

/** A fault of the product, made by hand, to see whether it would be noticed. */
export type Mistake = "no sync at the end" | "no sync before a call" | "no sync of folders" | "no cut at a hole";

const home = "/home/user/.codex";
/** Several lives of one machine, each ended by a power cut or the end of the process at a step that the seed picks. */
export async function live(seed: number, mistake?: Mistake): Promise<Client> {
  const dice = new Dice(seed);
  const client = new Client();
  const clock = new FakeClock();
  const machine = new Machine(dice, clock, client, mistake);
  for (let generation = 2 + dice.below(2); generation > 0; generation--) {
    await machine.runUntilStopped(10 + dice.below(dice.pick([25, 60, 140])));
  }
  await machine.runToTheEnd();
  return client;
}

const openUncut = (path: string, mode?: number): AppendFile => ({
  ...nodeFiles.openAppend(path, mode),
  truncate: () => undefined,
});

class Machine {
  readonly #dice: Dice;
  readonly #clock: FakeClock;
  readonly #client: Client;
  readonly #mistake: Mistake | undefined;
  readonly #ids: Ids;
  readonly #random = {
    bytes: (count: number): Uint8Array => Uint8Array.from({ length: count }, () => this.#dice.below(256)),
  };
  #disk = new SimulatedDisk();
  #threadId: string | null = null;
  #calls = 0;

  constructor(dice: Dice, clock: FakeClock, client: Client, mistake: Mistake | undefined) {
    this.#dice = dice;
    this.#clock = clock;
    this.#client = client;
    this.#mistake = mistake;
    this.#ids = createIds(clock, this.#random);
    this.#start(new SimulatedDisk());
    // The user's home has been there for long.
    for (const folder of ["/home", "/home/user"]) mkdirSync(folder);
    for (const folder of ["/", "/home"]) fsyncSync(openSync(folder, "r"));
  }

  async runUntilStopped(steps: number): Promise<void> {
    const killed = this.#dice.chance(25);
    this.#start(
      killed ? this.#disk.afterKill(this.#options(steps)) : this.#disk.afterPowerCut(this.#dice, this.#options(steps)),
    );
    const opened = await this.#open();
    if (opened) await this.#converse(opened, 1 + this.#dice.below(3));
  }

  /** One more start that nothing disturbs: what is there now must be sound. */
  async runToTheEnd(): Promise<void> {
    this.#start(this.#disk.afterPowerCut(this.#dice, this.#options()));
    const opened = await this.#open();
    if (opened === null) return this.#client.fault("the thread cannot be opened in the end");
    const { turns } = this.#client;
    await this.#converse(opened, 1);
    if (this.#client.turns !== turns + 1) this.#client.fault("the last turn did not end");
    if (openDescriptors() > 0) this.#client.fault("a descriptor is still open");
    const id = opened.journal.threadId;
    this.#client.checkThread(this.#store().read(id), this.#allText());
    const text = this.#text(opened.journal.path);
    for (const fault of fileFaults(text)) this.#client.fault(fault);
    this.#client.holes = holesIn(text);
  }

  #options(stopAfter?: number): DiskOptions {
    return { ...(stopAfter !== undefined && { stopAfter }), forgetsFolders: this.#mistake === "no sync of folders" };
  }

  #start(disk: SimulatedDisk): void {
    this.#disk = disk;
    disk.now = () => this.#clock.now();
    mount(disk);
  }

  #text(path: string | null): string {
    const node = path === null ? null : this.#disk.find(path);
    return node?.kind === "file" ? fileContent(node) : "";
  }

  /** What is in the files of the thread and of those that it was forked from. */
  #allText(): string {
    const files = listRollouts(nodeFiles, `${home}/sessions`);
    return files.map(({ path }) => this.#text(path)).join("\n");
  }

  #store(): RolloutStore {
    const held = new Set<string>();
    const system: System = {
      clock: this.#clock,
      random: this.#random,
      files: this.#mistake === "no cut at a hole" ? { ...nodeFiles, openAppend: openUncut } : nodeFiles,
      processes: {
        pid: 1,
        isAlive: () => false,
        userId: null,
        seemFree: () => [],
        endOrphans: () => ({ count: 0, done: Promise.resolve() }),
        run: () => Promise.reject(new Error("no program is expected to be run")),
        pipe: () => Promise.reject(new Error("no program is expected to be run")),
        runGroup: () => Promise.reject(new Error("no program is expected to be run")),
        lockHolder: () => null,
        lock: async (path) => {
          if (held.has(path)) return null;
          held.add(path);
          return { release: async () => void held.delete(path) };
        },
      },
      folders: () => Promise.reject(new Error("no folder is expected to be looked through")),
      databases: { open: () => Promise.reject(new Error("no database is expected to be opened")) },
      gates: { open: () => Promise.reject(new Error("no host is expected to be allowed")) },
      grammars: { shell: () => Promise.reject(new Error("no shell line is expected to be read")) },
      environment: {
        variables: {},
        platform: "linux",
        architecture: "x64",
        home: "/home/user",
        temporaryDirectory: "/tmp",
        loginShell: null,
      },
    };
    return new RolloutStore(system, home);
  }

  /** Null when the machine stopped meanwhile. */
  async #open(): Promise<(OpenThread | { journal: Journal; thread: null }) | null> {
    const store = this.#store();
    if (this.#threadId !== null) {
      try {
        const forked = this.#dice.chance(15);
        const opened = forked
          ? await store.fork(this.#threadId, this.#newThread(this.#ids.uuid()))
          : await store.resume(this.#threadId);
        this.#threadId = opened.journal.threadId;
        this.#client.checkThread(opened.thread, this.#allText());
        return { journal: this.#withMistake(opened.journal), thread: opened.thread };
      } catch (error) {
        if (this.#disk.stopped) return null;
        if (this.#client.holdsPromises) this.#client.fault(`the thread does not open: ${String(error)}`);
      }
    }
    this.#threadId = this.#ids.uuid();
    const journal = store.create(this.#newThread(this.#threadId));
    return { journal: this.#withMistake(journal), thread: null };
  }

  #newThread(id: string): NewThread {
    return {
      id,
      cwd: "/work",
      originator: "test",
      source: "exec",
      modelProvider: "acted",
      baseInstructions: { text: "Base. ".repeat(this.#dice.below(400)), model: null },
      git: null,
      windowId: this.#ids.uuid(),
    };
  }

  async #converse(
    { journal, thread: stored }: OpenThread | { journal: Journal; thread: null },
    turns: number,
  ): Promise<void> {
    const disk = this.#disk;
    const model = new ScriptedModel(Array.from({ length: turns }, () => this.#script()).flat());
    const table = bench({
      client: model,
      clock: this.#clock,
      ids: this.#ids,
      stored,
      journal: () => journal,
      context: [],
      tools: this.#tools(disk),
      emit: (event) => {
        if (!disk.stopped) this.#client.hear(event);
      },
    });
    for (let turn = 0; turn < turns; turn++) {
      table.thread.submit(input(this.#words()));
      await table.thread.idle();
      if (disk.stopped) break;
    }
    await table.thread.close().catch((error: unknown) => {
      if (!disk.stopped) this.#client.fault(`closing failed: ${String(error)}`);
    });
  }

  /** The responses of one turn: some with calls, the last without. */
  #script(): ((request: { input: readonly ResponseItem[] }) => ResponseItem[])[] {
    const responses = Array.from({ length: this.#dice.below(3) }, () => true);
    return [...responses, false].map((withCalls) => ({ input }) => {
      if (!this.#disk.stopped) this.#client.checkRequest(input);
      const items: ResponseItem[] = [say(this.#words(), `msg_${this.#ids.uuid()}`)];
      if (withCalls) {
        for (let count = 1 + this.#dice.below(4); count > 0; count--) {
          items.push(call(`c${++this.#calls}x`, this.#dice.pick(Object.keys(effects)), { words: this.#words() }));
        }
      }
      return items;
    });
  }

  #words(): string {
    const words = `w${this.#dice.below(1_000_000)} `;
    return words.repeat(1 + this.#dice.below(this.#dice.pick([2, 20, 150])));
  }

  #tools(disk: SimulatedDisk): Tool[] {
    return Object.entries(effects).map(([name, { effect, parallel }]) =>
      tool(
        name,
        async (_, { callId, items }) => {
          if (disk.stopped) return "";
          this.#client.ran(callId, effect);
          const item = { type: "toolCall", id: callId, tool: name, arguments: {}, result: null } as const;
          items.started({ ...item, status: "inProgress" });
          for (let wait = this.#dice.below(4); wait > 0; wait--) await new Promise((next) => setImmediate(next));
          items.completed({ ...item, status: "completed", result: this.#words() });
          return this.#words();
        },
        { effect, parallel },
      ),
    );
  }

  #withMistake(journal: Journal): Journal {
    if (this.#mistake !== "no sync at the end" && this.#mistake !== "no sync before a call") return journal;
    const forgotten = this.#mistake === "no sync at the end" ? "turn.completed" : "call.started";
    let last: JournalRecord["type"] | undefined;
    return {
      threadId: journal.threadId,
      path: journal.path,
      append: (records) => {
        last = records.at(-1)?.type ?? last;
        return journal.append(records);
      },
      nextSequence: () => journal.nextSequence(),
      past: () => journal.past(),
      sync: async () => (last === forgotten ? undefined : journal.sync()),
      close: () => journal.close(),
    };
  }
}

const effects: Record<string, { effect: Effect; parallel: boolean }> = {
  change: { effect: "once", parallel: true },
  changeAlone: { effect: "once", parallel: false },
  again: { effect: "repeatable", parallel: true },
  look: { effect: "none", parallel: true },
};
