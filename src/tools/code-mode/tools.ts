import { parseArguments } from "../arguments.ts";
import { requireInteger } from "../exec/context.ts";
import type { CallContext, Tool, ToolResult } from "../tool.ts";
import type { Cell, Glimpse } from "./cell.ts";
import type { Cells } from "./cells.ts";
import { nestedTools, type NestedTool } from "./nested-tools.ts";
import { readSource, type CellSource } from "./pragma.ts";
import { report } from "./report.ts";
import { execSpec, waitSpec } from "./specs.ts";

const defaultWaitMs = 10_000;
/** A call of the model that lasts longer is made again. */
const longestWaitMs = 300_000;

const none = { kind: "none" } as const;
const refusal = (decision: { message: string }): string => decision.message;

/** Tells of a script; one that has ended is told of once. */
function tell(cells: Cells, { id }: Cell, { state, said }: Glimpse, since: number, tokens: number): ToolResult {
  if (state.type !== "running") cells.forget(id);
  return { output: report(state, performance.now() - since, said, tokens), ok: state.type !== "failed" };
}

async function run(cells: Cells, source: CellSource, context: CallContext): Promise<ToolResult> {
  const since = performance.now();
  const cell = await cells.start(source.code, nestedTools(context.turn?.tools ?? []));
  const seen = await cell.attend(context, source.yieldMs);
  return tell(cells, cell, seen, since, source.outputTokens ?? context.outputTokens);
}

/** `exec`: runs a script. `shown` are the tools that the model is told of with it. */
export const createExec = (cells: Cells, shown: readonly NestedTool[]): Tool => ({
  name: "exec",
  spec: execSpec(shown),
  parallel: "free",
  prepare(input, context) {
    const source = readSource(input);
    return { effect: "once", action: none, refusal, run: () => run(cells, source, context) };
  },
});

interface WaitArguments {
  cell_id: string;
  max_tokens?: number;
  terminate?: boolean;
  yield_time_ms?: number;
}

async function wait(cells: Cells, asked: WaitArguments, context: CallContext): Promise<ToolResult> {
  const since = performance.now();
  const tokens = asked.max_tokens ?? context.outputTokens;
  const cell = cells.find(asked.cell_id);
  if (cell === undefined) {
    return {
      output: report({ type: "failed", error: `exec cell ${asked.cell_id} not found` }, 0, [], tokens),
      ok: false,
    };
  }
  if (asked.terminate === true) cell.terminate();
  const ms = Math.min(asked.yield_time_ms ?? defaultWaitMs, longestWaitMs);
  return tell(cells, cell, asked.terminate === true ? cell.look() : await cell.attend(context, ms), since, tokens);
}

/** `wait`: for a script that `exec` left running. */
export const createWait = (cells: Cells): Tool => ({
  name: waitSpec.name,
  spec: waitSpec,
  parallel: "free",
  prepare(input, context) {
    const asked = parseArguments<WaitArguments>(input, waitSpec.parameters);
    requireInteger(asked.yield_time_ms, "u64");
    requireInteger(asked.max_tokens, "usize");
    return { effect: "none", action: none, refusal, run: () => wait(cells, asked, context) };
  },
});
