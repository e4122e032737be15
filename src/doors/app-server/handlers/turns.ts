import type { TurnStartParams } from "../../../protocol/codex-0.169/app-server/turns.ts";
import { AgentError } from "../../../protocol/errors.ts";
import { refused } from "../request-error.ts";
import { elementsOf } from "../words/inputs.ts";
import { settingsOf } from "../words/settings.ts";
import { assertThreadId } from "../words/thread-ids.ts";
import { acceptedTurn } from "../words/threads.ts";
import type { Asked, Handlers } from "./handlers.ts";

type Methods = "turn/start" | "turn/steer" | "turn/interrupt";

/** @throws RequestError for a thread that is not loaded, or an id that is none. */
function assertLoaded(threadId: string, { server }: Asked): void {
  if (server.feedOf(threadId) !== null) return;
  assertThreadId(threadId);
  server.loaded(threadId);
}

/** What the provider is told of the client's own: both fields do the same where there was nothing before. */
function metadataOf({
  responsesapiClientMetadata: given,
  responsesapiClientMetadataPatch: more,
}: Pick<TurnStartParams, "responsesapiClientMetadata" | "responsesapiClientMetadataPatch">): {
  metadata?: Record<string, string>;
} {
  return given == null && more == null ? {} : { metadata: { ...given, ...more } };
}

export const turns: Handlers<Methods> = {
  async "turn/start"(params, asked) {
    const { threadId, input, clientUserMessageId: clientId } = params;
    assertLoaded(threadId, asked);
    const settings = settingsOf(params);
    const { turnId } = await asked.server.client.call("turn/start", {
      threadId,
      input: elementsOf(input),
      ...(clientId != null && { clientId }),
      // Codex takes a second start as words for the turn that runs.
      whenBusy: "steer",
      trigger: params.turnTrigger ?? null,
      ...(params.outputSchema != null && { outputSchema: params.outputSchema }),
      ...(Object.keys(settings).length > 0 && { settings }),
      ...metadataOf(params),
    });
    return { turn: acceptedTurn(turnId) };
  },

  async "turn/steer"({ threadId, expectedTurnId, input, clientUserMessageId: clientId, ...params }, asked) {
    assertLoaded(threadId, asked);
    if (expectedTurnId === "") throw refused("expectedTurnId must not be empty");
    const elements = elementsOf(input);
    const running = asked.server.loaded(threadId).turn?.id;
    if (elements.length === 0 && running === expectedTurnId) throw refused("input must not be empty");
    const words = { ...(clientId != null && { clientId }), ...metadataOf(params) };
    const steered = { threadId, expectedTurnId, input: elements, ...words };
    return { turnId: (await asked.server.client.call("turn/steer", steered)).turnId };
  },

  async "turn/interrupt"({ threadId, turnId }, asked) {
    assertLoaded(threadId, asked);
    try {
      await asked.server.client.call("turn/interrupt", { threadId, turnId });
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "turn_mismatch") throw error;
      // Codex puts no marks around the ids here.
      throw refused(error.message.replaceAll("`", ""), { code: error.code });
    }
    return {};
  },
};
