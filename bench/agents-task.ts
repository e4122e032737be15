/** The model of a thread that works through sub-agents. It has no memory: what is to be said next stands in a request. */
import { answer, commandCall, functionCall, response } from "./streams.ts";

/** What a response of an agent's model takes, ms: work that is bound by the model. */
const thinkingMs = 300;
/** Commands that an agent runs, a response each, before it answers. */
const commandsOfOne = 2;

/** Requests that a task with so many agents makes at the least: theirs, and the first and the last of their parent. */
export const agentRequests = (agents: number): number => agents * (commandsOfOne + 1) + 2;

interface Item {
  type: string;
  output?: unknown;
}

interface Output {
  agent_id?: string;
  status?: Record<string, unknown>;
}

function outputsOf(body: Buffer): Output[] {
  const { input } = JSON.parse(body.toString("utf8")) as { input: Item[] };
  return input
    .filter(({ type }) => type === "function_call_output")
    .map(({ output }) => (typeof output === "string" && output.startsWith("{") ? (JSON.parse(output) as Output) : {}));
}

const agents = { namespace: "multi_agent_v1" };

/** Begins all agents in one response, and waits until each has ended. */
function parent(count: number, outputs: readonly Output[]): Buffer {
  const number = outputs.length;
  if (number === 0) {
    const spawn = (_: unknown, index: number): string =>
      functionCall(`spawn_${index}`, { ...agents, name: "spawn_agent", args: { message: "work" } }, index);
    return response(0, Array.from({ length: count }, spawn).join(""));
  }
  const ended = new Set(outputs.flatMap(({ status }) => Object.keys(status ?? {})));
  const targets = outputs.flatMap(({ agent_id: id }) => (id === undefined || ended.has(id) ? [] : [id]));
  if (targets.length === 0) return answer(number);
  return response(number, functionCall(`wait_${number}`, { ...agents, name: "wait_agent", args: { targets } }, 0));
}

export function agentsAnswer(count: number, body: Buffer, isAgent: boolean): { stream: Buffer; afterMs: number } {
  const outputs = outputsOf(body);
  if (!isAgent) return { stream: parent(count, outputs), afterMs: 0 };
  const number = outputs.length;
  const stream =
    number < commandsOfOne ? response(number, commandCall(`work_${number}`, "true", 0)) : answer(commandsOfOne);
  return { stream, afterMs: thinkingMs };
}
