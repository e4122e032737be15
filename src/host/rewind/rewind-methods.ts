import { findHomes } from "../../config/homes.ts";
import { diffThread } from "../../journal/rewind/diff-thread.ts";
import { checkTarget, rewindThread, type RewindPlace, type RewindRequest } from "../../journal/rewind/rewind-thread.ts";
import { checkLastRewind, undoRewind } from "../../journal/rewind/undo-rewind.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { ParamsOf } from "../../protocol/methods.ts";
import { rewindScopes, type DiffReport, type RewindReport } from "../../protocol/rewind.ts";
import type { System } from "../../system/ports.ts";

function placeOf(system: System): RewindPlace {
  const { codex, runtime } = findHomes(system.environment.variables);
  return { system, codexHome: codex, runtimeHome: runtime };
}

export const rewind = async (system: System, params: ParamsOf<"thread/rewind">): Promise<RewindReport> =>
  rewindThread(placeOf(system), requestOf(params));

/** @throws AgentError for turns that cannot be taken back. */
export const checkRewind = async (system: System, params: ParamsOf<"thread/rewind">): Promise<void> =>
  checkTarget(placeOf(system), requestOf(params));

function requestOf({
  threadId,
  to,
  scope = "both",
  preview = false,
  overwrite = false,
}: ParamsOf<"thread/rewind">): RewindRequest {
  if (!rewindScopes.includes(scope)) throw new AgentError("usage", `scope is one of ${rewindScopes.join(", ")}`);
  if (typeof to === "number" && (!Number.isSafeInteger(to) || to < 0)) {
    throw new AgentError("usage", "the number of turns to keep is a whole number from 0 on");
  }
  return { threadId, to, scope, preview, overwrite };
}

export const undo = (
  system: System,
  { threadId, preview = false, overwrite = false }: ParamsOf<"thread/rewind/undo">,
): Promise<RewindReport> => undoRewind(placeOf(system), { threadId, preview, overwrite });

/** @throws AgentError where nothing can be undone. */
export const checkUndo = (system: System, { threadId }: ParamsOf<"thread/rewind/undo">): Promise<void> =>
  checkLastRewind(placeOf(system), threadId);

export function diff(system: System, { threadId, turn }: ParamsOf<"thread/diff">): Promise<DiffReport> {
  if (typeof turn === "number" && (!Number.isSafeInteger(turn) || turn < 1)) {
    throw new AgentError("usage", "turns are numbered from 1 on");
  }
  return diffThread(placeOf(system), { threadId, turn: turn ?? null });
}
