/**
 * Says how the app-server of any version of Codex differs from the one that is written down in src/protocol/codex-0.169:
 *
 *     node scripts/compare-codex-schema.ts PATH_TO_CODEX [--stable]
 *
 * Ends with exit code 1 where anything differs besides what is left out on purpose.
 */
import { compareWith } from "./codex-schema/compare.ts";
import { readCodexProtocol } from "./codex-schema/read-codex.ts";
import { isOnPurpose } from "./codex-schema/unsaid.ts";

const args = process.argv.slice(2);
const experimental = !args.includes("--stable");
const [codex] = args.filter((arg) => !arg.startsWith("--"));
if (codex === undefined) {
  process.stderr.write("usage: node scripts/compare-codex-schema.ts PATH_TO_CODEX [--stable]\n");
  process.exit(2);
}

const { added, removed, changed } = compareWith(readCodexProtocol(codex, experimental), experimental);
const isNews = (line: string): boolean => !isOnPurpose(line);
const news: [string, readonly string[]][] = [
  ["new, or never written down:", added.filter(isNews)],
  ["gone:", removed.filter(isNews)],
  ["changed:", changed.filter(isNews)],
];

const print = (title: string, lines: readonly string[]): void => {
  if (lines.length > 0) process.stdout.write(`${title}\n${lines.map((line) => `  ${line}\n`).join("")}`);
};
for (const [title, lines] of news) print(title, lines);
print("known, and left out on purpose:", [...added, ...removed, ...changed].filter(isOnPurpose));
process.exitCode = news.every(([, lines]) => lines.length === 0) ? 0 : 1;
