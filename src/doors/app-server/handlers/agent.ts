import { agentRequests, type AgentRequest } from "../../../protocol/agent-requests.ts";
import { misfitOf } from "../../../protocol/shapes/check.ts";
import type { AppServer } from "../app-server.ts";
import { refused } from "../request-error.ts";

const prefix = "agent/";

/** The method of our own table that is meant; null when it is none of those that are offered. */
export function agentRequest(method: string): AgentRequest | null {
  const name = method.slice(prefix.length);
  return method.startsWith(prefix) && Object.hasOwn(agentRequests, name) ? (name as AgentRequest) : null;
}

/** Hands a request of our own words to the kernel, once it is as it should be. */
export async function answerAgentRequest(name: AgentRequest, params: unknown, server: AppServer): Promise<unknown> {
  const given = params ?? {};
  const misfit = misfitOf(given, agentRequests[name]);
  if (misfit !== null) {
    const { path, message } = misfit;
    throw refused(`Invalid request: ${path === "" ? "" : `${path}: `}${message}`, { path });
  }
  try {
    return await server.client.call(name, given as never);
  } finally {
    // It closes the thread, also where it then fails.
    if (name === "thread/rewind" || name === "thread/rewind/undo")
      await server.unloadClosed((given as { threadId: string }).threadId);
  }
}
