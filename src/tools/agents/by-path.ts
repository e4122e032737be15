import type { SubAgentActivity } from "../../protocol/items.ts";
import { CallError, type CallContext, type Tool, type ToolResult } from "../tool.ts";
import { agentCall, CollabItem, plain } from "./agent-call.ts";
import type { Agent, AgentDesk } from "./desk.ts";
import { agentTool, roleParameter, type AgentTool, type OfferedRoles } from "./define.ts";
import { waitTime } from "./wait-time.ts";

/** The tools of Codex's second generation: agents have names and send each other mail. */

const namespace = { name: "collaboration", description: "Start sub-agents that work beside you, and work with them." };

const message = { type: "string", description: "What to tell the agent.", encrypted: true };
const target = { type: "string", description: "The agent: the name that spawn_agent gave it, in full or below yours." };
const silent: ToolResult = { output: "", ok: true };

function tellActivity(
  context: CallContext,
  kind: SubAgentActivity["kind"],
  agent: Agent,
  made: Pick<SubAgentActivity, "model" | "reasoningEffort"> = { model: null, reasoningEffort: null },
): void {
  const item: SubAgentActivity = {
    type: "subAgentActivity",
    id: context.callId,
    kind,
    agentThreadId: agent.threadId,
    agentPath: agent.path ?? agent.threadId,
    ...made,
  };
  context.items.started(item);
  context.items.completed(item);
}

const pathOf = (desk: AgentDesk, name: string): string => (name.startsWith("/") ? name : `${desk.path}/${name}`);

async function locate(desk: AgentDesk, name: string): Promise<Agent> {
  const agent = await desk.locate(name);
  if (agent === null) throw new CallError(`live agent path \`${pathOf(desk, name)}\` not found`);
  return agent;
}

function spawnAgent(
  desk: AgentDesk,
  roles: OfferedRoles,
): AgentTool<{
  agent_type?: string;
  task_name: string;
  message: string;
  fork_turns?: string;
  model?: string;
  reasoning_effort?: string;
}> {
  return {
    name: "spawn_agent",
    description:
      "Start a sub-agent with a task of its own, and go on while it works. Gives its full name, by which the other tools know it. It works in the same folder under the same rules; its answer comes to you as a message.",
    properties: {
      ...roleParameter(roles),
      fork_turns: {
        type: "string",
        description:
          "`all` (default) lets it begin with all that was said in this thread so far, `none` with its task alone.",
      },
      message,
      model: { type: "string", description: "Another model than yours; only when asked for, and with `none`." },
      reasoning_effort: {
        type: "string",
        description: "Another reasoning effort than yours; only when asked for, and with `none`.",
      },
      task_name: { type: "string", description: "Its name: lowercase letters, digits and underscores." },
    },
    required: ["task_name", "message"],
    prepare({ task_name: name, message: text, fork_turns: turns = "all", ...made }, context) {
      if (text === "") throw new CallError("Empty message can't be sent to an agent");
      // Codex takes a number for `all`.
      const all = turns === "all" || /^[1-9]\d*$/.test(turns);
      if (!all && turns !== "none") throw new CallError("fork_turns must be `none` or `all`");
      if (!/^[a-z0-9_]+$/.test(name))
        throw new CallError("agent_name must use only lowercase letters, digits, and underscores");
      const { model = null, reasoning_effort: effort = null, agent_type: role = null } = made;
      if (all && (model !== null || effort !== null))
        throw new CallError("model and reasoning_effort cannot be chosen with `fork_turns: all`; use `none`");
      return agentCall("once", async () => {
        const mail = { type: "mail", kind: "NEW_TASK", text } as const;
        const request = { message: mail, role, name, fork: all, model, effort };
        const agent = await desk.spawn(request, context);
        tellActivity(context, "started", agent, { model: agent.model, reasoningEffort: agent.effort });
        return plain({ task_name: agent.path });
      });
    },
  };
}

function tell(
  desk: AgentDesk,
  kind: "NEW_TASK" | "MESSAGE",
): AgentTool<{ target: string; message: string }>["prepare"] {
  return ({ target: name, message: text }, context) => {
    if (text === "") throw new CallError("Empty message can't be sent to an agent");
    if (kind === "NEW_TASK" && name === "/root") throw new CallError("Follow-up tasks can't target the root agent");
    return agentCall("once", async () => {
      const agent = await locate(desk, name);
      await desk.send(agent, { type: "mail", kind, text }, context, { interrupt: false });
      tellActivity(context, "interacted", agent);
      return silent;
    });
  };
}

function waitAgent(desk: AgentDesk): AgentTool<{ timeout_ms?: number }> {
  return {
    name: "wait_agent",
    description:
      "Wait until an agent has sent something to you: a message, or its answer. Says only that something came; it stands in the messages that follow. Ends early when the user says something.",
    properties: {
      timeout_ms: {
        type: "number",
        description: "At most so many milliseconds, 10000 to 3600000. Default: 30000. Long waits are better than many.",
      },
    },
    parallel: true,
    prepare({ timeout_ms }, context) {
      const { milliseconds, note } = waitTime(timeout_ms);
      return agentCall("none", async () => {
        const item = new CollabItem(context, { tool: "wait", prompt: null, model: null, reasoningEffort: null }, []);
        const stop = (): void => item.fail();
        context.signal.addEventListener("abort", stop, { once: true });
        try {
          const news = await desk.waitForNews(milliseconds, context.signal);
          item.end({});
          const said = { note: "Wait completed.", timeout: "Wait timed out.", user: "Wait interrupted by new input." };
          return plain({
            message: note === null ? said[news] : `${said[news]}\n\n${note}`,
            timed_out: news === "timeout",
          });
        } finally {
          context.signal.removeEventListener("abort", stop);
        }
      });
    },
  };
}

function listAgents(desk: AgentDesk): AgentTool<{ path_prefix?: string }> {
  return {
    name: "list_agents",
    description: "List the agents that there are, with how far each is.",
    properties: {
      path_prefix: { type: "string", description: "Only this agent and those below it; without a slash at the end." },
    },
    prepare: ({ path_prefix: prefix }) =>
      agentCall("none", async () => {
        const all = [
          { agent_name: desk.path, agent_status: "running" },
          ...desk.list().map(({ path, threadId, status }) => ({ agent_name: path ?? threadId, agent_status: status })),
        ];
        const wanted = prefix === undefined ? null : pathOf(desk, prefix);
        return plain({
          agents: all.filter(
            ({ agent_name: name }) => wanted === null || name === wanted || name.startsWith(`${wanted}/`),
          ),
        });
      }),
  };
}

function interruptAgent(desk: AgentDesk): AgentTool<{ target: string }> {
  return {
    name: "interrupt_agent",
    description: "Stop what an agent is doing; gives the state that it was in. It can be given another task.",
    properties: { target },
    required: ["target"],
    prepare: ({ target: name }, context) =>
      agentCall("repeatable", async () => {
        const agent = await locate(desk, name);
        const before = agent.status;
        await desk.interrupt(agent);
        tellActivity(context, "interrupted", agent);
        return plain({ previous_status: before });
      }),
  };
}

const followupTask = (desk: AgentDesk): AgentTool<{ target: string; message: string }> => ({
  name: "followup_task",
  description:
    "Give an agent another task. One that works reads it as soon as it can; one that has answered begins with it.",
  properties: { message, target },
  required: ["target", "message"],
  prepare: tell(desk, "NEW_TASK"),
});

const sendMessage = (desk: AgentDesk): AgentTool<{ target: string; message: string }> => ({
  name: "send_message",
  description: "Tell an agent something that it reads with what it does next. Begins no work.",
  properties: { message, target },
  required: ["target", "message"],
  prepare: tell(desk, "MESSAGE"),
});

export const agentToolsByPath = (desk: AgentDesk, roles: OfferedRoles): Tool[] => [
  agentTool(followupTask(desk), { namespace }),
  agentTool(interruptAgent(desk), { namespace }),
  agentTool(listAgents(desk), { namespace }),
  agentTool(sendMessage(desk), { namespace }),
  agentTool(spawnAgent(desk, roles), { namespace }),
  agentTool(waitAgent(desk), { namespace }),
];
