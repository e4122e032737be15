import { Cells } from "../../../src/tools/code-mode/cells.ts";
import { nestedTools } from "../../../src/tools/code-mode/nested-tools.ts";
import { createExec, createWait } from "../../../src/tools/code-mode/tools.ts";
import type { InputPart, ToolOutput } from "../../../src/protocol/response-items.ts";
import type { CallContext, CallTurn, Tool, ToolResult } from "../../../src/tools/tool.ts";
import { callTool, recordedContext } from "../call.ts";

/** A turn with scripts in it: calls of scripts run their tools at once, unless a test stands between. */
export interface ScriptBench {
  readonly cells: Cells;
  readonly notes: string[];
  /** Ends the turn. */
  readonly over: AbortController;
  /** Interrupts it. */
  readonly interrupt: AbortController;
  exec(source: string): Promise<ToolResult>;
  wait(args: Record<string, unknown>): Promise<ToolResult>;
  /** The same scripts, in a turn of its own. */
  nextTurn(): ScriptBench;
  close(): void;
}

export function functionTool(name: string, run: (args: Record<string, unknown>, signal: AbortSignal) => unknown): Tool {
  return {
    name,
    spec: { type: "function", name, description: `Is ${name}.`, strict: false, parameters: { type: "object" } },
    parallel: true,
    prepare: (input, { signal }) => ({
      effect: "none",
      action: { kind: "none" },
      refusal: () => "refused",
      async run() {
        const data = await run(JSON.parse(input) as Record<string, unknown>, signal);
        return typeof data === "string" ? { output: data, ok: true } : { output: JSON.stringify(data), ok: true, data };
      },
    }),
  };
}

export function scriptBench(tools: readonly Tool[] = [], cells = new Cells(() => Promise.resolve(null))): ScriptBench {
  const notes: string[] = [];
  const over = new AbortController();
  const interrupt = new AbortController();
  const turn: CallTurn = {
    tools,
    over: over.signal,
    call: async (tool, input, signal) => {
      const { context } = recordedContext("/", { signal });
      try {
        return await (await tool.prepare(input, context)).run({ type: "allow", enclose: null });
      } catch (error) {
        return { output: (error as Error).message, ok: false };
      }
    },
    note: (text) => notes.push(text) > 0,
    news: () => new Promise(() => {}),
  };
  const context: CallContext = recordedContext("/", { turn, signal: interrupt.signal }).context;
  return {
    cells,
    notes,
    over,
    interrupt,
    exec: (source) => callTool(createExec(cells, nestedTools(tools)), source, context),
    wait: (args) => callTool(createWait(cells), args, context),
    nextTurn: () => scriptBench(tools, cells),
    close: () => cells.close(),
  };
}

/** The first line of a result, and what the script said. */
export function heard({ output }: { output: ToolOutput }): { state: string; said: string[] } {
  const parts: InputPart[] = typeof output === "string" ? [{ type: "input_text", text: output }] : output;
  const [head = "", ...said] = parts.map((part) => (part.type === "input_text" ? part.text : part.image_url));
  return { state: head.split("\n")[0]!, said };
}
