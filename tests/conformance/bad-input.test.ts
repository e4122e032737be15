import { spawn } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  call,
  created,
  done,
  failed,
  htmlPage,
  httpError,
  itemParts,
  message,
  respond,
  startFakeModel,
  type Script,
} from "../support/fake-model.ts";
import {
  configFile,
  makeStage,
  run,
  subject,
  type Outcome,
  type RunOptions,
  type Stage,
  type StageOptions,
} from "../support/run.ts";

const flags = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];
const answer = respond([message("msg_1", "answer")]);
const fewRetries = { provider: "request_max_retries = 1\nstream_max_retries = 1" };
const limit = 60_000;

interface Case extends Omit<StageOptions, "env">, Omit<RunOptions, "env"> {
  argv?: readonly string[];
  setup?: (stage: Stage) => Promise<void>;
}

async function act(script: Script, options: Case = {}): Promise<Outcome & { requests: number }> {
  const model = await startFakeModel(script);
  const { argv, setup, ...rest } = options;
  const stage = await makeStage({ baseUrl: model.baseUrl, ...rest });
  try {
    await setup?.(stage);
    const outcome = await run(subject(), stage, argv ?? [...flags, "go"], options);
    expectClean(outcome);
    return { ...outcome, requests: model.requests.length };
  } finally {
    await model.close();
    await stage.dispose();
  }
}

/** No stack trace and no bare exception meets a user, on either stream; stdout holds events only. */
function expectClean({ stdout, stderr, otherLines }: Outcome): void {
  for (const text of [stdout, stderr]) {
    expect(text).not.toMatch(/\n\s+at .*[(:]/);
    expect(text).not.toMatch(/\b(TypeError|RangeError|SyntaxError|ReferenceError|UnhandledPromise|node:internal)\b/);
  }
  expect(otherLines).toEqual([]);
}

function failure(outcome: Outcome): string {
  expect(outcome.code).toBe(1);
  const last = outcome.events.at(-1);
  expect(last?.type).toBe("turn.failed");
  return String((last?.["error"] as { message?: unknown } | undefined)?.message);
}

function finalText(outcome: Outcome): string {
  expect(outcome.code).toBe(0);
  const messages = outcome.events
    .map((event) => event["item"] as { type?: string; text?: string } | undefined)
    .filter((item) => item?.type === "agent_message");
  return String(messages.at(-1)?.text);
}

/** Which of how many further attempts were told. */
function reconnections({ events }: Outcome): unknown[] {
  return events
    .filter(({ type }) => type === "error")
    .flatMap(({ message }) => /^Reconnecting\.\.\. (\d+\/\d+)/.exec(String(message))?.[1] ?? []);
}

/** Largest resident size in MiB that the process reached, read while it runs. */
function watchMemory(): { onStart: NonNullable<RunOptions["onStart"]>; peak: () => number } {
  let peak = 0;
  return {
    peak: () => peak,
    onStart: (child) => {
      const timer = setInterval(() => {
        void readFile(`/proc/${child.pid}/status`, "utf8").then(
          (text) => (peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024)),
          () => {},
        );
      }, 20);
      child.on("close", () => clearInterval(timer));
    },
  };
}

it(
  "a stream that is cut every time fails after the stated retries",
  async () => {
    const outcome = await act(() => ({ parts: [created(), { cut: true }] }), fewRetries);
    expect(failure(outcome)).toContain("stream disconnected before completion");
    expect(outcome.requests).toBe(2);
  },
  limit,
);

it(
  "a stream split at every byte is understood",
  async () => {
    expect(finalText(await act([{ ...respond([message("msg_1", "zwölf 🦊 Zeichen")]), chunkSize: 1 }]))).toBe(
      "zwölf 🦊 Zeichen",
    );
  },
  limit,
);

it(
  "malformed events do not end the turn",
  async () => {
    expect(
      finalText(
        await act([
          {
            parts: [
              { raw: "data: {oops\n\n\0\n\ndata\n\n:\n\n" },
              { raw: new Uint8Array([0xff, 0xfe, 10, 10]) },
              ...answer.parts,
            ],
          },
        ]),
      ),
    ).toBe("answer");
  },
  limit,
);

it(
  "an item of 50 MB arrives whole, in bounded memory",
  async () => {
    const text = "0123456789".repeat(5_000_000);
    const memory = watchMemory();
    const outcome = await act([{ parts: [created(), done(message("msg_1", text)), ...answer.parts.slice(-1)] }], {
      onStart: memory.onStart,
    });
    expect(finalText(outcome)).toHaveLength(text.length);
    expect(memory.peak()).toBeGreaterThan(0);
    expect(memory.peak()).toBeLessThan(1200);
  },
  limit,
);

it(
  "an endless line without an event is refused, in bounded memory",
  async () => {
    const memory = watchMemory();
    const piece = "x".repeat(1 << 20);
    const parts = [{ raw: "data: " }, ...Array.from({ length: 400 }, () => ({ raw: piece }))];
    const outcome = await act(() => ({ parts }), {
      provider: "request_max_retries = 0\nstream_max_retries = 0",
      onStart: memory.onStart,
    });
    expect(failure(outcome)).not.toBe("undefined");
    expect(memory.peak()).toBeLessThan(1200);
  },
  limit,
);

it.concurrent(
  "a slow stream is waited for as long as it moves",
  async () => {
    const pause = { gate: () => new Promise((resolve) => setTimeout(resolve, 1000)) };
    const { parts } = respond([message("msg_1", "first"), message("msg_2", "answer")]);
    const slowly = parts.flatMap((part) => [pause, part]);
    const provider = "stream_idle_timeout_ms = 8000\nstream_max_retries = 0";
    expect(finalText(await act([{ parts: slowly }], { provider }))).toBe("answer");
  },
  limit,
);

it.concurrent(
  "a silent stream ends at the idle timeout",
  async () => {
    const outcome = await act(() => ({ parts: [created(), { hang: true }] }), {
      provider: "stream_idle_timeout_ms = 3000\nrequest_max_retries = 0\nstream_max_retries = 1",
    });
    expect(failure(outcome)).toContain("idle timeout");
    expect(outcome.requests).toBe(2);
  },
  limit,
);

it.concurrent(
  "a server that never answers the request ends at a limit too",
  async () => {
    const outcome = await act(() => new Promise<never>(() => {}), {
      provider: "stream_idle_timeout_ms = 300\nstream_max_retries = 0\nrequest_max_retries = 0",
    });
    expect(failure(outcome)).not.toBe("undefined");
  },
  limit,
);

it(
  "a stream without response.completed keeps what it gave and is asked again",
  async () => {
    const outcome = await act(
      [{ parts: [created(), ...itemParts(message("msg_0", "first half"))] }, answer],
      fewRetries,
    );
    expect(finalText(outcome)).toBe("answer");
    expect(outcome.stdout).toContain("first half");
  },
  limit,
);

it.each([400, 401, 403, 404, 429, 500, 503])(
  "status %i is named with its cause",
  async (status) => {
    const message = failure(await act(() => httpError(status, { error: { message: "the cause of it" } }), fewRetries));
    expect(message).toMatch(status === 400 ? /the cause of it/ : status === 500 ? /./ : new RegExp(String(status)));
    expect(message).not.toContain("sk-fake");
  },
  limit,
);

it(
  "429 with retry-after waits as long as it was told",
  async () => {
    const outcome = await act([httpError(429, "slow", { "retry-after": "1" }), answer], fewRetries);
    expect(finalText(outcome)).toBe("answer");
    expect(outcome.requests).toBe(2);
  },
  limit,
);

it(
  "a retry-after of a day is not waited for silently",
  async () => {
    const started = Date.now();
    const outcome = await act(() => httpError(429, "slow", { "retry-after": "86400" }), {
      ...fewRetries,
      onEvent: (event, child) => {
        if (event.type === "error") child.kill("SIGINT");
      },
    });
    expect(outcome.code).toBe(1);
    expect(outcome.events.some(({ type }) => type === "error")).toBe(true);
    expect(Date.now() - started).toBeLessThan(100_000);
  },
  limit,
);

it(
  "an HTML page with status 200 is said to be no event stream",
  async () => {
    const outcome = await act(() => htmlPage(), fewRetries);
    expect(failure(outcome)).toMatch(/stream|html/i);
  },
  limit,
);

it(
  "a refused connection is given up after the stated retries",
  async () => {
    const port = await freePort();
    const outcome = await act([], {
      setup: (stage) =>
        writeFile(join(stage.codexHome, "config.toml"), configFile(`http://127.0.0.1:${port}/v1`, fewRetries)),
    });
    expect(failure(outcome)).toMatch(/connect|refused|sending request/i);
    expect(reconnections(outcome)).toEqual(["1/1"]);
  },
  limit,
);

it(
  "a name that does not resolve is given up after the stated retries",
  async () => {
    const outcome = await act([], {
      setup: (stage) =>
        writeFile(join(stage.codexHome, "config.toml"), configFile("http://no-such-host.invalid/v1", fewRetries)),
    });
    expect(failure(outcome)).toMatch(/no-such-host\.invalid|resolve|dns|sending request/i);
    expect(reconnections(outcome)).toEqual(["1/1"]);
  },
  limit,
);

it(
  "a base URL that is no URL is an error in words",
  async () => {
    const outcome = await act([], {
      setup: (stage) => writeFile(join(stage.codexHome, "config.toml"), configFile("not a url", fewRetries)),
    });
    expect(outcome.code).toBe(1);
  },
  limit,
);

it(
  "a reader that goes away ends the process quietly",
  async () => {
    const model = await startFakeModel([
      respond([message("msg_1", "x".repeat(2_000_000)), call("1", "exec_command", { cmd: "echo x" })]),
      answer,
    ]);
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      const child = spawn("/bin/sh", ["-c", '"$0" "$@" </dev/null | head -n 1', subject().path, ...flags, "go"], {
        cwd: stage.workspace,
        env: stage.env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
      await new Promise((settle) => child.on("close", settle));
      expect(text).toMatch(/^\{"type":"thread\.started".*\}\n$/);
      expectClean({ stdout: text, stderr: errors, otherLines: [], code: 0, signal: null, events: [], pid: 0 });
    } finally {
      await model.close();
      await stage.dispose();
    }
  },
  limit,
);

it(
  "a working directory that was deleted is an error in words",
  async () => {
    const model = await startFakeModel([answer]);
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      const gone = join(stage.root, "gone");
      await mkdir(gone);
      const shell = { name: "codex-agent" as const, path: "/bin/sh" };
      const outcome = await run(
        shell,
        stage,
        ["-c", 'cd "$0" && rmdir "$0" && exec "$@"', gone, subject().path, ...flags, "go"],
        {},
      );
      expectClean(outcome);
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toMatch(/director/i);
    } finally {
      await model.close();
      await stage.dispose();
    }
  },
  limit,
);

it(
  "without HOME it runs when CODEX_HOME is set",
  async () => {
    const model = await startFakeModel([answer]);
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      const outcome = await run(subject(), stage, [...flags, "go"], { env: { HOME: undefined } });
      expectClean(outcome);
      expect(finalText(outcome)).toBe("answer");
    } finally {
      await model.close();
      await stage.dispose();
    }
  },
  limit,
);

it(
  "a CODEX_HOME that does not exist is an error in words",
  async () => {
    const outcome = await act([answer], { setup: (stage) => rm(stage.codexHome, { recursive: true }) });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("CODEX_HOME");
  },
  limit,
);

it(
  "CODEX_HOME inside the workspace works, and commands see it",
  async () => {
    const model = await startFakeModel([respond([call("1", "exec_command", { cmd: "ls -a" })]), answer]);
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      const inside = join(stage.workspace, ".codex");
      await mkdir(inside);
      await writeFile(join(inside, "config.toml"), configFile(model.baseUrl));
      const outcome = await run(subject(), stage, [...flags, "go"], { env: { CODEX_HOME: inside } });
      expectClean(outcome);
      expect(finalText(outcome)).toBe("answer");
    } finally {
      await model.close();
      await stage.dispose();
    }
  },
  limit,
);

it(
  "a prompt of 10 MB arrives whole, in bounded memory",
  async () => {
    const prompt = "word and word ".repeat(750_000);
    const memory = watchMemory();
    let received = 0;
    const outcome = await act(
      (request) => {
        const input = (request.body as { input: { content?: { text?: string }[] }[] }).input;
        received = input.at(-1)?.content?.at(-1)?.text?.length ?? 0;
        return answer;
      },
      { argv: flags, stdin: prompt, onStart: memory.onStart },
    );
    expect(finalText(outcome)).toBe("answer");
    expect(received).toBe(prompt.length);
    expect(memory.peak()).toBeLessThan(700);
  },
  limit,
);

it(
  "a syntax error in config.toml is shown with file, line and column",
  async () => {
    const outcome = await act([], { config: 'model = "x"\nname = = 3' });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/config\.toml:3:8/);
  },
  limit,
);

it.each([
  ["model = 3", "model"],
  ['stream_max_retries = "x"\n[tools]\nupdate_plan = true', "update_plan"],
  ["[[model_providers]]\nname = 1", "model_providers"],
])(
  "a wrong type is named: %s",
  async (config, key) => {
    const outcome = await act([], { setup: (stage) => writeFile(join(stage.codexHome, "config.toml"), `${config}\n`) });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(key);
  },
  limit,
);

it(
  "unknown keys do not stop it",
  async () => {
    expect(finalText(await act([answer], { config: "surprise = 1\nother = { deep = [1] }" }))).toBe("answer");
  },
  limit,
);

it(
  "config.toml that is a directory or not UTF-8 is an error in words",
  async () => {
    const folder = await act([], {
      setup: async (stage) => {
        await rm(join(stage.codexHome, "config.toml"));
        await mkdir(join(stage.codexHome, "config.toml"));
      },
    });
    expect(folder.code).toBe(1);
    expect(folder.stderr).toContain("config.toml");
    const bytes = await act([], {
      setup: (stage) => writeFile(join(stage.codexHome, "config.toml"), new Uint8Array([0x61, 0xff, 0x3d])),
    });
    expect(bytes.code).toBe(1);
    expect(bytes.stderr).toContain("config.toml");
  },
  limit,
);

it(
  "AGENTS.md that is a directory does not stop the turn",
  async () => {
    expect(
      finalText(
        await act([answer], {
          git: true,
          setup: async (stage) => {
            await mkdir(join(stage.workspace, "AGENTS.md"));
          },
        }),
      ),
    ).toBe("answer");
  },
  limit,
);

it(
  "AGENTS.md that is not UTF-8 does not stop the turn",
  async () => {
    expect(
      finalText(
        await act([answer], {
          git: true,
          files: { "AGENTS.md": new Uint8Array([0x72, 0x75, 0x6c, 0x65, 0xff, 0xfe, 0x0a]) },
        }),
      ),
    ).toBe("answer");
  },
  limit,
);

it(
  "response.failed with an odd shape is still a failure in words",
  async () => {
    const outcome = await act(() => ({ parts: [created(), failed("invalid_prompt", "not this one")] }), fewRetries);
    expect(failure(outcome)).toBe("not this one");
  },
  limit,
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
