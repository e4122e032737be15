/** The frames of WebSocket (RFC 6455), as a client writes and reads them; no extension is spoken. */
import { randomBytes } from "node:crypto";

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  opcode: number;
  payload: Buffer;
}

/** A client's frames are whole, and masked. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extended + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  const start = 2 + extended + 4;
  mask.copy(frame, start - 4);
  for (let at = 0; at < length; at++) frame[start + at] = payload[at]! ^ mask[at & 3]!;
  return frame;
}

export class FrameError extends Error {}

/** Whole messages and control frames out of bytes as they come. Throws {@link FrameError} for what is not WebSocket, or too long. */
export class FrameReader {
  readonly #maxBytes: number;
  #waiting: Buffer[] = [];
  #size = 0;
  #message: { opcode: number; parts: Buffer[]; size: number } | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *read(chunk: Buffer): Generator<Frame, void, undefined> {
    this.#waiting.push(chunk);
    this.#size += chunk.length;
    for (let part = this.#next(); part !== null; part = this.#next()) {
      const whole = this.#assembled(part);
      if (whole !== null) yield whole;
    }
  }

  #next(): (Frame & { final: boolean }) | null {
    const head = this.#peek(14);
    if (head.length < 2) return null;
    const [first, second] = [head[0]!, head[1]!];
    if ((first & 0x70) !== 0) throw new FrameError("an extension that was not agreed upon is in use");
    if ((second & 0x80) !== 0) throw new FrameError("a frame of the server is masked");
    const short = second & 0x7f;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (head.length < start) return null;
    const length = short === 126 ? head.readUInt16BE(2) : short === 127 ? Number(head.readBigUInt64BE(2)) : short;
    const opcode = first & 0x0f;
    if (opcode >= opcodes.close && (length > 125 || (first & 0x80) === 0))
      throw new FrameError("a control frame is too long");
    if (length + (this.#message?.size ?? 0) > this.#maxBytes)
      throw new FrameError(`a message has more than ${this.#maxBytes} bytes`);
    if (this.#size < start + length) return null;
    const bytes = this.#peek(start + length);
    this.#drop(start + length);
    return { opcode, payload: bytes.subarray(start), final: (first & 0x80) !== 0 };
  }

  #assembled({ opcode, payload, final }: Frame & { final: boolean }): Frame | null {
    if (opcode >= opcodes.close) return { opcode, payload };
    if ((opcode === opcodes.continuation) === (this.#message === null)) throw new FrameError("a message is in pieces");
    this.#message ??= { opcode, parts: [], size: 0 };
    this.#message.parts.push(payload);
    this.#message.size += payload.length;
    if (!final) return null;
    const { opcode: kind, parts } = this.#message;
    this.#message = null;
    return { opcode: kind, payload: parts.length === 1 ? parts[0]! : Buffer.concat(parts) };
  }

  /** The first bytes, up to that many, as one piece. */
  #peek(count: number): Buffer {
    const [first] = this.#waiting;
    if (first !== undefined && (first.length >= count || this.#waiting.length === 1)) return first.subarray(0, count);
    let size = 0;
    const parts: Buffer[] = [];
    for (const part of this.#waiting) {
      if (size >= count) break;
      parts.push(part);
      size += part.length;
    }
    return Buffer.concat(parts).subarray(0, count);
  }

  #drop(count: number): void {
    this.#size -= count;
    let left = count;
    while (left > 0) {
      const first = this.#waiting[0]!;
      if (first.length > left) {
        this.#waiting[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#waiting.shift();
    }
  }
}
