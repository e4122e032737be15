import type { Answer, ChoiceQuestion, Question } from "../../protocol/questions.ts";
import { changeText, commandOf } from "./item-lines.ts";
import { approvalForm } from "./approval-form.ts";
import { cleanText, visibleLine, visibleText } from "../../system/terminal-text.ts";

/** What stands before the cursor, and what a line typed there means. */
export interface Step {
  prompt: string;
  /** Shown before the prompt. */
  lines: readonly string[];
  /** The answer, or the next step. */
  take(line: string): Answer | Step;
}

export const isStep = (value: Answer | Step): value is Step => "take" in value;

const cancel: Answer = { type: "cancel" };

/** How a question is put line by line. Whoever ends the input instead of answering cancels. */
export function formOf(question: Question, cwd: string): Step {
  switch (question.type) {
    case "command": {
      const command = commandOf(question.argv).split("\n");
      const where = question.cwd === cwd ? [] : [`in ${visibleLine(question.cwd)}`];
      const walls = question.sandboxed === true ? "" : " without the sandbox";
      return approvalForm({
        head: `[exec_command] may this run${walls}?`,
        body: [...command.map((line) => `  ${line}`), ...where],
        most: 6,
        effects: question.effects ?? null,
        files: question.files ?? [],
        reason: question.reason,
        prefix: question.prefixRule,
        thing: "this command",
      });
    }
    case "patch": {
      const body = question.changes.flatMap((change) => [
        `  ${changeText(change, cwd, visibleLine)}`,
        ...change.diff
          .trimEnd()
          .split("\n")
          .map((line) => `    ${line}`),
      ]);
      return approvalForm({
        head:
          question.trial === undefined
            ? "[apply_patch] may these files be changed?"
            : "[trial] may what this command changed be kept?",
        body: [...body, ...trialLines(question.trial)],
        most: 24,
        effects: null,
        files: [],
        reason: question.reason,
        prefix: null,
        thing: "these files",
      });
    }
    case "mcpCall":
      return approvalForm({
        head: `[${visibleText(question.server)}] may ${visibleText(question.tool)} be called?`,
        body: (JSON.stringify(question.arguments, null, 2) ?? "").split("\n").map((line) => `  ${line}`),
        most: 12,
        effects: null,
        files: [],
        reason: question.reason,
        prefix: null,
        thing: "every call of this tool",
      });
    case "toolCall":
      return {
        prompt: "its result (nothing: it fails) > ",
        lines: [
          `[${visibleText(question.tool)}] the program that brought this tool is not here; it is called with`,
          ...(JSON.stringify(question.arguments, null, 2) ?? "").split("\n").map((line) => `  ${cleanText(line)}`),
        ],
        take(line) {
          const text = line.trim();
          return text === "" ? { type: "deny" } : { type: "toolResult", ok: true, content: [{ type: "text", text }] };
        },
      };
    case "choices":
      return choices(question.questions);
    case "rights":
      return rights(question);
    case "elicitation":
      return elicitation(question);
  }
}

/** A patch may be long; what is not shown is said. */
const mostLines = 200;
const clipped = (lines: readonly string[]): string[] =>
  lines.length <= mostLines
    ? [...lines]
    : [...lines.slice(0, mostLines), `    ... ${lines.length - mostLines} more lines are not shown`];

const reasonLines = (reason: string | null): string[] =>
  reason === null || reason.trim() === "" ? [] : [`Reason: ${visibleText(reason)}`];

const json = (value: unknown): string[] =>
  clipped(
    visibleText(JSON.stringify(value, null, 2) ?? "")
      .split("\n")
      .map((line) => `  ${line}`),
  );

function choices(questions: readonly ChoiceQuestion[]): Step {
  const answers: Record<string, string[]> = {};
  const ask = (index: number, before: readonly string[]): Answer | Step => {
    const question = questions[index];
    if (question === undefined) return { type: "choices", answers };
    const answered = (label: string): Answer | Step => {
      answers[question.id] = [label];
      return ask(index + 1, []);
    };
    const other: Step = {
      prompt: "other> ",
      lines: [],
      take: (line) => (line.trim() === "" ? cancel : answered(line.trim())),
    };
    const options = question.options.map(({ label, description }, at) => {
      const more = description.trim() === "" ? "" : ` - ${cleanText(description)}`;
      return `  ${at + 1}. ${cleanText(label)}${more}`;
    });
    return {
      prompt: "answer> ",
      lines: [...before, `[${cleanText(question.header)}] ${cleanText(question.question)}`, ...options, "  0. Other"],
      take(line) {
        const said = line.trim();
        if (said === "") return cancel;
        if (said === "0") return other;
        return answered(/^\d+$/.test(said) ? (question.options[Number(said) - 1]?.label ?? said) : said);
      },
    };
  };
  const first = ask(0, ["[request_user_input] waiting for user response"]);
  return isStep(first) ? first : { prompt: "answer> ", lines: [], take: () => first };
}

function rights({ rights: asked, reason }: Extract<Question, { type: "rights" }>): Step {
  return {
    prompt: "permissions> ",
    lines: [
      "[request_permissions] user approval required",
      ...reasonLines(reason),
      ...json(asked),
      "Choose: [n] deny / [t] grant for turn / [s] grant for session",
    ],
    take(line) {
      const said = line.trim().toLowerCase();
      if (["t", "turn", "y", "yes"].includes(said)) return { type: "rights", rights: asked, scope: "turn" };
      if (["s", "session"].includes(said)) return { type: "rights", rights: asked, scope: "session" };
      return { type: "deny" };
    },
  };
}

interface Field {
  name: string;
  title: string;
  type: string;
  choices: readonly string[];
  required: boolean;
}

/** A server asks for a few flat fields, or wants a page to be opened. */
function elicitation({ server, message, schema, url }: Extract<Question, { type: "elicitation" }>): Step {
  const head = [`[${visibleText(server)}] asks: ${visibleText(message)}`];
  const fields = schema === null ? [] : fieldsOf(schema);
  if (url !== null || fields.length === 0) {
    return {
      prompt: "approve> ",
      lines: [...head, ...(url === null ? [] : [`  ${visibleText(url)}`]), "Choose: [y] yes / [n] no"],
      take(line) {
        const said = line.trim().toLowerCase();
        if (said === "") return cancel;
        const yes: Answer = url === null ? { type: "content", content: {} } : { type: "allow", scope: "once" };
        return said === "y" || said === "yes" ? yes : { type: "deny" };
      },
    };
  }
  const content: Record<string, unknown> = {};
  const ask = (index: number, before: readonly string[]): Answer | Step => {
    const field = fields[index];
    if (field === undefined) return { type: "content", content };
    const options = field.choices.map((choice, at) => `  ${at + 1}. ${visibleText(choice)}`);
    const note = field.required ? "" : " (enter leaves it out)";
    const step: Step = {
      prompt: `${visibleText(field.name)}> `,
      lines: [...before, `${visibleText(field.title)}${note}`, ...options],
      take(line) {
        const said = line.trim();
        if (said === "") return field.required ? cancel : ask(index + 1, []);
        const value = valueOf(said, field);
        if (value === undefined) return { ...step, lines: [`That is no ${field.type}.`] };
        content[field.name] = value;
        return ask(index + 1, []);
      },
    };
    return step;
  };
  return ask(0, [...head, "An empty line where something is needed cancels."]) as Step;
}

function fieldsOf(schema: Record<string, unknown>): Field[] {
  const properties = (schema["properties"] ?? {}) as Record<string, Record<string, unknown>>;
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    title: String(property["title"] ?? property["description"] ?? name),
    type: String(property["type"] ?? "string"),
    choices: Array.isArray(property["enum"]) ? property["enum"].map(String) : [],
    required: required.includes(name),
  }));
}

/** Undefined for what does not fit. */
function valueOf(said: string, { type, choices: options }: Field): unknown {
  if (options.length > 0) {
    const picked = /^\d+$/.test(said) ? options[Number(said) - 1] : said;
    return picked !== undefined && options.includes(picked) ? picked : undefined;
  }
  if (type === "boolean") {
    if (/^(y|yes|true)$/i.test(said)) return true;
    return /^(n|no|false)$/i.test(said) ? false : undefined;
  }
  if (type !== "number" && type !== "integer") return said;
  const value = Number(said);
  return Number.isFinite(value) && (type === "number" || Number.isInteger(value)) ? value : undefined;
}

/** What a trial did beside changing files, and what is in the way of keeping that. */
function trialLines(trial: Extract<Question, { type: "patch" }>["trial"]): string[] {
  if (trial === undefined) return [];
  return [
    ...trial.folders.map(({ path, action }) => `  ${action === "make" ? "A" : "D"} ${visibleLine(path)}/`),
    ...trial.hosts.map(
      ({ host, port, refusal }) =>
        `  host ${visibleLine(host)}:${port} ${refusal === null ? "was reached" : "was refused"}`,
    ),
    ...trial.conflicts.map(({ path, why }) => `  ! ${visibleLine(path)}: ${visibleLine(why)}`),
    ...trial.notes.map((note) => `  note: ${visibleLine(note)}`),
  ];
}
