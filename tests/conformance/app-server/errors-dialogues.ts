import {
  added,
  completed,
  created,
  failed,
  httpError,
  incomplete,
  itemParts,
  message,
  respond,
  textDelta,
} from "../../support/fake-model.ts";
import type { Step } from "../../support/fake-model.ts";
import { inOtherWords, toldInstead } from "./changes.ts";
import type { Dialogue } from "./dialogue.ts";
import { begin, oneTurn, thread } from "./steps.ts";

const end = respond([message("msg_end", "end")]);
const fewRetries = { provider: "request_max_retries = 1\nstream_max_retries = 2" };
const cut: Step = { parts: [created(), { cut: true }] };

const statuses: readonly [number, unknown, Record<string, string>?][] = [
  [400, { error: { message: "bad words", type: "invalid_request_error" } }],
  [401, { error: { message: "who are you" } }],
  [403, { error: { message: "not you" } }],
  [404, { error: { message: "no such model", code: "model_not_found" } }],
  [413, { error: { message: "too large" } }],
  [429, { error: { message: "slow down" } }],
  [429, { error: { type: "usage_limit_reached", message: "enough", plan_type: "plus", resets_at: 1_900_000_000 } }],
  [429, { error: { type: "usage_not_included", message: "no plan" } }],
  [500, { error: { message: "broken" } }],
  [503, { error: { code: "server_is_overloaded", message: "busy" } }],
  [402, { error: { message: "no credit" } }],
  [429, { error: { code: "insufficient_quota", message: "it was insufficient_quota" } }],
];
const codes = [
  "insufficient_quota",
  "usage_not_included",
  "rate_limit_exceeded",
  "invalid_prompt",
  "server_is_overloaded",
  "slow_down",
  "server_error",
  "model_not_found",
  "cyber_policy",
  "bio_policy",
  "flex_unavailable",
];

const dialogues: Dialogue[] = [
  ...statuses.map(([status, body, headers], index): Dialogue => ({
    name: `the provider answers ${status} (${index + 1})`,
    script: () => () => httpError(status, body, headers),
    stage: fewRetries,
    play: oneTurn(),
  })),
  ...codes.map((code): Dialogue => ({
    name: `the response fails with ${code}`,
    script: () => () => ({ parts: [created(), failed(code, `it was ${code}`)] }),
    stage: fewRetries,
    play: oneTurn(),
  })),
  {
    name: "the response is incomplete",
    script: () => () => ({ parts: [created(), incomplete("max_output_tokens")] }),
    stage: fewRetries,
    play: oneTurn(),
  },
  {
    name: "the stream breaks, and goes on at the second attempt",
    script: () => [{ parts: [created(), added(message("msg_1", "")), textDelta("msg_1", "half"), { cut: true }] }, end],
    stage: fewRetries,
    play: oneTurn(),
  },
  {
    name: "the stream breaks each time",
    script: () => () => cut,
    stage: fewRetries,
    play: oneTurn(),
  },
  {
    name: "a turn after one that failed",
    script: () => [httpError(400, { error: { message: "bad words" } }), end],
    stage: fewRetries,
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await begin(client, threadId);
      await client.next("turn/completed");
      await client.call("thread/read", { threadId });
      await begin(client, threadId);
      await client.next("turn/completed");
    },
  },
  {
    name: "the model that answers is another one",
    script: () => [
      { parts: [created(), ...itemParts(message("msg_1", "hi")), completed()], headers: { "openai-model": "gpt-5.2" } },
    ],
    play: oneTurn(),
  },
  {
    name: "limits of the account",
    script: () => [
      {
        headers: {
          "x-codex-primary-used-percent": "12.5",
          "x-codex-primary-window-minutes": "300",
          "x-codex-primary-reset-at": "1900000000",
          "x-codex-secondary-used-percent": "40",
          "x-codex-secondary-window-minutes": "10080",
          "x-codex-secondary-reset-at": "1900001000",
          "x-codex-credits-has-credits": "true",
          "x-codex-credits-unlimited": "false",
          "x-codex-credits-balance": "7.5",
        },
        parts: [created(), ...itemParts(message("msg_1", "hi")), completed()],
      },
    ],
    play: oneTurn(),
  },
];

const url = "http://<model>/v1/responses";
const crowded = "We\u2019re currently experiencing high demand, which may cause temporary errors.";
const upgrade = "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.";
const atCapacity = "Selected model is at capacity. Please try a different model.";
const [unknown, forbidden] = [
  "unexpected status 401 Unauthorized: who are you",
  "unexpected status 403 Forbidden: not you",
];
const cutOff = "stream disconnected before completion: Transport error: network error:";
const limit =
  "You\u2019ve hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit https://chatgpt.com/settings/usage to purchase more credits or try again at Mar 17th, 2030 5:46 PM.";

/** What the real one says, and what ours says: what the provider said, and what is to be done. */
const words: Readonly<Record<string, string>> = {
  [`${unknown}, url: ${url}`]: `${unknown}, url: ${url} (check the credential from FAKE_KEY)`,
  [`${forbidden}, url: ${url}`]: `${forbidden}, url: ${url} (check the credential from FAKE_KEY)`,
  "no such model": `unexpected status 404 Not Found: no such model, url: ${url}`,
  [limit]: "enough It is lifted at 2030-03-17T17:46:40.000Z.",
  [crowded]: `unexpected status 500 Internal Server Error: broken, url: ${url}`,
  [`${cutOff} error decoding response body`]: `${cutOff} aborted`,
  "Quota exceeded. Check your plan and billing details.": "it was insufficient_quota",
  "Flex capacity unavailable.": "it was flex_unavailable",
};
const wordsOfOne: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "the provider answers 429 (8)": { [upgrade]: "no plan" },
  "the provider answers 503 (10)": {
    [atCapacity]: `unexpected status 503 Service Unavailable: busy, url: ${url}`,
  },
  "the response fails with usage_not_included": { [upgrade]: "it was usage_not_included" },
  "the response fails with server_is_overloaded": { [atCapacity]: "it was server_is_overloaded" },
};
/** What cannot succeed is not tried again. */
const hopeless = new Set([
  "the provider answers 401 (2)",
  "the provider answers 403 (3)",
  "the provider answers 413 (5)",
  "the provider answers 402 (11)",
]);

export const errorsDialogues = dialogues.map((dialogue): Dialogue => {
  const { name } = dialogue;
  return {
    ...dialogue,
    wanted: {
      reason:
        "errors say what the provider said; what cannot succeed is not tried again; a router is accused of nothing",
      change(real) {
        const said = inOtherWords(real, { ...words, ...wordsOfOne[name] });
        const quiet = toldInstead((told) =>
          told.filter(
            ({ method, params }) => method !== "warning" && !(hopeless.has(name) && params["willRetry"] === true),
          ),
        )(said);
        return hopeless.has(name) ? { ...quiet, requests: quiet.requests.slice(0, 1) } : quiet;
      },
    },
  };
});
