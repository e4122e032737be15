import type { ItemSink } from "../../tools/tool.ts";

/** Work of the user's own in a turn; gives what the model is told of it. Never rejects. */
export type Errand = (turn: { items: ItemSink; signal: AbortSignal }) => Promise<string>;
