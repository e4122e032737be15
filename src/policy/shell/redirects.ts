import type { ShellNode } from "../../system/ports.ts";
import { readDescriptor, type Around } from "./around.ts";
import { readHereDocument } from "./here-documents.ts";
import { short, Unreadable, type Redirect, type Statement, type Word } from "./syntax.ts";

export function readFileRedirect(node: ShellNode, around: Around): { redirect: Redirect; more: Word[] } {
  const parts = around.children(node);
  const descriptor = parts[0]?.type === "file_descriptor" ? readDescriptor(parts.shift()!, around) : null;
  const operator = parts.shift();
  const [target, ...more] = parts.map((part) => around.word(part));
  if (operator === undefined) throw new Unreadable("a redirection is not complete");
  if (operator.type === "<&-" || operator.type === ">&-") {
    const next = around.text[operator.end];
    if (around.source(operator) !== operator.type || (next !== undefined && !/[\s;&|()<>]/.test(next))) {
      throw new Unreadable("it is not certain what is redirected");
    }
    const closed: Word = { pieces: [{ kind: "text", text: "-", quoted: false }], source: "-" };
    return {
      redirect: { kind: "file", operator: ">&", descriptor, target: closed },
      more: target === undefined ? more : [target, ...more],
    };
  }
  if (target === undefined) throw new Unreadable("a redirection leads nowhere");
  // A shell reads `>& -a` as `>&-` and a word.
  if (operator.type.endsWith("&") && target.source.startsWith("-") && target.source !== "-") {
    throw new Unreadable("it is not certain what is redirected");
  }
  return { redirect: { kind: "file", operator: operator.type, descriptor, target }, more };
}

export function readHereString(node: ShellNode, around: Around): Redirect {
  const parts = around.children(node);
  const descriptor = parts[0]?.type === "file_descriptor" ? readDescriptor(parts.shift()!, around) : null;
  return { kind: "text", descriptor, text: around.word(parts[1]!) };
}

export function readRedirected(node: ShellNode, around: Around): Statement {
  const redirects: Redirect[] = [];
  const more: Word[] = [];
  let body: Statement | null = null;
  let heredocs = 0;
  /** What stands behind the beginning of a here-document, on its line. */
  const behind: ((body: Statement) => Statement)[] = [];
  const children = around.children(node);
  const readRedirect = (child: ShellNode): void => {
    if (child.type === "herestring_redirect") redirects.push(readHereString(child, around));
    else if (child.type === "file_redirect") {
      const read = readFileRedirect(child, around);
      redirects.push(read.redirect);
      more.push(...read.more);
    } else if (child.type === "heredoc_redirect") {
      // With two on one line, the grammar and a shell may disagree about which text is whose.
      if (++heredocs > 1) throw new Unreadable("two here-documents begin in one command");
      const read = readHereDocument(child, around);
      redirects.push(read.redirect);
      more.push(...read.more);
      behind.push(...read.behind);
      for (const redirect of read.redirects) readRedirect(redirect);
    } else throw new Unreadable(`${short(around.source(child))} is not understood`);
  };
  for (const child of children) {
    if (body === null && !child.type.endsWith("_redirect")) body = around.statement(child);
    else readRedirect(child);
  }
  let whole = attach(body, redirects, more, around.source(node));
  for (const add of behind) whole = add(whole);
  return whole;
}

/** Puts redirections where a shell does: with a list or pipeline, at its last command. */
function attach(
  body: Statement | null,
  redirects: readonly Redirect[],
  more: readonly Word[],
  source: string,
): Statement {
  if (body === null) return { kind: "command", words: [...more], assignments: [], redirects, source };
  if (body.kind === "command") {
    return { ...body, words: [...body.words, ...more], redirects: [...body.redirects, ...redirects], source };
  }
  if (body.kind === "list") return { ...body, right: attach(body.right, redirects, more, source) };
  if (body.kind === "pipeline") {
    return { ...body, parts: [...body.parts.slice(0, -1), attach(body.parts.at(-1)!, redirects, more, source)] };
  }
  if (more.length > 0) throw new Unreadable("words stand behind a redirection");
  return { kind: "redirected", body, redirects, source };
}
