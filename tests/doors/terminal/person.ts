import { spawn, type IPty } from "@lydell/node-pty";
import { startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage, ours, type Stage, type StageOptions } from "../../support/run.ts";
import { Emulator } from "./emulator.ts";

export interface PersonOptions {
  argv?: readonly string[];
  stage?: StageOptions;
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** A stage that is there already; it is left to whoever made it. */
  on?: Stage;
  /** No provider of a fake model is configured. */
  bare?: boolean;
  /** What is run instead of the program itself, by a shell, with the program as `$0`. */
  shell?: string;
}

/** Somebody at a pseudo-terminal with the real program in it, and a fake model behind. */
export interface Person {
  readonly model: FakeModel;
  readonly stage: Stage;
  readonly screen: Emulator;
  readonly pty: IPty;
  /** Everything that the program wrote. */
  readonly raw: () => string;
  type(keys: string): void;
  /** A line and the enter key. */
  say(line: string): void;
  /** Waits until the text is shown behind what was waited for last. */
  see(text: string | RegExp): Promise<void>;
  /** Waits until the row of the cursor is this. */
  prompt(line: string | RegExp): Promise<void>;
  /** Exit code, once it has ended. */
  end(): Promise<number>;
  close(): Promise<void>;
}

const limitMs = 20_000;

/** Trusts its workspace, so that nothing is asked before the conversation. */
export const trusted = (stage: Stage): string => `[projects."${stage.workspace}"]\ntrust_level = "trusted"\n`;

export async function startPerson(script: Script, options: PersonOptions = {}): Promise<Person> {
  const model = await startFakeModel(script);
  const stage =
    options.on ?? (await makeStage({ ...(options.bare !== true && { baseUrl: model.baseUrl }), ...options.stage }));
  const [columns, rows] = [options.columns ?? 100, options.rows ?? 30];
  const screen = new Emulator(columns, rows);
  const program = ours().path;
  const argv = [...(options.argv ?? ["--trust"])];
  const [file, args] =
    options.shell === undefined ? [program, argv] : ["/bin/sh", ["-c", options.shell, program, ...argv]];
  const pty = spawn(file, args, {
    cwd: stage.workspace,
    env: { ...stage.env, TERM: "xterm-256color", NO_COLOR: "1", ...options.env },
    cols: columns,
    rows,
  });
  let raw = "";
  let code: number | null = null;
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const each of waiting) each();
  };
  pty.onData((data: string) => {
    raw += data;
    screen.write(data);
    look();
  });
  pty.onExit(({ exitCode, signal }) => {
    code = signal ? 128 + signal : exitCode;
    look();
  });
  const until = (what: string, fits: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        if (!fits()) {
          if (code === null) return;
          stop();
          return reject(new Error(`ended with ${code} before ${what}\n${screen.text}`));
        }
        stop();
        resolve();
      };
      const limit = setTimeout(() => {
        stop();
        reject(new Error(`${what} did not come\n${screen.text}\n---\n${JSON.stringify(raw.slice(-1500))}`));
      }, limitMs);
      const stop = (): void => {
        clearTimeout(limit);
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  let seen = 0;
  const gone = async (): Promise<void> => {
    if (code === null) {
      pty.kill("SIGKILL");
      await until("its end", () => code !== null);
    }
  };
  return {
    model,
    stage,
    screen,
    pty,
    raw: () => raw,
    type: (keys) => pty.write(keys),
    say: (line) => pty.write(`${line}\r`),
    see: (text) =>
      until(`to see ${String(text)}`, () => {
        const shown = screen.text;
        const found =
          typeof text === "string"
            ? shown.indexOf(text, seen)
            : (new RegExp(text.source, `${text.flags.replace("g", "")}g`), find(text, shown, seen));
        if (found === -1) return false;
        seen = found + (typeof text === "string" ? text.length : 1);
        return true;
      }),
    prompt: (line) =>
      until(`the prompt ${String(line)}`, () =>
        typeof line === "string" ? screen.line.trimEnd() === line : line.test(screen.line),
      ),
    async end() {
      await until("its end", () => code !== null);
      return code!;
    },
    async close() {
      await gone();
      await model.close();
      if (options.on === undefined) await stage.dispose();
    },
  };
}

function find(pattern: RegExp, text: string, from: number): number {
  const found = pattern.exec(text.slice(from));
  return found === null ? -1 : from + found.index;
}
