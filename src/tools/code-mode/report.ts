import type { InputPart, ToolOutput } from "../../protocol/response-items.ts";
import { clipOutput } from "../output-limit.ts";
import { approximateTokens, truncateMiddle } from "../truncate.ts";

export type CellState =
  | { type: "running"; cellId: string }
  | { type: "completed" }
  | { type: "failed"; error: string }
  | { type: "terminated" };

const words = (state: CellState): string =>
  state.type === "running" ? `Script running with cell ID ${state.cellId}` : `Script ${state.type}`;

const lineCount = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

function withinBudget(parts: InputPart[], tokens: number): InputPart[] {
  if (parts.some((part) => part.type !== "input_text")) return clipOutput(parts, tokens) as InputPart[];
  const text = parts.map((part) => (part as { text: string }).text).join("\n");
  const bytes = Buffer.byteLength(text);
  if (bytes <= tokens * 4) return parts;
  const head = `Warning: truncated output (original token count: ${approximateTokens(bytes)})\nTotal output lines: ${lineCount(text)}\n\n`;
  return [{ type: "input_text", text: head + truncateMiddle(text, tokens) }];
}

/** What the model reads of a script, in Codex's form (CM-5). `tokens` is for what the script said. */
export function report(state: CellState, wallMs: number, said: readonly InputPart[], tokens: number): ToolOutput {
  const head = `${words(state)}\nWall time ${(wallMs / 1000).toFixed(1)} seconds\nOutput:\n`;
  const error = state.type === "failed" ? `Script error:\n${state.error}` : null;
  const parts = [...said, ...(error === null ? [] : [{ type: "input_text" as const, text: error }])];
  if (parts.length === 0) return head;
  const shown = withinBudget(parts, tokens).filter((part) => part.type !== "input_text" || part.text !== "");
  return [{ type: "input_text", text: head }, ...shown];
}
