import type { Granular } from "../protocol/permissions.ts";
import { joinPath } from "../system/paths.ts";
import type { Action, Asked, Decision, DenyReason, McpAction } from "./action.ts";
import { isKnownSafe } from "./known-safe.ts";
import { isSecret, isWithin, realTarget } from "./paths.ts";
import type { Standing } from "./sandbox/ladder.ts";
import { trustedRoots } from "./sandbox/roots.ts";
import { missingWalls, type WallName } from "./sandbox/strength.ts";
import { protectedNames, realRoots, wallsFor, writableRoots, type Surroundings } from "./sandbox/walls.ts";

export interface PolicyContext extends Surroundings {
  /** What walls stand on this machine. */
  standing: Standing;
  /** Walls without which no command runs in a sandboxed mode. */
  required: readonly WallName[];
}

/** Whoever trusts nothing is asked about what the sandbox would let through, too. */
const unlessTrusted = (decision: Decision | Asked, { permissions }: PolicyContext): Decision | Asked =>
  permissions.approvalPolicy === "untrusted" && decision.type === "allow"
    ? { type: "ask", allowed: decision }
    : decision;

const deny = (reason: DenyReason, message: string): Decision => ({ type: "deny", reason, message });
const allow: Decision = { type: "allow", enclose: null };
const ask: Asked = { type: "ask", allowed: allow };

/** Decides an action by sandbox and approval policy alone. Paths are judged by where they really lead. */
export function decide(action: Action, context: PolicyContext): Decision | Asked {
  switch (action.kind) {
    case "none":
    case "stdin":
      return allow;
    case "read":
      return decideRead(action.paths, context);
    case "write":
      return unlessTrusted(askedWhere(decideWrite(action.paths, context), action.paths, context), context);
    case "command":
      return isKnownSafe(action.argv)
        ? decideCommand(action, context)
        : unlessTrusted(decideCommand(action, context), context);
    case "mcp":
      return decideMcp(action, context);
  }
}

/** What the sandbox would refuse is the user's to allow, but not what is ours: it holds what the walls are made of. */
function askedWhere(decision: Decision, paths: readonly string[], context: PolicyContext): Decision | Asked {
  const { approvalPolicy, granular } = context.permissions;
  const refused = approvalPolicy === "never" || granular?.sandbox_approval === false;
  if (decision.type === "allow" || refused) return decision;
  const homes = realRoots(context.homes, context.files);
  const targets = paths.map((path) => realTarget(path, context.files));
  const ours = targets.some((real) => real === null || homes.some((home) => isWithin(real, home)));
  return ours ? decision : ask;
}

function decideMcp({ asks }: McpAction, { permissions }: PolicyContext): Decision | Asked {
  if (!asks) return allow;
  if (permissions.approvalPolicy !== "never") return ask;
  if (permissions.sandbox === "danger-full-access") return allow;
  return deny("escalation", "MCP tool call requires approval, but approval policy is never");
}

function decideCommand(action: Extract<Action, { kind: "command" }>, context: PolicyContext): Decision | Asked {
  const { permissions, standing } = context;
  if (action.escalate && (permissions.approvalPolicy === "never" || permissions.granular?.sandbox_approval === false)) {
    const policy = permissions.granular === undefined ? "Never" : granularWords(permissions.granular);
    return deny(
      "escalation",
      `approval policy is ${policy}; reject command — you cannot ask for escalated permissions if the approval policy is ${policy}`,
    );
  }
  if (permissions.sandbox === "danger-full-access") return allow;
  if (action.escalate) return ask;
  const { sandbox } = standing;
  if (sandbox === null) {
    return deny("walls", `commands cannot run in sandbox mode ${permissions.sandbox}: ${standing.why}. ${wayOut}`);
  }
  if (sandbox.rung === "external") return allow;
  const missing = missingWalls(sandbox.strength, context.required);
  if (missing.length > 0) {
    const names = missing.map(({ name, why }) => `${name} (${why})`).join(", ");
    return deny("walls", `commands cannot run here: the walls of ${sandbox.rung} do not hold ${names}. ${wayOut}`);
  }
  const { gate = null } = standing;
  return { type: "allow", enclose: (argv, cwd) => sandbox.enclose(argv, cwd, wallsFor({ ...context, gate })) };
}

/** As Codex shows the policy to a model. */
function granularWords(flags: Granular): string {
  const order = ["sandbox_approval", "rules", "skill_approval", "request_permissions", "mcp_elicitations"] as const;
  return `Granular(GranularApprovalConfig { ${order.map((flag) => `${flag}: ${flags[flag]}`).join(", ")} })`;
}

const wayOut =
  "Install bubblewrap; or, inside of a container that is a wall itself, set codex_agent.sandbox.rung to external; --sandbox danger-full-access runs commands without any walls";

/** A path that leads nowhere reads nothing: the tool says so itself. */
function decideRead(paths: readonly string[], context: PolicyContext): Decision {
  if (context.permissions.sandbox === "danger-full-access") return allow;
  const secrets = realRoots(context.secrets, context.files);
  for (const path of paths) {
    const real = realTarget(path, context.files);
    if (real !== null && isSecret(real, secrets)) {
      return deny("secret", `${path} holds credentials and is not shown to a model`);
    }
  }
  return allow;
}

function decideWrite(paths: readonly string[], context: PolicyContext): Decision {
  const { permissions, files } = context;
  if (permissions.sandbox === "danger-full-access") return allow;
  const granted = (permissions.granted?.write.length ?? 0) > 0;
  if (permissions.sandbox === "read-only" && !granted)
    return deny("sandbox", "writing is blocked by read-only sandbox");
  const roots = trustedRoots(writableRoots(context), files);
  const homes = realRoots(context.homes, files);
  const folders = roots.flatMap((root) => protectedNames.map((name) => joinPath(root, name)));
  // As named and, where one is a link, as it leads.
  const guarded = [...folders, ...realRoots(folders, files)];
  for (const path of paths) {
    const real = realTarget(path, files);
    const root = real === null ? undefined : roots.find((candidate) => isWithin(real, candidate));
    if (real === null || root === undefined) return deny("outside", `${path} is outside of the writable folders`);
    if (homes.some((home) => isWithin(real, home))) return deny("outside", `${path} belongs to codex-agent itself`);
    const folder = guarded.find((each) => isWithin(real, each));
    if (folder !== undefined) return deny("outside", `${path} lies in ${folder}, which is protected`);
  }
  return allow;
}
