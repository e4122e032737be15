import { approximateTokens, truncateMiddle } from "../truncate.ts";
import type { Output } from "./output-buffer.ts";

/** Between the head of a result and what the command has written. */
export const outputHeading = "\nOutput:\n";

export type CommandState = { exitCode: number } | { sessionId: number };

/** Lines as an editor counts them: a newline at the end begins no further one. */
function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return text === "" || text.endsWith("\n") ? lines : lines + 1;
}

/** What a command has written, as the model is shown it in so many tokens. */
export function withinBudget(output: Output, tokens: number): string {
  const bytes = Buffer.byteLength(output.text);
  if (bytes <= tokens * 4) return output.text;
  // What was dropped is only in the raw count; invalid bytes have grown in the text.
  const original = approximateTokens(output.dropped > 0 ? output.bytes : bytes);
  const size =
    output.dropped > 0 ? `... ${output.dropped} bytes omitted ...` : `Total output lines: ${countLines(output.text)}`;
  return `Warning: truncated output (original token count: ${original})\n${size}\n\n${truncateMiddle(output.text, tokens)}`;
}

export const wallTime = (ms: number): string => `Wall time: ${(ms / 1000).toFixed(4)} seconds`;

/** Tokens that a result may have: `text` for the output itself, `whole` with the head before it. */
export interface Budget {
  text: number;
  whole: number;
  /** What the call said; null when it said nothing. */
  asked: number | null;
}

/** The result as a script gets it (RQ-25). Nothing of it enters the history: only what the call asked for limits it. */
export const resultData = (
  chunkId: string,
  wallMs: number,
  state: CommandState,
  output: Output,
  { asked }: Budget,
): object => ({
  chunk_id: chunkId,
  wall_time_seconds: wallMs / 1000,
  ...("exitCode" in state ? { exit_code: state.exitCode } : { session_id: state.sessionId }),
  original_token_count: approximateTokens(output.bytes),
  output: asked === null ? output.text : withinBudget(output, asked),
});

/** The result of `exec_command` and `write_stdin` as models know it (TO-1 to TO-3). */
export function renderResult(
  chunkId: string,
  wallMs: number,
  state: CommandState,
  output: Output,
  budget: Budget,
): string {
  const head =
    [
      `Chunk ID: ${chunkId}`,
      wallTime(wallMs),
      "exitCode" in state
        ? `Process exited with code ${state.exitCode}`
        : `Process running with session ID ${state.sessionId}`,
      `Original token count: ${approximateTokens(output.bytes)}`,
    ].join("\n") + outputHeading;
  const text = withinBudget(output, budget.text);
  // Under a small limit the head counts: the text gives way, so that the history need not cut the result again.
  const over = approximateTokens(Buffer.byteLength(head) + Buffer.byteLength(text) - budget.whole * 4);
  return head + (over > 0 ? withinBudget(output, Math.max(0, budget.text - over)) : text);
}

const quoted = (text: string): string =>
  JSON.stringify(text).replace(/\\u00([01][0-9a-f])/g, (_, hex: string) => `\\u{${hex.replace(/^0/, "")}}`);

/** How Codex tells the model that a command was not started: a Rust debug print in another one (TO-7). */
export const renderRejection = (reason: string): string =>
  `exec_command failed: CreateProcess { message: ${quoted(`Rejected(${quoted(reason)})`)} }`;
