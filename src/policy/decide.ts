import type { Permissions } from "../protocol/permissions.ts";
import type { FileSystem } from "../system/ports.ts";
import { joinPath } from "../system/paths.ts";
import type { Action, Decision, DenyReason } from "./action.ts";
import { isWithin, realTarget } from "./paths.ts";

export interface PolicyContext {
  permissions: Permissions;
  /** The thread's working directory. */
  cwd: string;
  /** `$TMPDIR` of the user. */
  temporaryDirectory: string;
  /** Folders whose contents are this product's own: written by nobody else, and in part secret. */
  homes: readonly string[];
  /** Files and folders that hold credentials or tokens. */
  secrets: readonly string[];
  files: FileSystem;
}

const deny = (reason: DenyReason, message: string): Decision => ({ type: "deny", reason, message });
const allow: Decision = { type: "allow" };

/** Folders of a writable root that no tool writes to. */
const protectedFolders = [".git", ".codex", ".agents", ".aws"] as const;

/** Decides an action by the thread's permissions alone. Paths are judged by where they really lead. */
export function decide(action: Action, context: PolicyContext): Decision {
  switch (action.kind) {
    case "none":
    case "stdin":
      return allow;
    case "read":
      return decideRead(action.paths, context);
    case "write":
      return decideWrite(action.paths, context);
    case "command":
      return decideCommand(action, context.permissions);
  }
}

function decideCommand(action: Extract<Action, { kind: "command" }>, permissions: Permissions): Decision {
  if (action.escalate && permissions.approvalPolicy === "never") {
    return deny(
      "escalation",
      "approval policy is Never; reject command — you cannot ask for escalated permissions if the approval policy is Never",
    );
  }
  if (permissions.sandbox === "danger-full-access") return allow;
  return deny(
    "sandbox",
    `commands cannot run in sandbox mode ${permissions.sandbox}: this version of codex-agent has no walls for them yet; --sandbox danger-full-access runs them without any`,
  );
}

/** A path that leads nowhere reads nothing: the tool says so itself. */
function decideRead(paths: readonly string[], context: PolicyContext): Decision {
  if (context.permissions.sandbox === "danger-full-access") return allow;
  const secrets = realRoots(context.secrets, context.files);
  for (const path of paths) {
    const real = realTarget(path, context.files);
    if (real !== null && secrets.some((secret) => isWithin(real, secret))) {
      return deny("secret", `${path} holds credentials and is not shown to a model`);
    }
  }
  return allow;
}

function decideWrite(paths: readonly string[], context: PolicyContext): Decision {
  const { permissions, files } = context;
  if (permissions.sandbox === "danger-full-access") return allow;
  if (permissions.sandbox === "read-only") return deny("sandbox", "writing is blocked by read-only sandbox");
  const roots = realRoots(writableRoots(context), files);
  const homes = realRoots(context.homes, files);
  const folders = roots.flatMap((root) => protectedFolders.map((name) => joinPath(root, name)));
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

export function writableRoots({ permissions, cwd, temporaryDirectory }: PolicyContext): string[] {
  return [
    cwd,
    ...permissions.writableRoots,
    ...(permissions.excludeSlashTmp ? [] : ["/tmp"]),
    ...(permissions.excludeTmpdir || temporaryDirectory === "" ? [] : [temporaryDirectory]),
  ];
}

const realRoots = (paths: readonly string[], files: FileSystem): string[] =>
  paths.map((path) => realTarget(path, files)).filter((path) => path !== null);
