import type { ResponseItem } from "../../protocol/response-items.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import { createHands, type Wanted } from "./calls.ts";
import { readConversation } from "./conversation.ts";
import { readOutput, type Outcome } from "./outputs.ts";
import { count, failed, type Report } from "./report.ts";
import { parseRequest } from "./request.ts";
import { work, type Surroundings } from "./steps.ts";
import { structuredAnswer } from "./structured-answer.ts";
import { help, signature } from "./words.ts";

export interface DemoRequest {
  /** The whole history. */
  input: readonly ResponseItem[];
  /** Names of the tools that are offered. */
  tools: readonly string[];
  /** JSON Schema of the final message, when one is asked for. */
  outputSchema?: unknown;
}

export interface DemoResponse {
  items: ResponseItem[];
  /** Estimated: four bytes are a token. */
  usage: TokenUsage;
}

/**
 * The next response of the demo model: one tool call, or the final message. A pure function: it plays the steps
 * of the request again over the calls that the history holds, and so finds where it stands.
 */
export function demoResponse(request: DemoRequest): DemoResponse {
  const { cwd, prompts, calls, earlierCalls } = readConversation(request.input);
  const surroundings = { hands: createHands(request.tools, cwd), cwd, earlierCalls };
  const next = play(
    prompts,
    calls.map(({ output }) => (output === null ? lost : readOutput(output))),
    surroundings,
  );
  const number = request.input.length;
  const item = "call" in next ? callItem(next.call, number) : message(next.reports, request.outputSchema, number);
  return { items: [item], usage: usage(request.input, item) };
}

const lost: Outcome = {
  ok: false,
  refused: false,
  text: "the outcome of the call is unknown",
  exitCode: null,
  running: null,
};

function play(
  prompts: readonly string[],
  outcomes: readonly Outcome[],
  surroundings: Surroundings,
): { call: Wanted } | { reports: Report[] } {
  const reports: Report[] = [];
  let used = 0;
  for (const prompt of prompts) {
    const steps = parseRequest(prompt);
    for (const [index, step] of steps.entries()) {
      const working = work(step, surroundings);
      let state = working.next();
      while (state.done !== true) {
        const outcome = outcomes[used++];
        if (outcome === undefined) return { call: state.value };
        state = working.next(outcome);
      }
      reports.push(state.value);
      const left = steps.length - index - 1;
      if (state.value.ok || left === 0) continue;
      // What follows may build on what could not be done.
      reports.push(failed(`I did not go on with the ${count(left, "step")} after that.`));
      break;
    }
  }
  return { reports: reports.length > 0 ? reports : [help()] };
}

function callItem(call: Wanted, number: number): ResponseItem {
  const call_id = `call_demo_${number}`;
  return call.type === "custom"
    ? {
        type: "custom_tool_call",
        id: `ctc_demo_${number}`,
        status: "completed",
        call_id,
        name: call.name,
        input: call.input,
      }
    : {
        type: "function_call",
        id: `fc_demo_${number}`,
        call_id,
        name: call.name,
        arguments: JSON.stringify(call.arguments),
      };
}

function message(reports: readonly Report[], outputSchema: unknown, number: number): ResponseItem {
  const words = [...reports.map(({ text }) => text), signature].join("\n\n");
  const text =
    outputSchema === undefined || outputSchema === null
      ? words
      : JSON.stringify(structuredAnswer(outputSchema, reports, words));
  return { type: "message", id: `msg_demo_${number}`, role: "assistant", content: [{ type: "output_text", text }] };
}

const tokens = (value: unknown): number => Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4);

function usage(input: readonly ResponseItem[], item: ResponseItem): TokenUsage {
  const inputTokens = tokens(input);
  const outputTokens = tokens(item);
  return {
    inputTokens,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens,
    reasoningOutputTokens: 0,
    totalTokens: inputTokens + outputTokens,
  };
}
