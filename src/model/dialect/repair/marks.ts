import type { RepairKind } from "../../../protocol/repairs.ts";

/**
 * What was repaired about a call is written into the call's id, so that it is known wherever the call goes: to a client of the bridge
 * and back, into a journal and out of it. Nothing else has to be remembered.
 */
const mark = "-repaired";
const kinds: readonly RepairKind[] = ["text", "name", "json", "types"];
const marked = /-repaired((?:-(?:text|name|json|types))+)$/;

export function markRepaired(callId: string, repairs: readonly RepairKind[]): string {
  const sorted = kinds.filter((kind) => repairs.includes(kind));
  return sorted.length === 0 ? callId : `${callId}${mark}-${sorted.join("-")}`;
}

const said: Record<RepairKind, string> = {
  text: "it was written as text instead of through the function-calling interface",
  name: "its tool was named in another way than it is offered",
  json: "its arguments were no valid JSON",
  types: "its arguments had other types than the tool declares",
};

/** What the model is told with the output of such a call; null where nothing was repaired. */
export function repairNote(callId: string): string | null {
  const found = marked.exec(callId)?.[1];
  if (found === undefined) return null;
  const which = kinds.filter((kind) => found.split("-").includes(kind));
  return `[This call was repaired before it ran: ${which.map((kind) => said[kind]).join("; ")}.]`;
}
