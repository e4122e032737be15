import type { PlanStep, ThreadItem } from "../../src/protocol/items.ts";
import type { CallContext, Tool, ToolResult } from "../../src/tools/tool.ts";

export interface Recorded {
  context: CallContext;
  started: ThreadItem[];
  completed: ThreadItem[];
  plans: { explanation: string | null; plan: PlanStep[] }[];
}

/** A context that remembers what the tool tells. */
export function recordedContext(cwd: string, changes: Partial<CallContext> = {}): Recorded {
  const started: ThreadItem[] = [];
  const completed: ThreadItem[] = [];
  const plans: Recorded["plans"] = [];
  const context: CallContext = {
    threadId: "thread",
    turnId: "turn",
    callId: "call_1",
    cwd,
    permissions: {
      sandbox: "read-only",
      networkAccess: false,
      writableRoots: [],
      excludeTmpdir: false,
      excludeSlashTmp: false,
      approvalPolicy: "never",
    },
    items: {
      started: (item) => void started.push(item),
      input: () => {},
      patched: () => {},
      output: () => {},
      completed: (item) => void completed.push(item),
      plan: (explanation, plan) => void plans.push({ explanation, plan }),
      child: () => {},
    },
    signal: new AbortController().signal,
    outputTokens: 10_000,
    imageDetail: "high",
    ask: () => Promise.resolve({ type: "deny" }),
    ...changes,
  };
  return { context, started, completed, plans };
}

export async function callTool(tool: Tool, args: unknown, context: CallContext): Promise<ToolResult> {
  return (await tool.prepare(typeof args === "string" ? args : JSON.stringify(args), context)).run({
    type: "allow",
    enclose: null,
  });
}
