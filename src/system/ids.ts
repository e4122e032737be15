import type { Clock, Random } from "./ports.ts";

export interface Ids {
  /** UUIDv7 in lower case; strictly increasing within one process. */
  uuid(): string;
  /** `count` lower-case hexadecimal digits. */
  hex(count: number): string;
}

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** The 12 bits after the version count up within a millisecond, so that ids sort by the order they were made. */
export function createIds(clock: Clock, random: Random): Ids {
  let lastMs = 0;
  let counter = 0;
  return {
    uuid() {
      const now = clock.now();
      if (now > lastMs) {
        lastMs = now;
        const [high = 0, low = 0] = random.bytes(2);
        counter = ((high << 8) | low) & 0x7ff;
      } else if (++counter > 0xfff) {
        lastMs++;
        counter = 0;
      }
      const time = lastMs.toString(16).padStart(12, "0");
      const tail = random.bytes(8);
      tail[0] = (tail[0]! & 0x3f) | 0x80;
      const rest = hexOf(tail);
      const version = `7${counter.toString(16).padStart(3, "0")}`;
      return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${rest.slice(0, 4)}-${rest.slice(4)}`;
    },
    hex: (count) => hexOf(random.bytes(Math.ceil(count / 2))).slice(0, count),
  };
}
