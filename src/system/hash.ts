import { createHash } from "node:crypto";

export const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");

/** A stable UUID (version 5 form) of a name. */
export function namedUuid(name: string): string {
  const hex = sha1(name);
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
