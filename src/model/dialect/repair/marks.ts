import type { RepairKind } from "../../../protocol/repairs.ts";
import { namedUuid } from "../../../system/hash.ts";

/**
 * What was repaired about a call is written into the call's id, so that it is known wherever the call goes: to a client of the bridge
 * and back, into a journal and out of it. Nothing else has to be remembered.
 */
const mark = "-repaired";
const kinds: readonly RepairKind[] = ["text", "name", "json", "types"];
const marked = /-repaired((?:-(?:text|name|json|types))+)$/;

/** No provider takes longer ids. */
const longestId = 64;

export function markRepaired(callId: string, repairs: readonly RepairKind[]): string {
  const sorted = kinds.filter((kind) => repairs.includes(kind));
  if (sorted.length === 0) return callId;
  const suffix = `${mark}-${sorted.join("-")}`;
  const room = longestId - suffix.length;
  return `${callId.length <= room ? callId : shortened(callId, room)}${suffix}`;
}

/** Another id for what is too long; different ids stay different. */
function shortened(callId: string, length: number): string {
  const distinct = `_${namedUuid(`call ${callId}`).slice(-8)}`;
  return `${callId.slice(0, length - distinct.length)}${distinct}`;
}

/** The id as its server gave it. */
export const unmarked = (callId: string): string => callId.replace(marked, "");

const said: Record<RepairKind, string> = {
  text: "it was written as text instead of through the function-calling interface",
  name: "its tool was named in another way than it is offered",
  json: "its arguments were no valid JSON",
  types: "its arguments had another form than the tool declares",
};

/** What the model is told with the output of such a call; null where nothing was repaired. */
export function repairNote(callId: string): string | null {
  const found = marked.exec(callId)?.[1];
  if (found === undefined) return null;
  const which = kinds.filter((kind) => found.split("-").includes(kind));
  return `[This call was repaired before it ran: ${which.map((kind) => said[kind]).join("; ")}.]`;
}
