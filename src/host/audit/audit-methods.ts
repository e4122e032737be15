import { knownSecrets } from "../../config/secrets/known-secrets.ts";
import type { Config } from "../../config/config.ts";
import { entryOf } from "../../journal/audit/audit-fold.ts";
import { readAudit } from "../../journal/audit/read-audit.ts";
import { allGrants } from "../../journal/ledger/grants.ts";
import type { Ledger } from "../../journal/ledger/ledger.ts";
import { allTrust } from "../../journal/ledger/trust.ts";
import type { Assessor } from "../../policy/effects/assessment.ts";
import { loadAssessor } from "../../policy/effects/assessor.ts";
import type { AuditEntry, AuditReport } from "../../protocol/audit.ts";
import { messageOf } from "../../protocol/errors.ts";
import { redactAll } from "../../protocol/secrets/redact.ts";
import type { System } from "../../system/ports.ts";

/** What threads did and who let them. `threadId`: that thread and its sub-agents alone. @throws AgentError `thread_not_found` */
export async function audit(
  threadId: string | null,
  config: Config,
  ledger: Ledger | null,
  system: System,
): Promise<AuditReport> {
  const { threads, older } = readAudit(system, config.homes, threadId);
  const grants = ledger === null ? [] : allGrants(ledger).filter(({ revokedAtMs }) => revokedAtMs !== null);
  for (const thread of threads) {
    for (const { id, revokedAtMs } of grants.filter((grant) => grant.threadId === thread.id)) {
      thread.entries.push(
        entryOf({ kind: "rights", atMs: revokedAtMs, what: `approval ${id} was taken back`, by: "person" }),
      );
    }
    thread.entries.sort((one, other) => (one.atMs ?? 0) - (other.atMs ?? 0));
  }
  await addEffects(
    threads.flatMap(({ entries }) => entries),
    config,
    system,
  );
  const others = threadId === null && ledger !== null ? trusted(ledger) : [];
  const known = knownSecrets({ variables: config.environment, settings: config.settings });
  return redactAll({ threads, others, older }, known);
}

const trusted = (ledger: Ledger): AuditEntry[] =>
  allTrust(ledger).map(({ project, key, hash, trustedAtMs }) =>
    entryOf({
      kind: "trust",
      atMs: trustedAtMs,
      what: `${key} of ${project} was trusted as it is (${hash.slice(0, 12)})`,
      decision: "allow",
      by: "person",
    }),
  );

/** What commands would touch is found out now: nobody pays for it while a turn runs. */
async function addEffects(entries: readonly AuditEntry[], config: Config, system: System): Promise<void> {
  const commands = entries.filter(({ argv, effects }) => argv !== null && effects === null);
  if (commands.length === 0) return;
  let assessor: Assessor;
  try {
    assessor = await loadAssessor(system.grammars);
  } catch {
    // Without the grammar nothing is told of them; the rest of the audit does not need it.
    return;
  }
  const { files, environment } = system;
  for (const entry of commands) {
    const place = { cwd: entry.cwd ?? config.cwd, home: environment.home, files, variables: config.environment };
    try {
      entry.effects = assessor.assess(entry.argv!, place).effects;
    } catch (error) {
      entry.effects = { reads: [], writes: [], hosts: [], signals: [], programs: [], unknown: [messageOf(error)] };
    }
  }
}
