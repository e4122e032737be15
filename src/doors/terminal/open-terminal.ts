import { createInterface } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import type { Input, Terminal } from "./display.ts";
import { KeyReader } from "./keys.ts";
import { LineEditor, type Key } from "./line-editor.ts";
import { PlainDisplay } from "./plain-display.ts";
import { Screen } from "./screen.ts";
import { cleanText } from "../../system/terminal-text.ts";

export interface TerminalStreams {
  stdin: ReadStream;
  stdout: WriteStream;
  stderr: WriteStream;
  env: Readonly<Record<string, string | undefined>>;
}

export interface TerminalWishes {
  colour: boolean;
  /** Where lines for programs go; people are talked to elsewhere then. */
  data: boolean;
}

/** Takes the terminal: with a screen where it can move the cursor, else line by line. */
export function openTerminal(streams: TerminalStreams, wishes: TerminalWishes): Terminal {
  const { stdin, stdout, env } = streams;
  const able = stdin.isTTY && stdout.isTTY && env["TERM"] !== "dumb" && (env["TERM"] ?? "") !== "";
  return able ? openScreen(streams, wishes) : openPlain(streams, wishes);
}

/** Calls the listener at the first of several ends. */
function goneOnce(): { tell(): void; listen(listener: () => void): void } {
  const listeners: (() => void)[] = [];
  let gone = false;
  return {
    tell() {
      if (gone) return;
      gone = true;
      for (const listener of listeners) listener();
    },
    listen(listener) {
      if (gone) listener();
      else listeners.push(listener);
    },
  };
}

function openScreen({ stdin, stdout }: TerminalStreams, { colour }: TerminalWishes): Terminal {
  const editor = new LineEditor();
  const gone = goneOnce();
  const output = {
    write: (text: string) => void stdout.write(text),
    columns: () => Math.max(8, stdout.columns || 80),
    rows: () => stdout.rows || 24,
  };
  const screen = new Screen(output, editor, colour);
  const reader = new KeyReader();
  let tell: (input: Input) => void = () => undefined;

  const submit = (): void => {
    if (editor.continueLine()) return;
    const shown = editor.text;
    screen.commit(shown);
    tell({ type: "line", text: editor.take(), shown });
  };
  const press = (key: Key): void => {
    if (key.type === "text") return editor.insert(key.text);
    if (key.type === "paste") return editor.paste(key.text);
    if (key.name === "enter") return submit();
    if (key.name === "redraw") return screen.clear();
    if (key.name === "interrupt") {
      const typed = editor.text !== "";
      editor.clear();
      return tell({ type: "interrupt", typed });
    }
    if (key.name === "end-of-input" && editor.text === "") return tell({ type: "end", final: false });
    editor.press(key.name === "end-of-input" ? "delete" : key.name);
  };
  const onData = (bytes: Buffer): void => {
    for (const key of reader.read(bytes)) press(key);
    screen.refresh();
  };
  const resized = (): void => screen.resized();

  stdin.setRawMode(true);
  stdin.on("data", onData).on("end", gone.tell).on("close", gone.tell).on("error", gone.tell);
  stdout.on("error", gone.tell).on("resize", resized);
  // Pastes come marked, so that their new lines are not taken for the enter key.
  stdout.write("\u001b[?2004h");
  return {
    display: screen,
    onInput: (listener) => void (tell = listener),
    onGone: (listener) => gone.listen(listener),
    holdDraft: () => editor.hold(),
    restoreDraft() {
      editor.restore();
      screen.refresh();
    },
    remember: (text) => editor.remember(text),
    close() {
      screen.close();
      stdout.write("\u001b[?2004l");
      stdin.off("data", onData).pause();
      stdout.off("resize", resized);
      try {
        stdin.setRawMode(false);
      } catch {
        // The terminal is gone.
      }
    },
  };
}

function openPlain({ stdin, stdout, stderr }: TerminalStreams, { colour, data }: TerminalWishes): Terminal {
  const gone = goneOnce();
  const people = data && !stdout.isTTY ? stderr : stdout;
  const asked = people.isTTY ? people : stderr.isTTY ? stderr : null;
  const write = (text: string): void => void people.write(text);
  const display = new PlainDisplay(write, asked && ((text) => void asked.write(text)), colour && people.isTTY === true);
  const lines = createInterface({ input: stdin, terminal: false });
  let tell: (input: Input) => void = () => undefined;
  let before = "";
  lines.on("line", (line) => {
    display.typed();
    if (line.endsWith("\\")) {
      before += `${line.slice(0, -1)}\n`;
      return;
    }
    const text = cleanText(before + line);
    before = "";
    tell({ type: "line", text, shown: text });
  });
  lines.on("close", () => tell({ type: "end", final: true }));
  const interrupt = (): void => tell({ type: "interrupt", typed: false });
  process.on("SIGINT", interrupt);
  for (const stream of [stdout, stderr]) stream.on("error", gone.tell);
  return {
    display,
    onInput: (listener) => void (tell = listener),
    onGone: (listener) => gone.listen(listener),
    holdDraft: () => false,
    restoreDraft: () => undefined,
    remember: () => undefined,
    close() {
      tell = () => undefined;
      process.off("SIGINT", interrupt);
      lines.close();
      stdin.pause();
    },
  };
}
