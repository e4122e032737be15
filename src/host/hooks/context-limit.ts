import type { System } from "../../system/ports.ts";
import type { Ids } from "../../system/ids.ts";
import { joinPath } from "../../system/paths.ts";
import { approximateTokens, truncateMiddle } from "../../tools/truncate.ts";

/** Tokens that a hook's context may have when it does not say. */
const defaultLimit = 2500;

/**
 * A context as the model gets it: one that is too long is saved to a file of its own below the temporary folder, and
 * the model gets its beginning, its end and the file's path. `limit` 0: any length.
 */
export function limitContext(
  text: string,
  limit: number | null,
  threadId: string,
  { files, environment }: System,
  ids: Ids,
): string {
  const tokens = limit ?? defaultLimit;
  const bytes = Buffer.byteLength(text);
  if (tokens === 0 || approximateTokens(bytes) <= tokens) return text;
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const heading = `Warning: truncated output (original token count: ${approximateTokens(bytes)})\nTotal output lines: ${lines}\n\n`;
  const footing = saved(text, threadId, { files, environment }, ids);
  return heading + truncateMiddle(text, Math.max(0, tokens - approximateTokens(Buffer.byteLength(footing)))) + footing;
}

function saved(
  text: string,
  threadId: string,
  { files, environment }: Pick<System, "files" | "environment">,
  ids: Ids,
): string {
  const folder = joinPath(environment.temporaryDirectory, `hook_outputs/${threadId}`);
  const path = joinPath(folder, `${ids.uuid()}.txt`);
  try {
    files.makeDirectory(folder, 0o700);
    files.writeReplacing(path, text, 0o600);
    return `\n\nFull hook output saved to: ${path}`;
  } catch {
    return "\n\nThe full hook output could not be saved";
  }
}
