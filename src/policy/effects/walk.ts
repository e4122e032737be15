import { expandWord, type Argument } from "../shell/expand.ts";
import { readLine } from "../shell/read.ts";
import type { ShellParser } from "../../system/ports.ts";
import {
  Unreadable,
  type Assignment,
  type Piece,
  type Redirect,
  type SimpleCommand,
  type Statement,
  type Word,
} from "../shell/syntax.ts";
import { mayBeOption } from "./arguments.ts";
import type { Place, Standing } from "./assessment.ts";
import { Call, type Input, type Line, type Where } from "./call.ts";
import { FileView } from "./files.ts";
import { Findings } from "./findings.ts";
import { judge } from "./judge.ts";
import { isNumber, type ShellState } from "./state.ts";
import { leaves, movesIn, namesSetIn, setsNumbers } from "./statements.ts";
import { changesProgram, decides } from "./variables.ts";

/** Shells within shells. */
const deepest = 8;
/** Values of a loop that are looked at one by one, and loops within loops for which that is done. */
const mostValues = 8;
const deepestLoops = 2;

/** Goes through a line as a shell would, with all branches taken. */
export class Walk implements Line {
  readonly place: Place;
  readonly findings = new Findings();
  readonly view: FileView;
  readonly functions = new Set<string>();
  readonly #parser: ShellParser;
  #loops = 0;

  constructor(place: Place, parser: ShellParser) {
    this.place = place;
    this.view = new FileView(place.files);
    this.#parser = parser;
  }

  script(text: string, state: ShellState, where: Where): void {
    if (where.depth > deepest) throw new Unreadable("shells are nested too deeply in it");
    this.#walk(readLine(text, this.#parser), state, where);
    state.settle();
  }

  run(words: readonly Argument[], state: ShellState, where: Where): void {
    if (where.depth > deepest) throw new Unreadable("commands are nested too deeply in it");
    const at = this.#begin(words, words.map(({ source }) => source).join(" "), where);
    this.#judge(words, at, state, where);
  }

  #begin(words: readonly Argument[], text: string, where: Where): number {
    const known = words.every((word) => word.text !== null);
    return this.findings.begin({
      words: known ? words.map((word) => word.text!) : null,
      program: words[0]?.text ?? null,
      text,
      standing: where.standing,
      runBy: where.runBy,
    });
  }

  #judge(words: readonly Argument[], at: number, state: ShellState, where: Where): void {
    const [name, ...args] = words;
    if (name === undefined) return;
    if (name.text === null || name.pattern !== null || name.text === "") {
      this.findings.raise(at, "unknown", "runs a program whose name is only known when it runs");
      return;
    }
    this.findings.add("programs", name.text);
    judge(new Call(name.text, args, at, state, where, this));
  }

  #walk(statement: Statement, state: ShellState, where: Where): void {
    const within = (standing: Standing, more: Partial<Where> = {}): Where => ({
      ...where,
      ...more,
      standing: where.standing.includes(standing) ? where.standing : [...where.standing, standing],
    });
    switch (statement.kind) {
      case "sequence":
        for (const part of statement.parts) {
          state.settle();
          this.#walk(part, state, where);
        }
        return;
      case "background":
        this.#walk(statement.body, state.fork(), within("background"));
        return;
      case "subshell":
        this.#walk(statement.body, state.fork(), within("subshell"));
        return;
      case "pipeline":
        for (const [index, part] of statement.parts.entries()) {
          const input: Input = index === 0 ? where.input : "pipe";
          this.#walk(part, state.fork(), within("pipeline", { input }));
        }
        // With `lastpipe`, and in some shells always, the last one is no shell of its own.
        for (const name of namesSetIn(statement.parts.at(-1)!)) state.forget(name);
        return;
      case "list":
        this.#list(statement, state, where, within("conditional"));
        return;
      case "branch": {
        for (const word of statement.words) this.#expand(word, state, where, null);
        this.#walk(statement.condition, state, where);
        state.settle();
        const ends = statement.arms.map((arm) => {
          const end = state.fork();
          this.#walk(arm, end, within("conditional"));
          end.settle();
          return end;
        });
        for (const end of ends) state.join(end);
        return;
      }
      case "loop":
        this.#loop(statement, state, within("conditional"));
        return;
      case "function": {
        this.functions.add(statement.name);
        this.findings.raise(null, "unknown", `defines the function ${statement.name}, which may stand for any program`);
        const inside = state.fork();
        inside.cloud();
        this.#walk(statement.body, inside, within("function"));
        return;
      }
      case "test":
        for (const word of statement.words) {
          const becomes = this.#expand(word, state, where, null);
          if (
            statement.splits &&
            becomes.some((arg) => (arg.many || arg.pattern !== null) && mayBeOption({ state, line: this }, arg))
          )
            this.findings.raise(null, "unknown", `tests ${word.source}, which may stand for operators`);
        }
        for (const text of statement.arithmetic) this.#calculate(text, state, null);
        for (const word of statement.calculated) this.#calculateWord(word, state);
        return;
      case "redirected": {
        const at = this.findings.begin({
          words: null,
          program: null,
          text: statement.source,
          standing: where.standing,
          runBy: where.runBy,
        });
        const call = new Call("redirection", [], at, state.fork(), where, this);
        const input = this.#redirect(statement.redirects, call);
        this.#walk(statement.body, state, { ...where, input: input === "none" ? where.input : { text: null } });
        return;
      }
      case "command":
        this.#command(statement, state, where);
    }
  }

  #list(
    { left, operator, right }: Extract<Statement, { kind: "list" }>,
    state: ShellState,
    where: Where,
    inside: Where,
  ): void {
    this.#walk(left, state, where);
    const failed = state.left.length > 0 ? state.left : state.cwds;
    const next = state.fork();
    next.move(operator === "&&" ? state.cwds : failed, []);
    this.#walk(right, next, inside);
    if (operator === "||") {
      // After `cd x || exit` the shell stands in x.
      if (leaves(right)) state.move(state.cwds, []);
      else {
        state.settle();
        state.join(next);
      }
      return;
    }
    const [stands, stood] = [next.cwds, next.left];
    state.join(next);
    state.move(stands, failed === null ? [] : [...failed, ...stood]);
    if (failed === null) state.move(null, []);
  }

  #loop(loop: Extract<Statement, { kind: "loop" }>, state: ShellState, where: Where): void {
    const before = state.fork();
    const values = loop.values.flatMap((value) => this.#expand(value, state, where, null));
    for (const name of namesSetIn(loop)) {
      const numeric = state.isNumeric(name) && setsNumbers(loop, name);
      state.set(name, { text: null, numeric });
    }
    if (loop.variable !== null && decides(loop.variable)) {
      this.findings.raise(null, "unknown", `sets ${loop.variable}, by which later programs choose what they run`);
    }
    if (movesIn(loop)) state.move(null, []);
    const known = values.every(({ text, pattern, many }) => text !== null && pattern === null && !many);
    const each = loop.variable !== null && known && values.length <= mostValues && this.#loops < deepestLoops;
    this.#loops++;
    try {
      if (loop.variable !== null && !each) {
        state.set(loop.variable, { text: null, numeric: known && values.every(({ text }) => isNumber(text!)) });
      }
      for (const value of each ? values : [null]) {
        if (value !== null) state.set(loop.variable!, { text: value.text, numeric: isNumber(value.text!) });
        this.#walk(loop.condition, state, where);
        state.settle();
        this.#walk(loop.body, state, where);
        state.settle();
      }
    } finally {
      this.#loops--;
    }
    state.join(before);
  }

  #command(command: SimpleCommand, state: ShellState, where: Where): void {
    const { words, assignments, redirects } = command;
    if (words.length === 0 && redirects.length === 0) {
      this.#assign(assignments, state, where, command);
      return;
    }
    // Expanded before the command has a place in the list, walked after: what runs within its words stands behind it.
    const args = words.flatMap((word) => expandWord(word, state));
    const at = this.#begin(args, command.source, where);
    const draft = this.findings.commands[at]!;
    draft.assigns = assignments.length > 0;
    draft.redirected = redirects.length > 0;
    for (const word of words) this.#runPieces(word.pieces, state, where, at);
    for (const assignment of assignments) this.#prefixAssignment(assignment, state, where, at);
    let inner = where;
    if (redirects.length > 0) {
      const call = new Call(args[0]?.text ?? "redirection", [], at, state.fork(), where, this);
      const input = this.#redirect(redirects, call);
      if (input !== "none") inner = { ...where, input };
    }
    this.#judge(args, at, state, inner);
  }

  #expand(word: Word, state: ShellState, where: Where, at: number | null): Argument[] {
    this.#runPieces(word.pieces, state, where, at);
    return expandWord(word, state);
  }

  /** Judges what runs while a word is expanded. */
  #runPieces(pieces: readonly Piece[], state: ShellState, where: Where, at: number | null): void {
    for (const piece of pieces) {
      if (piece.kind === "text" || piece.kind === "variable") continue;
      const inside: Where = {
        ...where,
        standing: [...where.standing.filter((each) => each !== "substitution"), "substitution"],
        input: "none",
      };
      if (piece.kind === "process") {
        this.#walk(piece.body, state.fork(), { ...inside, input: "pipe" });
        continue;
      }
      for (const run of piece.runs) this.#walk(run, state.fork(), inside);
      for (const name of piece.sets) {
        state.forget(name);
        if (decides(name)) this.findings.raise(at, "unknown", `sets ${name}, by which programs choose what they run`);
      }
      if (piece.danger !== null)
        this.findings.raise(at, "unknown", `holds an expansion of which nobody knows what it runs: ${piece.danger}`);
      if (piece.arithmetic !== null) this.#calculate(piece.arithmetic, state, at);
    }
  }

  /** A shell that calculates looks into the variables that it meets, and runs what it finds in a subscript there. */
  #calculate(text: string, state: ShellState, at: number | null): void {
    // What is expanded before it is calculated was looked at as such.
    const bare = text.replace(/\$\(\([^()]*\)\)/g, "1");
    const names = new Set(bare.replace(/0[xX][0-9A-Fa-f]+|\d+#\w+/g, "0").match(/[A-Za-z_]\w*/g) ?? []);
    const plain = /^[\w\s+\-*/%<>=!&|^~?:,;()$#{}]*$/.test(bare) && !/\$\(|\$\{[^}]*\W[^}]*\}/.test(bare);
    const safe = plain && !/\$[\d@*]/.test(bare) && [...names].every((name) => state.isNumeric(name));
    if (!safe)
      this.findings.raise(at, "unknown", `calculates ${text.trim()}, and what its variables hold may run something`);
    for (const name of names) if (/[=]|\+\+|--/.test(bare)) state.set(name, { text: null, numeric: safe });
  }

  #calculateWord(word: Word, state: ShellState): void {
    const safe = word.pieces.every((piece) => {
      if (piece.kind === "text")
        return isNumber(piece.text) || (/^[A-Za-z_]\w*$/.test(piece.text) && state.isNumeric(piece.text));
      if (piece.kind === "variable") return state.isNumeric(piece.name) && state.get(piece.name) !== null;
      return piece.kind === "computed" && piece.numeric;
    });
    if (!safe)
      this.findings.raise(null, "unknown", `compares ${word.source} as a number, and what it holds may run something`);
  }

  /** Variables for the shell itself. */
  #assign(assignments: readonly Assignment[], state: ShellState, where: Where, command: SimpleCommand): void {
    for (const { name, value, items, appends, subscript } of assignments) {
      for (const item of items) this.#expand(item, state, where, null);
      const words = value === null ? [] : this.#expand(value, state, where, null);
      if (subscript !== null && subscript !== "@" && subscript !== "*")
        this.#calculate(subscript.replace(/^"(.*)"$/, "$1"), state, null);
      const arrays = value === null || subscript !== null;
      const numeric =
        value !== null &&
        value.pieces.length > 0 &&
        value.pieces.every((piece) => piece.kind === "computed" && piece.numeric);
      const folders = value?.pieces.some(
        (piece) => piece.kind === "text" && !piece.quoted && piece.text.includes(":~"),
      );
      const known =
        arrays || appends || folders === true
          ? null
          : value!.pieces.length === 0
            ? ""
            : words.length === 1 && !words[0]!.many
              ? words[0]!.text
              : null;
      const number = !appends && (numeric || (known !== null && isNumber(known)));
      // What is in the environment stays in it: programs of which nobody here knows may look at it.
      const exported = Object.hasOwn(this.place.variables, name) && changesProgram(name, known);
      if (decides(name, number) || exported) {
        const part = command.source.slice(0, 80);
        const why = "by which later programs choose what they run";
        this.findings.raise(null, "unknown", `sets ${name} in \`${part}\`, ${why}`);
      }
      state.set(name, { text: known, numeric: number });
    }
  }

  /** A variable for one program. */
  #prefixAssignment({ name, value, items, subscript }: Assignment, state: ShellState, where: Where, at: number): void {
    for (const item of items) this.#expand(item, state, where, at);
    const words = value === null ? [] : this.#expand(value, state, where, at);
    const text = value !== null && value.pieces.length === 0 ? "" : (words[0]?.text ?? null);
    if (subscript !== null || value === null || changesProgram(name, text)) {
      this.findings.raise(at, "unknown", `is given ${name}, which may change what it runs`);
    }
  }

  /** Judges redirections; what is known of the input that they give. */
  #redirect(redirects: readonly Redirect[], call: Call): Input {
    let input: Input = "none";
    for (const redirect of redirects) {
      if (redirect.kind === "text") {
        const expanded = this.#expand(redirect.text, call.state, call.where, call.at);
        // The text of a here-document is no word: it is neither split nor a pattern.
        if (redirect.descriptor === null || redirect.descriptor === "0") {
          const known = redirect.text.pieces.length === 0 ? "" : (expanded[0]?.text ?? null);
          input = { text: expanded.length > 1 ? null : known };
        }
        continue;
      }
      const targets = this.#expand(redirect.target, call.state, call.where, call.at);
      const [target] = targets;
      const { operator } = redirect;
      if (target === undefined || targets.length > 1 || target.many) {
        call.raise("unknown", `is redirected to ${redirect.target.source}, which is only known when it runs`);
        continue;
      }
      if ((operator === ">&" || operator === "<&") && target.text !== null && /^(\d+-?|-)$/.test(target.text)) continue;
      const [, host, port] = /^\/dev\/(?:tcp|udp)\/([^/]+)\/([^/]+)$/.exec(target.text ?? "") ?? [];
      if (host !== undefined) {
        call.host(`${host}:${port}`);
        continue;
      }
      if (target.text?.startsWith("/dev/tcp/") === true || target.text?.startsWith("/dev/udp/") === true)
        call.host("*");
      if (operator === "<" || operator === "<&") {
        call.read(target);
        if (redirect.descriptor === null || redirect.descriptor === "0") input = { text: null };
      } else call.write(target);
    }
    return input;
  }
}
