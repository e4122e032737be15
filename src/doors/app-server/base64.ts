const symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const wellFormed = /^[A-Za-z0-9+/]*={0,2}$/;

/** Bytes of standard base64 with its padding; a problem, in the words of Codex's decoder, of anything else. */
export function bytesOfBase64(text: string): Buffer | { readonly problem: string } {
  const problem = problemOf(text);
  return problem === null ? Buffer.from(text, "base64") : { problem };
}

function problemOf(text: string): string | null {
  // Node's own decoder passes over whatever it does not know.
  if (!wellFormed.test(text)) return strange(text, text.search(/[^A-Za-z0-9+/]/));
  const body = text.replace(/=+$/, "");
  if (body.length % 4 === 1) return body === text ? `Invalid input length: ${text.length}` : strange(text, body.length);
  if (text.length % 4 !== 0)
    return text.length > body.length && body.length % 4 === 0 ? strange(text, body.length) : "Invalid padding";
  if (body.length % 4 === 0) return text === body ? null : strange(text, body.length);
  const last = body.length - 1;
  const unused = body.length % 4 === 2 ? 0b1111 : 0b11;
  if ((symbols.indexOf(body[last]!) & unused) === 0) return null;
  return `Invalid last symbol ${body.charCodeAt(last)}, offset ${last}.`;
}

/** Offsets count bytes. */
const strange = (text: string, at: number): string =>
  `Invalid symbol ${Buffer.from(text.slice(at, at + 2))[0]}, offset ${Buffer.byteLength(text.slice(0, at))}.`;
