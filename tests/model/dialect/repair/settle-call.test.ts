import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settleCall, type SettledCall } from "../../../../src/model/dialect/repair/settle-call.ts";
import { ToolTable } from "../../../../src/model/dialect/tool-table.ts";
import { command, nothing, offered } from "./offered.ts";

function settle(text: string, name = "exec_command", table = offered): SettledCall {
  const settled = settleCall({ name, arguments: text }, table);
  if ("refused" in settled) throw new Error(settled.refused);
  return settled;
}

const functionsNamed = (...names: string[]): ToolTable =>
  new ToolTable(
    names.map((name) => ({ type: "function", name, parameters: { type: "object" } })),
    [],
  );

describe("the tool that is called", () => {
  test.each([
    ["exec_command", "exec_command"],
    ["Exec-Command", "exec_command"],
    ["execCommand", "exec_command"],
    [" exec command ", "exec_command"],
    ["functions.exec_command", "exec_command"],
    ["functions.exec_command:3", "exec_command"],
    ["tools/exec_command", "exec_command"],
    ["default_api.exec_command", "exec_command"],
    ["exec_command<|channel|>commentary", "exec_command"],
    ["`exec_command`", "exec_command"],
    ["exec_command()", "exec_command"],
    ["mcp__files__readText", "readText"],
    ["mcp__files.read_text", "readText"],
    ["mcp__files:readText", "readText"],
    ["read_text", "readText"],
  ])("%j is %s", (heard, name) => {
    const { tool, repairs } = settle("{}", heard);
    expect(tool?.name).toBe(name);
    expect(repairs.map(({ kind }) => kind)).toEqual(heard === tool!.wireName ? [] : ["name"]);
  });

  test.each(["exec_comand", "exec", "shell", "exec_command_2", "exec_command run", "cmd", "...", "<|x|>"])(
    "%j is none of them",
    (heard) => {
      expect(settle("{}", heard)).toMatchObject({ tool: null, name: heard, repairs: [] });
    },
  );

  test("is never chosen between two that fit", () => {
    expect(settle("{}", "read-file", functionsNamed("read_file", "readFile")).tool).toBeNull();
    expect(settle("{}", "functions.read", functionsNamed("functions_read", "read")).tool).toBeNull();
  });

  test("is the one of that very name, whichever others come near", () => {
    const { tool, repairs } = settle("{}", "readFile", functionsNamed("read_file", "readFile"));
    expect(tool?.name).toBe("readFile");
    expect(repairs).toEqual([]);
  });

  test("of a call that names none is the only one that there is", () => {
    const alone = new ToolTable([command], []);
    expect(settle('{"cmd":"ls"}', "", alone)).toMatchObject({ name: "exec_command", repairs: [{ kind: "name" }] });
    expect(settleCall({ name: "", arguments: "{}" }, offered)).toHaveProperty("refused");
    expect(settleCall({ name: " ", arguments: "{}" }, nothing)).toHaveProperty("refused");
  });
});

describe("arguments of a function", () => {
  test("that are none are an empty object, as servers mean it", () => {
    expect(settle("", "readText")).toMatchObject({ arguments: "{}", repairs: [{ kind: "name" }] });
    expect(settle(" \n", "exec_command")).toMatchObject({ arguments: "{}", repairs: [] });
  });

  test("that are valid stay as they were written, byte for byte", () => {
    const text = '{ "cmd" : "ls",\n"timeout_ms":1e3, "other": 12345678901234567890, "env": {"A": "\\u0041"} }';
    expect(settle(text)).toMatchObject({ arguments: text, repairs: [] });
  });

  test.each([
    ["{'cmd': 'ls \"x\"'}", { cmd: 'ls "x"' }],
    ['{"cmd": "ls", "args": ["a",],}', { cmd: "ls", args: ["a"] }],
    ["{cmd: \"ls\", 'tty': True, other: None}", { cmd: "ls", tty: true, other: null }],
    ['{"cmd": "a\nb\tc"}', { cmd: "a\nb\tc" }],
    ['```json\n{"cmd": "ls"}\n```', { cmd: "ls" }],
    ['Here it is:\n{"cmd": "ls"}\nDone.', { cmd: "ls" }],
    ['{"cmd": "ls"}}', { cmd: "ls" }],
    ['{"cmd": "ls", "args": ["a", "b"', { cmd: "ls", args: ["a", "b"] }],
    ['{"cmd": "ls", "args": ["a"}', { cmd: "ls", args: ["a"] }],
    ['{"cmd": "ls", "env": {"A": "b"}', { cmd: "ls", env: { A: "b" } }],
    ['"{\\"cmd\\": \\"ls\\"}"', { cmd: "ls" }],
    ["\"{'cmd': 'ls'}\"", { cmd: "ls" }],
    ['{\\"cmd\\": \\"ls\\"}', { cmd: "ls" }],
    ['{/* why */ "cmd": "ls" // because\n# so\n}', { cmd: "ls" }],
    ['{"cmd": "grep \\d+ \\$HOME"}', { cmd: "grep \\d+ \\$HOME" }],
    ['{"cmd": "it\\\'s"}', { cmd: "it's" }],
    ["{\"cmd\": \"echo 'it'\\''s'\"}", { cmd: "echo 'it'\\''s'" }],
  ])("are mended: %j", (text, meant) => {
    const { arguments: mended, repairs } = settle(text);
    expect(JSON.parse(mended)).toEqual(meant);
    expect(repairs).toMatchObject([{ kind: "json" }]);
  });

  test.each([
    ["a string that may be cut off", '{"cmd": "rm -rf /tmp/a'],
    ["a number that may be cut off", '{"cmd": "sleep", "timeout_ms": 12'],
    ["a field that may be cut off", '{"cmd": "ls", '],
    ["a key without its value", '{"cmd": "ls", "tty":'],
    ["quotes inside of quotes", '{"cmd": "echo "a", "b""}'],
    ["quotes inside of single quotes", "{'cmd': 'it's'}"],
    ["words without quotes", "{cmd: ls -la}"],
    ["two objects", '{"cmd": "a"}{"cmd": "b"}'],
    ["an object that was taken apart", '{"x": 1}, "cmd": "ls"}'],
    ["an object inside of something else", '"cmd": "ls", "env": {"cmd": "x"}'],
    ["nothing of what is required", "{tty: true}"],
    ["backslashes that mean two things", '{"cmd": "C:\\new\\dir"}'],
    ["null in place of what is required", "null"],
    ["a list", '["ls"]'],
    ["a comment without end", '{"cmd": "ls" /* x }'],
    ["a comment that hides the rest", '{"cmd": "ls" #, "tty": true}'],
    ["a bracket in the wrong place", '{"cmd": "ls", "args": [{"a": "b"], "c": "d"}]}'],
    ["too many brackets", `{"cmd": "ls", "x": ${"[".repeat(5000)}`],
  ])("are passed on as they were: %s", (_why, text) => {
    expect(settle(text)).toMatchObject({ arguments: text, repairs: [] });
  });

  test.each([
    ['{"cmd":"ls","timeout_ms":"500"}', { cmd: "ls", timeout_ms: 500 }],
    ['{"cmd":"ls","tty":"True"}', { cmd: "ls", tty: true }],
    ['{"cmd":5}', { cmd: "5" }],
    ['{"cmd":["ls"]}', { cmd: "ls" }],
    ['{"cmd":{"a":1}}', { cmd: '{"a":1}' }],
    ['{"cmd":"ls","args":"-l"}', { cmd: "ls", args: ["-l"] }],
    ['{"cmd":"ls","args":"[\\"a\\",\\"b\\"]"}', { cmd: "ls", args: ["a", "b"] }],
    ['{"cmd":"ls","args":"[\'a\', \'b\']"}', { cmd: "ls", args: ["a", "b"] }],
    ['{"cmd":"ls","env":"{\\"A\\":1}"}', { cmd: "ls", env: { A: "1" } }],
    ['{"cmd":"ls","args":[1,true]}', { cmd: "ls", args: ["1", "true"] }],
    ['{"cmd":"ls","tty":null,"env":null,"more":null}', { cmd: "ls", more: null }],
    ['{"cmd":"ls","tty":"true","__proto__":1}', JSON.parse('{"cmd":"ls","tty":true,"__proto__":1}')],
  ])("get the types that are declared: %s", (text, meant) => {
    const { arguments: fitted, repairs } = settle(text);
    expect(JSON.parse(fitted)).toEqual(meant);
    expect(repairs).toMatchObject([{ kind: "types" }]);
  });

  test.each([
    ["several words for one", '{"cmd":["ls","-l"]}'],
    ["a word that is no number", '{"cmd":"ls","timeout_ms":"soon"}'],
    ["half of a whole number", '{"cmd":"ls","timeout_ms":"0.5"}'],
    ["a number for a yes", '{"cmd":"ls","tty":1}'],
    ["what begins like a list and is none", '{"cmd":"ls","args":"[ -f x ] && y"}'],
    ["null where something is required", '{"cmd":null}'],
    ["a number that is written in another way than it is read", '{"cmd":1.10}'],
    ["numbers with more digits than fit", '{"cmd":"ls","tty":"true","other":12345678901234567890}'],
    ["what lies too deep", `{"cmd":"ls","tty":"true","other":${"[".repeat(50_000)}${"]".repeat(50_000)}}`],
  ])("keep their types: %s", (_why, text) => {
    expect(settle(text)).toMatchObject({ arguments: text, repairs: [] });
  });
});

describe("the input of a tool that takes plain text", () => {
  const lines = "*** Begin Patch\n*** Delete File: a\n*** End Patch";

  test.each([
    [JSON.stringify({ input: lines }), []],
    [lines, ["json"]],
    [JSON.stringify(lines), ["types"]],
    [JSON.stringify({ patch: lines }), ["types"]],
    [JSON.stringify({ input: `\`\`\`diff\n${lines}\n\`\`\`` }), ["types"]],
    [`\`\`\`\n${lines}\n\`\`\`\n`, ["json"]],
    [JSON.stringify(JSON.stringify({ input: lines })), ["json"]],
    [`{"input": "${lines}"}`, ["json"]],
    [`{'input': '${lines}'}`, ["json"]],
  ])("is found in %j", (text, kinds) => {
    const { arguments: input, repairs } = settle(text, "apply_patch");
    expect(input).toBe(lines);
    expect(repairs.map(({ kind }) => kind)).toEqual(kinds);
  });

  test("is what was written where none can be found", () => {
    for (const text of ['{"input": "*** Begin', '{"a":"x","b":"y"}', "{ const a = 1 }"])
      expect(settle(text, "apply_patch").arguments).toBe(text);
    expect(settle('{"input":[1,2]}', "apply_patch").arguments).toBe("[1,2]");
    expect(settle("", "apply_patch")).toMatchObject({ arguments: "", repairs: [] });
  });
});

test("what was repaired is told without anything of the arguments", () => {
  const secret = "hunter2";
  const texts = [
    `{'cmd': '${secret}', ${secret}: '${secret}', 'timeout_ms': '5'}`,
    `{"cmd": "${secret}", "env": {"${secret}": 5}, "args": "${secret}"}`,
    `${secret} {"cmd": "${secret}"} ${secret}`,
  ];
  for (const text of texts)
    for (const name of ["exec_command", "apply_patch", "Exec-Command"])
      for (const { detail } of settle(text, name).repairs) {
        expect(detail).not.toContain(secret);
        expect(detail).not.toContain("\n");
      }
  expect(settle(texts[1]!).repairs).toMatchObject([
    { detail: "changed: env.* from number to string, args from string to array" },
  ]);
});

test("nothing that a model can write makes it throw, and what is JSON of the right form is never touched", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    ":",
    ",",
    "cmd",
    "\\",
    "\n",
    "/*",
    "//",
    "#",
    "1",
    "None",
    "`",
    " ",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 30 }).map((all) => all.join("")),
        fc.string(),
      ),
      (text) => {
        for (const name of ["exec_command", "apply_patch"]) {
          const { arguments: settled, repairs } = settle(text, name);
          if (repairs.length === 0 && name === "exec_command") expect(settled).toBe(text.trim() === "" ? "{}" : text);
        }
      },
    ),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(
      fc.record({ cmd: fc.string(), extra: fc.jsonValue(), args: fc.array(fc.string()), timeout_ms: fc.integer() }),
      fc.constantFrom(undefined, 1, "\t"),
      (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(settle(text)).toMatchObject({ arguments: text, repairs: [] });
      },
    ),
  );
});

test("objects that are written loosely are read as they were meant", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "é", " ", '"', "'", "\n", "\\", "{", "}", ",", ":", "/", "#") });
  const loose = (text: string, quote: string): string =>
    `${quote}${text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`)}${quote}`;
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      word,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("any"), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom("a", "b_c", "d-e"), tie("any"), { maxKeys: 3 }),
  }));
  const write = (any: unknown, quote: string, end: string): string => {
    if (typeof any === "string") return loose(any, quote);
    if (Array.isArray(any))
      return any.length === 0 ? "[]" : `[ ${any.map((one) => write(one, quote, end)).join(" , ")}${end}]`;
    if (any === null) return "None";
    if (typeof any === "boolean") return any ? "True" : "False";
    if (typeof any !== "object") return String(any);
    const fields = Object.entries(any).map(([key, one]) => `${key}: ${write(one, quote, end)}`);
    return fields.length === 0 ? "{}" : `{${fields.join(", ")}${end}}`;
  };
  fc.assert(
    fc.property(
      value.object,
      word,
      fc.constantFrom("'", '"'),
      fc.constantFrom("", ",", " # x\n", ", /* x */"),
      (extra, cmd, quote, end) => {
        const meant = { cmd, extra };
        const { arguments: mended } = settle(write(meant, quote, end));
        expect(JSON.parse(mended)).toEqual(JSON.parse(JSON.stringify(meant)));
      },
    ),
    { numRuns: 500 },
  );
});

test("ten megabytes of arguments are settled in a time that grows with them alone", () => {
  const long = "x\n".repeat(5_000_000);
  for (const text of [
    JSON.stringify({ cmd: long, tty: "true" }),
    `{'cmd': '${long}'}`,
    `{"cmd": "${long}`,
    `{"cmd": "ls"${" ".repeat(10_000_000)}`,
  ]) {
    const began = performance.now();
    settle(text);
    // Quadratic work would take hours.
    expect(performance.now() - began).toBeLessThan(30_000);
  }
});
