import { projectInstructions } from "./thread/project-instructions.ts";
import type { Config } from "../config/config.ts";
import { valueAt } from "../config/toml/toml-values.ts";
import { skillsText } from "../config/instructions/skills-text.ts";
import { contextBlocks } from "../kernel/context/context-blocks.ts";
import { permissionsBlock, type RightsFacts } from "../kernel/context/permissions.ts";
import type { JournalRecord } from "../kernel/journal-port.ts";
import type { CallRequest, TurnSetup } from "../kernel/turn-setup.ts";
import { effectiveWindow, windowOf, type Catalog, type ModelInfo } from "../model/catalog.ts";
import type { ModelClient, ReasoningSettings } from "../model/model-client.ts";
import type { Action, Asked, Decision } from "../policy/action.ts";
import { decide, type PolicyContext } from "../policy/decide.ts";
import type { Standing } from "../policy/sandbox/ladder.ts";
import type { Surroundings } from "../policy/sandbox/walls.ts";
import type { WallName } from "../policy/sandbox/strength.ts";
import type { Permissions } from "../protocol/permissions.ts";
import { namedUuid } from "../system/hash.ts";
import { baseName } from "../system/paths.ts";
import type { System } from "../system/ports.ts";
import type { Verdict } from "../protocol/verdict.ts";
import type { Approvals } from "./guard/approvals.ts";
import type { Guard } from "./guard/guard.ts";
import type { AuditNotes } from "./guard/audit-notes.ts";
import { weakness, type CommandWalls } from "./walls/command-walls.ts";
import { findTool, isTool } from "../kernel/tool-offer.ts";
import type { ToolCallItem } from "../protocol/response-items.ts";
import type { Tool } from "../tools/tool.ts";
import type { ThreadPart } from "./parts/part.ts";
import { compactionSetup } from "./compaction-setup.ts";
import { serviceTier } from "./model/service-tier.ts";
import { requestIdentity, type IdentityFacts } from "./model/request-identity.ts";
import { findSkills, skillWarnings } from "./skills.ts";
import type { ThreadTools } from "./thread-tools.ts";
import { userShell } from "./user-shell.ts";

/** The walls that a thread's commands run in. */
export interface ThreadWalls {
  /** Begun when the thread opens, where commands have walls at all. */
  /** `granted`: with the network, as far as it can be had. */
  standing(granted: boolean): Promise<Standing>;
  readonly required: readonly WallName[];
  /** Of the machine, for commands that need others. */
  readonly machine: CommandWalls;
  /** Told once, when the first command is about to run in walls that lack something. */
  warn(message: string): void;
}

const noWalls: Standing = { sandbox: null, why: "none were asked for" };

/** What stays the same over the turns of a thread. */
export interface ThreadFacts {
  threadId: string;
  config: Config;
  model: ModelInfo;
  client: ModelClient;
  /** Name of the provider as it is recorded. */
  provider: string;
  baseInstructions: string;
  /** The base prompt of `model`, which may have changed since the thread was begun. */
  modelInstructions: string;
  /** What the user has been told of skills that cannot be used. */
  toldProblems: Set<string>;
  /** The models that are known. */
  catalog: Catalog;
  /** The base prompt that the thread was begun with; null when that is not known, or there is none yet. */
  firstInstructions: string | null;
  tools: ThreadTools;
  parts: readonly ThreadPart[];
  walls: ThreadWalls;
  surroundings: Surroundings;
  approvals: Approvals;
  guard: Guard;
  audit: AuditNotes;
  keep(record: JournalRecord): void;
  /** Tells the user something that is no failure. */
  notify(message: string): void;
  identity: Omit<IdentityFacts, "model" | "effort" | "permissions" | "autoReviewRequired">;
}

/** Tokens of one output when neither the call nor the configuration says. */
const defaultOutputTokens = 10_000;

export const outputTokensOf = ({ config, model }: Pick<ThreadFacts, "config" | "model">): number =>
  config.toolOutputTokenLimit ?? model.outputTokens ?? defaultOutputTokens;

/** Characters that the list of skills may take: what was said, else a fiftieth of the window. */
const skillBudget = ({ skillTokens, contextWindow }: Config, model: ModelInfo): number =>
  4 * (skillTokens ?? Math.floor(windowOf(contextWindow, model) / 50));

/** Looks at the machine anew for the next turn: AGENTS.md files, skills, date. */
export async function setUpTurn(facts: ThreadFacts, system: System, signal: AbortSignal): Promise<TurnSetup> {
  const { config, model } = facts;
  for (const part of facts.parts) await part.prepareTurn?.(signal);
  const { clock } = system;
  const hooks = facts.parts.find((part) => part.hooks !== undefined)?.hooks;
  const permissionsFor = (turnId: string): Permissions =>
    facts.parts.reduce((held, part) => part.permissions?.(held, turnId) ?? held, config.permissions);
  const instructions = projectInstructions(config);
  const { skills, problems } = findSkills(config);
  const reasoning = reasoningOf(config, model);
  const { permissions } = config;
  // Where nobody is asked, nothing leaves the sandbox.
  const asks = permissions.approvalPolicy !== "never" && permissions.sandbox !== "danger-full-access";
  if (asks) await facts.approvals.readRules();
  const rights = (): RightsFacts => ({
    cwd: config.cwd,
    permissions,
    approvedPrefixes: asks ? facts.approvals.prefixes : [],
  });
  const identity: IdentityFacts = {
    ...facts.identity,
    permissions: config.permissions,
    model: model.name,
    autoReviewRequired: model.autoReviewRequired,
    effort: reasoning?.effort ?? null,
  };
  return {
    cwd: config.cwd,
    provider: facts.provider,
    model,
    client: facts.client,
    reasoning,
    verbosity: config.verbosity ?? model.defaultVerbosity,
    serviceTier: serviceTier(config, model),
    permissions: config.permissions,
    permissionsFor,
    tellsInterrupts: valueAt(config.settings, ["agents", "interrupt_message"]) !== false,
    baseMessageId: `msg_${namedUuid(`${facts.threadId} base instructions`)}`,
    baseInstructions: facts.baseInstructions,
    context: [
      ...contextBlocks({
        ...rights(),
        shell: baseName(userShell(system)),
        date: localDate(clock.now()),
        timeZone: clock.timeZone(),
        model: model.name,
        baseInstructions: facts.modelInstructions,
        developerInstructions: config.developerInstructions,
        agentsMd: instructions.body === null ? null : { directory: instructions.directory, text: instructions.body },
        skills: config.includeSkills ? skillsText(skills, skillBudget(config, model)) : null,
        includeSkills: config.includeSkills,
        includeEnvironment: config.includeEnvironmentContext,
        includePermissions: config.includePermissions,
        mode: config.includeCollaborationMode
          ? { mode: config.collaborationMode, words: model.collaboration, instructions: config.modeInstructions }
          : null,
      }),
      ...facts.parts.flatMap((part) => part.context?.() ?? []),
    ],
    ...(asks && config.includePermissions && { changing: () => [permissionsBlock(rights())] }),
    live: () => facts.parts.flatMap((part) => part.live?.() ?? []),
    mode: config.collaborationMode,
    modeInstructions: config.modeInstructions,
    askedEffort: (config.collaborationMode === "plan" ? config.planReasoningEffort : null) ?? config.reasoningEffort,
    contextWindow: effectiveWindow(windowOf(config.contextWindow, model), model.effectivePercent),
    outputTokens: outputTokensOf(facts),
    compaction: compactionSetup(facts, (former) => reasoningOf(config, former)),
    warnings: [...instructions.warnings, ...skillWarnings(problems, facts.toldProblems)],
    tools: () => facts.tools.visible(),
    lateTool: (call, aborted) => lateTool(facts, call, aborted),
    ask: (turnId, question, signal) => facts.approvals.questions.ask(turnId, question, signal),
    ...(hooks !== undefined && { hooks }),
    decide: async (action, request) => {
      const walled = action.kind === "command" && config.permissions.sandbox !== "danger-full-access";
      const permissions = permissionsFor(request.turnId);
      const standing = walled ? await facts.walls.standing(permissions.granted?.network === true) : noWalls;
      const warning = weakness(standing, facts.walls.required);
      if (warning !== null) facts.walls.warn(warning);
      if (action.kind === "command") facts.audit.walls(request.turnId, standing, permissions);
      const context = { ...facts.surroundings, permissions, standing, required: facts.walls.required };
      const { judged, verdict } = await judgeAction(facts, action, context, request.turnId);
      const settle: Settle = async (open, about, asking, why) => {
        let hooked = false;
        const before = async (asked: Asked): Promise<Decision | null> => {
          if (hooks === undefined) return null;
          const { askHooks } = await import("./hooks/permission.ts");
          const planning = config.collaborationMode === "plan";
          const scene = { model: model.name, cwd: config.cwd, permissions, planning };
          const decided = await askHooks(hooks, asked, about, asking, scene);
          hooked = decided !== null;
          return decided;
        };
        const ask = hooks === undefined ? undefined : before;
        const decision = await facts.approvals.settle(open, about, asking, ask, why);
        if (hooked || open.type !== "ask") facts.audit.decided(asking, why, decision, hooked);
        return decision;
      };
      if (verdict !== null && config.codexAgent["trial"] === "unknown") {
        const { tryFirst } = await import("./trial/turn-trial.ts");
        const place = { ...facts, surroundings: context, walls: facts.walls.machine, system };
        const tried = await tryFirst(action, judged, verdict, request, {
          ...place,
          async judgeWrite(paths, question, asks) {
            const write = { kind: "write", paths } as const;
            const said = await judgeAction(facts, write, context, request.turnId);
            const open =
              asks && said.judged.type === "allow" ? { type: "ask" as const, allowed: said.judged } : said.judged;
            const decision = await settle(open, write, { ...request, question }, said.verdict);
            return { decision, verdict: said.verdict };
          },
        });
        if (tried !== null) return tried;
      }
      return settle(judged, action, request, verdict);
    },
    identify: (turn) => requestIdentity(identity, turn),
  };
}

type Settle = (
  judged: Decision | Asked,
  action: Action,
  request: CallRequest,
  verdict: Verdict | null,
) => Promise<Decision>;

/** By sandbox and approval policy alone, where nothing else stands around the action. */
async function judgeAction(
  { guard, config, notify, approvals }: ThreadFacts,
  action: Action,
  context: PolicyContext,
  turnId: string,
): Promise<{ judged: Decision | Asked; verdict: Verdict | null }> {
  if (!guard.concerns(action, config)) return { judged: decide(action, context), verdict: null };
  const { outcome, verdict, notice } = await approvals.consider(turnId, (granted) =>
    guard.judge(action, config, context, false, granted),
  );
  if (notice !== null) notify(notice);
  return { judged: outcome, verdict };
}

/** A call in a group that is still on its way waits for it: a resumed thread may know its tools of old. */
async function lateTool(facts: ThreadFacts, call: ToolCallItem, signal: AbortSignal): Promise<Tool | null> {
  const namespace = call.type === "function_call" ? call.namespace : null;
  const coming = facts.parts.flatMap((part) => part.comingNamespaces?.() ?? []);
  if (!namespace || !coming.includes(namespace)) return null;
  await Promise.all(facts.parts.map((part) => part.complete?.(signal)));
  return findTool(facts.tools.visible().filter(isTool), call);
}

function reasoningOf(config: Config, model: ModelInfo): ReasoningSettings | null {
  const planned = config.collaborationMode === "plan" ? config.planReasoningEffort : null;
  const effort = planned ?? config.reasoningEffort ?? model.defaultEffort;
  const summary = config.reasoningSummary ?? model.defaultSummary;
  const reasoning: ReasoningSettings = {
    ...(effort !== null && { effort }),
    ...(summary !== null && summary !== "none" && { summary }),
    ...(model.reasoningContext !== null && { context: model.reasoningContext }),
  };
  return Object.keys(reasoning).length === 0 ? null : reasoning;
}

function localDate(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
