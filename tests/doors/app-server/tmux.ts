import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Stage } from "../../support/run.ts";

/** A program in a terminal of tmux, as a person has it before them. */
export interface TmuxTerminal {
  screen(): Promise<string>;
  /** Waits until the text is on the screen. */
  see(text: string | RegExp): Promise<void>;
  /** Waits until it no longer is. */
  lose(text: string): Promise<void>;
  type(text: string): Promise<void>;
  /** A key by the name that tmux has for it, such as `Enter` or `C-c`. */
  press(key: string): Promise<void>;
  /** Types, and presses Enter when all of it is shown. */
  say(text: string): Promise<void>;
  /** Presses a key until the program has ended; its exit code. */
  leave(key: string): Promise<number>;
  close(): Promise<void>;
}

const run = promisify(execFile);
const limitMs = 90_000;
let count = 0;

/** Starts `argv` in the workspace of the stage. */
export async function startTmux(stage: Stage, argv: readonly string[]): Promise<TmuxTerminal> {
  const socket = join(stage.root, `tmux-${count++}`);
  const env = { ...stage.env, TERM: "xterm-256color" };
  const tmux = async (...args: string[]): Promise<string> =>
    (await run("tmux", ["-S", socket, "-f", "/dev/null", ...args], { env })).stdout;
  const size = ["-x", "110", "-y", "45"];
  // tmux may know that a program has ended, and not how.
  const codeFile = `${socket}.code`;
  const keepsCode = ["sh", "-c", `"$@"; echo $? > "$0.tmp"; mv "$0.tmp" "$0"`, codeFile, ...argv];
  await tmux(
    "set",
    "-g",
    "remain-on-exit",
    "on",
    ";",
    "new-session",
    "-d",
    ...size,
    "-c",
    stage.workspace,
    ...keepsCode,
  );
  const screen = (): Promise<string> => tmux("capture-pane", "-p");
  const exitCode = (): number | null => {
    try {
      return Number(readFileSync(codeFile, "utf8"));
    } catch {
      return null;
    }
  };
  const press = async (key: string): Promise<void> => void (await tmux("send-keys", key));
  const type = async (text: string): Promise<void> => void (await tmux("send-keys", "-l", "--", text));
  const until = async (what: string, fits: (screen: string) => boolean): Promise<void> => {
    for (const end = Date.now() + limitMs; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const shown = await screen();
      if (fits(shown)) return;
      if (Date.now() > end) throw new Error(`${what}\n${shown}`);
      const code = exitCode();
      if (code !== null) throw new Error(`ended with ${code}: ${what}\n${shown}`);
    }
  };
  const see = (text: string | RegExp): Promise<void> =>
    until(`not seen: ${String(text)}`, (shown) => (typeof text === "string" ? shown.includes(text) : text.test(shown)));
  return {
    screen,
    see,
    lose: (text) => until(`still there: ${text}`, (shown) => !shown.includes(text)),
    type,
    press,
    async say(text) {
      await type(text);
      await see(text.startsWith("!") ? `! ${text.slice(1)}` : `› ${text}`);
      await press("Enter");
    },
    async leave(key) {
      for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((over) => setTimeout(over, 250))) {
        const code = exitCode();
        if (code !== null) return code;
        await press(key);
      }
      throw new Error(`it does not end\n${await screen()}`);
    },
    close: async () => void (await tmux("kill-server").catch(() => undefined)),
  };
}
