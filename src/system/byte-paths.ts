/**
 * Names of files are bytes, and not all of them are UTF-8. A path as a string stands for its bytes: what is no UTF-8 becomes the
 * lone surrogates U+DC80 to U+DCFF, a byte each, which no UTF-8 text contains.
 */

const loneSurrogate = /[\uDC80-\uDCFF]/;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function pathOfBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

/** What Node takes for a path. */
export function bytesOfPath(path: string): Buffer {
  if (!loneSurrogate.test(path)) return Buffer.from(path, "utf8");
  const parts: Buffer[] = [];
  for (const character of path) {
    const code = character.codePointAt(0)!;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(character, "utf8"));
  }
  return Buffer.concat(parts);
}

/** The pieces of bytes that end with a zero byte each. */
export function pathsOfList(bytes: Uint8Array): string[] {
  const paths: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    paths.push(pathOfBytes(bytes.subarray(start, end)));
    start = end + 1;
  }
  return paths;
}

export function listOfPaths(paths: readonly string[]): Uint8Array {
  const zero = Buffer.from([0]);
  return Buffer.concat(paths.flatMap((path) => [bytesOfPath(path), zero]));
}

/** The longest pieces that are UTF-8, and the bytes between them. */
function escaped(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    let plain = at;
    while (plain < bytes.length && bytes[plain]! < 0x80) plain++;
    if (plain > at) {
      text += Buffer.from(bytes.buffer, bytes.byteOffset + at, plain - at).toString("latin1");
      at = plain;
      continue;
    }
    const first = bytes[at]!;
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    const piece = bytes.subarray(at, at + length);
    try {
      if (length === 0 || piece.length < length) throw new RangeError("no character begins here");
      text += strict.decode(piece);
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + first);
      at += 1;
    }
  }
  return text;
}
