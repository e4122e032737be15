import type { AsyncQuestion } from "../../protocol/items.ts";
import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { CallError, type Tool } from "../tool.ts";

const parameters: JsonSchema = {
  type: "object",
  properties: {
    questions: {
      type: "array",
      description: "The questions, in the order in which they are shown.",
      items: {
        type: "object",
        properties: {
          options: {
            type: "array",
            description:
              "Answers to choose from, the one you recommend first. The user can always answer in words of their own. Leave it out for a question without choices.",
            items: { type: "string" },
            minItems: 1,
          },
          title: { type: "string", description: "The whole question, with what is needed to answer it." },
        },
        required: ["title"],
        additionalProperties: false,
      },
      minItems: 1,
    },
  },
  required: ["questions"],
  additionalProperties: false,
};

/** Asks without waiting: the questions are shown as words of the model, and what the user says comes as a message. */
export const requestUserInputAsyncTool: Tool = {
  name: "request_user_input_async",
  spec: {
    type: "function",
    name: "request_user_input_async",
    description:
      "Asks the user something while you go on working: a fact that is missing, a preference, leave to do something. Returns at once and does not end the turn; an answer comes later as a message of the user.",
    strict: false,
    parameters,
  },
  parallel: false,
  prepare(input, context) {
    const asked = parseArguments<{ questions: { title: string; options?: string[] }[] }>(input, parameters);
    const questions = asked.questions.map(({ title, options }): AsyncQuestion => ({ title, options: options ?? null }));
    const problem = problemOf(questions);
    if (problem !== null) throw new CallError(problem);
    const text = questions.map(({ title, options }) =>
      [title, ...(options ?? []).map((each) => `- ${each}`)].join("\n"),
    );
    return {
      effect: "none",
      action: { kind: "none" },
      refusal: ({ message }) => message,
      run() {
        const { items, callId: id } = context;
        items.completed({ type: "agentMessage", id, text: text.join("\n\n"), phase: "final_answer", questions });
        return Promise.resolve({ output: JSON.stringify({ accepted: true }), ok: true, data: { accepted: true } });
      },
    };
  },
};

function problemOf(questions: readonly AsyncQuestion[]): string | null {
  if (questions.length === 0) return "questions must not be empty";
  if (questions.some(({ title }) => title.trim() === "")) return "question titles must not be empty";
  const hollow = questions.some(({ options }) => options !== null && !options.some((each) => each.trim() !== ""));
  return hollow ? "options must contain at least one non-empty answer" : null;
}
