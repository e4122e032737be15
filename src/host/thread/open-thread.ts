import type { JournalRecord, NewThread, StoredThread } from "../../kernel/journal-port.ts";
import { Thread } from "../../kernel/thread.ts";
import { RolloutStore } from "../../journal/store.ts";
import { effectiveWindow, windowOf } from "../../model/catalog.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { ThreadInfo, ThreadOptions } from "../../protocol/methods.ts";
import { configure } from "../configure.ts";
import { admit } from "../guard/admission.ts";
import { Approvals } from "../guard/approvals.ts";
import { AuditNotes } from "../guard/audit-notes.ts";
import type { RulePlace } from "../guard/command-rules.ts";
import { Guard } from "../guard/guard.ts";
import { openRules, ruleFiles } from "../guard/rule-places.ts";
import { installationId } from "../installation-id.ts";
import { orphansWarning } from "../left-behind.ts";
import { chooseInstructions, chooseModel, modelWarnings } from "../model/choose-model.ts";
import { instructionsOf } from "../model/model-catalog.ts";
import { loadParts } from "../parts/load-parts.ts";
import type { Inherited, PartPlace, ThreadPart } from "../parts/part.ts";
import { Questions } from "../questions.ts";
import { withPreparations } from "../rewind/before-effects.ts";
import { attachedSkills } from "../skills.ts";
import { newSummary, summaryOf } from "../stored-thread.ts";
import { createThreadTools } from "../thread-tools.ts";
import { turnInput } from "../turn-input.ts";
import { outputTokensOf, setUpTurn, type ThreadFacts } from "../turn-setup.ts";
import { innerWalls, sandboxSettings, surroundings } from "../walls/command-walls.ts";
import { GatedWalls, gateTalk } from "../walls/gated-walls.ts";
import { readWorkspace } from "../workspace.ts";
import type { Caller, Descent, LiveThread, Machine, Opening } from "./live-thread.ts";
import { Metering } from "./metering.ts";
import { openJournal } from "./open-journal.ts";
import { settingsFacts } from "./settings-facts.ts";
import { tuner, type Footing } from "./tuning.ts";

/**
 * Opens a thread: configuration, model, journal, tools. What it has begun when something fails is ended again.
 * @throws AgentError with what to tell the user.
 */
export async function openThread(
  opening: Opening,
  options: ThreadOptions,
  caller: Caller,
  machine: Machine,
  inherited: Descent | null = null,
): Promise<LiveThread> {
  let end = async (): Promise<void> => {};
  try {
    return await assemble({ opening, options, caller, machine, inherited }, (close) => (end = close));
  } catch (error) {
    await end();
    throw error;
  }
}

interface Asked {
  readonly opening: Opening;
  readonly options: ThreadOptions;
  readonly caller: Caller;
  readonly machine: Machine;
  readonly inherited: Descent | null;
}

/** `closes` hears what ends everything that there is by then. */
async function assemble(
  { opening, options, caller, machine, inherited }: Asked,
  closes: (close: () => Promise<void>) => void,
): Promise<LiveThread> {
  const { system, ids } = machine;
  const admission = await admit(inherited?.config ?? (await configure(options, system)), system, machine.ledger);
  const footing: Footing = { options, admission };
  let { config } = admission;
  if (options.requireRepository && inherited === null && !config.insideGitRepository && config.trust !== "trusted") {
    throw new AgentError("usage", "Not inside a trusted directory and --skip-git-repo-check was not specified.");
  }
  const rulePlace: RulePlace = {
    codexHome: config.homes.codex,
    files: system.files,
    sources: () => ruleFiles(config, system.files),
    lifts: (file, text) => footing.admission.lifts(file, text),
    warn: (message) => facts.notify(message),
  };
  const rules = await openRules(rulePlace);
  const guard = new Guard({ system, codexRules: () => facts.approvals.rules });
  await guard.check(config);
  const [{ demo, model, provider, client: connected, catalog }, workspace] = await Promise.all([
    chooseModel(options, config, caller, machine),
    inherited !== null
      ? inherited.workspace
      : config.insideGitRepository
        ? readWorkspace(config.cwd, system, config.projectRoot === null ? [] : [config.projectRoot])
        : null,
  ]);
  const metering = new Metering({ system, ids, warn: (message) => facts.notify(message) }, inherited?.meter ?? null);
  const client = await metering.wrap(connected, config);
  const born = inherited?.born ?? null;
  const newThread: NewThread = {
    id: born?.threadId ?? ids.uuid(),
    windowId: born?.windowId ?? ids.uuid(),
    cwd: config.cwd,
    originator: caller.originator,
    source: caller.source,
    ...(options.threadSource !== undefined && { threadSource: options.threadSource }),
    modelProvider: provider,
    baseInstructions: {
      text: instructionsOf(config, model),
      model: config.modelInstructions === null ? model.name : null,
    },
    git: workspace?.git ?? null,
    ephemeral: options.ephemeral === true,
    ...(options.tools && born === null && { clientTools: options.tools }),
    ...(born !== null && { agent: born.origin }),
    ...(born?.seed && { copiedFromId: born.origin.parentThreadId }),
  };
  const store = new RolloutStore(system, config.homes[caller.threads ?? "codex"]);
  const { journal, stored } = await openJournal(opening, newThread, store);
  closes(() => journal.close());
  const keep = (record: JournalRecord): void => void journal.append([record]);
  const resumed = inherited === null && opening.type === "resume" ? stored?.lastContext : null;
  const collaborationMode = options.collaborationMode ?? resumed?.mode ?? config.collaborationMode;
  const modeInstructions =
    options.collaborationMode === undefined ? (resumed?.modeInstructions ?? null) : (options.modeInstructions ?? null);
  if (collaborationMode !== config.collaborationMode || modeInstructions !== config.modeInstructions) {
    config = { ...config, collaborationMode, modeInstructions };
  }
  // A fork's source may be at work.
  const orphans = opening.type === "resume" && stored !== null ? machine.leftBehind.end(stored.children) : 0;
  machine.leftBehind.look(store, new Set([journal.threadId]));
  const agent = stored?.meta.agent ?? newThread.agent ?? null;
  const questions = new Questions(journal.threadId, ids, machine.emit, options.unattended === true, system.clock);
  const parts: ThreadPart[] = [];
  const tools = createThreadTools(config, model, system, () => parts);
  if (config.permissions.sandbox !== "danger-full-access") void machine.walls.find(config);
  const { require: required } = sandboxSettings(config);
  const audit = new AuditNotes(keep, opening.type === "resume");
  const talk = gateTalk(
    (message) => machine.emit({ type: "warning", threadId: journal.threadId, message }),
    (attempt) => audit.host(attempt),
  );
  const gated = new GatedWalls(machine.walls, system, talk);
  const facts: ThreadFacts = {
    threadId: journal.threadId,
    config,
    model,
    client,
    provider,
    catalog,
    baseInstructions: chooseInstructions(config, model, stored),
    modelInstructions: instructionsOf(config, model),
    toldProblems: new Set(),
    firstInstructions: stored?.meta.baseInstructions ?? null,
    tools,
    parts,
    surroundings: surroundings(config, system),
    approvals: new Approvals(
      {
        questions,
        rules: rulePlace,
        door: caller.client,
        async grants() {
          const { Grants } = await import("../guard/grants.ts");
          const { ledger } = machine;
          const place = {
            system,
            ids,
            ledger,
            threadId: journal.threadId,
            warn: (message: string) => facts.notify(message),
          };
          return new Grants({ ...place, cwd: () => facts.config.cwd });
        },
        effectsOf: (action) => guard.effectsOf(action, facts.config),
        keep,
        reviewer() {
          if (facts.config.permissions.reviewer === undefined) return null;
          return async (question, { turnId, signal }) => {
            const { toldReview } = await import("../guard/reviewer/told-review.ts");
            const { threadId } = journal;
            const place = { facts, system, ids, past: () => journal.past(), keep, threadId, emit: machine.emit };
            return toldReview(question, { turnId, signal }, place);
          };
        },
      },
      rules,
    ),
    guard,
    audit,
    keep,
    notify: (message) => machine.emit({ type: "warning", threadId: journal.threadId, message }),
    walls: {
      standing: (granted) => gated.standing(facts.config, granted),
      required,
      machine: machine.walls,
      warn: once((message) => machine.emit({ type: "warning", threadId: journal.threadId, message })),
    },
    identity: {
      installationId: installationId(config.homes.codex, system.files, ids),
      threadId: journal.threadId,
      contextWindowId: stored?.meta.windowId ?? newThread.windowId,
      historyInitialization: born?.seed
        ? "warm_fork"
        : opening.type === "new"
          ? "new"
          : opening.type === "resume"
            ? "cold_resume"
            : opening.warm === true
              ? "warm_fork"
              : "cold_fork",
      forkedFromId: stored?.meta.forkedFromId ?? null,
      forkedFromOrdinal: stored?.meta.forkedFromOrdinal ?? null,
      threadSource: agent === null ? threadSourceOf(opening, options, stored) : "subagent",
      agent,
      workspace,
    },
  };
  const tuning = tuner(footing, facts, { caller, machine, metering });
  const { emit } = machine;
  const thread = new Thread(
    {
      clock: system.clock,
      random: system.random,
      ids,
      journal,
      async setUp(signal, settings) {
        tools.exec.warmUp();
        const changed = Object.keys(settings).length === 0 ? null : await tuning.tune(settings);
        if (changed === null) await tuning.settled();
        else emit({ type: "settings.changed", threadId: journal.threadId, info: { ...describe(), ...changed } });
        signal.throwIfAborted();
        const setup = withPreparations(await setUpTurn(facts, system, signal), parts);
        return changed === null ? setup : { ...setup, warnings: [...changed.warnings, ...setup.warnings] };
      },
      emit(event) {
        const ends =
          event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.interrupted";
        const told = ends ? { ...event, backgroundCommands: tools.exec.liveSessions().length } : event;
        emit(told);
        for (const part of parts) {
          try {
            part.observe?.(told);
          } catch (error) {
            // The parts behind it hear of it all the same.
            facts.notify(messageOf(error));
          }
        }
      },
    },
    stored,
    born?.seed ?? null,
  );
  const close = async (): Promise<void> => {
    thread.stop();
    // What the turn still uses, a server that an interrupt hook calls for one, is there until it has ended.
    await Promise.all([thread.idle(), ...parts.map((part) => part.stop?.())]);
    await Promise.all(parts.map((part) => part.close?.()));
    await tools.exec.close();
    await gated.close();
    facts.approvals.close();
    await thread.close();
  };
  closes(close);
  footing.options = { ...options, collaborationMode, modeInstructions };
  const openAgent = (
    agentOpening: Opening,
    from: Inherited,
    hear: (event: AgentEvent) => void,
  ): Promise<LiveThread> => {
    // An agent works for its parent, and begins nothing by itself.
    const passive = { ...footing.options, continueGoals: false, wakeOnExit: false };
    const descent = { ...from, workspace, meter: metering.meter };
    return openThread(agentOpening, passive, caller, { ...machine, emit: hear }, descent);
  };
  const place: PartPlace = {
    threadId: thread.id,
    get config() {
      return facts.config;
    },
    get model() {
      return facts.model;
    },
    get client() {
      return facts.client;
    },
    get catalog() {
      return facts.catalog;
    },
    system,
    ids,
    questions,
    get options() {
      return footing.options;
    },
    opening: opening.type,
    clientName: caller.originator,
    path: journal.path,
    agent,
    forkedAgent: agent !== null && (born === null ? (stored?.meta.forkedFromId ?? null) !== null : born.seed !== null),
    tree: inherited?.tree ?? null,
    windowId: facts.identity.contextWindowId,
    store,
    stored,
    past: () => journal.past(),
    keep,
    mayStart: admission.mayStart,
    closing: machine.closing,
    innerWalls: async () => innerWalls(await machine.walls.find(facts.config), facts.surroundings),
    emit,
    thread: () => thread,
    guestTools: caller.tools === undefined ? null : () => caller.tools?.() ?? [],
    openAgent(agentOpening, from, hear) {
      return openAgent(agentOpening, from, (event) => {
        hear(event);
        emit(event);
      });
    },
    adopt: (live, close) => machine.adopt(live, close),
  };
  await loadParts(place, parts);
  const summary = stored === null ? newSummary(newThread, journal.path, system.clock.now()) : summaryOf(stored);
  const describe = (): Omit<ThreadInfo, "warnings" | "notices"> => ({
    threadId: journal.threadId,
    summary,
    cwd: facts.config.cwd,
    model: facts.model.name,
    provider: facts.provider,
    permissions: facts.config.permissions,
    collaborationMode: facts.config.collaborationMode,
    reasoningEffort: facts.config.reasoningEffort,
    reasoningSummary: facts.config.reasoningSummary,
    contextWindow: effectiveWindow(windowOf(facts.config.contextWindow, facts.model), facts.model.effectivePercent),
    ...settingsFacts(facts.config),
    path: journal.path,
    usage: thread.usage,
  });
  const mcp = parts.find((part) => part.mcp !== undefined)?.mcp ?? null;
  return {
    thread,
    questions,
    approvals: facts.approvals,
    mcp,
    goals: parts.find((part) => part.goals !== undefined)?.goals ?? null,
    get config() {
      return facts.config;
    },
    exec: tools.exec,
    get outputTokens() {
      return outputTokensOf(facts);
    },
    get options() {
      return footing.options;
    },
    async change(settings) {
      const running = thread.activeTurn;
      const tuned = await tuning.tune(settings, () => {
        // One that has begun since waits for this.
        if (running === null || thread.activeTurn !== running) return;
        throw new AgentError(
          "thread_busy",
          "settings cannot change while a turn runs or waits; try again when it has ended",
        );
      });
      const changed = { ...describe(), ...tuned };
      emit({ type: "settings.changed", threadId: journal.threadId, info: changed });
      return changed;
    },
    info: {
      ...describe(),
      warnings: [
        ...config.notices,
        ...(stored?.warnings ?? []),
        ...(orphans > 0 ? [orphansWarning(orphans)] : []),
        ...parts.flatMap((part) => part.warnings ?? []),
        ...modelWarnings(model, demo, opening.type === "resume" ? stored : null),
      ],
      notices: config.warnings,
    },
    async reloadServers() {
      if (mcp === null) return;
      const { reloadServers } = await import("./reload-servers.ts");
      const notices = await reloadServers(mcp, footing.options, machine);
      for (const notice of notices) if (!config.notices.includes(notice)) facts.notify(notice);
    },
    async review(target) {
      const { startReview } = await import("../review/start-review.ts");
      const { config: now, model: chosen } = facts;
      const open = (from: Inherited, hear: (event: AgentEvent) => void): Promise<LiveThread> =>
        openAgent({ type: "new" }, from, hear);
      return startReview(target, { thread, config: now, model: chosen.name, agent, system, ids, open });
    },
    agents: () => parts.flatMap((part) => part.agents?.() ?? []),
    input: (elements) =>
      turnInput(elements, {
        cwd: facts.config.cwd,
        files: system.files,
        imageDetail: facts.model.imageDetail,
        attachments: (text, chosen) => attachedSkills(facts.config, text, chosen),
      }),
    async close() {
      await close();
      await Promise.all(parts.map((part) => part.ended?.()));
      if (inherited === null) await metering.meter?.close();
    },
  };
}

/** Whoever says nothing is a user's; a thread that is opened again stays what it was. */
function threadSourceOf(opening: Opening, options: ThreadOptions, stored: StoredThread | null): string | null {
  if (options.threadSource === undefined) return "user";
  return opening.type === "resume" && stored !== null ? stored.meta.threadSource : options.threadSource;
}

function once(tell: (message: string) => void): (message: string) => void {
  let told = false;
  return (message) => {
    if (!told) tell(message);
    told = true;
  };
}
