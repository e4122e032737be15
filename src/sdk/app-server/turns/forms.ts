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
  const begun = new Set<string>();
  let over = false;
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) {
        over = true;
        return value;
      }
      const piece = pieceOf(value, begun);
      if (piece !== null && (piece.kind === "answer" || include.includes(piece.kind))) yield piece.text;
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
  const begun = new Set<string>();
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
      const piece = pieceOf(value, begun);
      if (piece?.kind === "answer") await onText?.(piece.text);
    }
  } finally {
    await events.return(undefined as never);
  }
}

/** The text of an event. A message that comes whole, with no piece of it before, is one piece. `begun`: messages that came in pieces. */
function pieceOf(event: ResponseEvent, begun: Set<string>): { kind: "answer" | TextKind; text: string } | null {
  const { type, itemId = "" } = event;
  const kind = kinds[type];
  if (kind === "answer") begun.add(itemId);
  const isWhole = type === "item/completed" && event.item?.type === "agentMessage" && !begun.has(itemId);
  const text = isWhole ? event.messageText : kind === undefined ? undefined : event.textDelta;
  return text === undefined || text === "" ? null : { kind: kind ?? "answer", text };
}
