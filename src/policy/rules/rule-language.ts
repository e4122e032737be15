import { cEscapes } from "../c-escapes.ts";

/**
 * The part of Starlark that rule files are written in: calls, names, strings, numbers, lists, tuples, `+`, and lists made by
 * `for`. Whatever else the language has is refused, never skipped: a rule that is overlooked could be one that forbids.
 */

export type RuleValue = string | number | boolean | null | Sequence;
export interface Sequence {
  readonly kind: "list" | "tuple";
  readonly items: readonly RuleValue[];
}

export interface RuleCall {
  /** Of the call, from 1. */
  readonly line: number;
  readonly positional: readonly RuleValue[];
  readonly named: ReadonlyMap<string, RuleValue>;
}

/** What a file may call; its errors name the call's line. */
export type RuleFunctions = Readonly<Record<string, (call: RuleCall) => void>>;

/** What is wrong with a rule file, and on which of its lines. */
export class RuleSyntaxError extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

type Token =
  | { readonly type: "name" | "string" | "operator"; readonly text: string; readonly line: number }
  | { readonly type: "number"; readonly value: number; readonly line: number }
  | { readonly type: "newline" | "end"; readonly line: number };

const reserved = new Set(
  "and as assert async await break class continue def del elif else except finally for from global if import in is lambda load nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);

const escapes: Readonly<Record<string, string>> = { ...cEscapes, "\n": "" };

/** Of brackets in brackets. */
const deepest = 100;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let depth = 0;
  let fresh = true;
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at, at + 200);
    const letter = text[at]!;
    const blank = /^(?:[ \t\r]+|\\\r?\n|#[^\n]*)/.exec(letter === "#" ? text.slice(at) : rest)?.[0];
    if (blank !== undefined) {
      const next = text[at + blank.length];
      const empty = next === undefined || next === "\n" || next === "#" || letter === "#";
      if (fresh && depth === 0 && !empty && letter !== "\\") {
        throw new RuleSyntaxError("a line begins with blanks, and belongs to nothing above it", line);
      }
      at += blank.length;
      if (letter === "\\") line++;
      continue;
    }
    if (letter === "\n") {
      if (depth === 0) tokens.push({ type: "newline", line });
      fresh = true;
      line++;
      at++;
      continue;
    }
    fresh = false;
    const string = /^(r?)("""|'''|"|')/.exec(rest);
    if (string !== null) {
      const read = readString(text, at + string[0].length, string[2]!, string[1] === "r", line);
      tokens.push({ type: "string", text: read.value, line });
      line += read.lines;
      at = read.end;
      continue;
    }
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest)?.[0];
    if (name !== undefined) {
      const quote = text[at + name.length];
      if ((quote === '"' || quote === "'") && /^(?:f|b|rb|br|fr|rf)$/.test(name)) {
        throw new RuleSyntaxError(`strings that begin with ${name}${quote} are not read`, line);
      }
      if (reserved.has(name) && name !== "for" && name !== "in") throw notRead(name, line);
      tokens.push({ type: "name", text: name, line });
      at += name.length;
      continue;
    }
    const number = /^(?:0x[0-9a-fA-F]+|[0-9]+)(?![.\w])/.exec(rest)?.[0];
    if (number !== undefined) {
      tokens.push({ type: "number", value: Number(number), line });
      at += number.length;
      continue;
    }
    if (!"()[],=+;".includes(letter) || text[at + 1] === "=") {
      throw new RuleSyntaxError(`${JSON.stringify(letter)} is not read here`, line);
    }
    if ("([".includes(letter)) depth++;
    if (depth > deepest) throw new RuleSyntaxError("brackets are nested too deeply", line);
    if (")]".includes(letter)) depth = Math.max(0, depth - 1);
    tokens.push({ type: "operator", text: letter, line });
    at++;
  }
  tokens.push({ type: "newline", line }, { type: "end", line });
  return tokens;
}

const notRead = (word: string, line: number): RuleSyntaxError =>
  new RuleSyntaxError(`${word} is not read here; rule files are calls with lists and strings`, line);

function readString(
  text: string,
  from: number,
  quote: string,
  raw: boolean,
  line: number,
): { value: string; end: number; lines: number } {
  let value = "";
  let lines = 0;
  for (let at = from; at < text.length;) {
    if (text.startsWith(quote, at)) return { value, end: at + quote.length, lines };
    const letter = text[at]!;
    if (letter === "\n") {
      if (quote.length === 1) break;
      lines++;
    }
    if (letter !== "\\") {
      value += letter;
      at++;
      continue;
    }
    const next = text[at + 1] ?? "";
    if (next === "\n") lines++;
    if (raw) {
      // A quote behind a backslash does not end a raw string, and the backslash stays, but for that of a quote.
      value += next === quote[0] ? next : `\\${next}`;
      at += 2;
      continue;
    }
    const coded = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3}))/.exec(
      text.slice(at, at + 10),
    );
    if (coded !== null) {
      const octal = coded[4];
      const code = octal === undefined ? Number.parseInt(coded.slice(1, 4).join(""), 16) : Number.parseInt(octal, 8);
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        throw new RuleSyntaxError(`${coded[0]} is no letter`, line + lines);
      }
      value += String.fromCodePoint(code);
      at += coded[0].length;
      continue;
    }
    const known = escapes[next];
    value += known ?? `\\${next}`;
    at += 2;
  }
  throw new RuleSyntaxError("a string is not closed", line);
}

type Scope = ReadonlyMap<string, RuleValue>;
/** Worked out when its turn comes: the body of a list made by `for` is read before its name is known. */
type Expression = (scope: Scope) => RuleValue;

class Reader {
  readonly #tokens: readonly Token[];
  readonly #functions: RuleFunctions;
  readonly #names = new Map<string, RuleValue>();
  #at = 0;

  constructor(text: string, functions: RuleFunctions) {
    this.#tokens = tokenize(text);
    this.#functions = functions;
  }

  run(): void {
    for (;;) {
      const token = this.#peek();
      if (token.type === "end") return;
      if (token.type === "newline") {
        this.#at++;
        continue;
      }
      this.#statement();
      if (this.#peek().type !== "newline") this.#expect(";");
    }
  }

  #statement(): void {
    const [first, second] = [this.#peek(), this.#tokens[this.#at + 1]];
    if (first.type === "name" && second?.type === "operator" && second.text === "=") {
      this.#at += 2;
      this.#names.set(this.#plainName(first), this.#expression()(this.#names));
      return;
    }
    this.#expression()(this.#names);
  }

  #plainName(token: Token): string {
    if (token.type !== "name") throw new RuleSyntaxError(`${describe(token)} stands where a name has to`, token.line);
    if (reserved.has(token.text)) throw notRead(token.text, token.line);
    return token.text;
  }

  #expression(): Expression {
    let left = this.#operand();
    while (this.#isOperator("+")) {
      const { line } = this.#next();
      const [before, after] = [left, this.#operand()];
      left = (scope) => add(before(scope), after(scope), line);
    }
    return left;
  }

  #operand(): Expression {
    const token = this.#next();
    if (token.type === "string") return () => token.text;
    if (token.type === "number") return () => token.value;
    if (token.type === "name") return this.#named(token);
    if (token.type === "operator" && token.text === "[") return this.#list();
    if (token.type === "operator" && token.text === "(") return this.#tuple();
    throw new RuleSyntaxError(`${describe(token)} stands where a value has to`, token.line);
  }

  #named(token: Token): Expression {
    const name = this.#plainName(token);
    const constant = { True: true, False: false, None: null }[name];
    if (constant !== undefined) return () => constant;
    if (this.#isOperator("(")) return this.#call(name, token.line);
    return (scope) => {
      const value = scope.get(name);
      if (value === undefined) throw new RuleSyntaxError(`nothing here has the name ${name}`, token.line);
      return value;
    };
  }

  #call(name: string, line: number): Expression {
    this.#expect("(");
    const called = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (called === undefined) {
      const known = Object.keys(this.#functions).join(", ");
      throw new RuleSyntaxError(`nothing here is called ${name}; there are: ${known}`, line);
    }
    const positional: Expression[] = [];
    const named = new Map<string, Expression>();
    this.#untilClosed(")", () => {
      const [first, second] = [this.#peek(), this.#tokens[this.#at + 1]];
      if (first.type === "name" && second?.type === "operator" && second.text === "=") {
        const key = this.#plainName(first);
        if (named.has(key)) throw new RuleSyntaxError(`${key} is given twice`, first.line);
        this.#at += 2;
        named.set(key, this.#expression());
      } else {
        if (named.size > 0)
          throw new RuleSyntaxError("a value without a name stands after one with a name", first.line);
        positional.push(this.#expression());
      }
    });
    return (scope) => {
      const values = [...named].map(([key, value]): [string, RuleValue] => [key, value(scope)]);
      called({ line, positional: positional.map((each) => each(scope)), named: new Map(values) });
      return null;
    };
  }

  #list(): Expression {
    const items: Expression[] = [];
    let made: Expression | null = null;
    this.#untilClosed("]", () => {
      const item = this.#expression();
      const token = this.#peek();
      if (items.length > 0 || token.type !== "name" || token.text !== "for") return void items.push(item);
      this.#at++;
      made = this.#comprehension(item);
    });
    return made ?? ((scope) => ({ kind: "list", items: items.map((item) => item(scope)) }));
  }

  #comprehension(item: Expression): Expression {
    const token = this.#next();
    const name = this.#plainName(token);
    const word = this.#next();
    if (word.type !== "name" || word.text !== "in") throw new RuleSyntaxError("after for NAME comes in", word.line);
    const source = this.#expression();
    return (scope) => {
      const from = source(scope);
      if (!isSequence(from)) throw new RuleSyntaxError("for goes through lists alone", token.line);
      return { kind: "list", items: from.items.map((value) => item(new Map([...scope, [name, value]]))) };
    };
  }

  #tuple(): Expression {
    const items: Expression[] = [];
    const commas = this.#untilClosed(")", () => items.push(this.#expression()));
    const [only] = items;
    if (only !== undefined && commas === 0) return only;
    return (scope) => ({ kind: "tuple", items: items.map((item) => item(scope)) });
  }

  /** Reads what stands between here and the bracket, separated by commas; returns how many there are. */
  #untilClosed(bracket: string, read: () => void): number {
    let commas = 0;
    for (;;) {
      if (this.#isOperator(bracket)) break;
      read();
      if (!this.#isOperator(",")) break;
      this.#at++;
      commas++;
    }
    this.#expect(bracket);
    return commas;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.type !== "end") this.#at++;
    return token;
  }

  #isOperator(text: string): boolean {
    const token = this.#peek();
    return token.type === "operator" && token.text === text;
  }

  #expect(text: string): void {
    const token = this.#next();
    if (token.type === "operator" && token.text === text) return;
    throw new RuleSyntaxError(`${describe(token)} stands where ${text} has to`, token.line);
  }
}

function add(left: RuleValue, right: RuleValue, line: number): RuleValue {
  if (typeof left === "string" && typeof right === "string") return left + right;
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (isSequence(left) && isSequence(right) && left.kind === right.kind) {
    return { kind: left.kind, items: [...left.items, ...right.items] };
  }
  throw new RuleSyntaxError(`${kindOf(left)} and ${kindOf(right)} cannot be added`, line);
}

export const isSequence = (value: RuleValue | undefined): value is Sequence =>
  typeof value === "object" && value !== null;

/** What a value is, for messages. */
export function kindOf(value: RuleValue): string {
  if (isSequence(value)) return `a ${value.kind}`;
  if (value === null) return "None";
  return `a ${typeof value}`;
}

function describe(token: Token): string {
  if (token.type === "number") return String(token.value);
  return "text" in token ? JSON.stringify(token.text) : "the end of the line";
}

/** Runs a rule file. @throws {RuleSyntaxError} at the first thing that is wrong. */
export function runRuleFile(text: string, functions: RuleFunctions): void {
  new Reader(text.replace(/^\uFEFF/, ""), functions).run();
}
