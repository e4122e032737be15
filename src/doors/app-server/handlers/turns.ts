import type { UserInput } from "../../../protocol/codex-0.169/app-server/items.ts";
import type { InputElement } from "../../../protocol/items.ts";
import { refused } from "../request-error.ts";
import { settingsOf } from "../words/settings.ts";
import { acceptedTurn } from "../words/threads.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "turn/start" | "turn/steer" | "turn/interrupt";

function elementOf(input: UserInput): InputElement {
  switch (input.type) {
    case "text":
      return { type: "text", text: input.text };
    case "image":
      if ("url" in input) return { type: "image", url: input.url };
      break;
    case "localImage":
      return { type: "localImage", path: input.path };
    case "skill":
      return { type: "skill", name: input.name, path: input.path };
    case "mention":
      return { type: "text", text: `@${input.name}` };
  }
  throw refused(`input of type ${input.type} is not supported by codex-agent`);
}

export const turns: Handlers<Methods> = {
  async "turn/start"(params, { server }) {
    const { threadId, input } = params;
    server.loaded(threadId);
    const settings = settingsOf(params);
    const { turnId } = await server.client.call("turn/start", {
      threadId,
      input: input.map(elementOf),
      // Codex takes a second start as words for the turn that runs.
      whenBusy: "steer",
      trigger: params.turnTrigger ?? null,
      ...(params.outputSchema != null && { outputSchema: params.outputSchema }),
      ...(Object.keys(settings).length > 0 && { settings }),
    });
    return { turn: acceptedTurn(turnId) };
  },

  async "turn/steer"({ threadId, expectedTurnId, input }, { server }) {
    server.loaded(threadId);
    const steered = { threadId, expectedTurnId, input: input.map(elementOf) };
    return { turnId: (await server.client.call("turn/steer", steered)).turnId };
  },

  async "turn/interrupt"({ threadId, turnId }, { server }) {
    server.loaded(threadId);
    await server.client.call("turn/interrupt", { threadId, turnId });
    return {};
  },
};
