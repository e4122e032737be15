import type { JournalRecord } from "../../kernel/journal-port.ts";
import type { CallRequest } from "../../kernel/turn-setup.ts";
import type { Decision } from "../../policy/action.ts";
import type { Standing } from "../../policy/sandbox/ladder.ts";
import { missingWalls, wallNames } from "../../policy/sandbox/strength.ts";
import type { AuditNote } from "../../protocol/audit.ts";
import type { Permissions } from "../../protocol/permissions.ts";
import type { Verdict } from "../../protocol/verdict.ts";
import type { HostTry } from "../../system/ports.ts";

const mostHosts = 200;
/** What mode and sandbox say by themselves is told by the settings of the turn. */
const byDefault = /^(sandbox|mode):/;

const wallsKey = (sandbox: Standing["sandbox"], mode: Permissions["mode"]): string =>
  `${sandbox?.rung ?? ""} ${mode ?? ""}`;

/** Journals what the audit could not tell otherwise; of what was decided by default, nothing. */
export class AuditNotes {
  readonly #keep: (record: JournalRecord) => void;
  readonly #hosts = new Set<string>();
  /** Null where it is not known what the journal says. */
  #told: string | null;

  /** `begun`: the journal has turns of before. */
  constructor(keep: (record: JournalRecord) => void, begun: boolean) {
    this.#keep = keep;
    // Without a word of ours there is no mode of ours, and no walls.
    this.#told = begun ? null : wallsKey(null, undefined);
  }

  /** Before a command runs; what has not changed is noted once. */
  walls(turnId: string, { sandbox }: Standing, { mode }: Permissions): void {
    const key = wallsKey(sandbox, mode);
    if (key === this.#told) return;
    this.#told = key;
    const lacks = sandbox === null ? [] : missingWalls(sandbox.strength, wallNames).map(({ name }) => name);
    this.#note({
      type: "walls",
      turn_id: turnId,
      ...(mode !== undefined && { mode }),
      ...(sandbox !== null && { rung: sandbox.rung }),
      ...(lacks.length > 0 && { lacks }),
    });
  }

  /** A decision that nobody was asked for; `hooked`: a hook made it. */
  decided(request: CallRequest, verdict: Verdict | null, decision: Decision, hooked: boolean): void {
    const rule = hooked ? "hook" : verdict?.rule;
    if (rule === undefined || byDefault.test(rule)) return;
    const said = hooked && decision.type === "deny" ? decision.message : null;
    const reason = said ?? (hooked ? "a hook answered in the user's place" : (verdict?.reason ?? ""));
    const { turnId, callId } = request;
    this.#note({ type: "decided", turn_id: turnId, call_id: callId, decision: decision.type, rule, reason });
  }

  /** What commands ask for is theirs to choose: each host is noted once, and not without end. */
  host({ host, port, refusal }: HostTry): void {
    const key = `${host} ${port} ${refusal ?? ""}`;
    if (this.#hosts.has(key) || this.#hosts.size >= mostHosts) return;
    this.#hosts.add(key);
    this.#note({ type: "host", host, port, ...(refusal !== null && { refusal }) });
  }

  #note(note: AuditNote): void {
    this.#keep({ type: "audit.noted", note });
  }
}
