import { expect, test } from "vitest";
import { durationMs, statedWait } from "../../../src/model/http/stated-wait.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const wait = (headers: Record<string, string>, body: unknown = "", status = 429): number | null =>
  statedWait({
    status,
    header: (name) => headers[name],
    body: typeof body === "string" ? body : JSON.stringify(body),
    now,
  });

test.each([
  ["6m0s", 360_000],
  ["1h2m3.5s", 3_723_500],
  ["20ms", 20],
  ["1d", 86_400_000],
  ["", null],
  ["6", null],
  ["6 minutes", null],
  ["s", null],
])("the duration %j", (text, wanted) => {
  expect(durationMs(text)).toBe(wanted);
});

test.each<[string, Record<string, string>, unknown, number | null]>([
  ["nothing", {}, "", null],
  ["retry-after before all else", { "retry-after": "3", "x-ratelimit-reset-requests": "9s" }, "", 3000],
  [
    "OpenAI's headers, of the limit that is used up",
    {
      "x-ratelimit-remaining-requests": "7",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    },
    "",
    360_000,
  ],
  [
    "Anthropic's headers, of the last limit to be lifted",
    {
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:20Z",
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:01:00Z",
      "anthropic-ratelimit-output-tokens-remaining": "12",
      "anthropic-ratelimit-output-tokens-reset": "2026-01-01T09:00:00Z",
    },
    "",
    60_000,
  ],
  ["OpenRouter's milliseconds since the epoch", { "x-ratelimit-reset": String(now + 4200) }, "", 4200],
  ["seconds since the epoch", { "x-ratelimit-reset": String(now / 1000 + 30) }, "", 30_000],
  ["seconds from now", { "ratelimit-reset": "12" }, "", 12_000],
  ["a moment that has been", { "x-ratelimit-reset": String(now / 1000 - 30) }, "", 0],
  ["limits of which there is some left", { "x-ratelimit-remaining": "1", "x-ratelimit-reset": "12" }, "", null],
  ["the body's moment", {}, { error: { resets_at: now / 1000 + 40 } }, 40_000],
  ["the body's span", {}, { error: { resets_in_seconds: 9 } }, 9000],
  [
    "Gemini's RetryInfo, also in a list",
    {},
    [
      {
        error: {
          details: [
            { "@type": "type.googleapis.com/google.rpc.Help" },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" },
          ],
        },
      },
    ],
    34_500,
  ],
  ["nonsense", { "x-ratelimit-reset": "soon", "retry-after": "-1" }, { error: { details: [null, 7, {}] } }, null],
])("how long a server asks to wait by %s", (_, headers, body, wanted) => {
  expect(wait(headers, body)).toBe(wanted);
});

test("headers of limits say nothing where the server fell over for another reason", () => {
  expect(wait({ "x-ratelimit-reset": "12" }, "", 503)).toBeNull();
  expect(wait({ "retry-after": "2" }, "", 503)).toBe(2000);
});
