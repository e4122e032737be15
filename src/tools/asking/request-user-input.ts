import type { CollaborationMode } from "../../protocol/collaboration-mode.ts";
import type { Answer, ChoiceQuestion } from "../../protocol/questions.ts";
import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { CallError, type Tool, type ToolResult } from "../tool.ts";

const parameters: JsonSchema = {
  type: "object",
  properties: {
    questions: {
      type: "array",
      description: "One question, or up to three.",
      items: {
        type: "object",
        properties: {
          header: { type: "string", description: "A word or two to stand above the question, 12 characters at most." },
          id: { type: "string", description: "Name of the answer, in snake_case." },
          options: {
            type: "array",
            description:
              "Two or three answers that exclude each other; the one you recommend first, marked with (Recommended). The user can always answer in words of their own: give no option for that.",
            items: {
              type: "object",
              properties: {
                description: { type: "string", description: "What choosing it means, in a sentence." },
                label: { type: "string", description: "The answer in a few words." },
              },
              required: ["label", "description"],
              additionalProperties: false,
            },
          },
          question: { type: "string", description: "The question, in one sentence." },
        },
        required: ["id", "header", "question", "options"],
        additionalProperties: false,
      },
    },
  },
  required: ["questions"],
  additionalProperties: false,
};

const modeNames: Record<CollaborationMode, string> = { default: "Default", plan: "Plan" };

/** Milliseconds that a question stays open when the model says how long; Codex's limits. */
const shortest = 60_000;
const longest = 240_000;

interface Asked {
  questions: ChoiceQuestion[];
  autoResolutionMs?: number;
}

/** Puts questions to the user and waits. `inDefaultMode`: also outside of plan mode. */
export function createRequestUserInput({ inDefaultMode }: { inDefaultMode: boolean }): Tool {
  const where = inDefaultMode ? "in default and plan mode" : "in plan mode";
  return {
    name: "request_user_input",
    spec: {
      type: "function",
      name: "request_user_input",
      description: `Asks the user one to three short questions and waits for the answers. Works ${where} only.`,
      strict: false,
      parameters,
    },
    parallel: false,
    prepare(input, context) {
      const mode = context.mode ?? "default";
      if (mode !== "plan" && !inDefaultMode) {
        throw new CallError(`request_user_input is unavailable in ${modeNames[mode]} mode`);
      }
      const { questions, autoResolutionMs: wait } = parseArguments<Asked>(input, parameters);
      if (questions.some(({ options }) => options.length === 0)) {
        throw new CallError("request_user_input requires non-empty options for every question");
      }
      const resolveAfterMs =
        typeof wait === "number" && Number.isFinite(wait) ? Math.min(Math.max(wait, shortest), longest) : null;
      return {
        effect: "none",
        action: { kind: "none" },
        refusal: ({ message }) => message,
        run: async () =>
          resultOf(await context.ask({ type: "choices", callId: context.callId, questions, resolveAfterMs })),
      };
    },
  };
}

function resultOf(answer: Answer): ToolResult {
  if (answer.type === "cancel") {
    return { output: "request_user_input was cancelled before receiving a response", ok: false };
  }
  if (answer.type === "deny" && answer.message !== undefined) {
    return { output: `The user did not answer, and said: ${answer.message}`, ok: true };
  }
  const given = answer.type === "choices" ? Object.entries(answer.answers) : [];
  const data = { answers: Object.fromEntries(given.map(([id, answers]) => [id, { answers }])) };
  return { output: JSON.stringify(data), ok: true, data };
}
