import type { FunctionSpec } from "../protocol/tool-spec.ts";
import { parseArguments } from "./arguments.ts";
import { requireInteger } from "./exec/context.ts";
import { CallError, type CallContext, type Tool, type ToolResult } from "./tool.ts";

const namespace = { name: "clock", description: "Tells the time and lets it pass." };
const longestMs = 43_200_000;

const none = { kind: "none" } as const;
const refusal = (decision: { message: string }): string => decision.message;

const sleepSpec = {
  type: "function",
  name: "sleep",
  description:
    "Does nothing for a while. Ends early when there is something new to read. Tells how long it really was.",
  strict: false,
  parameters: {
    type: "object",
    properties: { duration_ms: { type: "number", description: `Milliseconds, from 1 to ${longestMs}.` } },
    required: ["duration_ms"],
    additionalProperties: false,
  },
} as const satisfies FunctionSpec;

async function sleep(ms: number, { signal, turn }: CallContext): Promise<ToolResult> {
  const since = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<"over">((resolve) => {
    timer = setTimeout(() => resolve("over"), ms);
    signal.addEventListener("abort", () => resolve("over"), { once: true });
  });
  const end = await Promise.race([over, ...(turn === undefined ? [] : [turn.news().then(() => "news" as const)])]);
  clearTimeout(timer);
  signal.throwIfAborted();
  const words = end === "over" ? "Sleep completed." : "Sleep interrupted by new input.";
  return { output: `Wall time: ${((performance.now() - since) / 1000).toFixed(4)} seconds\n${words}`, ok: true };
}

/** `clock.sleep`: lets the model wait without spending requests on it. */
export const sleepTool: Tool = {
  name: sleepSpec.name,
  namespace,
  spec: sleepSpec,
  parallel: "free",
  prepare(input, context) {
    const { duration_ms: ms } = parseArguments<{ duration_ms: number }>(input, sleepSpec.parameters);
    requireInteger(ms, "u64");
    if (ms < 1 || ms > longestMs) throw new CallError(`duration_ms must be between 1 and ${longestMs}`);
    return { effect: "none", action: none, refusal, run: () => sleep(ms, context) };
  },
};

const timeSpec: FunctionSpec = {
  type: "function",
  name: "curr_time",
  description: "The time now, in UTC.",
  strict: false,
  parameters: { type: "object", properties: {}, additionalProperties: false },
};

/** `clock.curr_time` for scripts. */
export const currentTimeTool: Tool = {
  name: timeSpec.name,
  namespace,
  spec: timeSpec,
  parallel: true,
  prepare() {
    const run = (): Promise<ToolResult> => {
      const time = `${new Date().toISOString().slice(0, 19).replace("T", " ")} UTC`;
      return Promise.resolve({ output: time, ok: true, data: { current_time: time } });
    };
    return { effect: "none", action: none, refusal, run };
  },
};
