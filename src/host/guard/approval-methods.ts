import { allGrants, revokeGrant } from "../../journal/ledger/grants.ts";
import { allTrust, removeTrust } from "../../journal/ledger/trust.ts";
import { lockPath } from "../../journal/thread-lock.ts";
import { isCurrent } from "../../policy/engine/covers.ts";
import { formatAllowRule } from "../../policy/rules/prefix-rules.ts";
import type { ApprovalInfo } from "../../protocol/approvals.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { Grant, GrantedThing } from "../../protocol/grants.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { sha256 } from "../../system/hash.ts";
import { joinPath } from "../../system/paths.ts";
import type { System } from "../../system/ports.ts";
import type { Grants } from "./grants.ts";
import type { LedgerKeeper } from "./ledger-keeper.ts";

export interface ApprovalRegister {
  readonly system: System;
  readonly codexHome: string;
  readonly ledger: LedgerKeeper;
  /** What holds in the threads that are open here, by thread. */
  readonly open: ReadonlyMap<string, Grants | null>;
}

/** Everything that holds without being asked for again, the oldest first; with `all` also what did once. */
export async function listApprovals(register: ApprovalRegister, all: boolean): Promise<ApprovalInfo[]> {
  const { system, ledger: keeper, open } = register;
  const ledger = await keeper.existing();
  const now = system.clock.now();
  const grants = ledger === null ? [] : allGrants(ledger);
  const ofTurns = [...open.values()].flatMap((held) => held?.ofTurn() ?? []);
  const content = ledger === null ? [] : allTrust(ledger);
  const found = [
    ...rulesOf(register).map(({ id, line }): ApprovalInfo => ({
      ...nothing,
      id,
      kind: "rule",
      scope: "everywhere",
      what: line,
    })),
    ...content.map(({ id, project, key, trustedAtMs }): ApprovalInfo => ({
      ...nothing,
      id,
      kind: "content",
      scope: "folder",
      what: key,
      folder: project,
      grantedAtMs: trustedAtMs,
    })),
    ...[...grants, ...ofTurns].map((grant): ApprovalInfo => ({
      id: grant.id,
      kind: "grant",
      scope: grant.scope,
      what: nameOf(grant.thing),
      threadId: grant.threadId,
      folder: grant.folder,
      effects: grant.effects,
      grantedAtMs: grant.grantedAtMs,
      expiresAtMs: grant.expiresAtMs,
      state: stateOf(grant, now, register),
    })),
  ];
  return found
    .filter(({ state }) => all || state === "held")
    .toSorted((one, other) => (one.grantedAtMs ?? 0) - (other.grantedAtMs ?? 0));
}

/** Takes one back, or every one that holds. Returns what was. @throws AgentError `usage` when nothing of that id holds */
export async function revokeApprovals(register: ApprovalRegister, id: string | null): Promise<ApprovalInfo[]> {
  const held = await listApprovals(register, false);
  const chosen = id === null ? held : held.filter((each) => each.id === id);
  if (id !== null && chosen.length === 0) {
    throw new AgentError("usage", `no approval has the id ${id}; \`codex-agent approvals list\` shows those that hold`);
  }
  const ledger = await register.ledger.existing();
  for (const { id: each, kind } of chosen) {
    if (kind === "rule") removeRule(register, each);
    for (const grants of register.open.values()) grants?.revoke(each);
    if (ledger === null) continue;
    if (kind === "grant") revokeGrant(ledger, each, register.system.clock.now());
    if (kind === "content") removeTrust(ledger, each);
  }
  return chosen.map((each) => ({ ...each, state: "revoked" }));
}

const nothing = {
  threadId: null,
  folder: null,
  effects: null,
  grantedAtMs: null,
  expiresAtMs: null,
  state: "held" as const,
};

function stateOf(grant: Grant, now: number, { system, codexHome, open }: ApprovalRegister): ApprovalInfo["state"] {
  if (grant.revokedAtMs !== null) return "revoked";
  if (!isCurrent(grant, now)) return "expired";
  if (grant.scope !== "thread" || open.has(grant.threadId)) return "held";
  // It holds as long as its thread is open somewhere.
  const lock = lockPath(codexHome, grant.threadId);
  const written = system.files.stat(lock) !== null && !system.processes.seemFree([lock]).includes(lock);
  return written ? "held" : "expired";
}

function nameOf(thing: GrantedThing): string {
  switch (thing.type) {
    case "command":
      return `${shellJoin(thing.argv)} in ${thing.cwd}${thing.outside ? ", without the sandbox" : ""}`;
    case "prefix":
      return `commands that begin with ${shellJoin(thing.words)}, without the sandbox`;
    case "write":
      return `changes of ${thing.paths.join(", ")}`;
    case "mcp":
      return `the tool ${thing.tool} of the MCP server ${thing.server}`;
    case "hosts":
      return `the hosts ${thing.hosts.join(", ")}`;
  }
}

interface KeptRule {
  readonly id: string;
  readonly line: string;
}

const rulesFile = (codexHome: string): string => joinPath(joinPath(codexHome, "rules"), "default.rules");

/** Lines that are just as a yes at a question writes them, here or in Codex; whatever else stands there is somebody's own. */
function rulesOf({ system, codexHome }: ApprovalRegister): KeptRule[] {
  const file = rulesFile(codexHome);
  if (system.files.stat(file) === null) return [];
  const lines = new Set(system.files.readText(file).split("\n").filter(isKeptRule));
  return [...lines].map((line) => ({ id: `rule-${sha256(line).slice(0, 12)}`, line }));
}

function isKeptRule(line: string): boolean {
  const words = /^prefix_rule\(pattern=(\[.*\]), decision="allow"\)$/.exec(line)?.[1];
  if (words === undefined) return false;
  try {
    const prefix: unknown = JSON.parse(words);
    const plain = Array.isArray(prefix) && prefix.length > 0 && prefix.every((word) => typeof word === "string");
    return plain && formatAllowRule(prefix as string[]) === line;
  } catch {
    return false;
  }
}

function removeRule(register: ApprovalRegister, id: string): void {
  const { system, codexHome } = register;
  const line = rulesOf(register).find((rule) => rule.id === id)?.line;
  if (line === undefined) return;
  const file = rulesFile(codexHome);
  const kept = system.files
    .readText(file)
    .split("\n")
    .filter((each) => each !== line);
  system.files.writeAtomic(file, kept.join("\n"), 0o600);
}
