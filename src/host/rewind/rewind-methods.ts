import { findHomes } from "../../config/homes.ts";
import { diffThread } from "../../journal/rewind/diff-thread.ts";
import { rewindThread, type RewindPlace } from "../../journal/rewind/rewind-thread.ts";
import { undoRewind } from "../../journal/rewind/undo-rewind.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { ParamsOf } from "../../protocol/methods.ts";
import { rewindScopes, type DiffReport, type RewindReport } from "../../protocol/rewind.ts";
import type { System } from "../../system/ports.ts";

function placeOf(system: System): RewindPlace {
  const { codex, runtime } = findHomes(system.environment.variables);
  return { system, codexHome: codex, runtimeHome: runtime };
}

export function rewind(
  system: System,
  { threadId, to, scope = "both", preview = false, overwrite = false }: ParamsOf<"thread/rewind">,
): Promise<RewindReport> {
  if (!rewindScopes.includes(scope)) throw new AgentError("usage", `scope is one of ${rewindScopes.join(", ")}`);
  if (typeof to === "number" && (!Number.isSafeInteger(to) || to < 0)) {
    throw new AgentError("usage", "the number of turns to keep is a whole number from 0 on");
  }
  return rewindThread(placeOf(system), { threadId, to, scope, preview, overwrite });
}

export const undo = (
  system: System,
  { threadId, preview = false, overwrite = false }: ParamsOf<"thread/rewind/undo">,
): Promise<RewindReport> => undoRewind(placeOf(system), { threadId, preview, overwrite });

export function diff(system: System, { threadId, turn }: ParamsOf<"thread/diff">): Promise<DiffReport> {
  if (typeof turn === "number" && (!Number.isSafeInteger(turn) || turn < 1)) {
    throw new AgentError("usage", "turns are numbered from 1 on");
  }
  return diffThread(placeOf(system), { threadId, turn: turn ?? null });
}
