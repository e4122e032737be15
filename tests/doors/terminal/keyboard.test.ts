import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { call, respond } from "../../support/fake-model.ts";
import { answer, gate, haltingAnswer, outputs, said } from "./script.ts";
import { visits } from "./visit.ts";
import { until, untilPasses } from "../../support/until.ts";

const start = visits();

const interrupt = "\u0003";
/** In one piece: how soon the second one comes is no matter of how busy the machine is. */
const twice = interrupt + interrupt;
const never = (): Promise<never> => new Promise(() => undefined);
const command = (cmd: string): ReturnType<typeof respond> => respond([call("1", "exec_command", { cmd })]);

describe("Ctrl-C", () => {
  test("twice leaves a conversation where nothing runs; once only clears the line", async () => {
    const me = await start([]);
    me.type("half a line");
    await me.prompt("codex-agent> half a line");
    me.type(interrupt);
    await me.prompt("codex-agent>");
    me.type("another");
    await me.prompt("codex-agent> another");
    me.type(twice);
    expect(await me.end()).toBe(130);
    expect(me.raw()).toContain("\u001b[?2004l");
  });

  test("stops a turn whose model has not begun to answer", async () => {
    const me = await start([{ parts: [{ gate: never }] }, answer("fine")]);
    me.say("hello");
    await me.model.seen(1);
    me.type(interrupt);
    await me.see("[status] interrupted");
    me.say("again");
    await me.see("assistant> fine");
    expect(me.screen.strange).toEqual([]);
  });

  test("stops a turn in the middle of a text", async () => {
    const me = await start([haltingAnswer("half", "never", never), answer("fine", "m2")]);
    me.say("hello");
    await me.see("assistant> half");
    me.type(interrupt);
    await me.see("[status] interrupted");
    me.say("again");
    await me.see("assistant> fine");
    expect(said(me.model.requests[1]!.body)).toEqual(["hello", "again"]);
  });

  test("stops a turn with its command, which got none of the keys", async () => {
    const sleep = sleeper();
    const me = await start([command(sleep), answer("fine")]);
    me.say("hello");
    await me.see(`calling exec_command(${sleep})`);
    await running(sleep.replace(" ", "\0"));
    me.type("not for the command");
    me.type(interrupt);
    await me.see("[status] interrupted");
    me.say("again");
    await me.see("assistant> fine");
    expect(outputs(me.model.requests[1]!.body)[0]).toMatch(/aborted/);
    await gone(sleep.replace(" ", "\0"));
  });

  test("a second time soon after leaves, and ends what runs", async () => {
    const sleep = sleeper();
    const me = await start([command(`trap '' INT TERM; ${sleep} & wait; ${sleep}`)]);
    me.say("hello");
    await running(sleep.replace(" ", "\0"));
    me.type(twice);
    expect(await me.end()).toBe(130);
    await gone(sleep.replace(" ", "\0"));
  });
});

describe("leaving", () => {
  test("by the end key, and by /exit, with a command still running in the background", async () => {
    const sleep = sleeper();
    const left = respond([call("1", "exec_command", { cmd: sleep, yield_time_ms: 250 })]);
    const me = await start([left, answer("left it")]);
    me.say("hello");
    await me.see(`[exec_command] ${sleep} -> session_id=`);
    await me.see("idle: listening to 1 running command");
    me.say("/status");
    await me.see("Running commands:\n  session ");
    await running(sleep.replace(" ", "\0"));
    me.type("\u0004");
    expect(await me.end()).toBe(0);
    await gone(sleep.replace(" ", "\0"));
  });

  test("when the terminal is closed, commands and all", async () => {
    const sleep = sleeper();
    const me = await start([command(sleep)]);
    me.say("hello");
    await running(sleep.replace(" ", "\0"));
    me.pty.kill("SIGHUP");
    expect(await me.end()).toBe(129);
    await gone(sleep.replace(" ", "\0"));
  });

  test("when nothing holds the terminal any more", async () => {
    const sleep = sleeper();
    const me = await start([command(sleep)]);
    me.say("hello");
    await running(sleep.replace(" ", "\0"));
    (me.pty as unknown as { destroy(): void }).destroy();
    const isThere = (): boolean => existsSync(`/proc/${me.pty.pid}/exe`);
    await gone(sleep.replace(" ", "\0"));
    await untilPasses(() => expect(isThere()).toBe(false));
  });

  test("when the process is asked to end", async () => {
    const me = await start([haltingAnswer("half", "never", never)]);
    me.say("hello");
    await me.see("assistant> half");
    me.pty.kill("SIGTERM");
    expect(await me.end()).toBe(143);
  });
});

describe("what is typed", () => {
  test("may have several lines: a backslash, and pastes, which may be large", async () => {
    const me = await start([answer("one"), answer("two"), answer("three")]);
    me.type("first\\\rsecond\r");
    await me.see("assistant> one");
    await me.idle();
    me.type("\u001b[200~pasted\nlines\u001b[201~ and more");
    await me.see("lines and more");
    me.type("\r");
    await me.see("assistant> two");
    await me.idle();
    const large = `${"x".repeat(99)}\n`.repeat(10_486);
    me.type(`\u001b[200~${large}\u001b[201~`);
    await me.see(`[paste 1: 10487 lines, ${large.length} characters]`);
    me.type(" is large\r");
    await me.see("assistant> three");
    const texts = said(me.model.requests[2]!.body);
    expect(texts).toEqual(["first\nsecond", "pasted\nlines and more", `${large} is large`]);
  });

  test("is edited with the keys of readline, wide characters too", async () => {
    const me = await start([answer("ok")]);
    me.type("wörld 漢字");
    me.type("\u0001hello \u0005!\u001b[D\u007f\u007f字\u000b?");
    await me.prompt("codex-agent> hello wörld 字?");
    me.type("\u0015typed\u0017gone");
    await me.prompt("codex-agent> gone");
    me.type("\r");
    await me.see("assistant> ok");
    expect(said(me.model.requests[0]!.body)).toEqual(["gone"]);
  });

  test("is kept in history.jsonl as Codex keeps it, and the up key brings it back", async () => {
    const me = await start([answer("one"), answer("two")], {
      stage: { homeFiles: { "history.jsonl": '{"session_id":"x","ts":1,"text":"from before"}\nbroken\n' } },
    });
    me.say("hello there");
    await me.see("assistant> one");
    await me.idle();
    me.type("\u001b[A\u001b[A");
    await me.prompt(/> from before$/);
    me.type("\u001b[B");
    await me.prompt(/> hello there$/);
    me.say(" again");
    await me.see("assistant> two");
    me.say("/exit");
    expect(await me.end()).toBe(0);
    const file = join(me.stage.codexHome, "history.jsonl");
    const lines = readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .slice(2)
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      { session_id: expect.stringMatching(/^[0-9a-f-]{36}$/), ts: expect.any(Number), text: "hello there" },
      { session_id: expect.any(String), ts: expect.any(Number), text: "hello there again" },
    ]);
  });

  test("is kept nowhere when the configuration says so, and readable by nobody else otherwise", async () => {
    const me = await start([answer("one"), answer("two")], { stage: { config: 'history.persistence = "none"' } });
    me.say("secret");
    await me.see("assistant> one");
    me.say("/exit");
    await me.end();
    expect(() => statSync(join(me.stage.codexHome, "history.jsonl"))).toThrow("ENOENT");
    await me.close();
    const other = await start([answer("one")]);
    other.say("hello");
    await other.see("assistant> one");
    other.say("/exit");
    await other.end();
    expect(statSync(join(other.stage.codexHome, "history.jsonl")).mode & 0o777).toBe(0o600);
  });

  test("still goes to the model when it cannot be kept", async () => {
    const me = await start([answer("one")], { stage: { homeFiles: { "history.jsonl/keep": "" } } });
    me.say("hello");
    await me.see("history.jsonl cannot be written");
    await me.see(/assistant> one|fine/);
    expect(me.screen.strange).toEqual([]);
  });

  test("stays whole while a command writes", async () => {
    const halt = gate();
    const me = await start([
      command("for i in 1 2 3; do echo $i; done"),
      haltingAnswer("text ".repeat(60), "end", halt.passed),
    ]);
    me.say("hello");
    await me.see("text text");
    for (const letter of "typed while it writes") me.type(letter);
    await me.prompt(/> typed while it writes$/);
    halt.open();
    await me.see("end\n");
    await me.prompt(/> typed while it writes$/);
    expect(me.screen.text.match(/typed while/g)).toHaveLength(1);
    expect(me.screen.text.replaceAll("\n", "")).toContain(`assistant> ${"text ".repeat(60)}end`);
  });
});

/** Whether a process has this in its command line. Walls give processes numbers of their own: a number would say nothing. */
function runs(mark: string): boolean {
  return readdirSync("/proc").some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
}

/** A sleep that can be told from those of other tests. */
const sleeper = (): string => `sleep 1000.${process.pid}${Math.floor(Math.random() * 1e6)}`;

async function running(mark: string): Promise<void> {
  await until(() => runs(mark));
}

/** Whoever is killed is gone when the kernel comes to it. */
async function gone(mark: string): Promise<void> {
  await until(() => !runs(mark));
}
