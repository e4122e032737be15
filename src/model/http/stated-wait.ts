import { asRecord } from "../../protocol/fields.ts";
import { retryAfterMs } from "../retry.ts";

type Header = (name: string) => string | undefined;
type Json = Readonly<Record<string, unknown>>;

/** `error` of a body, which some gateways put into a list. */
export function errorOf(body: string): Json {
  try {
    const value: unknown = JSON.parse(body);
    return asRecord(asRecord(Array.isArray(value) ? value[0] : value)?.["error"]) ?? {};
  } catch {
    return {};
  }
}

/** Texts such as `6m0s`, `1h2m3.5s` and `20ms`, in milliseconds. */
export function durationMs(text: string): number | null {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) return null;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
    sum += Number(amount) * units[unit as keyof typeof units];
  return Math.round(sum);
}

/** A moment or a span as headers write them: a duration, a date, seconds or milliseconds from now or since the epoch. */
function waitIn(text: string, now: number): number | null {
  const span = durationMs(text);
  if (span !== null) return span;
  const amount = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(amount)) {
    const date = Date.parse(text);
    return Number.isNaN(date) ? null : date - now;
  }
  if (amount >= 1e12) return amount - now;
  return amount >= 1e9 ? amount * 1000 - now : amount * 1000;
}

/** Each with what it counts; where that says that there is some left, it is not what the request ran into. */
const resets: readonly (readonly [reset: string, remaining: string])[] = [
  ["x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"],
  ["x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"],
  ["anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"],
  ["anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"],
  ["anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"],
  ["anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"],
  ["x-ratelimit-reset", "x-ratelimit-remaining"],
  ["ratelimit-reset", "ratelimit-remaining"],
];

/** Of several limits that are used up, the last to be lifted counts; one of which nobody says how much is left does only alone. */
function fromResets(header: Header, now: number): number | null {
  let used: number | null = null;
  let unsaid: number | null = null;
  for (const [reset, remaining] of resets) {
    const wait = waitIn(header(reset) ?? "", now);
    if (wait === null) continue;
    const left = header(remaining);
    if (left === undefined) unsaid = Math.max(unsaid ?? 0, wait);
    else if (Number(left) <= 0) used = Math.max(used ?? 0, wait);
  }
  return used ?? unsaid;
}

/** `google.rpc.RetryInfo` in the details of an error. */
function fromDetails({ details }: Json): number | null {
  if (!Array.isArray(details)) return null;
  for (const detail of details) {
    const { "@type": type, retryDelay } = asRecord(detail) ?? {};
    if (typeof type === "string" && type.endsWith("RetryInfo") && typeof retryDelay === "string")
      return durationMs(retryDelay);
  }
  return null;
}

/** When a limit is lifted by the words of the body: milliseconds since the epoch. */
export function liftedAt({ resets_at: at, resets_in_seconds: inSeconds }: Json, now: number): number | null {
  if (typeof at === "number") return at * 1000;
  return typeof inSeconds === "number" ? now + inSeconds * 1000 : null;
}

/**
 * How long a server that refused a request asks to wait, in milliseconds: by `retry-after`, what the body says, or, where the status
 * is that of a limit, the headers that tell when limits are lifted. Null when it does not say.
 */
export function statedWait(options: { status: number; header: Header; body: string; now: number }): number | null {
  const { status, header, body, now } = options;
  const asked = retryAfterMs(header, now);
  if (asked !== null) return asked;
  const error = errorOf(body);
  const lifted = liftedAt(error, now);
  const wait =
    fromDetails(error) ?? (lifted === null ? null : lifted - now) ?? (status === 429 ? fromResets(header, now) : null);
  return wait === null ? null : Math.max(0, wait);
}
