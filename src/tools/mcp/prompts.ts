import type { McpPrompt } from "../../protocol/mcp.ts";
import type { McpServer } from "./server.ts";

const maxPages = 20;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const textOr = (value: unknown): string => (typeof value === "string" ? value : "");
const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** What a server offers; nothing where it knows no prompts, or is not there. */
export async function listPrompts(server: McpServer): Promise<McpPrompt[]> {
  if (server.state !== "ready" || !server.hasPrompts) return [];
  const prompts: McpPrompt[] = [];
  let cursor: string | undefined;
  try {
    for (let page = 0; page < maxPages; page++) {
      const answer = await server.query("prompts/list", cursor === undefined ? {} : { cursor });
      prompts.push(...listOf(answer["prompts"]).map(readPrompt));
      const { nextCursor } = answer;
      if (typeof nextCursor !== "string" || nextCursor === cursor) break;
      cursor = nextCursor;
    }
  } catch {
    // What came before the failure counts.
  }
  return prompts;
}

const readPrompt = (entry: Record<string, unknown>): McpPrompt => ({
  name: textOr(entry["name"]),
  description: textOr(entry["description"]),
  arguments: listOf(entry["arguments"]).map((argument) => ({
    name: textOr(argument["name"]),
    description: textOr(argument["description"]),
    required: argument["required"] === true,
  })),
});

/** The words of a prompt, filled in; what is no text in it is left out. @throws Error with the server's words */
export async function promptText(server: McpServer, name: string, args: Record<string, string>): Promise<string> {
  const answer = await server.query("prompts/get", { name, arguments: args });
  const texts = listOf(answer["messages"]).flatMap(({ content }) => {
    if (!isObject(content)) return [];
    const resource = isObject(content["resource"]) ? textOr(content["resource"]["text"]) : "";
    return [textOr(content["text"]) || resource].filter((text) => text !== "");
  });
  return texts.join("\n\n");
}
