import type { Played } from "../support/scenario.ts";

/** A status that a client can act on is not worth asking again; the real one goes through all its retries. */
export function failsAtOnce(real: Played): Played {
  const events = real.runs.map((run) => ({
    ...run,
    events: run.events.filter((event) => !/"Reconnecting/.test(JSON.stringify(event))),
  }));
  return { ...real, runs: events, requests: real.requests.slice(0, 1) };
}

type Run = Played["runs"][number];
type Event = Run["events"][number];

function eachEvent(real: Played, change: (event: Event, run: number) => Event): Played {
  return {
    ...real,
    runs: real.runs.map((run, index) => ({ ...run, events: run.events.map((event) => change(event, index)) })),
  };
}

/** Changes texts wherever they stand in an event. */
export function eachText(real: Played, change: (text: string) => string): Played {
  const within = (value: Event): Event =>
    typeof value === "string"
      ? change(value)
      : Array.isArray(value)
        ? value.map(within)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, within(inner)]))
          : value;
  return eachEvent(real, within);
}

export function eachLine(real: Played, change: (line: string, index: number, lines: string[]) => string[]): Played {
  return { ...real, stderr: real.stderr.map((lines) => lines.flatMap(change)) };
}

function ofType(event: Event, type: string): boolean {
  return (event as { type?: unknown } | null)?.type === type;
}

/** What cannot work is said before the user's input is read. */
export const saidEarlier = {
  reason: "fails before it waits for stdin",
  change: (real: Played): Played =>
    eachLine(real, (line) => (line === "Reading additional input from stdin..." ? [] : [line])),
};

export function namesCredential(real: Played): Played {
  return eachText(failsAtOnce(real), (text) =>
    text.replace(/^unexpected status .*$/s, "$& (check the credential from FAKE_KEY)"),
  );
}

/** A page in place of a stream is no broken stream: there is nothing to wait for. */
export function pageFails(real: Played): Played {
  return eachText(failsAtOnce(real), (text) => text.replace(/^stream disconnected before completion: .*$/s, "<text>"));
}

/** The response is over when it says so, with an id or without. */
export function endsWithoutId(real: Played): Played {
  const kept = {
    ...real,
    requests: real.requests.slice(0, 1),
    runs: real.runs.map((run) => ({
      ...run,
      events: run.events.filter((event) => !ofType(event, "error") && !ofType(event, "item.completed")),
    })),
  };
  return eachEvent(kept, (event) =>
    ofType(event, "turn.completed") ? { ...(event as object), usage: usageTimes(event, 0) } : event,
  );
}

function usageTimes(event: Event, factor: number): Record<string, number> {
  const { usage } = event as unknown as { usage: Record<string, number> };
  return Object.fromEntries(Object.entries(usage).map(([name, count]) => [name, count * factor]));
}

type Input = Record<string, Event>[];

function eachInput(real: Played, change: (input: Input, index: number) => Input): Played {
  const requests = real.requests.map((request, index) => {
    const body = request.body as { input: Input };
    return { ...request, body: { ...body, input: change(body.input, index) } as Event };
  });
  return { ...real, requests };
}

export function keepsUnknownFields(real: Played): Played {
  return eachInput(real, (input) =>
    input.map((item) =>
      item["type"] === "function_call" && item["call_id"] === "c2" ? { ...item, namespace: null, extra: 2 } : item,
    ),
  );
}

/** Told to end, it takes the time to write down what it knows: the abort, and the usage of the response that was complete. */
export function writesTheAbort(real: Played): Played {
  const aborted = {
    type: "message",
    id: "msg_<uuid>",
    role: "user",
    content: [{ type: "input_text", text: "<turn_aborted><text>" }],
  } as Record<string, Event>;
  const told = eachInput(real, (input) =>
    input.flatMap((item) =>
      item["type"] === "function_call_output"
        ? [{ ...item, output: "Wall time: <n> seconds\naborted by user" }, aborted]
        : [item],
    ),
  );
  return eachEvent(told, (event, run) =>
    run === 1 && ofType(event, "turn.completed") ? { ...(event as object), usage: usageTimes(event, 2) } : event,
  );
}

/** A profile that is asked for and not there is a mistake worth stopping for. */
export function refuses(real: Played): Played {
  return { ...real, runs: real.runs.map((run) => ({ ...run, code: 1, events: [] })), requests: [] };
}

/** Takes out an event that says the same as the one before. */
export function withoutRepeats(real: Played): Played {
  const runs = real.runs.map((run) => ({
    ...run,
    events: run.events.filter(
      (event, index) => index === 0 || JSON.stringify(event) !== JSON.stringify(run.events[index - 1]),
    ),
  }));
  return { ...real, runs };
}
