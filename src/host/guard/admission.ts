import type { Config } from "../../config/config.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { System } from "../../system/ports.ts";
import type { LedgerKeeper } from "./ledger-keeper.ts";
import { ruleFiles } from "./rule-places.ts";

/** What of a configuration counts. */
export interface Admission {
  /** Without what a project brings and nobody has trusted; its notices say so. */
  readonly config: Config;
  /** Whether a rule file with this text may let commands out of the sandbox. */
  lifts(file: string, text: string): boolean;
  /** Whether an MCP server may start now: one that a project brings only as long as it is what was trusted, its files too. */
  readonly mayStart: (server: string) => boolean;
}

/** Looks closer only where a project brings anything at all. */
export async function admit(config: Config, system: System, ledger: LedgerKeeper): Promise<Admission> {
  const own = `${config.homes.codex}/rules/`;
  const brings =
    config.trust === "trusted" &&
    ([...config.origins.values()].some(({ kind }) => kind === "project") ||
      ruleFiles(config, system.files).some((file) => !file.startsWith(own)));
  if (!brings) return { config, lifts: (file) => file.startsWith(own), mayStart: () => true };
  const { projectContent, rulesHash, rulesKey, serverKey, withoutUntrusted } = await import("./project-content.ts");
  const { known, problem } = await ledger.existing().then(
    (found) => ({ known: found, problem: [] }),
    (error: unknown) => ({ known: null, problem: [`What was trusted cannot be read: ${messageOf(error)}`] }),
  );
  const content = projectContent(config, known, system);
  const { config: left, skipped } = withoutUntrusted(config, content);
  const trusted = new Set(content.flatMap(({ key, hash, state }) => (state === "trusted" ? [`${key} ${hash}`] : [])));
  return {
    config: skipped.length === 0 ? left : { ...left, notices: [...left.notices, ...problem, ...skipped] },
    lifts: (file, text) => file.startsWith(own) || trusted.has(`${rulesKey(file, config)} ${rulesHash(text)}`),
    mayStart(server) {
      const now = projectContent(config, null, system).find(({ key }) => key === serverKey(server));
      return now === undefined || trusted.has(`${now.key} ${now.hash}`);
    },
  };
}
