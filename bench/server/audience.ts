/**
 * Clients of one thread, in a process of their own: `audience.ts URL THREAD CLIENTS`. Before each turn its parent says how
 * many of them stop reading for the time of it; they answer that they are ready, and when the turn is over for
 * all that read, with what each of those has heard.
 */
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";

export interface Turn {
  deaf: number;
}

export type Told = { type: "ready" } | { type: "heard"; clients: Heard[] };

export interface Heard {
  /** Digest of the items, as they were told, in their order. */
  items: string;
  deltas: number;
  /** Digest of their text, in the order in which it came. */
  text: string;
}

const [url = "", threadId = "", clients = "0"] = process.argv.slice(2);
const tell = (told: Told): void => void process.send?.(told);
const delta = Buffer.from('"item/agentMessage/delta"');
const mark = '"delta":"';

class Member {
  readonly socket = new WebSocket(url, { maxPayload: 0, perMessageDeflate: false });
  /** Of the turn that comes next, or runs. */
  heard = Promise.withResolvers<Heard>();
  readonly #replies = new Map<number, () => void>();
  #items: Hash = createHash("sha256");
  #text: Hash = createHash("sha256");
  #deltas = 0;

  async come(): Promise<void> {
    await once(this.socket, "open");
    this.socket.on("message", (data: Buffer) => this.#hear(data));
    const clientInfo = { name: "audience", title: null, version: "1.0" };
    await this.#call(1, "initialize", { clientInfo, capabilities: { experimentalApi: true } });
    await this.#call(2, "thread/resume", { threadId, excludeTurns: true });
  }

  #call(id: number, method: string, params: object): Promise<void> {
    return new Promise((resolve) => {
      this.#replies.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #hear(data: Buffer): void {
    if (data.includes(delta)) {
      const message = data.toString();
      const from = message.indexOf(mark) + mark.length;
      this.#deltas++;
      this.#text.update(message.slice(from, message.indexOf('"', from)));
      return;
    }
    const message = JSON.parse(data.toString()) as { id?: number; method?: string; params: Record<string, unknown> };
    const { id, method, params } = message;
    if (id !== undefined) return this.#replies.get(id)?.();
    if (method === "item/started" || method === "item/completed") {
      this.#items.update(`${method} ${JSON.stringify(params["item"])}\n`);
    }
    if (method !== "turn/completed") return;
    this.heard.resolve({
      items: this.#items.digest("hex"),
      deltas: this.#deltas,
      text: this.#text.digest("hex"),
    });
    this.#items = createHash("sha256");
    this.#text = createHash("sha256");
    this.#deltas = 0;
  }
}

const members: Member[] = [];
for (let count = 0; count < Number(clients); count++) {
  const member = new Member();
  await member.come();
  members.push(member);
}

process.on("message", async ({ deaf }: Turn) => {
  const reading = members.slice(0, members.length - deaf);
  const others = members.slice(reading.length);
  for (const member of members) member.heard = Promise.withResolvers();
  for (const { socket } of others) socket.pause();
  tell({ type: "ready" });
  const heard = await Promise.all(reading.map((member) => member.heard.promise));
  for (const { socket } of others) socket.resume();
  // What they have missed is no part of the next turn.
  await Promise.all(others.map((member) => member.heard.promise));
  tell({ type: "heard", clients: heard });
});
process.on("disconnect", () => process.exit(0));
tell({ type: "ready" });
