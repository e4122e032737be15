import type { MissReason, UsageReport, UsageSum } from "../../protocol/usage-report.ts";
import { cleanLine } from "../../system/terminal-text.ts";

const causes: Readonly<Record<UsageReport["byCause"][number]["cause"], string>> = {
  instructions: "instructions",
  tools: "tool descriptions",
  files: "files",
  history: "history",
  tool_outputs: "tool outputs",
  answers: "answers",
  compaction: "compaction",
  reviews: "reviews",
  retries: "retries",
  sub_agents: "sub-agents",
};

const reasons: Readonly<Record<MissReason, string>> = {
  model_switched: "the model was switched",
  instructions_changed: "the instructions changed",
  tools_changed: "the tools changed",
  compacted: "the history was summarised",
  forked: "the first request of a fork",
  idle: "five minutes or more without a request",
  never_reported: "the provider never reports cached tokens",
  unexplained: "nothing of ours changed; the provider does not say why",
};

const count = (value: number): string => value.toLocaleString("en-US");

function dollars(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}

/** What something cost; where only a part has a price, that is said. */
const money = ({ usd, unpricedTokens }: UsageSum): string =>
  usd === null ? (unpricedTokens > 0 ? "?" : "") : `${dollars(usd)}${unpricedTokens > 0 ? " + ?" : ""}`;

type Row = readonly string[];

function table(rows: readonly Row[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}

const head = (what: string): Row => [what, "tokens", "input", "cached", "output", "cost"];
const rowOf = (what: string, sum: UsageSum): Row => [
  what,
  count(sum.totalTokens),
  count(sum.inputTokens),
  count(sum.cachedInputTokens),
  count(sum.outputTokens),
  money(sum),
];

const mostThreads = 10;

/** The report for people: all of its tables, or one. */
export function usageText(report: UsageReport, by: "cause" | "model" | "day" | null): string {
  const { total, requests } = report;
  if (total.requests === 0) return [...notesOf(report), "Nothing was used yet."].join("\n");
  const blocks: string[][] = [];
  if (by === null || by === "cause") {
    const rows = report.byCause.map((sum) => rowOf(causes[sum.cause], sum));
    blocks.push(table([head("cause"), ...rows, rowOf("total", total)]));
    blocks.push(whyOf(report));
  }
  if (by === null || by === "model") {
    blocks.push(table([head("model"), ...report.byModel.map((sum) => rowOf(cleanLine(sum.model) || "?", sum))]));
  }
  if (by === null || by === "day") {
    const days = by === null ? report.byDay.slice(0, 7) : report.byDay;
    blocks.push(table([head("day"), ...days.map((sum) => rowOf(sum.day, sum))]));
  }
  if (by === null && requests !== undefined) blocks.push(turnsOf(report, requests));
  if (by === null && requests === undefined) blocks.push(threadsOf(report));
  if (by === null || by === "cause") {
    blocks.push([
      "Sums are the provider's counts. How they split into causes is an estimate of what each request held.",
    ]);
  }
  blocks.push(notesOf(report));
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function whyOf({ cacheMisses, lost }: UsageReport): string[] {
  const lines = cacheMisses.map(
    ({ reason, requests, tokens, usd }) =>
      `  ${count(tokens)} tokens in ${some(requests, "request")}${usd === null ? "" : `, ${dollars(usd)} more than cached`}: ${reasons[reason]}`,
  );
  if (lines.length > 0) lines.unshift("Of this, read again although it had been read before:");
  if (lost.requests > 0) {
    lines.push(
      `${some(lost.requests, "attempt")} broke off and the provider did not count ${lost.requests === 1 ? "it" : "them"}: about ${count(lost.estimatedTokens)} tokens, in no sum here.`,
    );
  }
  return lines;
}

const some = (number: number, what: string): string => `${count(number)} ${what}${number === 1 ? "" : "s"}`;

function threadsOf({ threads }: UsageReport): string[] {
  const shown = threads.slice(0, mostThreads);
  const rows = shown.map(({ threadId, cwd, total, subAgents }) => [
    threadId,
    count(total.totalTokens),
    money(total),
    subAgents.totalTokens > 0 ? `${count(subAgents.totalTokens)} by sub-agents` : "",
    cleanLine(cwd),
  ]);
  const more = threads.length - shown.length;
  return [
    ...table([["thread", "tokens", "cost", "", "folder"], ...rows]),
    ...(more > 0 ? [`... and ${count(more)} more (--json has all)`] : []),
  ];
}

function turnsOf({ threads }: UsageReport, requests: NonNullable<UsageReport["requests"]>): string[] {
  const own = threads[0]?.threadId;
  const turns = Map.groupBy(requests, ({ turnId, threadId }) => `${threadId === own ? "turn" : "sub-agent"} ${turnId}`);
  const rows = [...turns].map(([turn, all]) => {
    const tokens = all.reduce((sum, each) => sum + each.sum.totalTokens, 0);
    const usd = all.reduce((sum, each) => sum + (each.sum.usd ?? 0), 0);
    const unknown = all.some(({ sum }) => sum.usd === null);
    return [turn, some(all.length, "request"), count(tokens), unknown ? "?" : dollars(usd)];
  });
  return table([["turn", "", "tokens", "cost"], ...rows]);
}

function notesOf({ unpricedModels, notes }: UsageReport): string[] {
  const lines = notes.map((note) => `note: ${cleanLine(note)}`);
  if (unpricedModels.length > 0) {
    const names = unpricedModels.map((name) => cleanLine(name)).join(", ");
    lines.push(`The price of ${names} is not known: [codex_agent.prices."MODEL"] in config.toml says it.`);
  }
  return lines;
}
