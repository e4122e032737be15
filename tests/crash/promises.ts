import { isDeepStrictEqual } from "node:util";
import type { JsonEvent } from "../support/run.ts";
import type { Deed } from "./script.ts";

type Json = Record<string, unknown>;

export interface JournalLine {
  type: string;
  ordinal?: number;
  payload: Json & { type?: string };
}

/** Whole lines; what is torn is left out, wherever it stands. */
export function journalLines(text: string): JournalLine[] {
  return text.split("\n").flatMap((line) => {
    try {
      const parsed = JSON.parse(line) as JournalLine;
      return typeof parsed === "object" && parsed !== null ? [parsed] : [];
    } catch {
      return [];
    }
  });
}

const itemsIn = (lines: readonly JournalLine[]): Json[] =>
  lines.filter((line) => line.type === "response_item").map((line) => line.payload);

const eventsIn = (lines: readonly JournalLine[], type: string): Json[] =>
  lines.filter((line) => line.type === "event_msg" && line.payload.type === type).map((line) => line.payload);

/** What was told and is not in the journal. */
export function lostEvents(events: readonly JsonEvent[], lines: readonly JournalLine[]): string[] {
  const items = eventsIn(lines, "item_completed").map((event) => event["item"] as Json);
  const ofKind = (kind: string): Json[] => items.filter((item) => item["type"] === kind);
  const calls = itemsIn(lines).map((item) => String(item["arguments"] ?? item["input"]));
  const holds = (value: unknown, text: string): boolean =>
    JSON.stringify(value).includes(JSON.stringify(text).slice(1, -1));
  let changes = 0;
  const isKept = (event: JsonEvent): boolean => {
    const item = (event["item"] ?? {}) as Json;
    if (event.type === "thread.started") return lines[0]?.payload["id"] === event["thread_id"];
    if (event.type === "turn.started") return eventsIn(lines, "task_started").length > 0;
    if (event.type === "turn.completed") return eventsIn(lines, "task_complete").length > 0;
    if (event.type === "item.started") {
      const token = /token-\d+_\d+-/.exec(String(item["command"]))?.[0];
      return token === undefined || calls.some((text) => text.includes(token));
    }
    if (event.type !== "item.completed") return false;
    switch (item["type"]) {
      case "agent_message":
        return ofKind("AgentMessage").some((kept) => holds(kept, String(item["text"])));
      case "reasoning":
        return ofKind("Reasoning").some((kept) => holds(kept, String(item["text"])));
      case "command_execution": {
        const token = /token-\d+_\d+-/.exec(String(item["command"]))?.[0] ?? "";
        return ofKind("CommandExecution").some(
          (kept) =>
            holds(kept["command"], token) &&
            kept["aggregated_output"] === item["aggregated_output"] &&
            kept["exit_code"] === item["exit_code"],
        );
      }
      case "file_change":
        return ofKind("FileChange").length >= ++changes;
      default:
        // Warnings are no part of the thread.
        return item["type"] === "error";
    }
  };
  return events
    .filter((event) => !isKept(event))
    .map((event) => `told and lost: ${JSON.stringify(event).slice(0, 300)}`);
}

export const callsIn = (lines: readonly JournalLine[]): Set<unknown> =>
  new Set(
    itemsIn(lines)
      .filter(isCall)
      .map((item) => item["call_id"]),
  );

const isCall = ({ type }: Json): boolean => type === "function_call" || type === "custom_tool_call";
const isOutput = ({ type }: Json): boolean => type === "function_call_output" || type === "custom_tool_call_output";

/** The parts of an item that a model reads. */
const gist = (item: Json): Json =>
  Object.fromEntries(
    ["type", "role", "content", "name", "arguments", "input", "call_id", "output", "encrypted_content"].flatMap((key) =>
      item[key] === undefined || item[key] === null ? [] : [[key, item[key]]],
    ),
  );

/** What is wrong with the first request after a crash, by the journal as the crash left it. */
export function followUpFaults(input: readonly Json[], lines: readonly JournalLine[], binary: string): string[] {
  const faults: string[] = [];
  const kept = itemsIn(lines);
  const said = kept.filter((item) => !isOutput(item)).map(gist);
  // The base prompt comes first; it is in the head of the file.
  const sent = input
    .slice(1)
    .filter((item) => !isOutput(item))
    .map(gist);
  said.forEach((item, index) => {
    if (faults.length === 0 && !isDeepStrictEqual(item, sent[index])) {
      faults.push(
        `item ${index} of the journal is not in its place in the request: ${JSON.stringify(item).slice(0, 200)} but ${JSON.stringify(sent[index])?.slice(0, 200)}`,
      );
    }
  });
  const outputs = new Map(kept.filter(isOutput).map((item) => [item["call_id"], item["output"]]));
  const started = new Set(
    lines
      .filter((line) => line.type === "codex_agent" && line.payload.type === "call_started")
      .map((line) => line.payload["call_id"]),
  );
  for (const call of kept.filter(isCall)) {
    const id = call["call_id"];
    const got = input.find((item) => isOutput(item) && item["call_id"] === id)?.["output"];
    const known = outputs.get(id);
    if (known !== undefined) {
      if (!isDeepStrictEqual(got, known)) faults.push(`the output of ${String(id)} was changed or lost`);
    } else if (binary === "codex-agent") {
      const unknown = String(got).includes("Whether it took effect is unknown");
      if (unknown !== started.has(id)) faults.push(`${String(id)} is answered by ${JSON.stringify(got)}`);
    }
  }
  return faults;
}

/** Every call of a request has one output, which comes after it, and there are no others. */
export function answerFaults(input: readonly Json[]): string[] {
  const open = new Map<unknown, boolean>();
  const faults: string[] = [];
  for (const item of input) {
    const id = item["call_id"];
    if (isCall(item)) {
      if (open.has(id)) faults.push(`${String(id)} stands twice in a request`);
      open.set(id, false);
    }
    if (!isOutput(item)) continue;
    if (open.get(id) !== false) faults.push(`${String(id)} has an output too many, or too early`);
    open.set(id, true);
  }
  for (const [id, answered] of open) if (!answered) faults.push(`${String(id)} has no output in a request`);
  return faults;
}

/**
 * What calls did to the world, held against what the journal says of them. The real Codex notes no starts: `foreign`
 * are the calls that it ran.
 */
export function deedFaults(
  deeds: readonly Deed[],
  traces: Record<Deed["where"], string>,
  text: string,
  foreign: ReadonlySet<unknown>,
): string[] {
  const lines = journalLines(text);
  const ofOurs = (type: string): Set<unknown> =>
    new Set(
      lines
        .filter((line) => line.type === "codex_agent" && line.payload.type === type)
        .map((line) => line.payload["call_id"]),
    );
  const started = ofOurs("call_started");
  const outputs = new Map(
    itemsIn(lines)
      .filter(isOutput)
      .map((item) => [item["call_id"], String(item["output"])]),
  );
  return deeds.flatMap(({ callId, token, where }) => {
    const times = traces[where].split(token).length - 1;
    if (times > 1) return [`${callId} ran ${times} times`];
    if (times === 1 && !started.has(callId) && !foreign.has(callId))
      return [`${callId} ran and no line says that it started`];
    const output = outputs.get(callId) ?? "";
    const success = /exited with code 0|Success\. Updated/.test(output);
    return success && times === 0 ? [`${callId} is said to have run and left no trace`] : [];
  });
}

/** The rules of a paginated thread: every line of Codex's has an ordinal, the last one plus one. */
export function ordinalFaults(text: string): string[] {
  const ordinals = journalLines(text)
    .filter((line) => line.type !== "codex_agent")
    .map((line) => line.ordinal);
  return ordinals.every((ordinal, index) => ordinal === index) ? [] : [`ordinals are ${ordinals.join(" ")}`];
}
