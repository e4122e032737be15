import type { Config } from "../../config/config.ts";
import { isTable } from "../../config/toml/toml-values.ts";
import type { Action } from "../../policy/action.ts";
import type { PolicyContext } from "../../policy/decide.ts";
import type { Assessor, Place } from "../../policy/effects/assessment.ts";
import type { EngineContext } from "../../policy/engine/findings.ts";
import type { Judgement } from "../../policy/engine/judge.ts";
import { realTarget } from "../../policy/paths.ts";
import type { CodexRules } from "../../policy/rules/codex-rules.ts";
import type { OwnRule } from "../../policy/rules/own-rules.ts";
import type { Effects } from "../../protocol/effects.ts";
import type { Grant } from "../../protocol/grants.ts";
import type { System } from "../../system/ports.ts";

export interface GuardPlace {
  readonly system: System;
  /** Codex's rule files as they are held now; null where there are none. */
  codexRules(): CodexRules | null;
}

/** A yes from before that covers the action, `outside` of the sandbox where that is asked for; null: none does. */
export type GrantedBefore = (action: Action, effects: Effects, outside: boolean) => Grant | null;
const nothingGranted: GrantedBefore = () => null;

/** What stands around a thread's actions beside sandbox and approval policy; nothing of it is loaded where nothing does. */
export class Guard {
  readonly #place: GuardPlace;
  #own: { sources: Config["ownRules"]; rules: readonly OwnRule[] } | null = null;
  #assessor: Assessor | null = null;
  #judge: ((action: Action, context: EngineContext) => Judgement) | null = null;

  constructor(place: GuardPlace) {
    this.#place = place;
  }

  /** @throws AgentError `config` where a rule or a list of hosts means nothing. */
  async check(config: Config): Promise<void> {
    if (config.ownRules.length > 0) await this.#ownRules(config);
  }

  /** Whether anything but sandbox and approval policy could decide. */
  concerns(action: Action, { permissions, ownRules, codexAgent }: Config): boolean {
    if (action.kind === "none") return false;
    if (permissions.mode !== undefined || ownRules.length > 0 || isTable(codexAgent["network"])) return true;
    if (action.kind !== "command") return false;
    return (this.#place.codexRules()?.prefixes.length ?? 0) > 0 || mayForceRemoval(action.argv);
  }

  /** `explains`: what the text of a command tells is found out also where nothing depends on it. */
  async judge(
    action: Action,
    config: Config,
    context: PolicyContext,
    explains = false,
    granted = nothingGranted,
  ): Promise<Judgement> {
    const { codexRules } = this.#place;
    const mode = context.permissions.mode ?? null;
    const network = isTable(config.codexAgent["network"])
      ? (await import("../walls/command-gate.ts")).networkSettings(config)
      : null;
    const ownRules = await this.#ownRules(config);
    const matters = explains || mode !== null || ownRules.length > 0 || network !== null;
    const assesses = action.kind === "command" && matters;
    const assessor = assesses ? await this.#loadAssessor() : null;
    this.#judge ??= (await import("../../policy/engine/judge.ts")).judge;
    return this.#judge(action, {
      ...context,
      mode,
      network,
      ownRules,
      codexRules: codexRules() ?? noRules,
      assess: (argv, cwd) => assessor?.assess(argv, this.#placeOf(cwd, config)) ?? null,
      granted,
    });
  }

  /** What a command would touch, for whoever is asked about it where nothing else depends on that. */
  async effectsOf({ argv, cwd }: Extract<Action, { kind: "command" }>, config: Config): Promise<Effects> {
    return (await this.#loadAssessor()).assess(argv, this.#placeOf(cwd, config)).effects;
  }

  #placeOf(cwd: string, { environment }: Config): Place {
    const { environment: machine, files } = this.#place.system;
    return { cwd, home: machine.home, files, variables: environment };
  }

  async #ownRules({ ownRules: sources, cwd }: Config): Promise<readonly OwnRule[]> {
    if (sources.length === 0) return [];
    if (this.#own?.sources !== sources) {
      const { readOwnRules } = await import("../../policy/rules/own-rules.ts");
      const { environment, files } = this.#place.system;
      const real = (path: string): string | null => realTarget(path, files);
      this.#own = { sources, rules: readOwnRules(sources, { base: real(cwd) ?? cwd, home: environment.home, real }) };
    }
    return this.#own.rules;
  }

  async #loadAssessor(): Promise<Assessor> {
    if (this.#assessor === null) {
      const { loadAssessor } = await import("../../policy/effects/assessor.ts");
      this.#assessor = await loadAssessor(this.#place.system.grammars);
    }
    return this.#assessor;
  }
}

const noRules: CodexRules = { prefixes: [], executables: new Map() };

/** Cheap: whether it is worth a closer look. */
const mayForceRemoval = (argv: readonly string[]): boolean => argv.some((word) => /\brm\b/.test(word));
