import type { Peer } from "../client/in-memory.ts";
import type { IndexChange } from "../config/codex-index.ts";
import type { Config } from "../config/config.ts";
import { findHomes } from "../config/homes.ts";
import { RolloutStore } from "../journal/store.ts";
import type { DeskMethods } from "../protocol/desk.ts";
import type { GuardMethods } from "../protocol/guard-methods.ts";
import type { TurnInput } from "../kernel/turn-setup.ts";
import { AgentError } from "../protocol/errors.ts";
import type { AgentEvent } from "../protocol/events.ts";
import type { MethodName, Methods, ParamsOf, ResultOf } from "../protocol/methods.ts";
import { createIds } from "../system/ids.ts";
import type { SettingsMethods } from "../protocol/settings-methods.ts";
import type { System } from "../system/ports.ts";
import type { PreparedCommands } from "./commands/prepared-commands.ts";
import { CommandWalls } from "./walls/command-walls.ts";
import { LedgerKeeper } from "./guard/ledger-keeper.ts";
import { LeftBehind } from "./left-behind.ts";
import { Outlet, type Cleaner } from "./outlet.ts";
import type { GoalKeeper } from "./parts/part.ts";
import { catalogOf } from "./model/model-catalog.ts";
import { configure } from "./configure.ts";
import type { Caller, LiveThread, Opening } from "./thread/live-thread.ts";
import { openThread } from "./thread/open-thread.ts";
import type * as SettingsModule from "./settings/settings-methods.ts";
import { summaryOf, textOf } from "./stored-thread.ts";

async function readWorkspaceInfo(config: Config): Promise<ResultOf<"workspace/read">> {
  const { models } = await catalogOf(config);
  return {
    cwd: config.cwd,
    trust: config.trust,
    modelConfigured: config.hasAnyModelSetup,
    models: models.filter(({ listed }) => listed).map(({ name }) => name),
  };
}

const withClientId = (input: TurnInput, clientId: string | undefined): TurnInput =>
  clientId === undefined ? input : { ...input, clientId };

type Handlers = {
  [Name in Exclude<MethodName, keyof DeskMethods | keyof GuardMethods | keyof SettingsMethods>]: (
    params: ParamsOf<Name>,
  ) => Promise<ResultOf<Name>>;
};

const isOfSettings = (method: MethodName): method is keyof SettingsMethods =>
  /^(config|requirements|feature|profile|model|provider|account|skill)\/|^mcp\/(status|resource|call|login|login\/wait|reload)$/.test(
    method,
  );

const isOfDesk = (method: MethodName): method is keyof DeskMethods =>
  /^(section|attachment)\/|^thread\/(notes|annotate)$/.test(method);

const isOfGuard = (method: MethodName): method is keyof GuardMethods =>
  /^(hook|approval|content)\/|^(policy\/explain|usage\/read|audit\/read)$/.test(method);

/** For what a user has run, where they do not say. */
const longestUserCommandMs = 60 * 60 * 1000;

/** Threads that run, reached through the method table. */
class Host implements Peer {
  readonly #system: System;
  readonly #caller: Caller;
  readonly #ids;
  readonly #threads = new Map<string, LiveThread>();
  /** Threads of sub-agents, which other threads look after. */
  readonly #agents = new Map<string, { live: LiveThread; close: () => Promise<void> }>();
  readonly #listeners = new Set<(event: AgentEvent) => void>();
  readonly #leftBehind: LeftBehind;
  readonly #walls: CommandWalls;
  readonly #ledger: LedgerKeeper;
  readonly #closing = new AbortController();
  readonly #opening = new Set<Promise<LiveThread>>();
  #commands: Promise<PreparedCommands> | null = null;
  readonly #handlers: Handlers;
  readonly #outlet = new Outlet(
    (event) => this.#deliver(event),
    (event) => this.#cleaner(event.threadId),
  );

  constructor(system: System, caller: Caller) {
    this.#system = system;
    this.#caller = caller;
    this.#leftBehind = new LeftBehind(system);
    this.#walls = new CommandWalls(system);
    this.#ledger = new LedgerKeeper(system, () => this.#homes().runtime);
    this.#ids = createIds(system.clock, system.random);
    this.#handlers = {
      "thread/start": (options) => this.#open({ type: "new" }, options),
      "thread/resume": ({ threadId, ...options }) => this.#open({ type: "resume", threadId }, options),
      "thread/fork": ({ threadId, throughTurn, ...options }) =>
        this.#open(
          {
            type: "fork",
            threadId,
            warm: this.#threads.has(threadId),
            ...(throughTurn !== undefined && { throughTurn }),
          },
          options,
        ),
      "thread/find": async (lookup) => ({ threadId: this.#store().find(lookup) }),
      "thread/list": async ({ limit = 20, ...query }) => this.#store().list({ limit, ...query }),
      "thread/read": async ({ threadId }) => {
        const stored = this.#store().read(threadId);
        const { lastContext, turns, meta } = stored;
        return {
          thread: summaryOf(stored),
          turns,
          archived: meta.path.startsWith(`${this.#home()}/archived_sessions/`),
          model: lastContext?.model ?? null,
          reasoningEffort: lastContext?.effort ?? null,
          lastUsage: stored.lastUsage,
        };
      },
      "thread/search": async (params) => {
        const { searchThreads } = await import("./search-threads.ts");
        return searchThreads(this.#store(), params);
      },
      "thread/rename": async ({ threadId, name }) => {
        await this.#store().rename(threadId, name, this.#threads.has(threadId));
        await this.#tellCodex(threadId, { type: "named", name });
        return {};
      },
      "thread/archive": async ({ threadId }) => {
        await this.#closeThread(threadId);
        await this.#store().archive(threadId);
        await this.#tellMoved(threadId, true);
        return {};
      },
      "thread/unarchive": async ({ threadId }) => {
        await this.#store().unarchive(threadId);
        await this.#tellMoved(threadId, false);
        return {};
      },
      "thread/delete": async ({ threadId }) => {
        await this.#closeThread(threadId);
        await this.#store().delete(threadId);
        await this.#tellCodex(threadId, { type: "deleted" });
        await this.#forgetSnapshots(threadId);
        const ledger = await this.#ledger.existing();
        if (ledger !== null) (await import("../journal/ledger/desk/thread-notes.ts")).forgetNotes(ledger, threadId);
        return {};
      },
      "thread/rewind": async (params) => {
        const { checkRewind, rewind } = await import("./rewind/rewind-methods.ts");
        if (params.preview !== true) await this.#closeIdle(params.threadId, () => checkRewind(this.#system, params));
        const report = await rewind(this.#system, params);
        if (report.done && report.scope !== "files") await this.#tellMoved(params.threadId, false);
        return report;
      },
      "thread/revert": async ({ threadId, before }) => {
        const { options } = this.#live(threadId);
        const { turns } = this.#store().read(threadId);
        const kept = turns.findIndex(({ id }) => id === before);
        if (kept === -1) throw new AgentError("turn_not_found", `turn not found: ${before}`);
        await this.#closeThread(threadId);
        const { rewind } = await import("./rewind/rewind-methods.ts");
        try {
          await rewind(this.#system, { threadId, to: kept, scope: "chat" });
          await this.#tellMoved(threadId, false);
        } finally {
          await this.#open({ type: "resume", threadId }, options);
        }
        return this.#live(threadId).info;
      },
      "thread/inject": async ({ threadId, items }) => {
        this.#live(threadId).thread.note({
          elements: [],
          content: [],
          kinds: [],
          attachments: [],
          items: items.map((item) =>
            item.type === "message" && item.id === undefined ? { ...item, id: `msg_${this.#ids.uuid()}` } : item,
          ),
        });
        return {};
      },
      "thread/rewind/undo": async (params) => {
        const { checkUndo, undo } = await import("./rewind/rewind-methods.ts");
        if (params.preview !== true) await this.#closeIdle(params.threadId, () => checkUndo(this.#system, params));
        const report = await undo(this.#system, params);
        if (report.done && report.scope !== "files") await this.#tellMoved(params.threadId, false);
        return report;
      },
      "thread/diff": async (params) => {
        const { diff } = await import("./rewind/rewind-methods.ts");
        return diff(this.#system, params);
      },
      "thread/settings": async ({ threadId, whenBusy, ...settings }) => {
        const live = this.#live(threadId);
        if (whenBusy !== "hold" || live.thread.activeTurn === null) return live.change(settings);
        live.thread.hold(settings);
        return live.info;
      },
      "turn/queue": async ({ threadId }) => {
        const { thread } = this.#live(threadId);
        const [running = null, ...waiting] = thread.accepted.map(({ turnId, input }) => ({
          turnId,
          text: textOf(input.elements),
        }));
        return { running, waiting };
      },
      "command/run": async ({ threadId, command, timeoutMs = longestUserCommandMs }) => {
        const live = this.#live(threadId);
        const given = { id: this.#ids.uuid(), command, cwd: live.config.cwd, timeoutMs };
        // In a turn of its own it begins when what was set meanwhile holds.
        return live.thread.errand((turn) => live.exec.runForUser({ ...given, outputTokens: live.outputTokens }, turn));
      },
      "command/list": async ({ threadId }) => ({
        commands: this.#live(threadId)
          .exec.liveSessions()
          .map(({ id, callId, ...command }) => ({ id: String(id), itemId: callId, ...command })),
      }),
      "command/end": async ({ threadId, id }) => {
        const { exec } = this.#live(threadId);
        const ids = id === undefined ? exec.liveSessions().map((command) => command.id) : [Number(id)];
        return { ended: ids.filter((each) => exec.end(each)).length };
      },
      "workspace/read": async (options) => readWorkspaceInfo(await configure(options, this.#system)),
      "history/read": async ({ limit }) => {
        const { readInputHistory } = await import("../journal/input-history.ts");
        return { texts: readInputHistory(this.#system, this.#homes().codex, limit) };
      },
      "history/append": async ({ threadId, text }) => {
        const { homes, history } = this.#live(threadId).config;
        if (history.persistence === "none") return {};
        const { appendInputHistory } = await import("../journal/input-history.ts");
        appendInputHistory(this.#system, homes.codex, { threadId, text }, history.maxBytes);
        return {};
      },
      "agent/children": async ({ threadId }) => ({ agents: this.#live(threadId).agents() }),
      "thread/close": async ({ threadId }) => {
        this.#live(threadId);
        await this.#closeThread(threadId);
        return {};
      },
      "thread/instructions": async ({ threadId }) => {
        const { projectInstructions } = await import("./thread/project-instructions.ts");
        return { files: projectInstructions(this.#live(threadId).config).files };
      },
      "thread/redact": async ({ threadId, text }) => {
        this.#live(threadId);
        const clean = await this.#cleaner(threadId);
        return { text: clean(text) };
      },
      "thread/compact": async ({ threadId }) => this.#live(threadId).thread.compact(),
      "review/start": async ({ threadId, target }) => this.#live(threadId).review(target),
      "turn/start": async ({ threadId, input, clientId, ...options }) => {
        const live = this.#live(threadId);
        return live.thread.submit(withClientId(live.input(input), clientId), options);
      },
      "turn/steer": async ({ threadId, input, clientId, ...options }) => {
        const live = this.#live(threadId);
        return { turnId: live.thread.steer(withClientId(live.input(input), clientId), options) };
      },
      "turn/interrupt": async ({ threadId, ...options }) => {
        this.#live(threadId).thread.interrupt(options);
        return {};
      },
      "mcp/servers": async ({ threadId }) => ({ servers: (await this.#live(threadId).mcp?.servers()) ?? [] }),
      "mcp/prompt": async ({ threadId, server, name, arguments: args = {} }) => {
        const { mcp } = this.#live(threadId);
        if (mcp === null) throw new AgentError("usage", "no MCP server is configured");
        return { text: await mcp.prompt(server, name, args) };
      },
      "thread/goal/get": async ({ threadId }) => ({ goal: this.#goals(threadId).get() }),
      "thread/goal/set": async ({ threadId, ...change }) => ({ goal: this.#goals(threadId).set(change) }),
      "thread/goal/clear": async ({ threadId }) => ({ cleared: this.#goals(threadId).clear() }),
      "command/prepare": async (params) => (await this.#prepared()).prepare(params),
      "thread/import": async (params) => {
        const { importThread } = await import("./thread/import-thread.ts");
        return { threadId: await importThread(params, this.#caller, { system: this.#system, ids: this.#ids }) };
      },
      "command/release": async ({ commandId }) => {
        await (await this.#prepared()).release(commandId);
        return {};
      },
      "question/answer": async ({ threadId, questionId, answer }) => {
        this.#live(threadId).questions.answer(questionId, answer);
        return {};
      },
    };
  }

  async handle<Name extends MethodName>(method: Name, params: Methods[Name]["params"]): Promise<ResultOf<Name>> {
    try {
      if (isOfSettings(method)) return (await this.#settings(method, params as never)) as ResultOf<Name>;
      if (isOfDesk(method)) return (await this.#desk(method, params as never)) as ResultOf<Name>;
      if (isOfGuard(method)) return (await this.#guard(method, params as never)) as ResultOf<Name>;
      return (await this.#handlers[method as keyof Handlers](params as never)) as ResultOf<Name>;
    } catch (error) {
      if (error instanceof Error) error.message = (await this.#cleaner(null))(error.message);
      throw error;
    } finally {
      if (this.#outlet.waiting !== null) await this.#outlet.waiting;
    }
  }

  subscribe(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort(new AgentError("interrupted", "the program ends, and opens no thread any more"));
    await Promise.all([this.#closeThreads(), Promise.allSettled(this.#opening)]);
    // With those that were open before they heard of it.
    await Promise.all([this.#closeThreads(), this.#leftBehind.close()]);
    await (await this.#commands)?.close();
    await this.#walls.close();
    await this.#ledger.close();
  }

  async #open(opening: Opening, options: Parameters<typeof openThread>[1]): Promise<ResultOf<"thread/start">> {
    this.#closing.signal.throwIfAborted();
    const opened = openThread(opening, options, this.#caller, {
      system: this.#system,
      ids: this.#ids,
      leftBehind: this.#leftBehind,
      walls: this.#walls,
      ledger: this.#ledger,
      closing: this.#closing.signal,
      emit: (event) => this.#emit(event),
      adopt: (agent, close) => {
        const { threadId } = agent.info;
        this.#agents.set(threadId, { live: agent, close });
        const parent = agent.info.summary.origin.parentThreadId;
        if (parent !== null) this.#emit({ type: "agent.opened", threadId: parent, info: agent.info });
        return () => this.#agents.delete(threadId);
      },
    })
      .then((made) => (this.#threads.set(made.info.threadId, made), made))
      .finally(() => this.#opening.delete(opened));
    this.#opening.add(opened);
    const live = await opened;
    const { warnings, notices } = live.info;
    if (warnings.length === 0 && notices.length === 0) return live.info;
    const clean = await this.#cleaner(live.info.threadId);
    return { ...live.info, warnings: clean(warnings), notices: clean(notices) };
  }

  #prepared(): Promise<PreparedCommands> {
    this.#commands ??= import("./commands/prepared-commands.ts").then(
      ({ PreparedCommands: Prepared }) => new Prepared(this.#system, this.#walls),
    );
    return this.#commands;
  }

  #homes(): ReturnType<typeof findHomes> {
    return findHomes(this.#system.environment.variables);
  }

  /** Kept, for a login may wait for its end. */
  #settingsMethods: ReturnType<typeof SettingsModule.settingsMethods> | null = null;

  async #settings<Name extends keyof SettingsMethods>(method: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>> {
    const { settingsMethods } = await import("./settings/settings-methods.ts");
    this.#settingsMethods ??= settingsMethods({
      system: this.#system,
      ids: this.#ids,
      live: (threadId) => this.#live(threadId),
      threads: () => this.#threads.values(),
      cleaner: (threadId) => this.#cleaner(threadId),
    });
    return this.#settingsMethods[method](params);
  }

  async #desk<Name extends keyof DeskMethods>(method: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>> {
    const { deskHandlers } = await import("./desk/desk-methods.ts");
    const place = { ledger: await this.#ledger.get(), ids: this.#ids, clock: this.#system.clock };
    return deskHandlers[method](params, place) as ResultOf<Name>;
  }

  async #guard<Name extends keyof GuardMethods>(method: Name, params: ParamsOf<Name>): Promise<ResultOf<Name>> {
    const { guardHandlers } = await import("./guard/guard-methods.ts");
    const place = {
      system: this.#system,
      ids: this.#ids,
      walls: this.#walls,
      ledger: this.#ledger,
      codexHome: this.#homes().codex,
      grants: () => {
        const live = [...this.#threads, ...[...this.#agents].map(([id, agent]) => [id, agent.live] as const)];
        return new Map(live.map(([id, { approvals }]) => [id, approvals.grants]));
      },
    };
    return (await guardHandlers[method](params as never, place)) as ResultOf<Name>;
  }

  #store(): RolloutStore {
    return new RolloutStore(this.#system, this.#home());
  }

  /** Where the threads lie. */
  #home(): string {
    return this.#homes()[this.#caller.threads ?? "codex"];
  }

  async #tellCodex(threadId: string, change: IndexChange): Promise<void> {
    const { tellCodexIndex } = await import("../config/codex-index.ts");
    await tellCodexIndex(this.#homes().codex, threadId, change);
  }

  #tellMoved(threadId: string, archived: boolean): Promise<void> {
    const { path } = this.#store().read(threadId).meta;
    return this.#tellCodex(threadId, { type: "moved", path, archived });
  }

  /** A thread is closed in the middle of nothing, and not for what cannot be done. */
  async #closeIdle(threadId: string, check: () => Promise<void>): Promise<void> {
    const assertIdle = (): void => {
      // A turn whose end was told may still be about to leave.
      if ((this.#threads.get(threadId)?.thread.accepted.length ?? 0) === 0) return;
      throw new AgentError("thread_busy", "a turn runs; try again when it has ended");
    };
    assertIdle();
    await check();
    assertIdle();
    await this.#closeThread(threadId);
  }

  async #forgetSnapshots(threadId: string): Promise<void> {
    const { runtime } = this.#homes();
    if (this.#system.files.lstat(`${runtime}/rewind`) === null) return;
    const { forgetThread } = await import("../journal/rewind/tidy.ts");
    await forgetThread(this.#system, runtime, threadId);
  }

  async #closeThreads(): Promise<void> {
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    await Promise.all(threads.map((live) => live.close()));
  }

  /** Nothing, where it is not open here. */
  async #closeThread(threadId: string): Promise<void> {
    const live = this.#threads.get(threadId);
    this.#threads.delete(threadId);
    await live?.close();
    await this.#agents.get(threadId)?.close();
  }

  #goals(threadId: string): GoalKeeper {
    const { goals } = this.#live(threadId);
    if (goals === null) throw new AgentError("not_supported", "goals are switched off (features.goals = false)");
    return goals;
  }

  #live(threadId: string): LiveThread {
    const live = this.#threads.get(threadId) ?? this.#agents.get(threadId)?.live;
    if (live === undefined) throw new AgentError("thread_not_found", `thread not found: ${threadId}`);
    return live;
  }

  #emit(event: AgentEvent): void {
    this.#outlet.tell(event);
  }

  /** Knows the secrets of the environment, of the stored login and, where it is open, of the thread's configuration. */
  async #cleaner(threadId: string | null): Promise<Cleaner> {
    const [{ redactAll }, { knownSecrets }] = await Promise.all([
      import("../protocol/secrets/redact.ts"),
      import("../config/secrets/known-secrets.ts"),
    ]);
    const live = threadId === null ? undefined : (this.#threads.get(threadId) ?? this.#agents.get(threadId)?.live);
    const { variables } = this.#system.environment;
    const known = knownSecrets({
      variables: live?.config.environment ?? variables,
      ...(live !== undefined && { settings: live.config.settings }),
    });
    return (value) => redactAll(value, known);
  }

  /** A listener that throws costs itself the event, and nobody else anything. */
  #deliver(event: AgentEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // Nobody is left to tell.
      }
    }
  }
}

export const createHost = (system: System, caller: Caller): Peer => new Host(system, caller);
