import type { AuditEntry, AuditReport, AuditThread } from "../../protocol/audit.ts";
import type { Effects } from "../../protocol/effects.ts";
import { visibleText } from "../../system/terminal-text.ts";
import { findThread } from "./find-thread.ts";
import { cleaned, withClient } from "./with-client.ts";

/** `codex-agent audit`. Resolves to the exit code. */
export function auditDoor(thread: string | null, json: boolean): Promise<number> {
  return withClient(async (client) => {
    const threadId = thread === null ? null : await findThread(client, thread, process.cwd());
    const report = await cleaned(await client.call("audit/read", threadId === null ? {} : { threadId }));
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : auditText(report));
    return 0;
  });
}

/** A line for each decision, with what came of it, and further lines for what does not fit; nothing in it steers a terminal. */
export function auditText({ threads, others, older }: AuditReport): string {
  const lines: string[] = [];
  if (older > 0) lines.push(`${older} older threads are not shown; --thread ID shows one.`, "");
  for (const thread of threads) {
    lines.push(headLine(thread));
    for (const warning of thread.warnings) lines.push(`  ! ${shownLine(warning)}`);
    if (thread.entries.length === 0) lines.push("  nothing was called");
    for (const entry of thread.entries) lines.push(...entryLines(entry));
    lines.push("");
  }
  if (others.length > 0) lines.push("of no thread", ...others.flatMap(entryLines), "");
  if (threads.length + others.length === 0) lines.push("There are no threads yet.");
  return `${lines.join("\n").trimEnd()}\n`;
}

/** In one line, with what would not be seen. */
const shownLine = (text: string): string => visibleText(text).replaceAll("\n", "\\n");

const timeOf = (ms: number | null): string =>
  ms === null ? "?" : new Date(ms).toISOString().slice(0, 19).replace("T", " ");

function headLine({ id, cwd, source, createdAtMs, parentThreadId, agent }: AuditThread): string {
  const who = parentThreadId === null ? source : `agent ${agent ?? ""} of ${parentThreadId}`;
  return shownLine(`thread ${id}  ${timeOf(createdAtMs)}  ${who}  ${cwd}`);
}

const mostLetters = 160;
const clipped = (text: string): string => {
  const line = shownLine(text);
  return line.length <= mostLetters ? line : `${line.slice(0, mostLetters)}...`;
};

function entryLines(entry: AuditEntry): string[] {
  const { atMs, kind, tool, what, rule, reason, outcome, scope, files, hosts, effects } = entry;
  const head = [
    timeOf(atMs),
    decided(entry),
    rule === null ? "" : `[${shownLine(rule)}]`,
    kind === "call" ? shownLine(tool ?? "a call") : kind,
    clipped(what),
    outcome === null ? "" : `-> ${clipped(outcome)}`,
  ];
  const more = [
    reason === null || (entry.by === "default" && entry.decision === "allow") ? null : `reason: ${clipped(reason)}`,
    scope === null ? null : `for: ${clipped(scope)}`,
    ...(effects === null ? [] : effectLines(effects)),
    files.length === 0 ? null : `changed: ${clipped(files.join(", "))}`,
    kind === "host" || hosts.length === 0
      ? null
      : `hosts: ${clipped(hosts.map(({ host, port, refusal }) => `${host}:${port}${refusal === null ? "" : " (refused)"}`).join(", "))}`,
  ];
  return [
    `  ${head.filter((part) => part !== "").join("  ")}`,
    ...more.filter((each) => each !== null).map((each) => `      ${each}`),
  ];
}

/** `allow`, `deny`, and who said it where that was not the mode by itself. */
function decided({ decision, by }: AuditEntry): string {
  if (decision === null) return "";
  return by === null || by === "default" ? decision : `${decision} (${by})`;
}

const shown: readonly (readonly [keyof Effects, string])[] = [
  ["writes", "writes"],
  ["hosts", "reaches"],
  ["signals", "signals"],
  ["unknown", "not known"],
];

const effectLines = (effects: Effects): string[] =>
  shown.flatMap(([key, word]) => (effects[key].length === 0 ? [] : [`${word}: ${clipped(effects[key].join(", "))}`]));
