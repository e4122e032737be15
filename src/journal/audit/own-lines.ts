import type { AuditEntry } from "../../protocol/audit.ts";
import {
  arrayOf,
  isObject,
  type JsonObject,
  numberOr,
  objectOr,
  stringOr,
} from "../../protocol/codex-0.169/rollout.ts";
import { noEffects, type Effects } from "../../protocol/effects.ts";

/** Where lines of ours are told of. */
export interface AuditScene {
  call(callId: string): AuditEntry;
  /** A script has called that tool to type into a running command. */
  typed(callId: string, tool: string | null, text: string): void;
  note(entry: Partial<AuditEntry> & Pick<AuditEntry, "kind" | "what">): void;
  setMode(mode: string | null): void;
}

const strings = (value: unknown): string[] => arrayOf(value).filter((each) => typeof each === "string");

/** Takes in what a line of ours says; lines of other kinds say nothing here. */
export function applyOwnLine(payload: JsonObject, scene: AuditScene): void {
  const callId = stringOr(payload["call_id"]);
  const rule = stringOr(payload["rule"]);
  const reason = stringOr(payload["reason"]);
  switch (payload["type"]) {
    case "decided":
      if (callId === null) return;
      Object.assign(scene.call(callId), {
        decision: payload["decision"] === "deny" ? "deny" : "allow",
        by: deciderOf(rule),
        rule,
        reason,
      });
      return;
    case "call_rejected": {
      if (callId === null) return;
      const entry = scene.call(callId);
      entry.tool ??= stringOr(payload["tool"]);
      entry.decision = "deny";
      entry.outcome = "refused";
      entry.reason ??= stringOr(payload["message"]);
      return;
    }
    case "typed":
      if (callId !== null) scene.typed(callId, stringOr(payload["tool"]), stringOr(payload["text"]) ?? "");
      return;
    case "call_repaired":
      if (callId !== null) scene.call(callId).reason ??= `repaired: ${stringOr(payload["detail"]) ?? ""}`;
      return;
    case "approval_decided":
      if (callId !== null) applyAnswer(payload, scene.call(callId));
      return;
    case "rights_granted":
      scene.note({
        kind: "rights",
        what: JSON.stringify(payload["rights"] ?? {}),
        callId,
        decision: "allow",
        by: "person",
        scope: stringOr(payload["scope"]),
      });
      return;
    case "walls": {
      const mode = stringOr(payload["mode"]);
      const rung = stringOr(payload["rung"]);
      const lacks = strings(payload["lacks"]);
      scene.setMode(mode);
      const without = lacks.length === 0 ? "" : `, which do not hold: ${lacks.join(", ")}`;
      const walls = rung === null ? "commands run without walls" : `commands run in the walls of ${rung}${without}`;
      scene.note({ kind: "walls", what: mode === null ? walls : `mode ${mode}; ${walls}` });
      return;
    }
    case "host": {
      const hosts = hostsIn([payload]);
      const [host] = hosts;
      if (host === undefined) return;
      const what = `${host.host}:${host.port}`;
      const decision = host.refusal === null ? "allow" : "deny";
      scene.note({ kind: "host", what, hosts, decision, by: "rule", rule: "network", reason: host.refusal });
      return;
    }
    case "trial":
      if (callId !== null) applyTrial(payload, scene.call(callId), rule, reason);
  }
}

function deciderOf(rule: string | null): AuditEntry["by"] {
  if (rule === "hook") return "hook";
  if (rule?.startsWith("approval:")) return "grant";
  return "rule";
}

function applyAnswer(payload: JsonObject, entry: AuditEntry): void {
  const asked = objectOr(payload["asked"]);
  const by = objectOr(payload["by"]);
  entry.decision = payload["decision"] === "allow" ? "allow" : "deny";
  entry.by = by?.["type"] === "reviewer" ? "reviewer" : "person";
  entry.rule = stringOr(asked?.["rule"]) ?? entry.rule;
  entry.reason = stringOr(by?.["rationale"]) ?? stringOr(asked?.["reason"]);
  const scope = stringOr(payload["scope"]);
  entry.scope = scope === "once" ? null : scope;
  entry.effects = effectsIn(asked?.["effects"]);
  if (payload["decision"] === "cancel") entry.outcome = "the turn was stopped instead of an answer";
}

function applyTrial(payload: JsonObject, entry: AuditEntry, rule: string | null, reason: string | null): void {
  const said = { kept: "kept", dropped: "dropped", unchanged: "changed nothing" };
  const outcome = said[payload["outcome"] as keyof typeof said] ?? "ended";
  const files = strings(payload["files"]);
  const count = numberOr(payload["file_count"]) ?? files.length;
  entry.outcome = [
    entry.outcome,
    `trial: ${outcome}${count > 0 ? ` (${count} ${count === 1 ? "file" : "files"})` : ""}`,
  ]
    .filter((each) => each !== null && each !== "answered")
    .join("; ");
  // A trial that was dropped has changed nothing.
  entry.files = outcome === "kept" ? files : [];
  entry.hosts = hostsIn(arrayOf(payload["hosts"]));
  if (outcome === "dropped") entry.decision = "deny";
  entry.rule = rule ?? entry.rule;
  if (entry.by === "default" && rule !== null && !/^(mode|sandbox):/.test(rule)) entry.by = deciderOf(rule);
  entry.reason = reason ?? entry.reason;
}

const hostsIn = (list: readonly unknown[]): AuditEntry["hosts"] =>
  list.filter(isObject).flatMap((each) => {
    const host = stringOr(each["host"]);
    const port = numberOr(each["port"]);
    return host === null || port === null ? [] : [{ host, port, refusal: stringOr(each["refusal"]) }];
  });

function effectsIn(value: unknown): Effects | null {
  const given = objectOr(value);
  if (given === null) return null;
  const kinds = Object.keys(noEffects) as (keyof Effects)[];
  return Object.fromEntries(kinds.map((kind) => [kind, strings(given[kind])])) as unknown as Effects;
}
