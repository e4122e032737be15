import type { RepairKind } from "../../protocol/repairs.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";

/** Something about a call that was put right before anybody acted on it. */
export interface Repair {
  kind: RepairKind;
  /** The tool, as it is called in the end. */
  tool: string;
  callId: string;
  /** What was wrong and what became of it, for people; never more than a line. */
  detail: string;
}

/** Hears the items of an answer. `index` counts them from 0 in the order in which they begin. */
export interface ItemSink {
  started(item: ResponseItem, index: number): void;
  textDelta(itemId: string, index: number, delta: string): void;
  reasoningDelta(itemId: string, index: number, delta: string): void;
  /** Of an item that has been told of as started: once, or never where the response fails in between. */
  done(item: ResponseItem, index: number): void;
  repaired(repair: Repair): void;
}
