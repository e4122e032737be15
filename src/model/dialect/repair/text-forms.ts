import type { ToolTable } from "../tool-table.ts";
import { findTool } from "./find-tool.ts";
import { jsonEnd } from "./json-end.ts";
import { parseJson } from "./read-object.ts";
import { beginsLikeCall, callOf, callWith, callWithTexts, longestHead, type WrittenCall } from "./written-call.ts";

/** A way in which models write calls into their text. */
export interface TextForm {
  /** As people call it. */
  readonly title: string;
  readonly openings: readonly string[];
  /** Where it may begin: anywhere, on a line of its own, or with the answer. */
  readonly place: "anywhere" | "line" | "answer";
  /** What ends one; null: the end of the answer does. */
  readonly closer: string | null;
  /** Whether the end of the answer may stand in for the closer. */
  readonly mayStayOpen: boolean;
  /** Whether what follows an opening may become a call; null: too little is there. Blank space at its start has been taken away. */
  begins(head: string, table: ToolTable, opening: string): boolean | null;
  /** Whether a closer may stand inside of something that the block holds. */
  isUnfinished?(block: string): boolean;
  /** The calls of one block, from its opening to its closer; null: it is none. */
  read(block: string, table: ToolTable): WrittenCall[] | null;
}

const longer = (head: string, word: string): boolean | null =>
  head.startsWith(word) ? true : word.startsWith(head) ? null : false;

/** What stands in a block, without what closes it and without the tokens with which a model ends. */
function inside(block: string, opening: string, closer = ""): string {
  const rest = withoutEnd(block.slice(opening.length));
  return (closer !== "" && rest.endsWith(closer) ? rest.slice(0, -closer.length) : rest).trim();
}

/** Tokens that end an answer, where a server lets them through. */
export const endTokens = [
  "<|im_end|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end|>",
  "<|call|>",
  "<|return|>",
  "<|endoftext|>",
  "<｜end▁of▁sentence｜>",
  "</s>",
  "</tool_call>",
];

function withoutEnd(text: string): string {
  let rest = text.trimEnd();
  for (;;) {
    const token = endTokens.find((end) => end !== "</tool_call>" && rest.endsWith(end));
    if (token === undefined) return rest;
    rest = rest.slice(0, -token.length).trimEnd();
  }
}

const one = (call: WrittenCall | null): WrittenCall[] | null => (call === null ? null : [call]);

/** Each of several, or none at all: half of what a model wanted is never done. */
function all(calls: readonly (WrittenCall | null)[]): WrittenCall[] | null {
  const found = calls.filter((call) => call !== null);
  return found.length === calls.length && found.length > 0 ? found : null;
}

/** `<function=NAME>` with JSON or with a tag per parameter. */
function readFunction(text: string, table: ToolTable): WrittenCall | null {
  const found = /^<function=["']?([^>"'\n]+)["']?>(.*)<\/function>$/s.exec(text.trim());
  if (found === null) return null;
  const [, name = "", body = ""] = found;
  if (!body.includes("<parameter=")) return callWith(name, body.trim(), table, "marked");
  const fields = readFields(body, [/<parameter=["']?([^>"'\n]+)["']?>/y], "</parameter>");
  return fields === null ? null : callWithTexts(name, fields, table);
}

/** Names and values one behind the other: what opens a value and names it, and what closes it. */
function readFields(body: string, opening: readonly RegExp[], closing: string): [string, string][] | null {
  const fields: [string, string][] = [];
  const blanks = /\s*/y;
  for (let at = 0; ;) {
    blanks.lastIndex = at;
    blanks.exec(body);
    at = blanks.lastIndex;
    if (at === body.length) return fields;
    let key = "";
    for (const part of opening) {
      part.lastIndex = at;
      const found = part.exec(body);
      if (found === null) return null;
      key ||= found[1]?.trim() ?? "";
      at = part.lastIndex;
    }
    const end = body.indexOf(closing, at);
    if (end === -1) return null;
    // The line breaks around a value belong to the form.
    fields.push([key, body.slice(at, end).replace(/^\n/, "").replace(/\n$/, "")]);
    at = end + closing.length;
  }
}

function readToolCall(text: string, table: ToolTable): WrittenCall[] | null {
  if (text.startsWith("{")) return one(callOf(text, table, "marked"));
  if (text.startsWith("<function=")) return one(readFunction(text, table));
  const [, name = "", body = ""] = /^([\w.:/-]+)\s*(.*)$/s.exec(text) ?? [];
  const fields =
    name === "" ? null : readFields(body, [/<arg_key>([^<]*)<\/arg_key>\s*/y, /<arg_value>/y], "</arg_value>");
  return fields === null ? null : one(callWithTexts(name, fields, table));
}

/** A name up to a mark, and whether it may be one of a tool that is offered. */
function beginsWithName(head: string, end: RegExp, table: ToolTable): boolean | null {
  const at = head.search(end);
  if (at === -1) return head.length > longestHead || !/^[\w.:/ -]*$/.test(head) ? false : null;
  return findTool(head.slice(0, at).trim(), table) !== null;
}

/** Whether brackets or quotes of an object are still open: what looked like the end of its block stands in a string. */
const hasOpenObject = (block: string): boolean => jsonEnd(block, block.indexOf("{")) === -1;
const hasOpenTag = (block: string): boolean =>
  block.lastIndexOf("<parameter=") > block.lastIndexOf("</parameter>") ||
  block.lastIndexOf("<arg_value>") > block.lastIndexOf("</arg_value>");
const isUnfinished = (block: string): boolean =>
  block.includes("<parameter=") || block.includes("<arg_value>") ? hasOpenTag(block) : hasOpenObject(block);

/** Objects one behind the other, with nothing between them but blanks and semicolons. */
function readObjects(text: string, table: ToolTable): WrittenCall[] | null {
  const calls: (WrittenCall | null)[] = [];
  for (let at = 0; at < text.length;) {
    const end = text[at] === "{" ? jsonEnd(text, at) : -1;
    if (end === -1) return calls.length === 0 ? one(callOf(text, table, "bare")) : null;
    calls.push(callOf(text.slice(at, end), table, "bare"));
    at = end + /^[\s;]*/.exec(text.slice(end, end + 64))![0].length;
  }
  return all(calls);
}

function readMistral(text: string, table: ToolTable): WrittenCall[] | null {
  const calls: (WrittenCall | null)[] = [];
  const mark = "[TOOL_CALLS]";
  for (let at = 0; at < text.length;) {
    if (text.startsWith(mark, at)) at += mark.length;
    at += /^\s*/.exec(text.slice(at))![0].length;
    const name = /[^[{]*/y;
    name.lastIndex = at;
    const called = name.exec(text)?.[0].trim() ?? "";
    const from = name.lastIndex;
    const open = /(?:\[CALL_ID\][^[{]*)?(?:\[ARGS\]\s*)?/y;
    open.lastIndex = from;
    open.exec(text);
    const start = called === "" ? from : open.lastIndex;
    const end = jsonEnd(text, start);
    if (end === -1) return null;
    const value = text.slice(start, end);
    if (called !== "") calls.push(callWith(called, value, table, "marked"));
    else {
      const list: unknown = parseJson(value);
      if (!Array.isArray(list)) return null;
      calls.push(...list.map((entry) => callOf(JSON.stringify(entry), table, "marked")));
    }
    at = end + /^\s*/.exec(text.slice(end))![0].length;
    if (at < text.length && !text.startsWith(mark, at)) return null;
  }
  return all(calls);
}

/** The tokens of a family that marks the parts of a call: begin, name, arguments, end. */
interface TokenFamily {
  title: string;
  begin: string;
  call: string;
  separator: string;
  callEnd: string;
  end: string;
}

function readTokens(block: string, family: TokenFamily, table: ToolTable): WrittenCall[] | null {
  let text = withoutEnd(block).trim();
  if (text.startsWith(family.begin)) text = text.slice(family.begin.length);
  if (text.endsWith(family.end)) text = text.slice(0, -family.end.length);
  const parts = text.split(family.call);
  if (parts.shift()?.trim() !== "") return null;
  return all(
    parts.map((part) => {
      const [head = "", body, ...more] = part.trim().replace(family.callEnd, "").split(family.separator);
      if (body === undefined || more.length > 0) return null;
      // DeepSeek V3 names a kind before the separator, and the tool with its fenced arguments behind it.
      const fenced = /^([^\n`{]+)\n+```(?:json)?\s*\n(.*?)\n?```$/s.exec(body.trim());
      return fenced === null
        ? callWith(ownName(head), body.trim(), table, "marked")
        : callWith(ownName(fenced[1]!), fenced[2]!, table, "marked");
    }),
  );
}

/** Names in these forms have a namespace of their own, and Kimi's a number. */
const ownName = (name: string): string =>
  name
    .trim()
    .replace(/^functions\./, "")
    .replace(/:\d+$/, "");

const tokenForm = (family: TokenFamily): TextForm => ({
  title: family.title,
  openings: [family.begin, family.call],
  place: "anywhere",
  closer: null,
  mayStayOpen: true,
  begins: (head, _table, opening) => (opening === family.call ? true : longer(head, family.call)),
  read: (block, table) => readTokens(block, family, table),
});

const harmonyHeader =
  /^(?:<\|start\|>assistant)?(?: to=([\w.:/-]+))?<\|channel\|>(?:commentary|analysis)(?: to=([\w.:/-]+))?(?:\s*<\|constrain\|>)?(?:\s*(?:json|code))?\s*<\|message\|>/;

function readHarmony(block: string, table: ToolTable): WrittenCall[] | null {
  const calls: (WrittenCall | null)[] = [];
  for (let rest = withoutEnd(block).trim(); rest !== "";) {
    const header = harmonyHeader.exec(rest);
    const name = header?.[1] ?? header?.[2];
    if (header === null || name === undefined) return null;
    const end = jsonEnd(rest, header[0].length);
    if (end === -1) return null;
    calls.push(callWith(ownName(name), rest.slice(header[0].length, end), table, "marked"));
    rest = rest.slice(end).replace(/^\s*(?:<\|call\|>|<\|end\|>)?\s*/, "");
  }
  return all(calls);
}

export const textForms: readonly TextForm[] = [
  {
    title: "<tool_call>",
    openings: ["<tool_call>"],
    place: "line",
    closer: "</tool_call>",
    mayStayOpen: true,
    begins: (head, table) =>
      head.startsWith("{")
        ? beginsLikeCall(head, table)
        : head.startsWith("<")
          ? longer(head, "<function=")
          : beginsWithName(head, /[\n<]/, table),
    isUnfinished,
    read: (block, table) => readToolCall(inside(block, "<tool_call>", "</tool_call>"), table),
  },
  {
    title: "<function=...>",
    openings: ["<function="],
    place: "line",
    closer: "</function>",
    mayStayOpen: false,
    begins: (head, table) => beginsWithName(head.replace(/^["']/, ""), /["'>]/, table),
    isUnfinished,
    read: (block, table) => one(readFunction(block, table)),
  },
  {
    title: "[TOOL_CALLS]",
    openings: ["[TOOL_CALLS]"],
    place: "anywhere",
    closer: null,
    mayStayOpen: true,
    begins: (head, table) => {
      const list = /^\[\s*(.*)$/s.exec(head);
      if (list === null) return beginsWithName(head, /[[{]/, table);
      return list[1] === "" ? null : beginsLikeCall(list[1]!, table);
    },
    read: (block, table) => readMistral(withoutEnd(block).trim(), table),
  },
  {
    title: "<|python_tag|>",
    openings: ["<|python_tag|>"],
    place: "anywhere",
    closer: null,
    mayStayOpen: true,
    begins: (head, table) => beginsLikeCall(head, table),
    read: (block, table) => readObjects(inside(block, "<|python_tag|>"), table),
  },
  {
    title: "JSON alone",
    openings: ["{"],
    place: "answer",
    closer: null,
    mayStayOpen: true,
    begins: (head, table) => beginsLikeCall(`{${head}`, table),
    read: (block, table) => readObjects(withoutEnd(block).trim(), table),
  },
  {
    title: "fenced JSON",
    openings: ["```json\n", "```tool_call\n"],
    place: "line",
    closer: "\n```",
    mayStayOpen: false,
    begins: (head, table) => beginsLikeCall(head, table),
    read: (block, table) => one(callOf(block.slice(block.indexOf("\n"), -"\n```".length), table, "bare")),
  },
  tokenForm({
    title: "DeepSeek's tokens",
    begin: "<｜tool▁calls▁begin｜>",
    call: "<｜tool▁call▁begin｜>",
    separator: "<｜tool▁sep｜>",
    callEnd: "<｜tool▁call▁end｜>",
    end: "<｜tool▁calls▁end｜>",
  }),
  tokenForm({
    title: "Kimi's tokens",
    begin: "<|tool_calls_section_begin|>",
    call: "<|tool_call_begin|>",
    separator: "<|tool_call_argument_begin|>",
    callEnd: "<|tool_call_end|>",
    end: "<|tool_calls_section_end|>",
  }),
  {
    title: "Harmony's tokens",
    openings: ["<|channel|>commentary", "<|channel|>analysis", "<|start|>assistant"],
    place: "anywhere",
    closer: null,
    mayStayOpen: true,
    begins: (head) => {
      const message = head.indexOf("<|message|>");
      if (message === -1) return head.length > longestHead ? false : null;
      return head.slice(0, message).includes("to=");
    },
    read: (block, table) => readHarmony(block, table),
  },
];
