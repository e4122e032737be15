import { plainProfile, type Profile } from "../dialect/profile.ts";
import { brokenOff, type Dialect } from "../dialect/step.ts";
import { ToolTable } from "../dialect/tool-table.ts";
import { conversationOf } from "../dialect/conversation.ts";
import { Assembler } from "../dialect/assembler.ts";
import { HttpChannel, withoutKey, type Endpoint } from "../http/channel.ts";
import type { ModelFailure, ModelRequest } from "../model-client.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import type { System } from "../../system/ports.ts";
import { nothingKnown, type Capabilities } from "./capabilities.ts";

/** A model that is not loaded yet may take long for its first word. */
const limitMs = 120_000;
/** One pixel, red. */
const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==";

const answerTool = {
  type: "function",
  name: "answer",
  description: "Takes your answer.",
  strict: false,
  parameters: {
    type: "object",
    properties: { word: { type: "string", description: "The answer, one word." } },
    required: ["word"],
    additionalProperties: false,
  },
};

export interface Probed {
  readonly capabilities: Capabilities;
  /** Why a request failed that should not; null: none did. */
  readonly failure: ModelFailure | null;
}

/** Tries, with a request each, whether the model calls a tool and whether it takes an image. */
export async function probeModel(
  model: string,
  { dialect, profile, endpoint }: { dialect: Dialect; profile: Profile; endpoint: Endpoint },
  system: System,
): Promise<Probed> {
  const channel = new HttpChannel({ ...endpoint, requestMaxRetries: 0 }, dialect.path, system);
  const ask = async (
    content: { type: "input_text" | "input_image"; [field: string]: unknown }[],
    tools: readonly unknown[],
  ): Promise<{ items: readonly ResponseItem[]; reasoned: boolean } | ModelFailure> => {
    const signal = AbortSignal.timeout(limitMs);
    const request: Partial<ModelRequest> = {
      model,
      input: [{ type: "message", role: "user", content } as ResponseItem],
      tools: tools as ModelRequest["tools"],
      parallelToolCalls: false,
      reasoning: null,
      verbosity: null,
      outputSchema: null,
      cacheKey: "probe",
    };
    const table = new ToolTable(tools, []);
    const silent = { started() {}, textDelta() {}, reasoningDelta() {}, done() {}, repaired() {} };
    let ids = 0;
    const assembler = new Assembler(table, silent, (prefix) => `${prefix}${ids++}`);
    const body = dialect.body(conversationOf(request as ModelRequest), table, {
      ...plainProfile,
      ...profile,
      vision: true,
    });
    try {
      const opened = await channel.open(body, (key) => ({ ...dialect.headers(key), ...endpoint.headers }), signal);
      if ("failure" in opened) return opened.failure;
      const reader = dialect.reader(assembler);
      const end = assembler.end(
        await channel.read(opened.response, {
          signal,
          onEvent: (event) => reader.read(event),
          onClose: () => reader.close(),
          failed: (failure) => brokenOff(reader, failure),
        }),
      );
      if (end.type === "failed") return withoutKey(end.failure, opened.key);
      return { items: assembler.items, reasoned: assembler.items.some(({ type }) => type === "reasoning") };
    } catch (error) {
      if (!signal.aborted) throw error;
      return { code: "stream_disconnected", message: `no answer within ${limitMs / 1000} s`, retryable: true };
    }
  };
  const called = await ask(
    [{ type: "input_text", text: "Call the tool `answer` with the word `yes`. Say nothing else." }],
    [answerTool],
  );
  if ("code" in called && called.code !== "bad_request") return { capabilities: nothingKnown, failure: called };
  const seen = await ask(
    [
      { type: "input_text", text: "Answer with one word: what colour is this?" },
      { type: "input_image", image_url: pixel, detail: "low" },
    ],
    [],
  );
  return {
    capabilities: {
      ...nothingKnown,
      tools: "code" in called ? false : called.items.some(({ type }) => type === "function_call"),
      images: "code" in seen ? (seen.code === "bad_request" ? false : null) : true,
      reasoning: "code" in called ? null : called.reasoned || null,
    },
    failure: "code" in seen && seen.code !== "bad_request" ? seen : null,
  };
}
