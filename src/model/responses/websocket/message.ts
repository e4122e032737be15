import { asRecord } from "../../../protocol/fields.ts";
import type { AccountLimits, LimitWindow } from "../../../protocol/account-limits.ts";
import { httpFailure } from "../../http/failure.ts";
import { statedWait } from "../../http/stated-wait.ts";
import type { ModelFailure } from "../../model-client.ts";

/** What a message is that a stream of server-sent events has not. */
export type Aside =
  | { type: "limits"; limits: AccountLimits }
  /** The server cannot go on from there, or on this socket: the same request has its chance on another way. */
  | { type: "elsewhere" }
  | { type: "failed"; failure: ModelFailure };

type Json = Readonly<Record<string, unknown>>;
const numberIn = (value: unknown): number | null => (typeof value === "number" ? value : null);

const stale = new Set<unknown>(["previous_response_not_found", "websocket_connection_limit_reached"]);

export interface MessagePlace {
  url: string;
  keyName: string | null;
  now: number;
  longestWaitMs: number;
}

/** Null for a message that is an event of the stream, or nothing that anybody knows. */
export function readAside(text: string, placeOf: () => MessagePlace): Aside | null {
  // Of thousands of messages a few are none.
  if (text.startsWith('{"type":"response.')) return null;
  let message: Json | null;
  try {
    message = asRecord(JSON.parse(text));
  } catch {
    return null;
  }
  if (message?.["type"] === "codex.rate_limits") return { type: "limits", limits: limitsIn(message) };
  if (message?.["type"] !== "error") return null;
  if (stale.has(asRecord(message["error"])?.["code"])) return { type: "elsewhere" };
  const status = numberIn(message["status"]) ?? numberIn(message["status_code"]);
  // A word about an error without a status ends nothing, as on a stream.
  if (status === null || (status >= 200 && status < 300)) return null;
  const said = new Map(
    Object.entries(asRecord(message["headers"]) ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const header = (name: string): string | undefined => {
    const value = said.get(name);
    return value === undefined || value === null ? undefined : String(value);
  };
  const place = placeOf();
  const waitMs = statedWait({ status, header, body: text, now: place.now });
  return { type: "failed", failure: httpFailure({ ...place, status, body: text, waitMs }) };
}

function limitsIn({ rate_limits: limits, credits }: Json): AccountLimits {
  const windows = asRecord(limits);
  const balance = asRecord(credits);
  return {
    primary: windowOf(asRecord(windows?.["primary"])),
    secondary: windowOf(asRecord(windows?.["secondary"])),
    credits:
      balance === null
        ? null
        : {
            has: balance["has_credits"] === true,
            unlimited: balance["unlimited"] === true,
            balance: typeof balance["balance"] === "string" ? balance["balance"] : null,
          },
  };
}

function windowOf(fields: Json | null): LimitWindow | null {
  const usedPercent = numberIn(fields?.["used_percent"]);
  if (usedPercent === null) return null;
  return { usedPercent, minutes: numberIn(fields?.["window_minutes"]), resetsAt: numberIn(fields?.["reset_at"]) };
}
