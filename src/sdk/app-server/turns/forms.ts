/** The forms in which a turn is read, besides event by event. */
import type { ResponseEvent } from "../events/response-event.ts";
import type { AgentResponse } from "./response.ts";
import type { RunOptions } from "./run-turn.ts";

export type TextKind = "reasoning" | "toolOutput" | "plan";

export interface TextOptions<Schema = unknown> extends RunOptions<Schema> {
  /** Texts besides those of the answer. */
  include?: readonly TextKind[] | undefined;
}

export interface CreateOptions<Schema = unknown> extends RunOptions<Schema> {
  /** Put all events into the response. */
  includeEvents?: boolean | undefined;
  /** Waited for, like those below: a slow one slows the reading. What they throw ends the turn. */
  onEvent?: ((event: ResponseEvent) => unknown) | undefined;
  /** Called with each piece of the answer's text. */
  onText?: ((text: string) => unknown) | undefined;
  onDone?: ((response: AgentResponse<Schema>) => unknown) | undefined;
}

const kinds: Record<string, "answer" | TextKind> = {
  "item/agentMessage/delta": "answer",
  "item/reasoning/textDelta": "reasoning",
  "item/reasoning/summaryTextDelta": "reasoning",
  "item/commandExecution/outputDelta": "toolOutput",
  "item/fileChange/outputDelta": "toolOutput",
  "item/plan/delta": "plan",
};

type Events<Schema> = AsyncGenerator<ResponseEvent, AgentResponse<Schema>, undefined>;

export async function* textOf<Schema>(
  events: Events<Schema>,
  include: readonly TextKind[],
): AsyncGenerator<string, AgentResponse<Schema>, undefined> {
  let over = false;
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) {
        over = true;
        return value;
      }
      const kind = kinds[value.type];
      if (kind === undefined || value.textDelta === undefined || value.textDelta === "") continue;
      if (kind === "answer" || include.includes(kind)) yield value.textDelta;
    }
  } finally {
    // As at the end of a loop that is left early.
    if (!over) await events.return(undefined as never);
  }
}

export async function runToEnd<Schema>(
  events: Events<Schema>,
  options: CreateOptions<Schema>,
): Promise<AgentResponse<Schema>> {
  const { includeEvents = false, onEvent, onText, onDone } = options;
  const all: ResponseEvent[] = [];
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) {
        const response = includeEvents ? { ...value, events: all } : value;
        await onDone?.(response);
        return response;
      }
      if (includeEvents) all.push(value);
      await onEvent?.(value);
      if (kinds[value.type] === "answer" && value.textDelta !== undefined) await onText?.(value.textDelta);
    }
  } finally {
    await events.return(undefined as never);
  }
}
