/** Programs that misbehave: what the caller gets, and that nothing is left behind. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  Codex,
  CodexExitError,
  CodexNotFoundError,
  CodexProtocolError,
  CodexSpawnError,
  NotAuthenticatedError,
  NotTrustedDirectoryError,
  ResumeMismatchError,
  SessionNotFoundError,
  TurnAbortedError,
  TurnFailedError,
  TurnTimeoutError,
} from "../../../src/sdk/index.ts";
import { fastest } from "../../support/fastest.ts";
import { collect, failure, isAlive, otherId, program, schemaFolders, threadId } from "./scripted.ts";
import { until } from "../../support/until.ts";

const schema = { type: "object", properties: {}, additionalProperties: false };

describe("the stream", () => {
  it("XS-125: lines end at LF alone; blank ones and a carriage return are passed over, and the last needs no LF", async () => {
    const { thread } = await program(`
      begin();
      write("\\n  \\r\\n");
      write(JSON.stringify({ type: "item.completed", item: { id: "i", type: "agent_message", text: "a\\u2028b" } }) + "\\r\\n");
      write(JSON.stringify({ type: "turn.completed", usage: usage() }));
    `);
    const turn = await thread().run("go");
    expect(turn).toMatchObject({ finalResponse: "a\u2028b", usage: { input_tokens: 10 } });
  });

  it("characters of several bytes stay whole when they come byte by byte", async () => {
    const { thread } = await program(`
      begin();
      const line = Buffer.from(JSON.stringify({ type: "item.completed", item: { id: "i", type: "agent_message", text: "žluťoučký 🐎" } }) + "\\n");
      let place = 0;
      const next = () => { fs.writeSync(1, line, place, 1); if (++place < line.length) setImmediate(next); else done(); };
      next();
    `);
    expect((await thread().run("go")).finalResponse).toBe("žluťoučký 🐎");
  });

  it("XS-125: a line of 64 MiB is an event like any other", async () => {
    const { thread } = await program(`
      begin();
      const wide = "x".repeat(64 * 2 ** 20);
      process.stdout.write(JSON.stringify({ type: "item.completed", item: { id: "i", type: "agent_message", text: wide } }) + "\\n", () => done());
    `);
    expect((await thread().run("go")).finalResponse).toHaveLength(64 * 2 ** 20);
  });

  it("a line beyond the limit ends the turn, before it has been read to its end", async () => {
    const { thread, noted } = await program(`
      begin();
      note("pid", process.pid);
      const part = "x".repeat(2 ** 20);
      const more = () => process.stdout.write(part, more);
      more();
    `);
    const error = await failure(thread({ maxLineBytes: 3 * 2 ** 20 }).run("go"));
    expect(error).toBeInstanceOf(CodexProtocolError);
    expect(error).toMatchObject({ code: "lineTooLong", lineNumber: 3, message: /more than 3145728 bytes/ });
    expect((error["excerpt"] as string).length).toBe(2048);
    expect(isAlive(Number(noted("pid")))).toBe(false);
  });

  it.each([
    ["not JSON", "garbage", "is not JSON"],
    ["an array", "[1]", "is not a JSON object"],
    ["a string", '"text"', "is not a JSON object"],
    ["null", "null", "is not a JSON object"],
    ["an item event without its item", '{"type":"item.completed"}', "has no item"],
    ["a start without its id", '{"type":"thread.started"}', "has no thread_id"],
  ])("XS-125: a line that is %s ends the turn, with its number", async (_, line, problem) => {
    const { thread, noted } = await program(
      `note("pid", process.pid); begin(); write(${JSON.stringify(`${line}\n`)}); stay();`,
    );
    const error = await failure(thread().run("go"));
    expect(error).toBeInstanceOf(CodexProtocolError);
    expect(error).toMatchObject({
      code: "malformedLine",
      lineNumber: 3,
      excerpt: line,
      message: `Line 3 of codex exec ${problem}: ${line}`,
    });
    expect(isAlive(Number(noted("pid")))).toBe(false);
  });

  it("an error shows no more than 2 KiB of a line, and not the key", async () => {
    const { thread } = await program(`begin(); write("sk-very-secret" + "y".repeat(100000) + "\\n"); stay();`);
    const error = await failure(thread({ apiKey: "sk-very-secret" }).run("go"));
    expect(error.message.length).toBeLessThan(2200);
    expect(error["excerpt"]).toMatch(/^\[redacted\]yyy/);
  });

  it("lines that are no events can be skipped, or be events", async () => {
    const { codex } = await program(`begin(); write("garbage\\n"); text("fine"); done(); write("cut");`);
    const skipping = codex({ onMalformedLine: "skip" }).startThread();
    expect((await skipping.run("go")).finalResponse).toBe("fine");
    const { events } = await codex({ onMalformedLine: "event" }).startThread().runStreamed("go");
    const odd = (await collect(events)).filter(({ type }) => (type as string) === "malformed_line");
    expect(odd).toEqual([
      { type: "malformed_line", line_number: 3, excerpt: "garbage" },
      { type: "malformed_line", line_number: 6, excerpt: "cut" },
    ]);
  });

  it("events and items of another version are passed on as they came", async () => {
    const odd = { type: "thread.dreamt", of: { sheep: [null] } };
    const item = { type: "item.completed", item: { id: "i", type: "hologram", exit_code: null } };
    const { thread } = await program(`begin(); say(${JSON.stringify(odd)}); say(${JSON.stringify(item)}); done();`);
    const { events } = await thread().runStreamed("go");
    expect((await collect(events)).slice(2, 4)).toEqual([odd, item]);
  });

  it("what the types call absent is absent, where the program writes null", async () => {
    const running = {
      id: "i",
      type: "command_execution",
      command: "x",
      aggregated_output: "",
      exit_code: null,
      status: "in_progress",
    };
    const { thread } = await program(
      `begin(); say({ type: "item.started", item: ${JSON.stringify(running)} }); done();`,
    );
    const events = await collect((await thread().runStreamed("go")).events);
    const { exit_code: _, ...rest } = running;
    expect(events[2]).toEqual({ type: "item.started", item: rest });
  });

  it("a slow reader slows the program, and nothing piles up", async () => {
    const { thread, folder, noted } = await program(`
      begin();
      let written = 0;
      const line = JSON.stringify({ type: "item.completed", item: { id: "i", type: "reasoning", text: "z".repeat(1000) } }) + "\\n";
      const total = 64 * 2 ** 20;
      while (written < total) { fs.writeSync(1, line); written += line.length; if (written % 50 === 0) fs.writeFileSync(folder + "/written", String(written)); }
      done();
    `);
    expect(folder).not.toBe("");
    const { events } = await thread().runStreamed("go");
    for (let index = 0; index < 5; index++) await events.next();
    // It has stopped when it had begun, and nothing has been added for a while.
    let before = 0;
    let since = performance.now();
    await until(() => {
      const now = Number(noted("written") ?? "0");
      if (now !== before) since = performance.now();
      before = now;
      return now > 0 && performance.now() - since > 500;
    });
    expect(before).toBeLessThan(8 * 2 ** 20);
    await events.return(undefined);
  });
});

describe("the end of the process", () => {
  it("XS-121: an exit status is told at once, with what stderr said, though a child of it holds its stdout", async () => {
    const { thread } = await program(`
      const { spawn } = require("node:child_process");
      const child = spawn("sleep", ["60"], { stdio: ["ignore", 1, "ignore"] });
      note("sleeper", child.pid);
      begin();
      fs.writeSync(2, "\\u001b[31mReading prompt from stdin...\\nwarning: odd\\n2026-01-01T00:00:00.0Z ERROR core: x\\nError: no way\\u001b[0m\\n");
      note("at", Date.now());
      process.exit(2);
    `);
    const started = thread();
    const error = await failure(started.run("go"));
    expect(error).toBeInstanceOf(CodexExitError);
    expect(error).toMatchObject({ exitCode: 2, signal: null, message: "codex exec ended with code 2: Error: no way" });
    expect(error["stderrTail"]).toContain("Reading prompt");
    expect(started.id).toBe(threadId);
  });

  it("children of a program that has ended go with it when they hold its stdout", async () => {
    const { thread, noted } = await program(`
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); console.error('ready'); setInterval(() => {}, 1000)"], { stdio: ["ignore", 1, "pipe"] });
      note("sleeper", child.pid);
      child.stderr.once("data", () => { begin(); text("x"); done(); process.exit(0); });
    `);
    expect((await thread().run("go")).finalResponse).toBe("x");
    await until(() => !isAlive(Number(noted("sleeper"))));
    expect(Number(noted("sleeper"))).toBeGreaterThan(0);
  });

  it("what was written before the exit is read before the exit is judged", async () => {
    const { thread } = await program(
      `begin(); for (let i = 0; i < 50; i++) text("t" + i, "item_" + i); done(); process.exit(0);`,
    );
    const { events } = await thread().runStreamed("go");
    let count = 0;
    for await (const event of events) {
      if (event.type === "item.completed") count++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(count).toBe(50);
  });

  it("a death by signal is an exit error", async () => {
    const { thread } = await program(`begin(); process.kill(process.pid, "SIGKILL"); stay();`);
    expect(await failure(thread().run("go"))).toMatchObject({
      name: "CodexExitError",
      exitCode: null,
      signal: "SIGKILL",
      message: "codex exec ended by SIGKILL",
    });
  });

  it("a last line that is cut off by the end does not hide the exit status", async () => {
    const { thread } = await program(`begin(); write('{"type":"item.com'); process.exit(3);`);
    expect(await failure(thread().run("go"))).toMatchObject({ code: "exit", exitCode: 3 });
    const orderly = await program(`begin(); write('{"type":"item.com'); process.exit(0);`);
    expect(await failure(orderly.thread().run("go"))).toMatchObject({ code: "malformedLine", lineNumber: 3 });
  });

  it("a bad exit after the end of the turn is told", async () => {
    const { thread } = await program(`begin(); text("x"); done(); process.exit(7);`);
    expect(await failure(thread().run("go"))).toMatchObject({ code: "exit", exitCode: 7 });
  });

  it("XS-126: an end without a word about the turn is an error, with the last that was said", async () => {
    const { thread } = await program(`begin(); say({ type: "error", message: "the last word" }); process.exit(0);`);
    const error = await failure(thread().run("go"));
    expect(error).toBeInstanceOf(CodexProtocolError);
    expect(error).toMatchObject({ code: "noTerminalEvent", message: /its last word: the last word$/ });
  });

  it("XS-126: usage that is missing is null, and counters that are missing are 0", async () => {
    const none = await program(`begin(); say({ type: "turn.completed" });`);
    expect(await none.thread().run("go")).toMatchObject({ usage: null, turnUsage: null });
    const some = await program(`begin(); say({ type: "turn.completed", usage: { input_tokens: 5 } });`);
    const zeros = { cached_input_tokens: 0, cache_write_input_tokens: 0, output_tokens: 0, reasoning_output_tokens: 0 };
    expect((await some.thread().run("go")).usage).toEqual({ input_tokens: 5, ...zeros });
  });

  it("a program that closes its stdout and stays is ended", async () => {
    const { thread, noted } = await program(
      `note("pid", process.pid); begin(); text("x"); done(); fs.closeSync(1); process.on("SIGTERM", () => {}); stay();`,
    );
    expect((await thread({ killTimeoutMs: 50 }).run("go")).finalResponse).toBe("x");
    expect(isAlive(Number(noted("pid")))).toBe(false);
  });

  it("8 MiB of stderr in one line are read, and the last 64 KiB kept", async () => {
    const { thread } = await program(`
      begin();
      process.stderr.write("e".repeat(8 * 2 ** 20) + "END", () => process.exit(1));
    `);
    const error = await failure(thread().run("go"));
    expect(error).toMatchObject({ exitCode: 1 });
    expect(error["stderrTail"]).toHaveLength(65_536);
    expect(error["stderrTail"]).toMatch(/eEND$/);
    expect(error.message.length).toBeLessThan(2200);
  });

  it("the key is not in what stderr is quoted with", async () => {
    const { thread } = await program(`fs.writeSync(2, "bad key " + process.env.CODEX_API_KEY); process.exit(1);`);
    const error = await failure(thread({ apiKey: "sk-very-secret" }).run("go"));
    expect(JSON.stringify([error.message, error["stderrTail"]])).not.toContain("very-secret");
    expect(error.message).toContain("bad key [redacted]");
  });

  it.each([
    [
      "Not inside a trusted directory and --skip-git-repo-check was not specified.",
      NotTrustedDirectoryError,
      "notTrustedDirectory",
    ],
    ["Error: not logged in; run codex login", NotAuthenticatedError, "notAuthenticated"],
  ])("stderr %j has an error of its own", async (words, type, code) => {
    const { thread } = await program(`fs.writeSync(2, ${JSON.stringify(words)}); process.exit(1);`);
    const error = await failure(thread().run("go"));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ code });
  });

  it("an id that the program does not know is a session that is not found", async () => {
    const { codex } = await program(
      `fs.writeSync(2, "Error: thread/resume failed: no rollout found for thread id " + thread); process.exit(1);`,
    );
    const thread = codex().resumeThread(otherId);
    const error = await failure(thread.run("go"));
    expect(error).toBeInstanceOf(SessionNotFoundError);
    expect(error).toMatchObject({ session: otherId });
    expect(thread.id).toBe(otherId);
  });
});

describe("a failed turn", () => {
  const failing = (message: string): string =>
    `begin(); say({ type: "error", message: ${JSON.stringify(message)} }); say({ type: "turn.failed", error: { message: ${JSON.stringify(message)} } }); process.exit(1);`;

  it("rejects run once, with the event's message, and leaves the stream to end by itself", async () => {
    const { thread } = await program(failing("it broke"));
    const error = await failure(thread().run("go"));
    expect(error).toBeInstanceOf(TurnFailedError);
    expect(error).toMatchObject({ message: "it broke", kind: "other", code: "turnFailed" });
    const { events } = await thread().runStreamed("go");
    expect((await collect(events)).at(-1)).toEqual({ type: "turn.failed", error: { message: "it broke" } });
    const strict = await thread().runStreamed("go", { throwOnFailedTurn: true });
    expect(await failure(collect(strict.events))).toBeInstanceOf(TurnFailedError);
  });

  it.each([
    ["unexpected status 401 Unauthorized: no key, url: http://x/v1/responses", "unauthorized", undefined],
    ["unexpected status 403 Forbidden: no", "unauthorized", undefined],
    ["Missing environment variable: `KEY`.", "unauthorized", undefined],
    ["exceeded retry limit, last status: 429 Too Many Requests", "rateLimit", undefined],
    ["Quota exceeded. Check your plan and billing details.", "rateLimit", undefined],
    ["Codex ran out of room in the model's context window. Start a new thread", "contextWindow", undefined],
    ["stream disconnected before completion: Connection refused (os error 111)", "network", undefined],
    ['{"error":{"message":"bad thing","type":"invalid_request_error"}}', "badRequest", "bad thing"],
    [
      'unexpected status 400 Bad Request: {"detail":"no such model"}',
      "badRequest",
      "unexpected status 400 Bad Request: no such model",
    ],
    ['{"broken', "badRequest", '{"broken'],
    ["unexpected status 500 Internal Server Error: oops", "other", undefined],
  ])("%j is of kind %s", async (message, kind, text) => {
    const { thread } = await program(failing(message));
    const error = await failure(thread().run("go"));
    expect(error).toMatchObject({ kind, message: text ?? message, rawMessage: message });
    expect(error instanceof NotAuthenticatedError).toBe(message.startsWith("Missing"));
  });

  it("errors that the turn outlives are warnings", async () => {
    const { thread } = await program(
      `begin(); say({ type: "error", message: "Reconnecting... 2/5" }); text("x"); done();`,
    );
    expect(await thread().run("go")).toMatchObject({ finalResponse: "x", warnings: ["Reconnecting... 2/5"] });
  });
});

describe("starting", () => {
  it("a program that is not there is not found, on the first turn and not before", async () => {
    const codex = new Codex({ codexPathOverride: "/nowhere/codex" });
    const error = await failure(codex.startThread().run("go", { outputSchema: schema }));
    expect(error).toBeInstanceOf(CodexNotFoundError);
    expect(error).toMatchObject({ tried: ["/nowhere/codex"], cause: { code: "ENOENT" } });
  });

  it("what cannot be run is a spawn error with path and code", async () => {
    const { folder, path } = await program("");
    await chmod(path, 0o644);
    const closed = await failure(new Codex({ codexPathOverride: path }).startThread().run("go"));
    expect(closed).toBeInstanceOf(CodexSpawnError);
    expect(closed).toMatchObject({ path, systemCode: "EACCES" });
    const odd = join(folder, "odd");
    await writeFile(odd, "#!/no/such/interpreter\n", { mode: 0o755 });
    const error = await failure(new Codex({ codexPathOverride: odd }).startThread().run("go"));
    expect(error).toMatchObject({ name: "CodexSpawnError", systemCode: "ENOENT", message: /first line/ });
    const folderError = await failure(new Codex({ codexPathOverride: folder }).startThread().run("go"));
    expect(folderError).toMatchObject({ name: "CodexSpawnError", systemCode: "EACCES" });
  });

  it.each(["EMFILE", "EAGAIN", "E2BIG"])("%s of the system is a spawn error that says so", async (code) => {
    const spawn = (): never => {
      throw Object.assign(new Error(`spawn ${code}`), { code });
    };
    const before = await schemaFolders();
    const error = await failure(
      new Codex({ codexPathOverride: "/x", spawn }).startThread().run("go", { outputSchema: schema }),
    );
    expect(error).toMatchObject({ name: "CodexSpawnError", systemCode: code, message: expect.stringContaining(code) });
    expect(await schemaFolders()).toEqual(before);
  });

  it("XS-123: a prompt of 5 MB for a program that closes its stdin settles by what the program says", async () => {
    const prompt = "p".repeat(5_000_000);
    const failing = await program(`fs.closeSync(0); begin(); setTimeout(() => process.exit(4), 50);`);
    const error = await failure(failing.thread().run(prompt));
    expect(error).toMatchObject({ code: "exit", exitCode: 4, cause: { code: "EPIPE" } });
    const fine = await program(
      `fs.closeSync(0); begin(); text("no matter"); done(); setTimeout(() => process.exit(0), 50);`,
    );
    expect((await fine.thread().run(prompt)).finalResponse).toBe("no matter");
  });

  it("a prompt larger than any pipe reaches a program that writes before it reads", async () => {
    const { thread } = await program(`
      begin();
      const wide = JSON.stringify({ type: "item.completed", item: { id: "r", type: "reasoning", text: "w".repeat(1000000) } }) + "\\n";
      fs.writeSync(1, wide.slice(0, 10)); // the rest fills the pipe before a byte of stdin is read
      process.stdout.write(wide.slice(10).repeat(1), () => { text(String(fs.readFileSync(0).length)); done(); });
    `);
    expect((await thread().run("ž".repeat(1_500_000))).finalResponse).toBe("3000000");
  });
});

describe("stopping", () => {
  const endless = `note("pid", process.pid); begin(); let n = 0; const next = () => { say({ type: "item.completed", item: { id: "item_" + n++, type: "reasoning", text: "again" } }); setTimeout(next, 5); }; next();`;
  const stubborn = `process.on("SIGTERM", () => note("asked")); note("pid", process.pid); begin(); stay();`;

  it("XS-118: a signal that is aborted already rejects before anything is there", async () => {
    const { thread, calls } = await program(endless);
    const before = await schemaFolders();
    const options = { signal: AbortSignal.abort("because"), outputSchema: schema };
    const error = await failure(thread().run("go", options));
    expect(error).toBeInstanceOf(TurnAbortedError);
    expect(error).toMatchObject({ name: "AbortError", cause: "because" });
    const { events } = await thread().runStreamed("go", options);
    expect(await failure(events.next())).toBeInstanceOf(TurnAbortedError);
    expect(calls()).toEqual([]);
    expect(await schemaFolders()).toEqual(before);
  });

  it("XS-119: an abort while it runs rejects run and the loop, and ends the program", async () => {
    const soonest = await fastest(500, async () => {
      const { thread, noted, calls } = await program(endless);
      const abort = new AbortController();
      const work = failure(thread().run("go", { signal: abort.signal }));
      await until(() => noted("pid"));
      const asked = performance.now();
      abort.abort(new Error("enough"));
      expect(await work).toMatchObject({ name: "AbortError", cause: { message: "enough" } });
      const took = performance.now() - asked;
      await until(() => !isAlive(calls()[0]!.pid));
      return took;
    });
    expect(soonest).toBeLessThan(500);

    const { thread, calls } = await program(endless);
    const second = new AbortController();
    const { events } = await thread().runStreamed("go", { signal: second.signal });
    const seen: string[] = [];
    const error = await failure(
      (async () => {
        for await (const event of events) {
          seen.push(event.type);
          if (seen.length === 5) second.abort();
        }
      })(),
    );
    expect(error).toBeInstanceOf(TurnAbortedError);
    expect(seen).toHaveLength(5);
    await until(() => !isAlive(calls()[0]!.pid));
  });

  it("XS-119: an endless turn is over within 500 ms of its abort at 200 ms", async () => {
    const { thread } = await program(endless);
    const soonest = await fastest(700, async () => {
      const started = performance.now();
      const error = await failure(thread().run("go", { signal: AbortSignal.timeout(200) }));
      expect(error).toMatchObject({ name: "AbortError", cause: { name: "TimeoutError" } });
      return performance.now() - started;
    });
    expect(soonest).toBeLessThan(700);
  });

  it("XS-120: a signal that is never used changes nothing, and keeps no listener", async () => {
    const { thread } = await program(`begin(); text("x"); done();`);
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...parameters: Parameters<typeof add>) => (listeners++, add(...parameters));
    signal.removeEventListener = (...parameters: Parameters<typeof remove>) => (listeners--, remove(...parameters));
    const used = thread();
    expect((await used.run("go", { signal })).finalResponse).toBe("x");
    expect((await used.run("go")).finalResponse).toBe("x");
    expect(listeners).toBe(0);
  });

  it("XS-124: a program that ignores the polite signal is gone 2.5 s after the abort, and the caller long before", async () => {
    const soonest = await fastest(2500, async () => {
      const { thread, noted } = await program(stubborn);
      const abort = new AbortController();
      const work = failure(thread().run("go", { signal: abort.signal }));
      const pid = Number(await until(() => noted("pid")));
      const asked = performance.now();
      abort.abort();
      await work;
      const returned = performance.now() - asked;
      const stayed = isAlive(pid);
      await until(() => !isAlive(pid));
      const gone = performance.now() - asked;
      expect(gone).toBeGreaterThan(1900);
      // All of it in one try.
      return returned < 500 && stayed && noted("asked") === "" ? gone : Number.POSITIVE_INFINITY;
    });
    expect(soonest).toBeLessThan(2500);
  });

  it("children of the program are ended with it", async () => {
    const { thread, noted } = await program(`
      const { spawn } = require("node:child_process");
      const code = "require('child_process').spawn('sleep', ['60']); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')";
      const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "ignore"] });
      child.stdout.once("data", () => { note("pid", child.pid); begin(); });
      stay();
    `);
    const { events } = await thread({ killTimeoutMs: 200 }).runStreamed("go");
    await events.next();
    await events.return(undefined);
    const child = Number(noted("pid"));
    expect(child).toBeGreaterThan(0);
    await until(() => !isAlive(child));
  });

  it("a loop that is left early has ended the program and removed its files when it is left", async () => {
    const { thread, noted } = await program(endless);
    const before = await schemaFolders();
    const used = thread();
    for (const way of ["break", "throw"]) {
      const { events } = await used.runStreamed("go", { outputSchema: schema });
      const work = (async () => {
        for await (const event of events) {
          if (event.type !== "item.completed") continue;
          if (way === "break") break;
          throw new Error("mine");
        }
      })();
      if (way === "throw") expect(await failure(work)).toMatchObject({ message: "mine" });
      else await work;
      expect(isAlive(Number(noted("pid")))).toBe(false);
      expect(await schemaFolders()).toEqual(before);
    }
    const { events } = await used.runStreamed("go", { outputSchema: schema });
    await events.next();
    expect(await failure(events.throw(new Error("thrown in")))).toMatchObject({ message: "thrown in" });
    expect(isAlive(Number(noted("pid")))).toBe(false);
    expect(await schemaFolders()).toEqual(before);
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });

  it("a loop can be left while an event is waited for", async () => {
    const { thread, noted } = await program(`note("pid", process.pid); begin(); stay();`);
    const { events } = await thread().runStreamed("go");
    await events.next();
    await events.next();
    const waiting = events.next();
    await events.return(undefined);
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(isAlive(Number(noted("pid")))).toBe(false);
  });

  it("an abort after the loop was left is nothing", async () => {
    const { thread } = await program(endless);
    const abort = new AbortController();
    const { events } = await thread().runStreamed("go", { signal: abort.signal });
    await events.next();
    await events.return(undefined);
    abort.abort();
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });

  it("a generator that was never started leaves nothing, and holds up no turn", async () => {
    const { thread, calls } = await program(`begin(); text("x"); done();`);
    const before = await schemaFolders();
    const used = thread();
    const { events } = await used.runStreamed("never", { outputSchema: schema });
    expect((await used.run("go")).finalResponse).toBe("x");
    await events.return(undefined);
    expect(calls()).toHaveLength(1);
    expect(await schemaFolders()).toEqual(before);
  });

  it("limits of time end the turn, and say which", async () => {
    const { thread } = await program(endless);
    const total = await failure(thread().run("go", { timeoutMs: 300 }));
    expect(total).toBeInstanceOf(TurnTimeoutError);
    expect(total).toMatchObject({ kind: "total", limitMs: 300, code: "timedOut" });
    const silent = await program(`begin(); stay();`);
    const idle = await failure(silent.thread().run("go", { idleTimeoutMs: 300 }));
    expect(idle).toMatchObject({ name: "TurnTimeoutError", kind: "idle", message: "No event came for 300 ms" });
    const before = await schemaFolders();
    expect(await failure(silent.thread().run("go", { timeoutMs: 300, outputSchema: schema }))).toMatchObject({
      kind: "total",
    });
    expect(await schemaFolders()).toEqual(before);
  });

  it("what a callback throws ends the turn and comes back to the caller", async () => {
    const { thread, noted } = await program(endless);
    const onText = (): never => {
      throw new Error("never called");
    };
    const onItem = async (): Promise<never> => Promise.reject(new Error("not like this"));
    expect(await failure(thread().stream("go", { onItem, onText }))).toMatchObject({ message: "not like this" });
    expect(isAlive(Number(noted("pid")))).toBe(false);
  });
});

describe("a thread after a failure", () => {
  it("keeps the id that was confirmed, and runs its next turn as if nothing had been", async () => {
    const { thread, calls } = await program(`
      if (fs.readFileSync(0, "utf8") === "fail") { begin(); process.exit(9); }
      begin(); text("fine"); done();
    `);
    const used = thread();
    expect(await failure(used.run("fail"))).toMatchObject({ exitCode: 9 });
    expect(used.id).toBe(threadId);
    expect((await used.run("go")).finalResponse).toBe("fine");
    expect(calls()[1]!.args.slice(-2)).toEqual(["resume", threadId]);
  });

  it("XS-128: turns that are asked for at once run in their order on one thread, also past one that fails or is aborted", async () => {
    const { thread, calls } = await program(`
      const prompt = fs.readFileSync(0, "utf8");
      begin();
      if (prompt === "stay") return stay();
      if (prompt === "fail") process.exit(1);
      text("answer to " + prompt); done();
    `);
    const used = thread();
    const abort = new AbortController();
    const unused = new AbortController().signal;
    const order: string[] = [];
    const turns = ["one", "fail", "stay", "gone", "two"].map(async (prompt) => {
      const signal = prompt === "stay" ? abort.signal : prompt === "gone" ? AbortSignal.abort() : unused;
      const onEvent = ({ type }: { type: string }): void => void (type === "turn.started" && order.push(prompt));
      return used
        .run(prompt, { signal, onEvent })
        .then(({ finalResponse }) => finalResponse)
        .catch((error: Error) => error.name);
    });
    await until(() => order.includes("stay"));
    expect(order).toEqual(["one", "fail", "stay"]);
    abort.abort();
    expect(await Promise.all(turns)).toEqual([
      "answer to one",
      "CodexExitError",
      "AbortError",
      "AbortError",
      "answer to two",
    ]);
    expect(calls().map(({ args }) => args.includes("resume"))).toEqual([false, true, true, true]);
    expect(
      new Set(
        calls()
          .slice(1)
          .map(({ args }) => args.at(-1)),
      ),
    ).toEqual(new Set([threadId]));
  });

  it("another thread than the one that was asked for is told, and its program ended", async () => {
    const { codex, noted } = await program(
      `note("pid", process.pid); say({ type: "thread.started", thread_id: ${JSON.stringify(threadId)} }); stay();`,
    );
    const thread = codex().resumeThread(otherId);
    const error = await failure(thread.run("go"));
    expect(error).toBeInstanceOf(ResumeMismatchError);
    expect(error).toMatchObject({ requested: otherId, actual: threadId });
    expect(thread.id).toBe(otherId);
    expect(isAlive(Number(noted("pid")))).toBe(false);
  });
});
