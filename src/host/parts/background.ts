import type { AgentEvent } from "../../protocol/events.ts";
import type { EndedCommand } from "../../tools/exec/sessions.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

const kind = "generic.exec_command_completed";

/**
 * Begins a turn when a command that was left running ends while the model does nothing, so that it hears of it. While a
 * turn runs, or waits to, the model is there to look for itself: unless the turn ends without another request.
 */
export class BackgroundPart implements ThreadPart {
  readonly #place: PartPlace;
  /** What has ended since the model was last asked, in a turn that may ask it again. */
  #missed: EndedCommand[] = [];
  #stopped = false;

  constructor(place: PartPlace) {
    this.#place = place;
  }

  commandEnded(command: EndedCommand): void {
    if (this.#modelComes) this.#missed.push(command);
    else this.#tell([command]);
  }

  /** Called before each request: from here on the model can look. */
  live(): [] {
    this.#missed = [];
    return [];
  }

  observe(event: AgentEvent): void {
    if (event.type === "turn.completed" && !this.#modelComes) this.#tell(this.#missed.splice(0));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
  }

  get #modelComes(): boolean {
    return this.#place.thread().accepted.length > 0;
  }

  #tell(commands: readonly EndedCommand[]): void {
    if (this.#stopped || commands.length === 0) return;
    const attachments = commands.map((command) => ({ kind, text: completedText(command) }));
    this.#place.thread().submit({ elements: [], content: [], kinds: [], attachments }, { trigger: "background" });
  }
}

function completedText({ sessionId, exitCode, argv }: EndedCommand): string {
  const facts = { session_id: sessionId, exit_code: exitCode, command: argv.at(-1) ?? "" };
  return `<exec_command_completed>\n${JSON.stringify(facts)}\n</exec_command_completed>`;
}
