import { failure, readOutcome, type Outcome } from "../../kernel/hooks/outcome.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { HookFacts } from "../../protocol/hooks.ts";
import type { Clock } from "../../system/ports.ts";
import type { McpKeeper } from "../parts/part.ts";
import { fillPlaceholders } from "./placeholders.ts";

export interface ToolPlace {
  /** Null where the thread has no servers. */
  readonly servers: Pick<McpKeeper, "call"> | null;
  readonly clock: Clock;
  readonly signal: AbortSignal | null;
}

/** What a timer can hold. */
const longestMs = 2 ** 31 - 1;

/** Calls the tool of a server that a hook names. Its text is read as a command's output is; nobody is asked about the call. */
export async function callHookTool(
  hook: Extract<HookFacts, { handlerType: "mcpTool" }>,
  input: string,
  { servers, clock, signal }: ToolPlace,
): Promise<Outcome> {
  const filled = fillPlaceholders(hook.input, JSON.parse(input));
  if ("missing" in filled) return failure(`hook input placeholder \`\${${filled.missing}}\` was not found`);
  if (servers === null) return failure(`unknown MCP server '${hook.server}'`);
  const over = new AbortController();
  const ended = new AbortController();
  void clock.sleep(Math.min(hook.timeoutSec * 1000, longestMs), ended.signal).then(
    () => over.abort(),
    () => undefined,
  );
  const stop = signal === null ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const said = await servers.call(hook.server, hook.tool, filled.value, stop);
    if (said.isError) return failure(`MCP tool returned an error: ${said.text}`);
    return readOutcome(hook.eventName, { code: 0, stdout: said.text, stderr: "" });
  } catch (error) {
    if (signal?.aborted === true) return failure("hook was stopped with its turn");
    if (over.signal.aborted) return failure(`hook timed out after ${hook.timeoutSec}s`);
    return failure(messageOf(error));
  } finally {
    ended.abort();
  }
}
