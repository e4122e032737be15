/**
 * The task of servers, whose threads ask in no order: what a thread is answered stands in what its user said. `call` is
 * a call of `true` and then the answer, `long` an answer in 20,000 pieces, `wait` one that does not end.
 */
import { answer, commandCall, opening, openMessage, response, streamsOf } from "./streams.ts";

export interface Served {
  stream: Buffer;
  ends: boolean;
}

const plain: Served = { stream: answer(1), ends: true };
const command: Served = { stream: response(0, commandCall("0", "true", 0)), ends: true };
const long: Served = { stream: streamsOf("deltas-20000")[0]!, ends: true };
const endless: Served = { stream: Buffer.from(opening("resp_0") + openMessage(["I begin"])), ends: false };

/** What is said last decides: threads have turns before. */
export function servedAnswer(body: Buffer): Served {
  const kinds: [string, Served][] = [
    ['"text":"hi"', plain],
    ['"text":"call"', command],
    ['"text":"long"', long],
    ['"text":"wait"', endless],
    ['"type":"function_call_output"', plain],
  ];
  const found = kinds.map(([mark, served]) => ({ at: body.lastIndexOf(mark), served }));
  return found.toSorted((one, other) => other.at - one.at)[0]!.served;
}
