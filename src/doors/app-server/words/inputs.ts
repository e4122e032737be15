import type { UserInput } from "../../../protocol/codex-0.169/app-server/items.ts";
import type { InputElement } from "../../../protocol/items.ts";
import { refused } from "../request-error.ts";
import { invalid } from "./thread-ids.ts";

/** Characters of all texts of one input. */
const mostText = 1 << 20;

function elementOf(input: UserInput): InputElement {
  switch (input.type) {
    case "text": {
      const { text_elements: given = [] } = input;
      const marks = given.map(({ byteRange, placeholder }) => ({ ...byteRange, placeholder }));
      return { type: "text", text: input.text, ...(marks.length > 0 && { marks }) };
    }
    case "image":
      if ("url" in input) return { type: "image", url: input.url };
      break;
    case "localImage":
      return { type: "localImage", path: input.path };
    case "skill":
    case "mention":
      return { type: input.type, name: input.name, path: input.path };
  }
  throw refused(`input of type ${input.type} is not supported by codex-agent`);
}

/** @throws RequestError for what is too long. */
export function elementsOf(input: readonly UserInput[]): InputElement[] {
  let length = 0;
  for (const part of input) if (part.type === "text") length += part.text.length;
  if (length > mostText) throw invalid(`Input exceeds the maximum length of ${mostText} characters.`);
  return input.map(elementOf);
}
