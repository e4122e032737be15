import { randomFillSync } from "node:crypto";

const idBytes = 12;
const pool = Buffer.alloc(idBytes * 128);
let at = pool.length;

/** 24 random hexadecimal digits. The system is asked for many at once. */
export function randomDigits(): string {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  const digits = pool.toString("hex", at, at + idBytes);
  at += idBytes;
  return digits;
}
