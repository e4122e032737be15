import type { Call } from "./conversation.ts";
import { listLimit, type Hands } from "./calls.ts";
import { append, create, remove, replace, type Work } from "./edit-steps.ts";
import { explain, help, unknown } from "./words.ts";
import { listedNames, numberedLines, type Outcome } from "./outputs.ts";
import { count, done, excerpt, noTool, problem, some, type Report } from "./report.ts";
import type { Step } from "./request.ts";

const readLines = 40;
const shownLines = 20;
const shownNames = 30;
const maxWaits = 12;

export interface Surroundings {
  hands: Hands;
  cwd: string | null;
  earlierCalls: readonly Call[];
}

/** The work of one step. */
export function* work(step: Step, { hands, cwd, earlierCalls }: Surroundings): Work {
  switch (step.kind) {
    case "list":
      return yield* list(step.path, hands, true);
    case "read":
      return yield* read(step.path, hands, true);
    case "search":
      return yield* search(escapeExpression(step.text), `“${step.text}”`, step.path, step.include, hands, cwd);
    case "find":
      return yield* search(".", `files named ${step.include}`, null, step.include, hands, cwd);
    case "create":
      return yield* create(step, hands);
    case "append":
      return yield* append(step, hands);
    case "replace":
      return yield* replace(step, hands);
    case "delete":
      return yield* remove(step, hands);
    case "run":
      return yield* run(step.command, hands);
    case "explain":
      return explain(earlierCalls);
    case "help":
      return help();
    case "unknown":
      return unknown();
  }
}

function* list(path: string | null, hands: Hands, mayBeFile: boolean): Work {
  const place = path ?? "this folder";
  const call = hands.list(path);
  if (call === null) return noTool(`list ${place}`);
  const outcome = yield call;
  if (mayBeFile && path !== null && /is not a directory/.test(outcome.text)) return yield* read(path, hands, false);
  if (!outcome.ok) return problem(`list ${place}`, outcome);
  const { names, more } = listedNames(outcome.text);
  if (names.length === 0) return done(`There is nothing in ${place}.`);
  const folders = names.filter((name) => name.endsWith("/"));
  const files = names.filter((name) => !name.endsWith("/"));
  const parts = [
    ...(folders.length > 0 ? [`${count(folders.length, "folder")} (${some(folders, shownNames)})`] : []),
    ...(files.length > 0 ? [`${count(files.length, "file")} (${some(files, shownNames)})`] : []),
  ];
  const limit = more ? ` I looked at the first ${listLimit} entries only.` : "";
  return done(`In ${place} I found ${parts.join(" and ")}.${limit}`, names);
}

function* read(path: string, hands: Hands, mayBeFolder: boolean): Work {
  const call = hands.read(path, 1, readLines);
  if (call === null) return noTool(`read ${path}`);
  const outcome = yield call;
  if (mayBeFolder && /is a directory/i.test(outcome.text)) return yield* list(path, hands, false);
  if (!outcome.ok) return problem(`read ${path}`, outcome);
  const page = numberedLines(outcome.text);
  if (page?.lines.length === 0) return done(`${path} is empty.`);
  const lines = page === null ? outcome.text.split("\n") : page.lines.map(({ text }) => text);
  const total = page === null ? "" : ` (${count(page.lines.length + page.more, "line")})`;
  const whole = lines.length <= shownLines && page?.more === 0;
  const shown = excerpt(lines.slice(0, shownLines).join("\n"), shownLines);
  return done(`${whole ? "This is" : "The beginning of"} ${path}${total}:\n\n${shown}`, lines);
}

function* search(
  expression: string,
  what: string,
  path: string | null,
  include: string | null,
  hands: Hands,
  cwd: string | null,
): Work {
  const call = hands.search(expression, path, include);
  if (call === null) return noTool(`search for ${what}`);
  const outcome = yield call;
  // grep ends with 1 when there is no match.
  const nothing = outcome.text === "No matches found." || (outcome.exitCode === 1 && outcome.text === "");
  if (!outcome.ok && !nothing) return problem(`search for ${what}`, outcome);
  const where = path === null ? "" : ` in ${path}`;
  if (nothing || outcome.text === "")
    return done(`I found no ${what.startsWith("files") ? what : `file with ${what}`}${where}.`);
  const below = cwd === null ? "" : `${cwd}/`;
  const files = outcome.text
    .split("\n")
    .map((file) => (below !== "" && file.startsWith(below) ? file.slice(below.length) : file.replace(/^\.\//, "")));
  const found = what.startsWith("files")
    ? `I found ${count(files.length, "file")} named ${include}`
    : `${what} occurs in ${count(files.length, "file")}`;
  return done(`${found}${where}: ${some(files, shownNames)}.`, files);
}

function* run(command: string, hands: Hands): Work {
  const deed = `run \`${command}\``;
  const call = hands.run(command);
  if (call === null) return noTool(deed);
  let outcome: Outcome = yield call;
  let text = outcome.text;
  for (let waits = 0; outcome.running !== null && waits < maxWaits; waits++) {
    const wait = hands.wait(outcome.running);
    if (wait === null) break;
    outcome = yield wait;
    text += (text === "" || outcome.text === "" ? "" : "\n") + outcome.text;
  }
  if (outcome.running === null && outcome.exitCode === null && !outcome.ok) return problem(deed, outcome);
  const output = text === "" ? " It printed nothing." : ` It printed:\n\n${excerpt(text, shownLines)}`;
  const lines = text === "" ? [] : text.split("\n");
  if (outcome.running !== null) return done(`\`${command}\` still runs in session ${outcome.running}.${output}`, lines);
  const ended =
    outcome.exitCode === null || outcome.exitCode === 0 ? "succeeded" : `failed with exit code ${outcome.exitCode}`;
  return { text: `\`${command}\` ${ended}.${output}`, ok: outcome.ok, found: lines } satisfies Report;
}

const escapeExpression = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
