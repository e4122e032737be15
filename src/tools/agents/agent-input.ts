import type { InputElement } from "../../protocol/items.ts";
import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { CallError } from "../tool.ts";
import type { AgentMessage } from "./desk.ts";

export interface InputArguments {
  message?: string;
  items?: { type?: string; text?: string; image_url?: string; path?: string; name?: string }[];
}

/** The parameters that hold what an agent is told. */
export const inputParameters = {
  items: {
    type: "array",
    description: "What to tell the agent, part by part, where plain text is not enough. Not together with `message`.",
    items: {
      type: "object",
      properties: {
        audio_url: { type: "string", description: "Not supported; leave it out." },
        image_url: { type: "string", description: "URL of an `image`; data URLs work." },
        name: { type: "string", description: "Name of a `skill` or `mention`." },
        path: { type: "string", description: "Path of a `local_image` or `skill`, target of a `mention`." },
        text: { type: "string", description: "The text of a `text` part." },
        type: { type: "string", description: "`text`, `image`, `local_image`, `skill` or `mention`." },
      },
      additionalProperties: false,
    },
  },
  message: { type: "string", description: "What to tell the agent, as plain text. Not together with `items`." },
} satisfies Record<string, JsonSchema>;

type Item = NonNullable<InputArguments["items"]>[number];

/** A part as the agent gets it, and as it is shown in one line. */
function part({ type, text = "", image_url: url, path = "", name = "" }: Item): {
  element: InputElement;
  line: string;
} {
  const words = (line: string): { element: InputElement; line: string } => ({
    element: { type: "text", text: line },
    line,
  });
  switch (type) {
    case "text":
      return words(text);
    case "image":
      if (url === undefined) throw new CallError("an item of type `image` needs an `image_url`");
      return { element: { type: "image", url }, line: "[image]" };
    case "local_image":
      return { element: { type: "localImage", path }, line: `[local_image:${path}]` };
    case "skill":
    case "mention":
      return words(`[${type}:$${name}](${path})`);
    default:
      throw new CallError(`unknown item type \`${type ?? ""}\`; there are text, image, local_image, skill and mention`);
  }
}

/** @throws CallError when there is nothing to tell, or it is told in two ways. */
export function agentInput({ message, items }: InputArguments): Extract<AgentMessage, { type: "input" }> {
  if (message !== undefined && items !== undefined)
    throw new CallError("Provide either message or items, but not both");
  if (message !== undefined) {
    if (message.trim() === "") throw new CallError("Empty message can't be sent to an agent");
    return { type: "input", elements: [{ type: "text", text: message }], text: message };
  }
  if (items === undefined) throw new CallError("Provide one of: message or items");
  if (items.length === 0) throw new CallError("Items can't be empty");
  const parts = items.map(part);
  return {
    type: "input",
    elements: parts.map(({ element }) => element),
    text: parts.map(({ line }) => line).join("\n"),
  };
}
