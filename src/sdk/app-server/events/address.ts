/** Whose notification it is. */
export interface Address {
  threadId: string | null;
  turnId: string | null;
}

export function addressOf(params: unknown): Address {
  if (!isRecord(params)) return { threadId: null, turnId: null };
  const { threadId, conversationId, sessionId, thread, turnId, turn } = params;
  return {
    threadId: firstText(threadId, conversationId, sessionId, isRecord(thread) ? thread["id"] : null),
    turnId: firstText(turnId, isRecord(turn) ? turn["id"] : null),
  };
}

function firstText(...values: unknown[]): string | null {
  return (values.find((value) => typeof value === "string" && value !== "") as string | undefined) ?? null;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
