import type { ContextBlock } from "../../kernel/context/context.ts";
import { sha1 } from "../../system/hash.ts";

const mail = (kinds: string): string =>
  `Other agents reach you with messages of the form \`Message Type: ${kinds}\`, \`Task name: <who it is for>\`, \`Sender: <who it is from>\`, \`Payload:\` and the text.`;

const shared =
  "All agents work in the same folder and see each other's changes at once: do not let two of them change the same files.";

/** What the first agent is told of those that it may have. */
function rootRole(places: number): string {
  return [
    "You are `/root`, the agent that the user talks to. You may have sub-agents: `spawn_agent` makes one, `followup_task` gives it more to do, `send_message` tells it something without more to do, `interrupt_agent` stops it.",
    "Call these tools directly, not from within a script.",
    mail("MESSAGE | FINAL_ANSWER"),
    shared,
    `At most ${places} sub-agents work at once. Waiting with \`wait_agent\`, wait for minutes rather than seconds.`,
  ].join("\n\n");
}

function agentRole(path: string, places: number | null): string {
  return [
    `You are \`${path}\`, an agent that another agent gave a task to. Your last message goes to that agent as your answer, and may be read by people: make it complete.`,
    mail("NEW_TASK | MESSAGE | FINAL_ANSWER"),
    shared,
    ...(places === null ? [] : [`You may have sub-agents of your own; at most ${places} work at once in all.`]),
  ].join("\n\n");
}

const mode =
  "Make sub-agents only when the user, AGENTS.md or a skill asks for sub-agents, delegation or parallel work. A request to be thorough is not one.";

interface AgentFacts {
  /** Null for a user's thread. */
  path: string | null;
  /** Null for an agent that may have none itself. */
  places: number | null;
  /** Tools that it is shown and must not call. */
  without: readonly string[];
}

/** What a model that knows its agents by path is told. */
export function agentContext({ path, places, without }: AgentFacts): ContextBlock[] {
  const role = path === null ? rootRole(places ?? 0) : agentRole(path, places);
  const hash = sha1(role);
  const block = (key: string, kind: string, state: unknown, text: string): ContextBlock => ({
    key,
    role: "developer",
    kind: `multi_agent.${kind}`,
    separate: "after",
    state,
    render: () => text,
  });
  return [
    block("multi_agent_usage_hint", "role_instructions", hash, `<multi_agent_role>${role}</multi_agent_role>`),
    ...(without.length === 0
      ? []
      : [
          block(
            "agent_tools",
            "removed_tools",
            { without },
            `Not for you, although you are shown it: ${without.join(", ")}.`,
          ),
        ]),
    block(
      "multi_agent_mode",
      "mode_instructions",
      { mode: "explicitRequestOnly", usage_hint_hash: hash },
      `<multi_agent_mode>${mode}</multi_agent_mode>`,
    ),
  ];
}
