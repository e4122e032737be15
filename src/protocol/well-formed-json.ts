/** How JSON.stringify writes half of a surrogate pair. A search for it costs little beside the writing. */
const half = /\\ud[89a-f][0-9a-f]{2}/g;

/**
 * JSON text with U+FFFD in the place of each half of a surrogate pair, such as a cut through a text may leave. Codex and most
 * providers refuse the whole text for one.
 */
export function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.replace(half, (found, at: number) => {
    let slashes = at;
    while (json[slashes - 1] === "\\") slashes--;
    // Behind a backslash that is escaped these are letters of a text.
    return (at - slashes) % 2 === 1 ? found : "\ufffd";
  });
}
