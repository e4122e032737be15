import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn, type IPty } from "@lydell/node-pty";
import { startFakeModel, type FakeModel, type Script } from "../../support/fake-model.ts";
import { configFile, makeStage, ours, type Stage, type StageOptions } from "../../support/run.ts";
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
  /** Waits until nothing runs, and the prompt shows that. */
  idle(): Promise<void>;
  /** Exit code, once it has ended. */
  end(): Promise<number>;
  close(): Promise<void>;
}

const limitMs = 100_000;

const trusted = (stage: Stage): string => `[projects."${stage.workspace}"]\ntrust_level = "trusted"\n`;

export async function startPerson(script: Script, options: PersonOptions = {}): Promise<Person> {
  const model = await startFakeModel(script);
  const stage =
    options.on ?? (await makeStage({ ...(options.bare !== true && { baseUrl: model.baseUrl }), ...options.stage }));
  // Its provider is another one now.
  if (options.on !== undefined) {
    const file = `${configFile(model.baseUrl, options.stage)}\n${trusted(stage)}`;
    writeFileSync(join(stage.codexHome, "config.toml"), file);
  }
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
    if (code === null && existsSync(`/proc/${pty.pid}/exe`)) {
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
        const found = screen.text.slice(seen).match(typeof text === "string" ? literal(text) : text);
        if (found === null) return false;
        seen += found.index! + found[0].length;
        return true;
      }),
    prompt: (line) =>
      until(`the prompt ${String(line)}`, () =>
        typeof line === "string" ? screen.line.trimEnd() === line : line.test(screen.line),
      ),
    // The status is written before the prompt: in a half-written frame neither is there.
    idle: () => until("quiet", () => ownPrompt.test(screen.line) && !screen.text.includes("(Ctrl-C stops)")),
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

const ownPrompt = /^(codex-agent|agent\(\d+%\))> /;

const literal = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
