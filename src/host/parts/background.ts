import type { EndedCommand } from "../../tools/exec/sessions.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

/**
 * Begins a turn when a command that was left running ends while the model does nothing, so that it hears of it. While a
 * turn runs, or waits to, the model is there to look for itself.
 */
export const backgroundPart = (place: PartPlace): ThreadPart => ({
  commandEnded(command) {
    const thread = place.thread();
    if (thread.accepted.length > 0) return;
    const attachments = [{ kind: "generic.exec_command_completed", text: completedText(command) }];
    thread.submit({ elements: [], content: [], kinds: [], attachments }, { trigger: "background" });
  },
});

function completedText({ sessionId, exitCode, argv }: EndedCommand): string {
  const facts = { session_id: sessionId, exit_code: exitCode, command: argv.at(-1) ?? "" };
  return `<exec_command_completed>\n${JSON.stringify(facts)}\n</exec_command_completed>`;
}
