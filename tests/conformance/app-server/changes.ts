import type { Heard } from "./dialogue.ts";

export interface Message {
  method: string;
  params: Record<string, unknown>;
}

/** What ours must say instead, made of what the real one said to each client. */
export const toldInstead =
  (change: (told: Message[]) => Message[]) =>
  (real: Heard): Heard => ({
    ...real,
    clients: real.clients.map((client) => ({ ...client, told: change(client.told as Message[]) })),
  });

/** The first that fits the first pattern stands behind the first that fits the second. */
export const behind = (moved: RegExp, place: RegExp) =>
  toldInstead((told) => {
    const textOf = (message: Message): string => `${message.method} ${JSON.stringify(message.params)}`;
    const from = told.findIndex((message) => moved.test(textOf(message)));
    const left = told.filter((_, index) => index !== from);
    const to = left.findIndex((message, index) => index >= from && place.test(textOf(message)));
    return from < 0 || to < 0 ? told : left.toSpliced(to + 1, 0, told[from]!);
  });

/** Every text that is one of these is another one. */
export function inOtherWords(real: Heard, words: Readonly<Record<string, string>>): Heard {
  const change = (value: unknown): unknown => {
    if (typeof value === "string") return Object.hasOwn(words, value) ? words[value] : value;
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each)]));
  };
  return change(real) as Heard;
}
