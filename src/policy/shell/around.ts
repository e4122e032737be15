import type { ShellNode } from "../../system/ports.ts";
import { Unreadable, type Statement, type Word } from "./syntax.ts";
import type { Inner } from "./words.ts";

/** The reader of a line, as redirections need it. */
export interface Around extends Inner {
  source(node: ShellNode): string;
  /** Refuses what may not stand between two nodes. */
  gap(from: number, to: number): void;
  children(node: ShellNode): ShellNode[];
  statement(node: ShellNode): Statement;
  word(node: ShellNode): Word;
}

/** A number by itself; what else the grammar takes for one is a word to a shell. */
export function readDescriptor(node: ShellNode, around: Around): string {
  const before = around.text[node.start - 1];
  if (!/^\d+$/.test(around.source(node)) || (before !== undefined && !/[\s;&|()]/.test(before))) {
    throw new Unreadable("it is not certain what is redirected");
  }
  return around.source(node);
}
