import { acceptedTurn } from "../words/threads.ts";
import type { Handlers } from "./handlers.ts";

export const review: Handlers<"review/start"> = {
  async "review/start"({ threadId, target }, { server }) {
    server.loaded(threadId);
    const { turnId, label } = await server.client.call("review/start", { threadId, target });
    return {
      turn: {
        ...acceptedTurn(turnId),
        rootTurnId: null,
        items: [
          {
            type: "userMessage",
            id: turnId,
            clientId: null,
            content: [{ type: "text", text: label, text_elements: [] }],
            startedAtMs: null,
            completedAtMs: null,
          },
        ],
      },
      reviewThreadId: threadId,
    };
  },
};
