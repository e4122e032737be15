import type { AgentStatus } from "../../protocol/agents.ts";
import { CallError, type Tool } from "../tool.ts";
import { agentCall, CollabItem, plain, receiverOf, unknownReceiver } from "./agent-call.ts";
import { agentInput, inputParameters, type InputArguments } from "./agent-input.ts";
import type { AgentDesk } from "./desk.ts";
import { agentTool, roleParameter, type AgentTool, type OfferedRoles } from "./define.ts";
import { waitTime } from "./wait-time.ts";

/** The tools of Codex's first generation: agents are known by the ids of their threads. */

const namespace = {
  name: "multi_agent_v1",
  description: "Start sub-agents that work beside you, and look after them.",
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function checkId(id: string): void {
  if (!uuid.test(id)) throw new CallError(`invalid agent id ${id}: spawn_agent gives ids that are UUIDs`);
}

const missing = (id: string): CallError => new CallError(`agent with id ${id} not found`);

const target = { type: "string", description: "The agent's id, as spawn_agent gave it." };

function closeAgent(desk: AgentDesk): AgentTool<{ target: string }> {
  return {
    name: "close_agent",
    description:
      "End an agent that is not needed any more, with everything that it has begun. Gives the state that it was in. Agents that have answered stay open, and take one of the places for agents, until they are closed.",
    properties: { target },
    required: ["target"],
    prepare({ target: id }, context) {
      checkId(id);
      return agentCall("repeatable", async () => {
        const agent = desk.find(id);
        const receivers = [agent === null ? unknownReceiver(id) : receiverOf(agent)];
        const item = new CollabItem(context, { tool: "closeAgent", ...nothingSaid }, receivers);
        const before = agent?.status ?? "not_found";
        if (agent !== null) await desk.close(agent);
        item.end({ [id]: before });
        if (agent === null) throw missing(id);
        return plain({ previous_status: before });
      });
    },
  };
}

const nothingSaid = { prompt: null, model: null, reasoningEffort: null };

function resumeAgent(desk: AgentDesk): AgentTool<{ id: string }> {
  return {
    name: "resume_agent",
    description:
      "Open an agent again that was closed, with all that it knows, so that it can be sent input and waited for.",
    properties: { id: { type: "string", description: "The agent's id." } },
    required: ["id"],
    prepare({ id }, context) {
      checkId(id);
      return agentCall("repeatable", async () => {
        const item = new CollabItem(context, { tool: "resumeAgent", ...nothingSaid }, [unknownReceiver(id)]);
        try {
          const agent = desk.find(id) ?? (await desk.resume(id));
          item.end({ [id]: agent?.status ?? "not_found" }, agent === null ? undefined : [receiverOf(agent)]);
          if (agent === null) throw missing(id);
          return plain({ status: agent.status });
        } finally {
          item.fail();
        }
      });
    },
  };
}

function sendInput(desk: AgentDesk): AgentTool<InputArguments & { target: string; interrupt?: boolean }> {
  return {
    name: "send_input",
    description:
      "Tell an agent something more. One that works reads it as soon as it can; one that has answered goes on with it. Use the same agent again where the work builds on what it knows.",
    properties: {
      interrupt: {
        type: "boolean",
        description: "True stops what the agent is doing, so that it turns to this at once. Default: false.",
      },
      ...inputParameters,
      target,
    },
    required: ["target"],
    prepare({ target: id, interrupt = false, ...rest }, context) {
      const message = agentInput(rest);
      checkId(id);
      return agentCall("once", async () => {
        const agent = desk.find(id);
        const receivers = [agent === null ? unknownReceiver(id) : receiverOf(agent)];
        const said = { ...nothingSaid, prompt: message.text };
        const item = new CollabItem(context, { tool: "sendInput", ...said }, receivers);
        try {
          if (agent === null) {
            item.end({ [id]: "not_found" });
            throw missing(id);
          }
          if (interrupt) await desk.interrupt(agent);
          const before = agent.status;
          const submission = await desk.send(agent, message, context, { interrupt });
          item.end({ [id]: before });
          return plain({ submission_id: submission });
        } finally {
          item.fail();
        }
      });
    },
  };
}

interface SpawnArguments extends InputArguments {
  agent_type?: string;
  fork_context?: boolean;
  model?: string;
  reasoning_effort?: string;
}

function spawnAgent(desk: AgentDesk, roles: OfferedRoles): AgentTool<SpawnArguments> {
  return {
    name: "spawn_agent",
    description:
      "Start a sub-agent with a task of its own, and go on while it works; gives its id and nickname. Only when the user, AGENTS.md or a skill asks for sub-agents, delegation or parallel work. Give it a task that is bounded and needs nothing from what you do next, say what it may change, and what it should answer. It works in the same folder under the same rules.",
    properties: {
      ...roleParameter(roles),
      fork_context: {
        type: "boolean",
        description: "True lets it begin with all that was said in this thread so far. Default: only what you tell it.",
      },
      ...inputParameters,
      model: { type: "string", description: "Another model than yours; only when the user asks for it." },
      reasoning_effort: { type: "string", description: "Another reasoning effort than yours; only when asked for." },
    },
    prepare(given, context) {
      const message = agentInput(given);
      return agentCall("once", async () => {
        const { model = null, reasoning_effort: effort = null, agent_type: role = null } = given;
        const said = { prompt: message.text, model, reasoningEffort: effort };
        const item = new CollabItem(context, { tool: "spawnAgent", ...said }, []);
        try {
          const request = { message, role, name: null, fork: given.fork_context ?? false, model, effort };
          const agent = await desk.spawn(request, context);
          item.end({ [agent.threadId]: agent.status }, [receiverOf(agent)]);
          return plain({ agent_id: agent.threadId, nickname: agent.nickname });
        } finally {
          item.fail();
        }
      });
    },
  };
}

function waitAgent(desk: AgentDesk): AgentTool<{ targets: string[]; timeout_ms?: number }> {
  return {
    name: "wait_agent",
    description:
      "Wait until one of these agents has ended its work, and get how it ended, with its answer. Gives nothing when the time is over. How an agent ended is also told to you in a message of its own.",
    properties: {
      targets: {
        type: "array",
        description: "Ids of agents; the first to end ends the wait.",
        items: { type: "string" },
      },
      timeout_ms: {
        type: "number",
        description: "At most so many milliseconds, 10000 to 3600000. Default: 30000. Long waits are better than many.",
      },
    },
    required: ["targets"],
    parallel: true,
    prepare({ targets, timeout_ms }, context) {
      if (targets.length === 0) throw new CallError("agent ids must be non-empty");
      for (const id of targets) checkId(id);
      if (timeout_ms !== undefined && timeout_ms <= 0) throw new CallError("timeout_ms must be greater than zero");
      const { milliseconds } = waitTime(timeout_ms);
      return agentCall("none", async () => {
        const receivers = targets.map((id) => {
          const agent = desk.find(id);
          return agent === null ? unknownReceiver(id) : receiverOf(agent);
        });
        const item = new CollabItem(context, { tool: "wait", ...nothingSaid }, receivers);
        const stop = (): void => item.fail();
        context.signal.addEventListener("abort", stop, { once: true });
        try {
          const ended = await desk.waitForAny(targets, milliseconds, context.signal);
          const status: Record<string, AgentStatus> = Object.fromEntries(ended);
          item.end(status);
          return plain({ status, timed_out: ended.size === 0 });
        } finally {
          context.signal.removeEventListener("abort", stop);
        }
      });
    },
  };
}

/** `deferred`: the model finds them by search. */
export function agentToolsById(desk: AgentDesk, roles: OfferedRoles, deferred: boolean): Tool[] {
  const offer = { namespace, ...(deferred && { deferred }) };
  return [
    agentTool(closeAgent(desk), offer),
    agentTool(resumeAgent(desk), offer),
    agentTool(sendInput(desk), offer),
    agentTool(spawnAgent(desk, roles), offer),
    agentTool(waitAgent(desk), offer),
  ];
}
