import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextCalls } from "../../../../src/model/dialect/repair/text-calls.ts";
import type { ToolTable } from "../../../../src/model/dialect/tool-table.ts";
import { nothing, offered } from "./offered.ts";

interface Heard {
  text: string;
  calls: [name: string, args: unknown][];
}

function hear(deltas: readonly string[], table: ToolTable = offered): Heard {
  const heard = new TextCalls(table);
  const said = deltas.map((delta) => heard.push(delta)).join("");
  const { text, calls } = heard.end();
  return { text: said + text, calls: calls.map(({ name, arguments: args }) => [name, readable(args)]) };
}

function readable(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The text in pieces of these sizes, over and over. */
function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, count = 0; at < text.length; count++) {
    const size = sizes[count % sizes.length]!;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const call = '{"name": "exec_command", "arguments": {"cmd": "ls"}}';
const ls: [string, unknown] = ["exec_command", { cmd: "ls" }];
const deepSeek = (...calls: string[]): string => `<｜tool▁calls▁begin｜>${calls.join("\n")}<｜tool▁calls▁end｜>`;

const written: Record<string, [text: string, said: string, ...calls: [string, unknown][]]> = {
  "Hermes and Qwen": [`I look.\n<tool_call>\n${call}\n</tool_call>`, "I look.\n", ls],
  "Hermes, two of them": [`<tool_call>${call}</tool_call>\n<tool_call>\n${call}\n</tool_call>\n`, "", ls, ls],
  "Hermes, not closed": [`<tool_call>\n${call}`, "", ls],
  "Hermes, with the token that ends its answer": [`<tool_call>${call}</tool_call><|im_end|>`, "", ls],
  "Hermes, with a closing tag in an argument": [
    '<tool_call>{"name": "exec_command", "arguments": {"cmd": "echo </tool_call> <tool_call>"}}</tool_call>',
    "",
    ["exec_command", { cmd: "echo </tool_call> <tool_call>" }],
  ],
  "Hermes, without arguments": ['<tool_call>{"name": "read_text"}</tool_call>', "", ["read_text", {}]],
  "Hermes, arguments as a string": [
    '<tool_call>{"name": "exec_command", "arguments": "{\\"cmd\\": \\"ls\\"}"}</tool_call>',
    "",
    ls,
  ],
  "Hermes, as Python writes it": [
    "<tool_call>{'name': 'exec_command', 'arguments': {'cmd': 'ls'}}</tool_call>",
    "",
    ls,
  ],
  "a patch": [
    '<tool_call>{"name": "apply_patch", "arguments": {"input": "*** Begin Patch\\n*** End Patch"}}</tool_call>',
    "",
    ["apply_patch", { input: "*** Begin Patch\n*** End Patch" }],
  ],
  "Qwen3-Coder": [
    "<tool_call>\n<function=exec_command>\n<parameter=cmd>\nls\nls </function>\n</parameter>\n<parameter=timeout_ms>\n5\n</parameter>\n</function>\n</tool_call>",
    "",
    ["exec_command", { cmd: "ls\nls </function>", timeout_ms: 5 }],
  ],
  "Qwen3-Coder, without its frame": [
    "So:\n<function=exec_command>\n<parameter=cmd>5</parameter>\n</function>\n</tool_call>",
    "So:\n",
    ["exec_command", { cmd: "5" }],
  ],
  GLM: [
    "<tool_call>exec_command\n<arg_key>cmd</arg_key>\n<arg_value>ls</arg_value>\n<arg_key>tty</arg_key><arg_value>true</arg_value>\n</tool_call>",
    "",
    ["exec_command", { cmd: "ls", tty: true }],
  ],
  "Llama 3.1": ['<function=exec_command>{"cmd": "ls"}</function><|eom_id|>', "", ls],
  "Llama 3": ['{"name": "exec_command", "parameters": {"cmd": "ls"}}', "", ls],
  "Llama 3, two of them": [`${call}; ${call}<|eot_id|>`, "", ls, ls],
  "Llama 3, with its token": [
    `<|python_tag|>{"type": "function", "name": "exec_command", "parameters": {"cmd": "ls"}}`,
    "",
    ls,
  ],
  Mistral: [
    `Yes. [TOOL_CALLS] [${call}, {"name": "read_text", "arguments": {}, "id": "a1"}]`,
    "Yes. ",
    ls,
    ["read_text", {}],
  ],
  "Mistral, newer": [
    `[TOOL_CALLS]exec_command{"cmd": "ls"}[TOOL_CALLS]exec_command[CALL_ID]x1[ARGS]{"cmd": "ls"}</s>`,
    "",
    ls,
    ls,
  ],
  "DeepSeek V3": [
    `Now${deepSeek('<｜tool▁call▁begin｜>function<｜tool▁sep｜>exec_command\n```json\n{"cmd": "ls"}\n```<｜tool▁call▁end｜>')}<｜end▁of▁sentence｜>`,
    "Now",
    ls,
  ],
  "DeepSeek V3.1": [
    deepSeek(
      '<｜tool▁call▁begin｜>exec_command<｜tool▁sep｜>{"cmd": "ls"}<｜tool▁call▁end｜>',
      "<｜tool▁call▁begin｜>read_text<｜tool▁sep｜>{}<｜tool▁call▁end｜>",
    ),
    "",
    ls,
    ["read_text", {}],
  ],
  "Kimi K2": [
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.exec_command:0<|tool_call_argument_begin|>{"cmd": "ls"}<|tool_call_end|><|tool_calls_section_end|>',
    "",
    ls,
  ],
  Harmony: [
    'Plan.<|channel|>commentary to=functions.exec_command <|constrain|>json<|message|>{"cmd": "ls"}<|call|>',
    "Plan.",
    ls,
  ],
  "Harmony, with its role": [
    '<|start|>assistant to=functions.exec_command<|channel|>commentary json<|message|>{"cmd": "ls"}',
    "",
    ls,
  ],
  "a fence at the end": [`So:\n\`\`\`json\n${call}\n\`\`\`\n`, "So:\n", ls],
  "a fence for calls": [`\`\`\`tool_call\n${call}\n\`\`\``, "", ls],
  "after a code block": [`\`\`\`sh\nls\n\`\`\`\n<tool_call>${call}</tool_call>`, "```sh\nls\n```\n", ls],
};

describe("calls that stand at the end of an answer are found", () => {
  test.each(Object.entries(written))("%s", (_form, [text, said, ...calls]) => {
    for (const sizes of [[text.length], [1], [2], [3, 7], [11, 1, 5]])
      expect(hear(cut(text, sizes))).toEqual({ text: said, calls });
  });

  test("with the way in which they were written", () => {
    const heard = new TextCalls(offered);
    heard.push(`<tool_call>${call}</tool_call>`);
    expect(heard.end().calls).toMatchObject([{ form: "<tool_call>" }]);
  });
});

const stays: Record<string, string> = {
  "before further text": `<tool_call>${call}</tool_call> is how it is done.`,
  "before a call that cannot be read": `<tool_call>${call}</tool_call>\n<tool_call>{"name": "exec_command", "arguments": oops}</tool_call>`,
  "before a call of an unknown tool": `<tool_call>${call}</tool_call><tool_call>{"name": "launch", "arguments": {}}</tool_call>`,
  "around one that cannot be read": `<tool_call>${call}</tool_call><tool_call>{"name": "exec_command", oops}</tool_call><tool_call>${call}</tool_call>`,
  "in one list with a call of an unknown tool": `[TOOL_CALLS][${call}, {"name": "launch", "arguments": {}}]`,
  "among objects of which one is none": `${call}; {"name": "launch", "parameters": {}}`,
  "with arguments too deep to be written": `<tool_call>{"name": "exec_command", "arguments": {"cmd": ${"[".repeat(50_000)}${"]".repeat(50_000)}}}</tool_call>`,
  "of an unknown tool": '<tool_call>{"name": "launch", "arguments": {}}</tool_call>',
  "in the middle of a line": `You write <tool_call>${call}</tool_call>`,
  "in quotes": `"[TOOL_CALLS]exec_command{"cmd": "ls"}`,
  "in inline code": `\`<｜tool▁calls▁begin｜>\``,
  "in a code block": `\`\`\`xml\n<tool_call>${call}</tool_call>\n\`\`\``,
  "in a code block that stays open": `\`\`\`\n<tool_call>${call}</tool_call>`,
  "in a fence before further text": `\`\`\`json\n${call}\n\`\`\`\nThat was it.`,
  "in a fence that stays open": `\`\`\`json\n${call}`,
  "in a fence, with more than a call has":
    '```json\n{"name": "exec_command", "arguments": {"cmd": "ls"}, "note": 1}\n```',
  "in a fence, without what is required": '```json\n{"name": "exec_command", "arguments": {}}\n```',
  "as JSON, without what is required": '{"name": "exec_command", "parameters": {}}',
  "as JSON with text behind it": `${call} I think.`,
  "as JSON with text before it": `I think: ${call}`,
  "as data": '{"name": "codex-agent", "version": "1.0.0"}',
  "with a broken token behind it": `<tool_call>${call}</tool_call><|im_`,
  "cut off in its arguments": '<tool_call>{"name": "exec_command", "arguments": {"cmd": "rm -rf /tmp',
  "with two sets of arguments":
    '<tool_call>{"name": "exec_command", "arguments": {"cmd": "a"}, "parameters": {}}</tool_call>',
  "with rubbish between its parameters": "<function=exec_command><parameter=cmd>ls</parameter> and </function>",
  "thoughts and answers of Harmony":
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes",
};

describe("what is no call stays text", () => {
  test.each(Object.entries(stays))("%s", (_why, text) => {
    for (const sizes of [[text.length], [1], [2], [5, 3]]) expect(hear(cut(text, sizes))).toEqual({ text, calls: [] });
  });

  test("however much it looks like one, where no tool is offered", () => {
    for (const [text] of Object.values(written)) expect(hear([text], nothing)).toEqual({ text, calls: [] });
  });

  test("once the answer has a call of its own, and all that was held back is given", () => {
    const heard = new TextCalls(offered);
    expect(heard.push(`A\n<tool_call>${call}`)).toBe("A\n");
    expect(heard.holds).toBe(true);
    expect(heard.flush()).toBe(`<tool_call>${call}`);
    expect(heard.push(`</tool_call>\n<tool_call>${call}</tool_call>`)).toBe(
      `</tool_call>\n<tool_call>${call}</tool_call>`,
    );
    expect(heard.end()).toEqual({ text: "", calls: [] });
  });
});

describe("text goes out at once", () => {
  test.each(["a < b, c[0] and {x}", "`code`", "<b>bold</b>", "**[link](url)**", "1. `{`"])("%j", (text) => {
    expect(new TextCalls(offered).push(text)).toBe(text);
  });

  test("as soon as it can be no call any more", () => {
    const heard = new TextCalls(offered);
    expect(heard.push("See:\n```js")).toBe("See:\n");
    expect(heard.push("on\n{")).toBe("");
    expect(heard.push('\n  "name": "my-package')).toBe("");
    expect(heard.push('",')).toBe('```json\n{\n  "name": "my-package",');
    expect(heard.push("\n}\n```\n<tool")).toBe("\n}\n```\n");
    expect(heard.push("s>")).toBe("<tools>");
  });
});

const fragment = fc.oneof(
  fc.constantFrom(
    ...Object.values(written).flatMap(([text]) => text.split(/(?<=[>\]}\n`])/)),
    "<",
    "`",
    "```",
    "```json\n",
    "[",
    "{",
    "}",
    "\n",
    " ",
    '"',
    "Some words.",
    "</s>",
    "<|im_end|>",
    "null",
  ),
  fc.constantFrom(...Object.values(written).map(([text]) => text)),
  fc.string({ maxLength: 6 }),
);
const anyText = fc.array(fragment, { maxLength: 12 }).map((all) => all.join(""));
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 });

describe("for any text", () => {
  test("the cuts of the stream make no difference, and nothing is lost but the calls at its end", () => {
    let found = 0;
    fc.assert(
      fc.property(anyText, sizes, (text, cuts) => {
        const whole = hear([text]);
        expect(hear(cut(text, cuts))).toEqual(whole);
        if (whole.calls.length === 0) expect(whole.text).toBe(text);
        else {
          found++;
          expect(text.startsWith(whole.text)).toBe(true);
          for (const [name] of whole.calls)
            expect(text.slice(whole.text.length)).toContain(name.replace("functions.", ""));
        }
      }),
      { numRuns: 5000 },
    );
    expect(found).toBeGreaterThan(50);
  });

  test("that names no tool that is offered, every character stays", () => {
    const foreign = anyText.map((text) => text.replaceAll(/exec_command|read_text|apply_patch/g, "launch"));
    fc.assert(
      fc.property(foreign, sizes, (text, cuts) => {
        expect(hear(cut(text, cuts))).toEqual({ text, calls: [] });
      }),
      { numRuns: 2000 },
    );
  });
});

test("a megabyte in pieces of one character takes a time that grows with it alone", () => {
  const size = 1 << 20;
  const open = '<tool_call>{"name":"exec_command","arguments":{"cmd":"';
  const texts = [
    "<".repeat(size),
    "\n<tool_call>".repeat(size / 12),
    `${open}${"x".repeat(size)}`,
    `${open}${"</tool_call>".repeat(size / 12)}`,
    `<tool_call>${" ".repeat(size)}x`,
    `<tool_call>${call}</tool_call>${"\n".repeat(size)}x`,
    `<function=exec_command>${"<parameter=cmd>".repeat(size / 15)}</function>`,
    `<tool_call>exec_command\n${"<arg_key>".repeat(size / 9)}</tool_call>`,
    "[TOOL_CALLS]exec_command{}".repeat(size / 26),
    `<|channel|>commentary to=exec_command<|message|>{}<|channel|>commentary to=exec_command${" ".repeat(size)}`,
  ];
  for (const text of texts) {
    const began = performance.now();
    hear(cut(text, [1]));
    // Quadratic work would take minutes at the least.
    expect(performance.now() - began).toBeLessThan(20_000);
  }
});
