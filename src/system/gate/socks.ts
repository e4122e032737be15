import { once } from "node:events";
import type { Socket } from "node:net";
import { GateError, join, targetOf, type Target } from "./reach.ts";

/** Answers of RFC 1928. */
const granted = 0;
const notAllowed = 2;
const unreachable = 4;
const unknownCommand = 7;
const noMethod = 0xff;

/** SOCKS 5 (RFC 1928): connections by name or address, without a password; nothing else. */
export async function serveSocks(client: Socket, open: (target: Target) => Promise<Socket>): Promise<void> {
  const read = async (count: number): Promise<Buffer> => {
    for (;;) {
      const bytes = client.read(count) as Buffer | null;
      if (bytes !== null && bytes.length === count) return bytes;
      if (client.readableEnded || client.destroyed) throw new Error("it ended too early");
      await once(client, "readable");
    }
  };
  const answer = (code: number): void => void client.write(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]));
  const [, methods = 0] = await read(2);
  if (!(await read(methods)).includes(0)) return void client.end(Buffer.from([5, noMethod]));
  client.write(Buffer.from([5, 0]));
  const [, command, , kind] = await read(4);
  const length = kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? (await read(1))[0]! : 0;
  const bytes = length === 0 ? Buffer.alloc(0) : await read(length);
  const port = (await read(2)).readUInt16BE();
  const target = targetOf(hostOf(kind ?? 0, bytes), port);
  if (command !== 1 || target === null) {
    answer(unknownCommand);
    return void client.end();
  }
  client.setTimeout(0);
  let far: Socket;
  try {
    far = await open(target);
  } catch (error) {
    answer(error instanceof GateError && error.status === 403 ? notAllowed : unreachable);
    return void client.end();
  }
  answer(granted);
  join(client, far);
}

function hostOf(kind: number, bytes: Buffer): string {
  if (kind === 3) return bytes.toString("latin1");
  if (kind === 1) return bytes.join(".");
  const groups = Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16));
  return `[${groups.join(":")}]`;
}
