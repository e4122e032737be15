import type { ShellNode } from "../../system/ports.ts";
import { readDescriptor, type Around } from "./around.ts";
import { between } from "./words.ts";
import { Unreadable, type Piece, type Redirect, type Statement, type Word } from "./syntax.ts";

export interface HereDocument {
  readonly redirect: Redirect;
  /** Words that stand behind its beginning. */
  readonly more: readonly Word[];
  /** Redirections that do. */
  readonly redirects: readonly ShellNode[];
  /** What the rest of its line makes of the command. */
  readonly behind: readonly ((command: Statement) => Statement)[];
}

/** Reads a here-document, and refuses one of which grammar and shell may not see the same end. */
export function readHereDocument(node: ShellNode, around: Around): HereDocument {
  const parts = node.children;
  const at = parts.findIndex(({ type }) => type === "heredoc_start");
  const [start, body, end] = [parts[at], parts.at(-2), parts.at(-1)];
  const descriptor = parts[0]?.type === "file_descriptor" ? readDescriptor(parts[0], around) : null;
  if (start === undefined || body?.type !== "heredoc_body" || end?.type !== "heredoc_end") {
    throw new Unreadable("a here-document does not end");
  }
  const [, quote = "", delimiter] = /^(\\|'|"|)([A-Za-z0-9_]+)\1?$/.exec(around.source(start)) ?? [];
  if (delimiter === undefined) throw new Unreadable("it is not certain where a here-document ends");
  const strips = around.text.slice(node.start, start.start).includes("<<-");
  checkEnds(around.text, start, body, end, { delimiter, strips, literal: quote !== "" });
  const content = around.text.slice(body.start, body.end);
  const pieces: Piece[] = [];
  if (quote === "") between(body.start, body.end, body.children, around, pieces, "$`\\");
  else pieces.push({ kind: "text", text: strips ? content.replace(/^\t+/gm, "") : content, quoted: true });
  const redirect: Redirect = { kind: "text", descriptor, text: { pieces, source: content } };
  return { redirect, ...readRest(start, parts.slice(at + 1, -2), around) };
}

function readRest(start: ShellNode, parts: readonly ShellNode[], around: Around): Omit<HereDocument, "redirect"> {
  const more: Word[] = [];
  const redirects: ShellNode[] = [];
  const behind: ((command: Statement) => Statement)[] = [];
  let before = start.end;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    around.gap(before, part.start);
    before = part.end;
    if (part.type === "\n") continue;
    if (part.type === "pipeline") {
      const next = around
        .children(part)
        .filter(({ type }) => type !== "|" && type !== "|&")
        .map((child) => around.statement(child));
      // `a <<X | b && c`: what stands in the pipe is only the beginning of such a list.
      behind.push((command) => ({ kind: "pipeline", parts: [command, ...next] }));
    } else if (part.type === "&&" || part.type === "||") {
      const right = parts[++index];
      if (right === undefined) throw new Unreadable("the line of a here-document is not understood");
      around.gap(before, right.start);
      before = right.end;
      const [operator, statement] = [part.type, around.statement(right)] as const;
      behind.push((left) => ({ kind: "list", left, operator, right: statement }));
    } else if (part.type.endsWith("_redirect")) redirects.push(part);
    else more.push(around.word(part));
  }
  return { more, redirects, behind };
}

interface Ends {
  readonly delimiter: string;
  /** `<<-` */
  readonly strips: boolean;
  /** Nothing is expanded in it. */
  readonly literal: boolean;
}

/** That a shell begins and ends it where the grammar did. */
function checkEnds(text: string, start: ShellNode, body: ShellNode, end: ShellNode, ends: Ends): void {
  const { delimiter, strips, literal } = ends;
  const lineEnd = text.indexOf("\n", start.end);
  const line = text.slice(text.lastIndexOf("\n", start.start) + 1, lineEnd);
  const lines = text.slice(lineEnd + 1, end.start).split("\n");
  // The last is what stands before the delimiter on its line.
  const lead = lines.pop() ?? "";
  const after = text[end.end];
  const found = text.slice(end.start, end.end).trim();
  const plain = (each: string): string => (strips ? each.replace(/^\t+/, "") : each);
  const certain =
    found === delimiter &&
    (lead === "" || (strips && /^\t+$/.test(lead))) &&
    (after === undefined || after === "\n") &&
    !lines.some((each) => plain(each) === delimiter) &&
    body.start >= lineEnd &&
    body.end <= end.start &&
    // A continued line has its text later, and two that begin in one line have it one after the other.
    lineEnd !== -1 &&
    !line.endsWith("\\") &&
    line.replaceAll("<<<", "").split("<<").length === 2 &&
    // Expanded text is joined over a backslash at the end of a line, before its end is looked for.
    (literal || !lines.some((each) => each.endsWith("\\")));
  if (!certain) throw new Unreadable("it is not certain where a here-document ends");
}
