import type { Hands, Wanted } from "./calls.ts";
import { numberedLines, type Outcome } from "./outputs.ts";
import { count, done, failed, noTool, problem, type Report } from "./report.ts";
import type { Step } from "./request.ts";

/** A step as a conversation with the tools: yields calls, is given what came of them, and returns its report. */
export type Work = Generator<Wanted, Report, Outcome>;
type Of<Kind extends Step["kind"]> = Extract<Step, { kind: Kind }>;

const pageLines = 200;
const maxPages = 20;
const contextLines = 3;

const added = (text: string): string[] =>
  text === ""
    ? []
    : text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => `+${line}`);

function* apply(hands: Hands, deed: string, lines: string[], said: string): Work {
  const call = hands.patch(lines);
  if (call === null) return noTool(deed);
  const outcome = yield call;
  return outcome.ok ? done(said) : problem(deed, outcome);
}

/** Looks first: an added file would take the place of one that is there. */
export function* create({ path, content }: Of<"create">, hands: Hands): Work {
  const deed = `create ${path}`;
  const look = hands.read(path, 1, 1);
  if (look === null) return noTool(deed);
  const there = yield look;
  if (there.refused) return problem(deed, there);
  if (there.ok)
    return failed(`${path} is there already, so I left it as it is. Ask me to delete it first, or to append to it.`);
  const said =
    content === ""
      ? `I created the empty file ${path}.`
      : `I created ${path} with ${count(added(content).length, "line")}.`;
  return yield* apply(hands, deed, [`*** Add File: ${path}`, ...added(content)], said);
}

export function* append({ path, content }: Of<"append">, hands: Hands): Work {
  if (content === "") return failed('There is nothing to append: say what, as in `append "a line" to notes.txt`.');
  return yield* apply(
    hands,
    `append to ${path}`,
    [`*** Update File: ${path}`, "@@", ...added(content)],
    `I appended ${count(added(content).length, "line")} to ${path}.`,
  );
}

export const remove = ({ path }: Of<"delete">, hands: Hands): Work =>
  apply(hands, `delete ${path}`, [`*** Delete File: ${path}`], `I deleted ${path}.`);

export function* replace({ path, from, to }: Of<"replace">, hands: Hands): Work {
  const deed = `change ${path}`;
  if (from === "" || /\n/.test(from)) return failed("I can only replace text within one line, and it cannot be empty.");
  const lines: string[] = [];
  for (let page = 0; ; page++) {
    const call = hands.read(path, lines.length + 1, pageLines);
    if (call === null) return noTool(deed);
    if (page === maxPages) return failed(`${path} has more lines than I can change; nothing was changed.`);
    const outcome = yield call;
    if (!outcome.ok) return problem(deed, outcome);
    const read = numberedLines(outcome.text);
    if (read === null) return failed(`I could not see all of ${path}, so I changed nothing.`);
    lines.push(...read.lines.map(({ text }) => text));
    if (read.more === 0 && read.lines.length < pageLines) break;
    // Read by a command, a page says nothing of what follows; read by the tool, a last full page does.
    if (read.more === 0 && call.name === "read_file") break;
  }
  const places = lines.flatMap((line, index) => (line.includes(from) ? [index] : []));
  if (places.length === 0) return failed(`“${from}” does not occur in ${path}, so I changed nothing.`);
  const patch = replacement(lines, places, (line) => line.replaceAll(from, () => to));
  // A line that was cut for showing cannot be matched, whether it is changed or only context.
  if (patch.some((line) => line.length > 500 && line.endsWith("…")))
    return failed(`A line of ${path} is too long for me to change; nothing was changed.`);
  const said = `I replaced “${from}” with “${to}” in ${count(places.length, "line")} of ${path}.`;
  return yield* apply(hands, deed, [`*** Update File: ${path}`, ...patch], said);
}

/**
 * The chunks that change the lines at `places`. Each is found again where it belongs: no line between two
 * chunks holds what is replaced, so nothing earlier can look like a later chunk.
 */
export function replacement(
  lines: readonly string[],
  places: readonly number[],
  change: (line: string) => string,
): string[] {
  const changed = new Set(places);
  const chunks: string[] = [];
  let end = 0;
  for (const place of places) {
    if (place < end) continue;
    const start = Math.max(end, place - contextLines);
    chunks.push("@@");
    for (let at = start, last = place; at < lines.length && at <= last + contextLines; at++) {
      if (changed.has(at)) last = at;
      const line = lines[at]!;
      if (changed.has(at))
        chunks.push(
          `-${line}`,
          ...change(line)
            .split("\n")
            .map((text) => `+${text}`),
        );
      else chunks.push(` ${line}`);
      end = at + 1;
    }
  }
  return chunks;
}
