import { fork, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Bench } from "../sample.ts";
import { median } from "../statistics.ts";
import type { Subject } from "../subjects.ts";
import type { Heard, Told } from "./audience.ts";
import { overWebSocket, type Peer } from "./peer.ts";
import { addressOf, startServer } from "./process.ts";

const deltas = 20_000;
/** After one that is not counted; with and without a client that does not read, in turn. */
const turnsOfEach = 3;

export interface FanOut {
  /** Of a turn, ms, as the client has it that began it. */
  wallMs: number;
  /** The same while one of the clients does not read. */
  withDeafMs: number;
  memoryBytes: number;
  /** The share of deltas that clients that read have gone without. */
  missed: number;
}

const whole = createHash("sha256")
  .update(Array.from({ length: deltas }, (_, index) => `w${index % 100} `).join(""))
  .digest("hex");

/** Turns of many deltas on one thread that so many clients follow. @throws where they did not all hear the same. */
export async function fanOut(bench: Bench, subject: Subject, clients: number): Promise<FanOut> {
  const server = startServer(bench, subject, "--listen", "ws://127.0.0.1:0");
  let audience: ChildProcess | null = null;
  try {
    const url = await addressOf(server);
    const peer = await overWebSocket(url);
    const threadId = await peer.startThread(server.stage.workspace);
    // A thread can be come to when it has had a turn.
    await peer.turn(threadId, "hi");
    const file = join(import.meta.dirname, "audience.ts");
    audience = fork(file, [url, threadId, String(clients)]);
    await told(audience);
    const most = server.watch();
    await perform(audience, peer, threadId, 0);
    const walls: number[] = [];
    const withDeaf: number[] = [];
    let missed = 0;
    for (let turn = 0; turn < 2 * turnsOfEach; turn++) {
      const deaf = turn % 2;
      const { wallMs, heard } = await perform(audience, peer, threadId, deaf);
      (deaf === 0 ? walls : withDeaf).push(wallMs);
      missed += heard.reduce((sum, each) => sum + (deltas - each.deltas) / deltas / heard.length, 0);
    }
    return {
      wallMs: median(walls),
      withDeafMs: median(withDeaf),
      memoryBytes: most(),
      missed: missed / (2 * turnsOfEach),
    };
  } finally {
    if (audience?.connected === true) audience.disconnect();
    await server.stop();
  }
}

/** The next that it says. */
function told(audience: ChildProcess): Promise<Told> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the audience ended with ${code}`));
    audience.once("exit", ended);
    audience.once("message", (message: Told) => {
      audience.off("exit", ended);
      resolve(message);
    });
  });
}

async function perform(
  audience: ChildProcess,
  peer: Peer,
  threadId: string,
  deaf: number,
): Promise<{ wallMs: number; heard: Heard[] }> {
  const ready = told(audience);
  audience.send({ deaf });
  await ready;
  const end = told(audience);
  const wallMs = await peer.turn(threadId, "long");
  const said = await end;
  const heard = said.type === "heard" ? said.clients : [];
  if (new Set(heard.map(({ items }) => items)).size !== 1) throw new Error("clients have heard different items");
  const wrong = heard.filter((each) => each.deltas === deltas && each.text !== whole);
  if (wrong.length > 0) throw new Error(`${wrong.length} clients have heard the text in another order`);
  return { wallMs, heard };
}
