/** Tokens that every request holds before anybody has said anything. */
const base = 12_000;

/** Part of the context window that is left, in whole percent; null for a window that is not known. */
export function contextLeft(usedTokens: number, window: number | null): number | null {
  if (window === null) return null;
  const room = window - base;
  if (room <= 0) return 0;
  const left = (room - Math.max(0, usedTokens - base)) / room;
  return Math.round(Math.min(1, Math.max(0, left)) * 100);
}
