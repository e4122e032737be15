import { HttpChannel, withoutKey, type Endpoint } from "../http/channel.ts";
import type { ModelClient, ModelRequest, ModelResult, StreamOptions } from "../model-client.ts";
import type { System } from "../../system/ports.ts";
import { conversationOf } from "./conversation.ts";
import type { ReasoningItem, ResponseItem } from "../../protocol/response-items.ts";
import type { ItemSink } from "./items.ts";
import { openThoughts } from "./seal.ts";
import type { Profile } from "./profile.ts";
import { respond, type ResponseEnd } from "./respond.ts";
import { brokenOff, type Dialect, type StepEnd } from "./step.ts";
import { UntranslatableError } from "./untranslatable.ts";

/** A model behind an API that is not the Responses API. */
export class DialectClient implements ModelClient {
  readonly streamMaxRetries: number;
  readonly #dialect: Dialect;
  readonly #profile: Profile;
  readonly #endpoint: Endpoint;
  readonly #channel: HttpChannel;
  readonly #newId: (prefix: string) => string;

  /** @param newId gives an id with that prefix */
  constructor(
    dialect: Dialect,
    profile: Profile,
    endpoint: Endpoint,
    system: System,
    newId: (prefix: string) => string,
  ) {
    this.streamMaxRetries = endpoint.streamMaxRetries;
    this.#dialect = dialect;
    this.#profile = profile;
    this.#endpoint = endpoint;
    this.#channel = new HttpChannel(endpoint, dialect.path, system);
    this.#newId = newId;
  }

  async stream(request: ModelRequest, options: StreamOptions): Promise<ModelResult> {
    const responseId = this.#newId("resp_");
    const { onEvent } = options;
    let created = false;
    try {
      const end = await respond(conversationOf(request), {
        dialect: this.#dialect,
        profile: this.#profile,
        sink: modelEvents(onEvent),
        newId: this.#newId,
        webSearch: null,
        ask: async (json, reader) => {
          const opened = await this.#channel.open(
            json,
            (key) => ({ ...this.#dialect.headers(key), ...this.#endpoint.headers }),
            options.signal,
          );
          if ("failure" in opened) return { type: "failed", failure: opened.failure };
          // What nobody has taken on costs nothing.
          if (!created) onEvent({ type: "created", responseId });
          created = true;
          const end = await this.#channel.read<StepEnd>(opened.response, {
            signal: options.signal,
            onEvent: (event) => reader.read(event),
            onClose: () => reader.close(),
            failed: (failure) => brokenOff(reader, failure),
          });
          return end.type === "failed" ? { type: "failed", failure: withoutKey(end.failure, opened.key) } : end;
        },
      });
      return resultOf(end, responseId);
    } catch (error) {
      if (!(error instanceof UntranslatableError)) throw error;
      return { type: "failed", failure: { code: "not_supported", message: error.message, retryable: false } };
    }
  }
}

const modelEvents = (onEvent: StreamOptions["onEvent"]): ItemSink => ({
  started: (item) => onEvent({ type: "item.started", item }),
  textDelta: (itemId, _index, delta) => onEvent({ type: "text.delta", itemId, delta }),
  reasoningDelta: (itemId, _index, delta) =>
    onEvent({ type: "reasoning.delta", itemId, delta, part: "content", index: 0 }),
  done: (item) => onEvent({ type: "item.done", item: ours(item) }),
  repaired: (repair) => onEvent({ type: "call.repaired", ...repair }),
});

/** Thoughts that nobody sealed say whose they are not: the Responses API would look for their id among its own. */
const ours = (item: ResponseItem): ResponseItem =>
  item.type === "reasoning" && (item as ReasoningItem).encrypted_content === undefined
    ? { ...item, encrypted_content: openThoughts }
    : item;

function resultOf(end: ResponseEnd, responseId: string): ModelResult {
  switch (end.type) {
    case "completed":
      return { type: "completed", responseId, usage: end.usage, endTurn: null };
    case "incomplete":
      return {
        type: "failed",
        failure: {
          code: "response_incomplete",
          message: `Incomplete response returned, reason: ${end.reason}`,
          retryable: end.reason === "content_filter",
          incompleteReason: end.reason,
          ...(end.usage !== null && { charged: end.usage }),
        },
      };
    case "failed":
      return { type: "failed", failure: end.usage === null ? end.failure : { ...end.failure, charged: end.usage } };
  }
}
