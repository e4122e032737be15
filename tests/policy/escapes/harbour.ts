import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { becoming, giveAll, type Account } from "./account.ts";

/** Servers outside of every sandbox: `harbour.pl`. */
export interface Harbour {
  /** What tells a command where they are. */
  readonly variables: Readonly<Record<string, string>>;
  readonly tcpPort: number;
  /** The first thing that arrived with these bytes in it; null when nothing did. */
  received(bytes: string): Promise<string | null>;
  close(): void;
}

const script = readFileSync(join(import.meta.dirname, "harbour.pl"), "utf8");

export async function openHarbour(base: string, account: Account): Promise<Harbour> {
  const folder = join(base, "harbour");
  mkdirSync(folder);
  giveAll(folder, account);
  const abstract = `escapes-${process.pid}-${account.name}`;
  const [program = "", ...before] = [...becoming(account), "/usr/bin/perl"];
  const child = spawn(program, [...before, "-e", script, folder, abstract], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const arrived: string[] = [];
  const waiting = new Map<string, () => void>();
  const ready = new Promise<string[]>((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`the servers outside ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [word = "", ...rest] = line.split(" ");
      if (word === "ready") resolve(rest);
      else if (word === "done") waiting.get(rest.join(" "))?.();
      else arrived.push(line);
    });
  });
  const [tcp = "", udp = "", tcp6 = "", udp6 = "", netlink = "", vsock = ""] = await ready;
  let flushes = 0;
  return {
    variables: {
      TCP: tcp,
      UDP: udp,
      TCP6: tcp6,
      UDP6: udp6,
      NETLINK: netlink,
      VSOCK: vsock,
      SOCKETS: folder,
      ABSTRACT: abstract,
    },
    tcpPort: Number(tcp),
    async received(bytes) {
      const flush = String(++flushes);
      await new Promise<void>((resolve) => {
        waiting.set(flush, resolve);
        child.stdin.write(`${flush}\n`);
      });
      waiting.delete(flush);
      return arrived.find((line) => line.includes(bytes)) ?? null;
    },
    close: () => child.stdin.end(),
  };
}
