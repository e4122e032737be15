import { serverRequests } from "../../protocol/codex-0.169/app-server/server-requests.ts";
import type { RequestId } from "../../protocol/codex-0.169/app-server/messages.ts";
import type { ServerMethod } from "../../protocol/codex-0.169/app-server/methods.ts";
import { misfitOf } from "../../protocol/shapes/check.ts";

/** `misfit`: what is wrong with a reply that is no result of the method. */
export type Reply = { result: unknown } | { error: unknown } | { misfit: unknown };

/** What clients are asked, until nobody needs to reply any more. */
export interface OpenRequest {
  readonly id: number;
  readonly method: ServerMethod;
  readonly params: unknown;
  readonly threadId: string;
  /** Of the kernel's question behind it. */
  readonly questionId: string;
  /** Takes the first reply. */
  settle(reply: Reply): void;
  /** Nobody is told when it needs no reply any more. */
  readonly quiet: boolean;
}

/** The requests of the server that are open; ids count up from 0 in each process. */
export class ServerRequests {
  readonly #open = new Map<RequestId, OpenRequest & { replied: boolean }>();
  #next = 0;

  add(request: Omit<OpenRequest, "id">): OpenRequest {
    const open = { ...request, id: this.#next++, replied: false };
    this.#open.set(open.id, open);
    return open;
  }

  /** The question was answered, by whomever, or needs no answer any more. Null when it is not open. */
  settled(questionId: string): OpenRequest | null {
    const request = [...this.#open.values()].find((open) => open.questionId === questionId);
    if (request === undefined) return null;
    this.#open.delete(request.id);
    return request;
  }

  /** Those of a thread that nobody has replied to, for a client that comes to it later. */
  of(threadId: string): OpenRequest[] {
    return [...this.#open.values()].filter((request) => request.threadId === threadId && !request.replied);
  }

  /** A reply of some client; what comes after the first is passed over. */
  reply(id: RequestId, reply: { result: unknown } | { error: unknown }): void {
    const open = this.#open.get(id);
    if (open === undefined || open.replied) return;
    open.replied = true;
    const misfit = "result" in reply ? misfitOf(reply.result, serverRequests[open.method].result) : null;
    open.settle(misfit === null ? reply : { misfit });
  }
}
