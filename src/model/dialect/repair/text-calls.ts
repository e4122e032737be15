import type { ToolTable } from "../tool-table.ts";

/** Finds calls that a model writes into its text, in a stream. */
export class TextCalls {
  readonly table: ToolTable;

  constructor(table: ToolTable) {
    this.table = table;
  }

  /** @returns what is certainly text of what has come so far and was not returned yet */
  push(delta: string): string {
    return delta;
  }

  /** @returns the rest of the text, and the calls that stood in it */
  end(): { text: string; calls: { name: string; arguments: string }[] } {
    return { text: "", calls: [] };
  }
}
