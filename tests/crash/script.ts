import { setTimeout as sleep } from "node:timers/promises";
import type { Dice } from "../support/dice.ts";
import {
  call,
  completed,
  created,
  customCall,
  itemParts,
  message,
  reasoning,
  type ModelItem,
  type Part,
  type RecordedRequest,
  type Reply,
} from "../support/fake-model.ts";

/** What a call does that can be seen from outside, whatever becomes of the agent. */
export interface Deed {
  callId: string;
  /** Written once by the call: twice means that it ran twice. */
  token: string;
  where: "tokens" | "patched.txt";
}

export interface CrashScript {
  deeds: Deed[];
  /** Inputs of every request so far, oldest first. */
  requests: RecordedRequest[];
  answer(request: RecordedRequest): Reply;
}

/** Sizes of the responses' groups of calls, 20 together: alone, and side by side. */
const groups = [1, 3, 1, 4, 2, 1, 3, 1, 4];

const patchOf = (token: string): string =>
  ["*** Begin Patch", "*** Update File: patched.txt", "@@", `+${token}`, " end", "*** End Patch", ""].join("\n");

/** Sleeps that are told from those of others by their length. */
function commandOf(dice: Dice, token: string): Record<string, unknown> {
  const note = `echo ${token} >> tokens`;
  return dice.pick<Record<string, unknown>>([
    { cmd: note, login: false },
    { cmd: note },
    { cmd: `sleep 0.05; ${note}`, login: false },
    { cmd: `${note}; sleep 0.2`, login: false },
    { cmd: `${note}; head -c 30000 /dev/zero | tr '\\0' x`, login: false },
    { cmd: `${note}; exit 3`, login: false, tty: true },
    { cmd: `${note}; sleep 300`, login: false, yield_time_ms: 250 },
    { cmd: `${note}; sleep 300 & sleep 300 | cat`, login: false, yield_time_ms: 250 },
  ]);
}

/**
 * A model that asks for 20 calls in nine responses, and for none of them twice: whoever asks gets the next group, also
 * after a crash. With gaps between its events, so that a process can be killed between any two.
 */
export function crashScript(dice: Dice): CrashScript {
  const deeds: Deed[] = [];
  const responses = groups.map((size, round) => {
    const items: ModelItem[] = [];
    if (dice.chance(50)) items.push(reasoning(`rs_${round}`, `thought ${round}`));
    if (dice.chance(60)) items.push(message(`msg_${round}`, `words ${round} ${"é".repeat(dice.below(2000))}`));
    for (let index = 0; index < size; index++) {
      const id = `${round}_${index}`;
      const token = `token-${id}-`;
      const patch = dice.chance(25);
      deeds.push({ callId: `call_${id}`, token, where: patch ? "patched.txt" : "tokens" });
      items.push(
        patch ? customCall(id, "apply_patch", patchOf(token)) : call(id, "exec_command", commandOf(dice, token)),
      );
    }
    return items;
  });
  const requests: RecordedRequest[] = [];
  let next = 0;
  const gap = (): Part => ({ gate: () => sleep(dice.below(4)) });
  return {
    deeds,
    requests,
    answer(request) {
      requests.push(request);
      const items = responses[next++] ?? [message(`msg_end_${next}`, "all done")];
      const id = `resp_${next}`;
      return {
        parts: [created(id), ...items.flatMap((item) => [gap(), ...itemParts(item)]), gap(), completed({ id })],
      };
    },
  };
}
