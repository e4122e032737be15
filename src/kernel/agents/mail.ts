import type { AgentStatus } from "../../protocol/agents.ts";
import type { TurnInput } from "../turn-setup.ts";

/** Words that no user said. */
const unsaid = { elements: [], content: [], kinds: [], attachments: [] };

/** What a parent is told once, when an agent that it knows by id has ended its work. */
export const endNotice = (threadId: string, status: AgentStatus): TurnInput => ({
  ...unsaid,
  attachments: [
    {
      kind: "multi_agent.subagent_notification",
      text: `<subagent_notification>\n${JSON.stringify({ agent_path: threadId, status })}\n</subagent_notification>`,
    },
  ],
});

export interface Mail {
  kind: "NEW_TASK" | "MESSAGE" | "FINAL_ANSWER";
  from: string;
  to: string;
  text: string;
  /** The text came from a model, through a provider that may have encrypted it. */
  sealed: boolean;
}

/** A message from one agent to another, as models of Codex's second generation read it. */
export function mailInput({ kind, from, to, text, sealed }: Mail, newId: () => string): TurnInput {
  const head = `Message Type: ${kind}\nTask name: ${to}\nSender: ${from}\nPayload:\n`;
  const content = sealed
    ? [
        { type: "input_text", text: head },
        { type: "encrypted_content", encrypted_content: text },
      ]
    : [{ type: "input_text", text: head + text }];
  return {
    ...unsaid,
    items: [{ type: "agent_message", id: `amsg_${newId()}`, author: from, recipient: to, content }],
  };
}
