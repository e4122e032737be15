import { judge, rows, type Row, type Samples, type Unit } from "./figures.ts";
import { summarise } from "./statistics.ts";
import type { SubjectName } from "./subjects.ts";

const subjects: SubjectName[] = ["ours", "codex", "bare"];

function number(value: number, unit: Unit): string {
  if (unit === "MB") return (value / 1e6).toFixed(1);
  if (unit === "ms") return value.toFixed(Math.abs(value) < 100 ? 1 : 0);
  return Math.round(value).toLocaleString("en-US");
}

function cell(values: readonly number[] | undefined, unit: Unit): string {
  if (values === undefined || values.length === 0) return "";
  const { median, min, max } = summarise(values);
  const spread = min === max ? "" : ` (${number(min, unit)}–${number(max, unit)})`;
  return number(median, unit) + spread;
}

function line(row: Row, samples: Samples, failures: Readonly<Record<string, string>>): string[] {
  const values = samples[row.name] ?? {};
  const cells = subjects.map((subject) =>
    failures[`${row.name}/${subject}`] === undefined ? cell(values[subject], row.unit) : "failed",
  );
  const what = row.unit === "" ? row.what : `${row.what}, ${row.unit}`;
  if (row.figure === undefined) return [what, ...cells, "", "", ""];
  const judged = judge(row.figure, samples);
  if (judged === null) return [what, ...cells, row.figure.says, "", "not measured"];
  // A limit of a few is a ratio; a larger one has the unit of the row.
  const measured = row.figure.limit < 2 ? judged.value.toFixed(2) : number(judged.value, row.unit);
  return [what, ...cells, row.figure.says, measured, judged.reached ? "yes" : "NO"];
}

/** A Markdown table of the rows that have samples; cells are medians, with the smallest and the largest value. */
export function table(samples: Samples, failures: Readonly<Record<string, string>>): string {
  const shown = rows.filter(
    ({ name }) => samples[name] !== undefined || Object.keys(failures).some((key) => key.startsWith(`${name}/`)),
  );
  const lines = [
    ["what", ...subjects, "to reach", "measured", "reached"],
    ...shown.map((row) => line(row, samples, failures)),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const text = lines.map((cells) => `| ${cells.map((text, column) => text.padEnd(widths[column]!)).join(" | ")} |`);
  text.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return text.join("\n");
}
