import type { Conversation } from "../../model/dialect/conversation.ts";
import type { ResponseEnd } from "../../model/dialect/respond.ts";
import { Refusal } from "../http/refusal.ts";
import { OutOfOrder, type AskOptions, type Upstream } from "./upstream.ts";

/** Those that have the model: first those that work, in the order in which they were given. @throws Refusal where none has it */
export function upstreamsFor(model: string, all: readonly Upstream[], now: number): Upstream[] {
  const having = all.filter((upstream) => upstream.has(model));
  if (having.length === 0)
    throw new Refusal(404, `no upstream of this bridge has the model ${JSON.stringify(model)}`, {
      code: "model_not_found",
      param: "model",
    });
  return [...having.filter((upstream) => !upstream.rests(now)), ...having.filter((upstream) => upstream.rests(now))];
}

/** The response of the first of them that begins to answer. */
export async function respondByOne(
  conversation: Conversation,
  upstreams: readonly Upstream[],
  options: Omit<AskOptions, "canGoElsewhere">,
): Promise<ResponseEnd> {
  for (const [index, upstream] of upstreams.entries()) {
    try {
      return await upstream.respond(conversation, { ...options, canGoElsewhere: index + 1 < upstreams.length });
    } catch (error) {
      if (!(error instanceof OutOfOrder)) throw error;
    }
  }
  throw new Error("there are no upstreams");
}
