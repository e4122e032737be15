import type { GuardMethods } from "../../protocol/guard-methods.ts";
import type { ParamsOf, ResultOf } from "../../protocol/methods.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import { configure } from "../configure.ts";
import type { CommandWalls } from "../walls/command-walls.ts";
import type { ApprovalRegister } from "./approval-methods.ts";
import type { Grants } from "./grants.ts";
import type { LedgerKeeper } from "./ledger-keeper.ts";

/** What the guard's methods know of the host. */
export interface GuardPlace {
  readonly system: System;
  readonly ids: Ids;
  readonly walls: CommandWalls;
  readonly ledger: LedgerKeeper;
  readonly codexHome: string;
  /** What holds in the threads that are open, by thread. */
  grants(): ReadonlyMap<string, Grants | null>;
}

type Handlers = {
  [Name in keyof GuardMethods]: (params: ParamsOf<Name>, place: GuardPlace) => Promise<ResultOf<Name>>;
};

const registerOf = ({ system, codexHome, ledger, grants }: GuardPlace): ApprovalRegister => ({
  system,
  codexHome,
  ledger,
  open: grants(),
});

/** Answers what doors ask about decisions: what would be decided, what was, what holds, and who is trusted. */
export const guardHandlers: Handlers = {
  "policy/explain": async ({ words, ...options }, { system, ids, walls, ledger }) => {
    const { explainCommand } = await import("./explain.ts");
    const { admit } = await import("./admission.ts");
    const { Grants: Held } = await import("./grants.ts");
    const config = await configure(options, system);
    const admission = await admit(config, system, ledger);
    const grants = new Held({ system, ids, ledger, threadId: "", warn: () => {}, cwd: () => config.cwd });
    return explainCommand(words, admission, system, walls, grants);
  },
  "usage/read": async ({ threadId = null, ...options }, { system }) => {
    const { readUsage } = await import("../audit/usage.ts");
    return readUsage(system, await configure(options, system), threadId);
  },
  "audit/read": async ({ threadId = null, ...options }, { system, ledger }) => {
    const { audit } = await import("../audit/audit-methods.ts");
    return audit(threadId, await configure(options, system), await ledger.existing(), system);
  },
  "hook/list": async (options, { system }) => {
    const { listHooks } = await import("../hooks/list-hooks.ts");
    return listHooks(await configure(options, system));
  },
  "hook/trust": async ({ key, hash, ...options }, { system }) => {
    const { trustHook } = await import("../hooks/list-hooks.ts");
    return { hook: await trustHook(await configure(options, system), key, hash) };
  },
  "approval/list": async ({ all = false }, place) => {
    const { listApprovals } = await import("./approval-methods.ts");
    return { approvals: await listApprovals(registerOf(place), all) };
  },
  "approval/revoke": async (which, place) => {
    const { revokeApprovals } = await import("./approval-methods.ts");
    return { revoked: await revokeApprovals(registerOf(place), "id" in which ? which.id : null) };
  },
  "content/list": async (options, { system, ledger }) => {
    const { projectContent } = await import("./project-content.ts");
    const config = await configure(options, system);
    return { content: projectContent(config, await ledger.existing(), system) };
  },
  "content/trust": async ({ key, hash, ...options }, { system, ids, ledger }) => {
    const { trustContent } = await import("./project-content.ts");
    const config = await configure(options, system);
    return { content: trustContent(key, hash, config, await ledger.get(), { system, ids }) };
  },
};
