import type { InputPart, MessageItem } from "../../protocol/response-items.ts";

/** One thing that the model is told about its surroundings, once and again whenever it changes. */
export interface ContextBlock {
  /** Under this name the journal remembers what was told; null for what is told at the start of a thread alone. */
  key: string | null;
  role: "developer" | "user";
  /** What the text is, in Codex's words: `permissions.instructions`, `environments.environment_context`, ...; `told` as in {@link render}. */
  kind: string | ((told: unknown) => string);
  /** Stands in a message of its own: before the message that the others share, or after it. */
  separate?: boolean | "after";
  /** What the journal keeps of the block and compares with. Plain JSON. */
  state: unknown;
  /** The text for the model; null when there is nothing to say. `told` is the state it was told last, undefined at first. */
  render(told: unknown): string | null;
}

export interface ContextUpdate {
  messages: { message: MessageItem; kinds: string[] }[];
  /** The whole state, or with `full: false` a merge patch (RFC 7396) on what was told; null when nothing changed. */
  state: { full: boolean; state: Record<string, unknown> } | null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The merge patch that makes `to` of `from`; undefined when they are equal. */
export function mergePatch(from: unknown, to: unknown): unknown {
  if (!isRecord(from) || !isRecord(to)) return JSON.stringify(from) === JSON.stringify(to) ? undefined : to;
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(from)) if (to[name] === undefined) patch[name] = null;
  for (const [name, value] of Object.entries(to)) {
    const change = from[name] === undefined ? value : mergePatch(from[name], value);
    if (change !== undefined) patch[name] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applyMergePatch(result[name], value);
  }
  return result;
}

/**
 * What the model has to be told before its next prompt, given what it was told before (null: nothing yet).
 * Blocks keep their order; those of one role share a message.
 */
export function contextUpdate(
  blocks: readonly ContextBlock[],
  told: Readonly<Record<string, unknown>> | null,
  newId: () => string,
): ContextUpdate {
  const state: Record<string, unknown> = {};
  const said: { block: ContextBlock; kind: string; text: string }[] = [];
  for (const block of blocks) {
    const before = block.key === null ? undefined : told?.[block.key];
    if (told !== null) {
      const change =
        block.key === null ? undefined : before === undefined ? block.state : mergePatch(before, block.state);
      if (change === undefined) continue;
      state[block.key!] = change;
    } else if (block.key !== null) {
      state[block.key] = block.state;
    }
    const text = block.render(before);
    if (text === null) continue;
    said.push({ block, kind: typeof block.kind === "string" ? block.kind : block.kind(before), text });
  }
  const messageOf = (role: "developer" | "user", entries: typeof said) => {
    const content: InputPart[] = entries.map(({ text }) => ({ type: "input_text", text }));
    const message: MessageItem = { type: "message", id: `msg_${newId()}`, role, content };
    return { message, kinds: entries.map(({ kind }) => kind) };
  };
  const messages = (["developer", "user"] as const).flatMap((role) => {
    const own = said.filter(({ block }) => block.role === role);
    const alone = (where: ContextBlock["separate"]) =>
      own.filter(({ block }) => block.separate === where).map((entry) => messageOf(role, [entry]));
    const shared = own.filter(({ block }) => !block.separate);
    return [...alone(true), ...(shared.length === 0 ? [] : [messageOf(role, shared)]), ...alone("after")];
  });
  const silent = told !== null && Object.keys(state).length === 0;
  return { messages, state: silent ? null : { full: told === null, state } };
}
