import type { ShellNode, ShellParser } from "../../system/ports.ts";
import type { Around } from "./around.ts";
import { readFileRedirect, readHereString, readRedirected } from "./redirects.ts";
import { isLiteral, readWord, runsIn } from "./words.ts";
import {
  nothing,
  short,
  Unreadable,
  type Assignment,
  type Piece,
  type Redirect,
  type SimpleCommand,
  type Statement,
  type Word,
} from "./syntax.ts";

/** UTF-16 units. What is longer is not read: nobody who is asked could read it either. */
export const longestLine = 65_536;
/** Statements within statements. */
const deepest = 100;

/** Reads a shell line. Throws {@link Unreadable} where any of it is not certain. */
export function readLine(text: string, parser: ShellParser): Statement {
  if (text.length > longestLine) throw new Unreadable(`it is longer than ${longestLine} letters`);
  if (text.includes("\0")) throw new Unreadable("it holds a zero byte");
  const root = parser.parse(text);
  if (root === null) throw new Unreadable("reading it takes too long");
  if (root.type !== "program") throw new Unreadable("it is no shell line");
  refuseErrors(root, text);
  return new Reader(text).body(root.children, 0, text.length);
}

function refuseErrors(node: ShellNode, text: string): void {
  if (node.type === "ERROR")
    throw new Unreadable(`${short(text.slice(node.start, node.end))} is no part of a shell line`);
  if (node.missing) throw new Unreadable(`it is not complete: ${JSON.stringify(node.type)} is missing`);
  for (const child of node.children) refuseErrors(child, text);
}

class Reader implements Around {
  readonly text: string;
  #depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  source(node: ShellNode): string {
    return this.text.slice(node.start, node.end);
  }

  /** What stands within a substitution. */
  statements(node: ShellNode): Statement {
    const [open, close] = [node.children[0], node.children.at(-1)];
    if (open === undefined || close === undefined || open === close) throw new Unreadable("it is not complete");
    return this.body(node.children.slice(1, -1), open.end, close.start);
  }

  /** Statements one after the other. Between `start` and `end` nothing may stand that is not one of the nodes. */
  body(nodes: readonly ShellNode[], start: number, end: number): Statement {
    if (++this.#depth > deepest) throw new Unreadable("it is nested too deeply");
    const parts: Statement[] = [];
    let at = start;
    for (const node of nodes) {
      this.gap(at, node.start);
      at = node.end;
      if (node.type === "comment") this.comment(node);
      else if (node.type === "&") {
        const body = parts.pop();
        if (body === undefined) throw new Unreadable("& stands behind nothing");
        parts.push({ kind: "background", body });
      } else if (node.type === "file_redirect") {
        parts.push(this.command([node], node));
      } else if (node.type !== ";" && node.type !== "\n" && node.type !== ";;") parts.push(this.statement(node));
    }
    this.gap(at, end);
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  /** What the grammar skips is looked at: it takes more for blank than a shell does. */
  gap(from: number, to: number): void {
    if (to < from) throw new Unreadable("its parts overlap");
    let blank = false;
    for (let at = from; at < to; at++) {
      const code = this.text.charCodeAt(at);
      if (code === 32 || code === 9 || code === 10) blank = true;
      else if (code === 92 && this.text.charCodeAt(at + 1) === 10) at++;
      else throw new Unreadable(`${short(this.text.slice(from, to))} stands where a blank is expected`);
    }
    // A shell joins what stands on both sides of a continued line, where the grammar sees two things.
    if (!blank && to > from) throw new Unreadable("a line is continued within a word");
  }

  comment(node: ShellNode): void {
    const before = this.text[node.start - 1];
    const after = this.text[node.end];
    const begins = before === undefined || /[\s;&|()]/.test(before);
    if (!begins || (after !== undefined && after !== "\n") || this.source(node).includes("\n")) {
      throw new Unreadable("it is not certain where a comment ends");
    }
  }

  /** The children of a node, those that only a reader needs left out; gaps between them looked at. */
  children(node: ShellNode): ShellNode[] {
    const kept: ShellNode[] = [];
    let at = node.start;
    for (const child of node.children) {
      this.gap(at, child.start);
      at = child.end;
      const before = kept.at(-1);
      if (
        before !== undefined &&
        before.end === child.start &&
        touches.has(node.type) &&
        isWord(before) &&
        isWord(child)
      ) {
        throw new Unreadable("two words touch each other");
      }
      if (child.type === "comment") this.comment(child);
      else kept.push(child);
    }
    this.gap(at, node.end);
    return kept;
  }

  statement(node: ShellNode): Statement {
    switch (node.type) {
      case "command":
        return this.command(this.children(node), node);
      case "variable_assignment":
      case "variable_assignments":
        return this.command(node.type === "variable_assignment" ? [node] : this.children(node), node);
      case "declaration_command":
      case "unset_command":
        return this.command(this.children(node), node);
      case "redirected_statement":
        return readRedirected(node, this);
      case "pipeline":
        return {
          kind: "pipeline",
          parts: this.children(node)
            .filter(({ type }) => type !== "|" && type !== "|&")
            .map((child) => this.statement(child)),
        };
      case "list": {
        const [left, operator, right, ...more] = this.children(node);
        if (left === undefined || right === undefined || more.length > 0) break;
        return {
          kind: "list",
          left: this.statement(left),
          operator: operator!.type === "&&" ? "&&" : "||",
          right: this.statement(right),
        };
      }
      case "negated_command": {
        const [, inside, ...more] = this.children(node);
        if (inside === undefined || more.length > 0) break;
        return this.statement(inside);
      }
      case "subshell":
        return { kind: "subshell", body: this.statements(node) };
      case "compound_statement":
        if (node.children[0]?.type === "((") return this.arithmetic(node);
        return this.statements(node);
      case "test_command":
        return this.test(node);
      case "if_statement":
        return this.branch(node);
      case "while_statement":
        return this.loop(node, nothing);
      case "for_statement":
      case "c_style_for_statement":
        return this.for(node);
      case "case_statement":
        return this.case(node);
      case "function_definition":
        return this.function(node);
    }
    throw new Unreadable(`${short(this.source(node))} is not understood`);
  }

  command(parts: readonly ShellNode[], node: ShellNode): SimpleCommand {
    const words: Word[] = [];
    const assignments: Assignment[] = [];
    const redirects: Redirect[] = [];
    const declares = node.type === "declaration_command" || node.type === "unset_command";
    for (const part of parts) {
      if (part.type === "variable_assignment" && !declares) assignments.push(this.assignment(part));
      else if (part.type === "variable_assignment") words.push(this.declared(part));
      else if (part.type === "file_redirect") {
        const { redirect, more } = readFileRedirect(part, this);
        redirects.push(redirect);
        words.push(...more);
      } else if (part.type === "herestring_redirect") redirects.push(readHereString(part, this));
      else if (part.type === "command_name") {
        const [name, ...more] = this.children(part);
        if (name === undefined || more.length > 0) throw new Unreadable("a name has two parts");
        words.push(this.word(name));
      } else if (part.type === "==" || part.type === "=~" || (declares && part.children.length === 0)) {
        words.push({ pieces: [{ kind: "text", text: this.source(part), quoted: false }], source: this.source(part) });
      } else words.push(this.word(part));
    }
    return { kind: "command", words, assignments, redirects, source: this.source(node) };
  }

  word(node: ShellNode): Word {
    if (!isLiteral(node)) throw new Unreadable(`${short(this.source(node))} is not understood`);
    return readWord(node, this);
  }

  assignment(node: ShellNode): Assignment {
    const [name, operator, value] = this.children(node);
    if (name === undefined || operator === undefined) throw new Unreadable("an assignment is not complete");
    const subscript = name.type === "subscript";
    const text = this.source(name);
    const array = value?.type === "array";
    return {
      name: subscript ? text.slice(0, text.indexOf("[")) : text,
      appends: operator.type === "+=",
      subscript: subscript ? text.slice(text.indexOf("[") + 1, -1) : null,
      value: array ? null : value === undefined ? { pieces: [], source: "" } : this.word(value),
      items: array
        ? this.children(value!)
            .filter(isLiteral)
            .map((item) => this.word(item))
        : [],
    };
  }

  /** `name=value` behind `export` and the like: a word that begins with its name. */
  declared(node: ShellNode): Word {
    const { name, value, subscript, appends } = this.assignment(node);
    if (value === null || subscript !== null) throw new Unreadable("an array is declared");
    const head: Piece = { kind: "text", text: `${name}${appends ? "+" : ""}=`, quoted: true };
    return { pieces: [head, ...value.pieces], source: this.source(node) };
  }

  arithmetic(node: ShellNode): Statement {
    const text = this.source(node).slice(2, -2);
    return {
      kind: "sequence",
      parts: [...runsIn(node, this), { kind: "test", splits: false, words: [], arithmetic: [text], calculated: [] }],
    };
  }

  test(node: ShellNode): Statement {
    const words: Word[] = [];
    const calculated: Word[] = [];
    const single = node.children[0]?.type === "[";
    const visit = (child: ShellNode, within: readonly ShellNode[]): void => {
      if (child.type === "comment" || child.type === "redirected_statement")
        throw new Unreadable("a test holds more than a test");
      if (child.type === "test_operator") {
        if (this.source(child) === "-v" || this.source(child) === "-R")
          throw new Unreadable("a test asks for a name that it calculates");
        return;
      }
      if (isLiteral(child)) {
        const word = this.word(child);
        words.push(word);
        const compares = within.some(
          (other) => other.type === "test_operator" && /^-(eq|ne|lt|le|gt|ge)$/.test(this.source(other)),
        );
        if (compares && !single) calculated.push(word);
        return;
      }
      if (child.children.length === 0) {
        if (single && /^[<>|&]/.test(child.type)) throw new Unreadable("a test holds more than a test");
        return;
      }
      if (
        /unary|ternary|postfix/.test(child.type) &&
        /^[-+~]/.test(this.source(child)) &&
        child.children[0]?.type !== "test_operator"
      ) {
        throw new Unreadable("a test is not understood");
      }
      for (const each of this.children(child)) visit(each, child.children);
    };
    for (const child of this.children(node).slice(1, -1)) visit(child, node.children);
    return { kind: "test", splits: single, words, arithmetic: [], calculated };
  }

  branch(node: ShellNode): Statement {
    const children = this.children(node);
    const place = children.findIndex(({ type }) => type === "then");
    if (place === -1) throw new Unreadable("an if has no then");
    const condition = this.part(children.slice(1, place));
    const arms: Statement[] = [];
    const clauses = children.filter(({ type }) => type === "elif_clause" || type === "else_clause");
    arms.push(this.part(children.slice(place + 1, -1).filter((child) => !clauses.includes(child))));
    for (const clause of clauses) {
      const inside = this.children(clause).slice(1);
      arms.push(this.part(inside.filter(({ type }) => type !== "then")));
    }
    return { kind: "branch", words: [], condition, arms };
  }

  /** Statements of which the gaps are looked at already. */
  part(nodes: readonly ShellNode[]): Statement {
    const [first, last] = [nodes[0], nodes.at(-1)];
    if (first === undefined || last === undefined) return nothing;
    const parts: Statement[] = [];
    for (const node of nodes) {
      if (node.type === "&") parts.push({ kind: "background", body: parts.pop() ?? nothing });
      else if (node.type !== ";" && node.type !== "\n" && node.type !== ";;") parts.push(this.statement(node));
    }
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  loop(node: ShellNode, before: Statement): Statement {
    const children = this.children(node);
    const body = children.at(-1);
    if (body?.type !== "do_group") throw new Unreadable("a loop has no body");
    const condition: Statement = { kind: "sequence", parts: [before, this.part(children.slice(1, -1))] };
    return { kind: "loop", variable: null, values: [], condition, body: this.statements(body) };
  }

  for(node: ShellNode): Statement {
    const children = this.children(node);
    const body = children.at(-1)!;
    const inside = body.type === "do_group" ? this.statements(body) : this.statement(body);
    if (node.type === "c_style_for_statement") {
      const open = children.findIndex(({ type }) => type === "((");
      const close = children.findIndex(({ type }) => type === "))");
      if (open === -1 || close === -1) throw new Unreadable("a loop is not understood");
      const text = this.text.slice(children[open]!.end, children[close]!.start);
      const counts: Statement = { kind: "test", splits: false, words: [], arithmetic: text.split(";"), calculated: [] };
      const runs = runsIn({ ...node, children: children.slice(open + 1, close) }, this);
      return {
        kind: "loop",
        variable: null,
        values: [],
        condition: { kind: "sequence", parts: [...runs, counts] },
        body: inside,
      };
    }
    const [keyword, variable] = children;
    if (keyword?.type !== "for" || variable === undefined)
      throw new Unreadable("what is chosen from a menu cannot be known");
    const values = children.slice(2, -1).filter((child) => isLiteral(child));
    const listed = children[2]?.type === "in";
    const words = listed ? values.map((value) => this.word(value)) : [positional];
    return { kind: "loop", variable: this.source(variable), values: words, condition: nothing, body: inside };
  }

  case(node: ShellNode): Statement {
    const words: Word[] = [];
    const arms: Statement[] = [];
    for (const child of this.children(node)) {
      if (child.type !== "case_item") {
        if (isLiteral(child)) words.push(this.word(child));
        continue;
      }
      const parts = this.children(child);
      const close = parts.findIndex(({ type }) => type === ")");
      if (close === -1) throw new Unreadable("a case is not understood");
      for (const pattern of parts.slice(0, close)) if (isLiteral(pattern)) words.push(this.word(pattern));
      arms.push(this.part(parts.slice(close + 1).filter(({ type }) => type !== ";&" && type !== ";;&")));
    }
    return { kind: "branch", words, condition: nothing, arms };
  }

  function(node: ShellNode): Statement {
    const children = this.children(node);
    const name = children.find(({ type }) => type === "word");
    const place = children.findIndex(({ type }) => /_statement$|^subshell$|^test_command$/.test(type));
    if (name === undefined || place === -1) throw new Unreadable("a function is not understood");
    const redirects = children
      .slice(place + 1)
      .map((child) => this.statement({ ...node, type: "redirected_statement", children: [child] }));
    const body: Statement = { kind: "sequence", parts: [this.statement(children[place]!), ...redirects] };
    return { kind: "function", name: this.source(name), body };
  }
}

/** Where words stand side by side. */
const touches = new Set(["command", "file_redirect", "for_statement", "array", "declaration_command", "unset_command"]);

const isWord = (node: ShellNode): boolean => isLiteral(node) || node.type === "command_name";

const positional: Word = { pieces: [{ kind: "variable", name: "@", quoted: true }], source: '"$@"' };
