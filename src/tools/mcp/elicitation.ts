import type { Answer } from "../../protocol/questions.ts";
import type { CallContext } from "../tool.ts";

type Content = Record<string, string | number | boolean | string[]>;
export type ElicitationAnswer = { action: "accept"; content?: Content } | { action: "decline" } | { action: "cancel" };

/** Puts a server's question to the user of the turn in which it is asked; where nobody is there, or may be asked, it is declined. */
export async function answerElicitation(
  server: string,
  params: unknown,
  context: CallContext,
): Promise<ElicitationAnswer> {
  if (context.permissions.granular?.mcp_elicitations === false) return { action: "decline" };
  const { message, requestedSchema, url, mode } = params as Record<string, unknown>;
  const answer = await context.ask({
    type: "elicitation",
    server,
    message: typeof message === "string" ? message : "",
    schema: isObject(requestedSchema) ? requestedSchema : null,
    url: mode === "url" && typeof url === "string" ? url : null,
  });
  return inTheirWords(answer, mode === "url");
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function inTheirWords(answer: Answer, isUrl: boolean): ElicitationAnswer {
  if (answer.type === "content") return { action: "accept", content: answer.content as Content };
  if (answer.type === "allow") return isUrl ? { action: "accept" } : { action: "accept", content: {} };
  return { action: answer.type === "cancel" ? "cancel" : "decline" };
}
