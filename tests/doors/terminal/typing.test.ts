import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contextLeft } from "../../../src/doors/terminal/context-meter.ts";
import { KeyReader } from "../../../src/doors/terminal/keys.ts";
import { LineEditor, type Key, type KeyName } from "../../../src/doors/terminal/line-editor.ts";
import { Screen } from "../../../src/doors/terminal/screen.ts";
import { layOut, widthOf } from "../../../src/doors/terminal/width.ts";
import { Emulator } from "./emulator.ts";

test.each([
  [0, 100],
  [12_000, 100],
  [50_000, 85],
  [258_400, 0],
  [300_000, 0],
])("with %i tokens used, %i percent of a window of 258400 are left", (used, left) => {
  expect(contextLeft(used, 258_400)).toBe(left);
});

test("of an unknown window nothing is said, of a tiny one nothing is left", () => {
  expect(contextLeft(5, null)).toBeNull();
  expect(contextLeft(5, 12_000)).toBe(0);
});

describe("keys", () => {
  const read = (...pieces: (string | Buffer)[]): Key[] => {
    const reader = new KeyReader();
    return pieces.flatMap((piece) => reader.read(Buffer.from(piece)));
  };

  test("are told from text, whole or in pieces", () => {
    const typed = "é\u001b[A\u001b[1;5D\u001bOF\u001b[200~a\nb\u001b[31m\u001b[201~\r";
    const keys = [
      { type: "text", text: "é" },
      { type: "key", name: "up" },
      { type: "key", name: "word-left" },
      { type: "key", name: "end" },
      { type: "paste", text: "a\nb" },
      { type: "key", name: "enter" },
    ];
    expect(read(typed)).toEqual(keys);
    expect(read(...Array.from(Buffer.from(typed), (byte) => Buffer.from([byte])))).toEqual(keys);
  });

  test("of escape is nothing, and takes nothing with it", () => {
    expect(read("\u001b", "hi", "\u001b", "[A")).toEqual([
      { type: "text", text: "hi" },
      { type: "key", name: "up" },
    ]);
  });

  test("that are not known are nothing", () => {
    expect(read("\u001b[99;99R\u001b[<0;1;1M\u001b\u001b[B\u0000\u0013x")).toEqual([
      { type: "key", name: "down" },
      { type: "text", text: "x" },
    ]);
  });
});

describe("the line", () => {
  const edit = (text: string, ...keys: KeyName[]): LineEditor => {
    const editor = new LineEditor(["old", "newer"]);
    editor.insert(text);
    for (const key of keys) editor.press(key);
    return editor;
  };

  test.each<[string, KeyName[], string, number]>([
    ["one two", ["word-left", "delete-to-end"], "one ", 4],
    ["one two", ["delete-word-left", "yank", "yank"], "one twotwo", 10],
    ["one two", ["home", "delete-word-right"], " two", 0],
    ["e\u0301👩‍👩‍👧", ["backspace"], "e\u0301", 2],
    ["e\u0301👩‍👩‍👧", ["backspace", "backspace"], "", 0],
    ["ab", ["left", "delete"], "a", 1],
    ["ab", ["left", "left", "left", "right"], "ab", 1],
    ["one\ntwo", ["up", "end"], "one\ntwo", 3],
    ["\nabc", ["up", "home"], "\nabc", 0],
    ["one\nlonger", ["up", "up"], "newer", 5],
    ["x", ["up", "up", "up", "down"], "newer", 5],
    ["x", ["up", "down"], "x", 1],
    ["one\ntwo", ["home", "delete-to-start", "backspace"], "onetwo", 3],
  ])("%j after %j is %j with the cursor at %i", (text, keys, after, cursor) => {
    const editor = edit(text, ...keys);
    expect([editor.text, editor.cursor]).toEqual([after, cursor]);
  });

  test("is put aside and comes back with its pastes", () => {
    const editor = new LineEditor();
    const long = "y\n".repeat(100);
    editor.paste(long);
    expect(editor.hold()).toBe(true);
    editor.insert("n");
    expect(editor.take()).toBe("n");
    editor.restore();
    expect(editor.text).toBe("[paste 1: 101 lines, 200 characters]");
    expect(editor.take()).toBe(long);
  });
});

describe("the screen", () => {
  test("a character takes the columns that terminals give it", () => {
    expect(["a", "é", "\u0301", "漢", "ｱ", "😀", "─"].map(widthOf)).toEqual([1, 1, 0, 2, 1, 2, 1]);
  });

  test("rows break where a terminal breaks them", () => {
    expect(layOut("abcdef", 3, 6)).toEqual({ rows: ["abc", "def", ""], row: 2, column: 0 });
    expect(layOut("ab漢c", 3, 2)).toEqual({ rows: ["ab", "漢c"], row: 1, column: 0 });
    expect(layOut("a\nb", 3, 1)).toEqual({ rows: ["a", "b"], row: 0, column: 1 });
    expect(layOut("\u001b[32mab\u001b[0mc", 2, 99).rows).toEqual(["\u001b[32mab\u001b[0m", "c"]);
  });

  test("shows every text once and whole, and the typed line below it, whatever comes in which order", () => {
    const word = fc.stringMatching(/^[a-z漢字 ]{1,30}$/);
    const step = fc.oneof(
      fc.record({ do: fc.constant("stream" as const), text: word }),
      fc.record({ do: fc.constant("line" as const), text: word }),
      fc.record({ do: fc.constant("end" as const), text: fc.constant("") }),
      fc.record({ do: fc.constant("type" as const), text: word }),
      fc.record({
        do: fc.constant("status" as const),
        text: fc.constantFrom("", "working", "a long status that is cut"),
      }),
      fc.record({ do: fc.constant("left" as const), text: fc.constant("") }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 8, max: 40 }), (steps, columns) => {
        const terminal = new Emulator(columns, 1000);
        const editor = new LineEditor();
        const output = {
          write: (text: string) => terminal.write(text.replaceAll("\n", "\r\n")),
          columns: () => columns,
          rows: () => 1000,
        };
        const screen = new Screen(output, editor, false);
        screen.prompt("> ");
        let said = "";
        let open = false;
        let cut = false;
        for (const { do: what, text } of steps) {
          if (what === "stream") {
            said += (cut ? "... " : "") + text;
            [open, cut] = [true, false];
            screen.stream(text);
          } else if (what === "line") {
            said += `${open ? "\n" : ""}${text}\n`;
            [open, cut] = [false, open || cut];
            screen.print(text);
          } else if (what === "end") {
            said += open ? "\n" : "";
            [open, cut] = [false, false];
            screen.endStream();
          } else if (what === "type") editor.insert(text);
          else if (what === "left") editor.press("left");
          else screen.status(text);
          screen.flush();
        }
        const typed = editor.text;
        screen.status("");
        screen.flush();
        const bare = (text: string): string => text.replaceAll(/\s/g, "");
        expect(bare(terminal.text)).toBe(bare(`${said}> ${typed}`));
        expect(terminal.strange).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
