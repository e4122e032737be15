import { type JsonObject, numberOr, ownLineType, peekLine, stringOr } from "../protocol/codex-0.169/rollout.ts";
import type { ChildCommand } from "../system/ports.ts";

/** Does this line name the process of a command that its writer ran? */
export function namesChild(text: string): boolean {
  const head = peekLine(text);
  return head?.type === ownLineType && head.payloadType === "child_started";
}

/** The commands that lines of ours name: by process, or, for a call that was cut off before that, by the call alone. */
export class ChildList {
  readonly #named: ChildCommand[] = [];
  readonly #unnamed = new Map<string, ChildCommand>();
  /** Writers say each once, and older ones with every line. */
  #ownerPid: number | null = null;
  #bootId: string | null = null;
  /** A child is, if nothing else is said, that of the call before it. */
  #callId: string | null = null;

  add(payload: JsonObject, threadId: string): void {
    const callId = (this.#callId = stringOr(payload["call_id"]) ?? this.#callId);
    const ownerPid = (this.#ownerPid = numberOr(payload["owner"]) ?? this.#ownerPid);
    const bootId = (this.#bootId = stringOr(payload["boot"]) ?? this.#bootId);
    if (callId === null || ownerPid === null) return;
    if (payload["type"] === "call_started") {
      this.#unnamed.set(callId, { threadId, callId, ownerPid, mark: null });
    } else if (payload["type"] === "child_started") {
      this.#unnamed.delete(callId);
      const [pid, startTicks] = [numberOr(payload["pid"]), numberOr(payload["start"])];
      if (pid === null || startTicks === null || bootId === null) return;
      this.#named.push({ threadId, callId, ownerPid, mark: { pid, startTicks, bootId } });
    }
  }

  /** Those of one thread: the past of a fork has commands of another one. `open` are the calls without an output. */
  of(threadId: string, open: ReadonlySet<string>): ChildCommand[] {
    const unnamed = [...this.#unnamed.values()].filter(({ callId }) => open.has(callId));
    return [...this.#named, ...unnamed].filter((child) => child.threadId === threadId);
  }
}
