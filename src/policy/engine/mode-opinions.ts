import type { Action, Asked, Decision } from "../action.ts";
import type { Assessment } from "../effects/assessment.ts";
import { type EngineContext, type Findings, isEscalated, outsideRoots, realWrites, toolOf } from "./findings.ts";
import { judgeHost } from "./network.ts";
import type { Opinion } from "./opinion.ts";

/** Plan mode only looks: what is known to do more is not even tried. */
export function planOpinion({ action, effects, assessment, context }: Findings): Opinion | null {
  if (context.mode !== "plan") return null;
  const does =
    isEscalated(action) || (action.kind === "mcp" && action.changes)
      ? "this does more"
      : action.kind === "write" || realWrites(effects).length > 0
        ? `this would write ${(effects.writes[0] ?? "files").toString()}`
        : effects.hosts.length > 0
          ? `this would reach ${effects.hosts[0]}`
          : effects.signals.length > 0
            ? "this would signal processes"
            : assessment?.danger === "destructive"
              ? "what this takes away does not come back"
              : null;
  if (does === null) return null;
  return {
    decision: "deny",
    rule: "mode:plan",
    reason: `plan mode only looks, and ${does}`,
    outside: false,
    wayOut: null,
  };
}

/** What is known to need more than the sandbox gives is asked about at once, not after it has failed. */
export function escapeOpinion({ action, effects, assessment, context }: Findings): Opinion | null {
  const { mode, permissions, network } = context;
  if ((mode !== "auto" && mode !== "ask") || action.kind !== "command" || assessment === null) return null;
  const [path] = outsideRoots(realWrites(effects), context);
  const reachable = permissions.networkAccess || permissions.granted?.network === true;
  const host = reachable
    ? undefined
    : effects.hosts.find((each) => network === null || judgeHost(each, network) !== "allow");
  const past = assessment.danger === "destructive" && (realWrites(effects).length === 0 || effects.unknown.length > 0);
  const [reason, hint] =
    path !== undefined
      ? [`it would write ${path}, outside of the writable folders`, `--add-dir makes a folder writable; `]
      : host !== undefined
        ? [
            `it would reach ${host === "*" ? "some host" : host}, and the sandbox has no network`,
            `[codex_agent.network] allow names hosts; `,
          ]
        : effects.signals.length > 0
          ? ["it would signal processes outside of the sandbox", ""]
          : past
            ? [assessment.reasons.at(-1) ?? "what it takes away does not come back", ""]
            : [null, ""];
  if (reason === null) return null;
  return { decision: "ask", rule: `mode:${mode}`, reason, outside: true, wayOut: `${hint}--mode full asks nothing.` };
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
