import { markProcess } from "../../../system/processes/process-table.ts";
import type { ItemSink } from "../../tool.ts";

/** Tells which process runs for the call, where the system shows enough of it to know it again. */
export function noteChild(sink: ItemSink, callId: string, pid: number): void {
  const mark = markProcess(pid);
  if (mark !== null) sink.child(callId, mark);
}
