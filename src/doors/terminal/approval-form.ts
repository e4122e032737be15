import type { Effects } from "../../protocol/effects.ts";
import type { Answer } from "../../protocol/questions.ts";
import { visibleLine, visibleText } from "../../system/terminal-text.ts";
import type { Step } from "./question-form.ts";

export interface ApprovalForm {
  /** What is asked. */
  head: string;
  /** What it is about, whole: the first lines are shown, all of it on request. */
  body: readonly string[];
  /** How many of them are shown at once. */
  most: number;
  effects: Effects | null;
  /** Files whose content was part of what is shown. */
  files: readonly string[];
  reason: string | null;
  /** First words that may be allowed instead; null: none. */
  prefix: readonly string[] | null;
  /** What a yes that holds on is for: `this command`, ... */
  thing: string;
}

const cancel: Answer = { type: "cancel" };
const mostLetters = 400;
const mostPaths = 4;

/**
 * Yes and no; whatever is none of them is asked again, so that a line meant for the model allows nothing. Short enough to be
 * read: what is cut is counted, and `v` shows all of it.
 */
export function approvalForm(form: ApprovalForm): Step {
  const { head, reason, prefix, thing } = form;
  const body = form.body.map((line) => visibleText(line));
  const { lines: shown, cut } = clipped(body, form.most);
  const touched = form.effects === null ? [] : touchedLines(form.effects, form.files, mostPaths);
  const all = form.effects === null ? [] : touchedLines(form.effects, form.files, Number.POSITIVE_INFINITY);
  const more = cut || all.join() !== touched.join();
  const beginning = prefix === null ? "" : visibleLine(prefix.join(" "));
  const choices = [
    `Choose: [y] yes / [n] no / [c] no, and stop the turn${more ? " / [v] view all of it" : ""}`,
    `  yes, and for ${thing} again: [t] in this turn / [s] in this session / [f] in this folder; \`f 30m\`: for so long`,
    ...(prefix === null
      ? []
      : [`  and every command that begins with \`${beginning}\`: [p] in this session / [a] always, in every thread`]),
  ];
  const why = reason === null || reason.trim() === "" ? [] : [`Reason: ${cutLine(visibleLine(reason)).line}`];
  const step: Step = {
    prompt: "approve> ",
    lines: [head, ...shown, ...touched, ...why, ...choices],
    take(line) {
      const said = line.trim();
      const answer = answerOf(said, prefix !== null);
      if (answer !== null) return answer;
      if (/^v(iew)?$/i.test(said)) {
        const whole = reason === null || reason.trim() === "" ? [] : [`Reason: ${visibleText(reason)}`];
        return { ...step, lines: [head, ...body, ...all, ...whole, ...choices] };
      }
      // Words instead of a letter tell the model what to do in place of it.
      if (said.length >= 3 && !/^[ytsfpa]\s/i.test(said)) return { type: "deny", message: `The user said no: ${said}` };
      const letters = prefix === null ? "y, t, s, f, n or c" : "y, t, s, f, p, a, n or c";
      return { ...step, lines: [`Answer ${letters}; a time behind t, s, f or p is 90s, 30m, 12h or 7d.`] };
    },
  };
  return step;
}

/** Null for what is no answer. */
function answerOf(said: string, prefixed: boolean): Answer | null {
  if (said === "") return cancel;
  const found = /^(\w+)(?:\s+(\d{1,7})\s*([smhd]))?$/i.exec(said);
  if (found === null) return null;
  const [, word = "", count, unit] = found;
  const seconds = count === undefined ? null : Number(count) * secondsOf[unit!.toLowerCase() as keyof typeof secondsOf];
  if (seconds !== null && (seconds < 1 || seconds > 31_536_000)) return null;
  const expiry = seconds === null ? {} : { expiresInSeconds: seconds };
  switch (word.toLowerCase()) {
    case "y":
    case "yes":
      return seconds === null ? { type: "allow", scope: "once" } : null;
    case "t":
    case "turn":
      return { type: "allow", scope: "turn", ...expiry };
    case "s":
    case "session":
      return { type: "allow", scope: "session", ...expiry };
    case "f":
    case "folder":
      return { type: "allow", scope: "folder", ...expiry };
    case "p":
    case "prefix":
      return prefixed ? { type: "allow", scope: "session", prefix: true, ...expiry } : null;
    case "a":
    case "always":
      return prefixed && seconds === null ? { type: "allow", scope: "always" } : null;
    case "n":
    case "no":
      return seconds === null ? { type: "deny" } : null;
    case "c":
      return seconds === null ? cancel : null;
    default:
      return null;
  }
}

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** What would be touched, a line for each kind; what cannot be known is said as well. */
function touchedLines(effects: Effects, files: readonly string[], most: number): string[] {
  const list = (label: string, all: readonly string[]): string[] => {
    if (all.length === 0) return [];
    const left = all.length - most;
    const some = left > 0 ? all.slice(0, most) : all;
    const cut = (each: string): string =>
      most === Number.POSITIVE_INFINITY ? visibleLine(each) : cutLine(visibleLine(each)).line;
    return [`  ${label} ${some.map(cut).join(", ")}${left > 0 ? ` and ${left} more` : ""}`];
  };
  return [
    ...list("writes", effects.writes),
    ...list("reaches", effects.hosts),
    ...list("signals", effects.signals),
    ...list("not known:", effects.unknown),
    ...list("holds only while these stay as they are:", files),
  ];
}

function clipped(lines: readonly string[], most: number): { lines: string[]; cut: boolean } {
  const kept = lines.slice(0, most).map(cutLine);
  const left = lines.length - kept.length;
  return {
    lines: [...kept.map(({ line }) => line), ...(left > 0 ? [`  ... ${left} more lines are not shown`] : [])],
    cut: left > 0 || kept.some(({ cut }) => cut),
  };
}

function cutLine(line: string): { line: string; cut: boolean } {
  const letters = Array.from(line);
  const left = letters.length - mostLetters;
  if (left <= 0) return { line, cut: false };
  return { line: `${letters.slice(0, mostLetters).join("")} ... (${left} more letters are not shown)`, cut: true };
}
