import type { ThreadItem } from "../../protocol/items.ts";
import type { MessageItem } from "../../protocol/response-items.ts";
import { applyMergePatch, type ContextUpdate } from "../context/context.ts";
import type { JournalRecord } from "../journal-port.ts";
import type { ThreadState } from "./turn-host.ts";
import type { TurnInput, TurnSetup } from "../turn-setup.ts";

/** The end of something that began then: the wall clock may have been set back meanwhile. */
export const notBefore = (startedAtMs: number, nowMs: number): number => Math.max(startedAtMs, nowMs);

/** A message of the harness, not of a person, to the model. */
export const harnessMessage = (role: "user" | "developer", text: string, id: string): MessageItem => ({
  type: "message",
  id: `msg_${id}`,
  role,
  content: [{ type: "input_text", text }],
});

/** Something for the model that no user said. */
export const wordsForModel = (text: string): TurnInput => ({
  elements: [],
  content: [],
  kinds: [],
  attachments: [{ kind: "user_shell_command", text }],
});

/** Where in a thread something is said to the model. */
export interface InputPlace {
  turnId: string;
  atMs: number;
  sampledThrough: number;
}

/** A user's words as history and as an item. */
export function inputRecords(input: TurnInput, place: InputPlace, newId: () => string): JournalRecord[] {
  const { turnId, atMs, sampledThrough } = place;
  const message = (content: MessageItem["content"], kinds: string[]): JournalRecord => ({
    type: "response.item",
    turnId,
    item: { type: "message", id: `msg_${newId()}`, role: "user", content },
    kinds,
    createdAtMs: atMs,
    sampledThrough,
  });
  const { clientId } = input;
  const content = [...input.elements];
  const item: ThreadItem = { type: "userMessage", id: newId(), ...(clientId !== undefined && { clientId }), content };
  const said: JournalRecord[] = [
    message(input.content, input.kinds),
    { type: "item.completed", turnId, item, startedAtMs: atMs, completedAtMs: atMs },
  ];
  return [
    ...(input.elements.length > 0 ? said : []),
    ...(input.items ?? []).map((given): JournalRecord => ({
      type: "response.item",
      turnId,
      item: given,
      createdAtMs: atMs,
      sampledThrough,
    })),
    ...input.attachments.map(({ kind, text }) => message([{ type: "input_text", text }], [kind])),
  ];
}

/** What the model is told of its surroundings, and that it was. */
export function contextRecords({ messages, state }: ContextUpdate, place: InputPlace): JournalRecord[] {
  const { turnId, atMs, sampledThrough } = place;
  return [
    ...messages.map(({ message: item, kinds }): JournalRecord => ({
      type: "response.item",
      turnId,
      item,
      kinds,
      createdAtMs: atMs,
      sampledThrough,
    })),
    ...(state === null ? [] : [{ type: "world.state" as const, ...state }]),
  ];
}

export function rememberContext(state: ThreadState, { state: told }: ContextUpdate): void {
  if (told === null) return;
  const { full, state: change } = told;
  state.worldState = (full ? change : applyMergePatch(state.worldState, change)) as Record<string, unknown>;
}

/** Adds what is journaled to what the model is shown; `sequences` are those that the journal gave. */
export function addToHistory(
  state: ThreadState,
  records: readonly JournalRecord[],
  sequences: readonly number[],
): void {
  let next = 0;
  for (const record of records) {
    if (record.type !== "response.item") continue;
    const { item, turnId, kinds, createdAtMs = null } = record;
    const sequence = sequences[next++] ?? null;
    state.history.push(item);
    if (kinds === undefined || item.id === undefined) continue;
    state.marks.set(item.id, { turnId, kinds, createdAtMs, sequence });
  }
}

const wordsOfMode = ({ modeInstructions = null }: TurnSetup): { modeInstructions?: string } =>
  modeInstructions === null ? {} : { modeInstructions };

const effortOf = ({ askedEffort, reasoning }: TurnSetup): string | null =>
  askedEffort === undefined ? (reasoning?.effort ?? null) : askedEffort;

export const contextRecord = (setup: TurnSetup, turnId: string): JournalRecord => ({
  type: "turn.context",
  turnId,
  cwd: setup.cwd,
  model: setup.model.name,
  permissions: setup.permissions,
  effort: effortOf(setup),
  ...(setup.mode === "plan" && { mode: setup.mode }),
  ...wordsOfMode(setup),
  summary: setup.reasoning?.summary ?? null,
  compactionHash: setup.model.compactionHash,
});

export const settingsRecord = (setup: TurnSetup): JournalRecord => ({
  type: "settings.applied",
  model: setup.model.name,
  provider: setup.provider,
  cwd: setup.cwd,
  permissions: setup.permissions,
  effort: effortOf(setup),
  ...(setup.mode === "plan" && { mode: setup.mode }),
  ...wordsOfMode(setup),
});
