import type { Effects } from "../../protocol/effects.ts";
import type { Action, Asked, Decision } from "../action.ts";
import type { Assessment } from "../effects/assessment.ts";
import { type EngineContext, type Findings, isEscalated, outsideRoots, realWrites, toolOf } from "./findings.ts";
import { matchesHost, mayMatchHost, type NetworkRules } from "./network.ts";
import type { Opinion } from "./opinion.ts";

/** Plan mode only looks: what is known to do more is not even tried. */
export function planOpinion(findings: Findings): Opinion | null {
  if (findings.context.mode !== "plan") return null;
  const does = doing(findings);
  if (does === null) return null;
  return {
    decision: "deny",
    rule: "mode:plan",
    reason: `plan mode only looks, and ${does}`,
    outside: false,
    wayOut: null,
  };
}

/** What is known to be more than looking; null where nothing is. */
function doing({ action, effects, assessment, context }: Findings): string | null {
  const [path] = realWrites(effects);
  const host = unreachable(effects, context);
  if (isEscalated(action)) return "this asks to leave the sandbox";
  if (action.kind === "mcp") return action.changes ? `${action.tool} may change something` : null;
  if (action.kind === "write" || path !== undefined) return `this would write ${path ?? "files"}`;
  if (host !== undefined) return `this would reach ${host === "*" ? "some host" : host}`;
  if (effects.signals.length > 0) return "this would signal processes";
  return assessment?.danger === "destructive" ? "what this takes away does not come back" : null;
}

/** What is known to need more than the sandbox gives is asked about at once, not after it has failed. */
export function escapeOpinion({ action, effects, assessment, context }: Findings): Opinion | null {
  const { mode } = context;
  if ((mode !== "auto" && mode !== "ask") || action.kind !== "command" || assessment === null) return null;
  const [path] = outsideRoots(realWrites(effects), context);
  const host = unreachable(effects, context);
  const past = assessment.danger === "destructive" && (realWrites(effects).length === 0 || effects.unknown.length > 0);
  const asks = (reason: string, outside: boolean, hint = ""): Opinion => ({
    decision: "ask",
    rule: `mode:${mode}`,
    reason,
    outside,
    wayOut: `${hint}--mode full asks nothing.`,
  });
  if (path !== undefined) {
    return asks(`it would write ${path}, outside of the writable folders`, true, "--add-dir makes a folder writable; ");
  }
  if (host !== undefined) {
    const named = host === "*" ? "some host" : host;
    const hint = "[codex_agent.network] allow names hosts; ";
    return asks(`it would reach ${named}, and the sandbox has no way there`, true, hint);
  }
  if (effects.signals.length > 0) return asks("it would signal processes outside of the sandbox", true);
  return past ? asks(assessment.reasons.at(-1) ?? "what it takes away does not come back", false) : null;
}

/** A host that a command is known to need and cannot have. That of one which may reach some host, or do without, is left to the walls. */
function unreachable({ hosts, unknown }: Effects, { permissions, network }: EngineContext): string | undefined {
  if (permissions.networkAccess || permissions.granted?.network === true) return undefined;
  const certain = unknown.length === 0 ? hosts : hosts.filter((host) => host !== "*");
  // The walls hold it to the port.
  const reachable = (host: string, { allow, deny }: NetworkRules): boolean =>
    allow.some((pattern) => mayMatchHost(host, pattern)) && !deny.some((pattern) => matchesHost(host, pattern));
  return certain.find((host) => network === null || !reachable(host, network));
}

export function askModeOpinion({ action, assessment, context }: Findings): Opinion | null {
  if (context.mode !== "ask") return null;
  const harmless =
    action.kind === "command"
      ? assessment?.danger === "none" && !action.escalate
      : action.kind === "mcp"
        ? !action.changes
        : action.kind !== "write" && !(action.kind === "stdin" && action.text !== "");
  if (harmless) return null;
  const reason = assessment?.reasons[0] ?? "it is not known to be harmless";
  return {
    decision: "ask",
    rule: "mode:ask",
    reason,
    outside: isEscalated(action),
    wayOut: "--mode auto runs unasked what the sandbox holds.",
  };
}

export const harmlessly = (opinion: Opinion, assessment: Assessment | null): Opinion =>
  assessment?.danger === "none" ? { ...opinion, reason: "it only reads and says something" } : opinion;

/** What sandbox and approval policy say by themselves. */
export function baseOpinion(base: Decision | Asked, action: Action, { mode, permissions }: EngineContext): Opinion {
  const rule = mode === null ? `sandbox:${permissions.sandbox}` : `mode:${mode}`;
  if (base.type === "deny")
    return {
      decision: "deny",
      rule: `sandbox:${permissions.sandbox}`,
      reason: base.message,
      outside: false,
      wayOut: null,
    };
  if (base.type === "allow") {
    const held = action.kind === "command" && base.enclose !== null;
    const free =
      permissions.sandbox === "danger-full-access"
        ? "nothing is asked with full access"
        : "it does nothing that has to be asked about";
    return {
      decision: "allow",
      rule,
      reason: held ? "the sandbox holds what it does" : free,
      outside: !held,
      wayOut: null,
    };
  }
  const outside = "--mode full asks nothing, and a rule with outside = true allows it.";
  if (action.kind === "command") {
    return { decision: "ask", rule, reason: "it asks to run outside of the sandbox", outside: true, wayOut: outside };
  }
  if (action.kind === "mcp") {
    const reason = `its server does not say that ${action.tool} only reads`;
    return {
      decision: "ask",
      rule,
      reason,
      outside: false,
      wayOut: `A rule with tool = "${toolOf(action)}" allows it.`,
    };
  }
  const reason = "it writes outside of the writable folders";
  return { decision: "ask", rule, reason, outside: false, wayOut: `--add-dir makes a folder writable; ${outside}` };
}
