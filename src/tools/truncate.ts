/** Token estimate of Codex: four bytes of UTF-8 are one token, rounded up. */
export const approximateTokens = (bytes: number): number => Math.ceil(bytes / 4);

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * Head and tail of a text, half of the budget each, cut on character borders, with a marker between them that counts
 * what is over the budget, not what the borders cost beyond that. One part, the text itself, when it fits.
 */
export function cutMiddle(text: string, tokens: number): string[] {
  const budget = tokens * 4;
  if (text.length <= budget && Buffer.byteLength(text) <= budget) return [text];
  const bytes = Buffer.from(text);
  const half = Math.floor(budget / 2);
  let head = half;
  while (head > 0 && isContinuation(bytes[head])) head--;
  let tail = bytes.length - (budget - half);
  while (tail < bytes.length && isContinuation(bytes[tail])) tail++;
  const marker = `…${approximateTokens(bytes.length - budget)} tokens truncated…`;
  return [bytes.toString("utf8", 0, head), marker, bytes.toString("utf8", tail)];
}

/** {@link cutMiddle} in one piece. */
export const truncateMiddle = (text: string, tokens: number): string => cutMiddle(text, tokens).join("");
