/**
 * Trimming by Unicode's White_Space property. JavaScript's own differs in two characters (it trims U+FEFF and
 * keeps U+0085), and either one would change which lines match.
 */
const isWhitespace = (code: number): boolean =>
  (code >= 0x09 && code <= 0x0d) ||
  code === 0x20 ||
  (code >= 0x85 &&
    (code === 0x85 ||
      code === 0xa0 ||
      code === 0x1680 ||
      (code >= 0x2000 && code <= 0x200a) ||
      code === 0x2028 ||
      code === 0x2029 ||
      code === 0x202f ||
      code === 0x205f ||
      code === 0x3000));

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isWhitespace(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

export function trim(text: string): string {
  const ended = trimEnd(text);
  let start = 0;
  while (start < ended.length && isWhitespace(ended.charCodeAt(start))) start++;
  return start === 0 ? ended : ended.slice(start);
}
