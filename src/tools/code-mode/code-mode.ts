import type { Enclose } from "../../policy/sandbox/sandbox.ts";
import type { HostedSpec } from "../../protocol/tool-spec.ts";
import { currentTimeTool, sleepTool } from "../clock.ts";
import type { Tool } from "../tool.ts";
import { Cells } from "./cells.ts";
import { isCallable, nestedTools } from "./nested-tools.ts";
import { createExec, createWait } from "./tools.ts";

type Shown = Tool | HostedSpec;

/** Scripts as the way in which a model calls its tools. */
export interface CodeMode {
  /** What it brings: `exec` and `wait`, and with `clock` the tools of that name. */
  tools(clock: boolean): readonly Tool[];
  /** The tools as the model is shown them: what scripts can call is theirs alone, unless it stays shown `beside`. */
  arrange(tools: readonly Shown[], beside: boolean): readonly Shown[];
  /** Begins what the first script would otherwise wait for. */
  warm(): void;
  close(): void;
}

const isTool = (tool: Shown): tool is Tool => typeof tool["prepare"] === "function";

/** The same tool, left to scripts. */
const scripted = (tool: Tool): Tool => ({
  ...tool,
  scripted: true,
  prepare: (input, context) => tool.prepare(input, context),
});

const sameTools = (some: readonly Tool[], others: readonly Tool[]): boolean =>
  some.length === others.length && some.every((tool, index) => tool.spec === others[index]?.spec);

/** The scripts of one thread. `walls` are for their processes. */
export function createCodeMode(walls: () => Promise<Enclose | null>): CodeMode {
  const cells = new Cells(walls);
  const wait = createWait(cells);
  // Its description lists what scripts can call, and is long: made anew only when that changes.
  let exec = createExec(cells, []);
  let described: readonly Tool[] = [];
  return {
    tools: (clock) => [exec, wait, ...(clock ? [sleepTool, currentTimeTool] : [])],
    arrange(tools, beside) {
      const callable = tools.filter(isTool).filter(isCallable);
      if (!sameTools(callable, described)) {
        exec = createExec(cells, nestedTools(callable));
        described = callable;
      }
      return tools.flatMap((tool): Shown[] => {
        if (!isTool(tool)) return [tool];
        if (tool.name === exec.name && tool.namespace === undefined) return [exec];
        if (!isCallable(tool)) return tool.spec.type === "tool_search" && !beside ? [] : [tool];
        return [beside ? tool : scripted(tool)];
      });
    },
    warm: () => void cells.warm().catch(() => {}),
    close: () => cells.close(),
  };
}
