import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  added,
  call,
  completed,
  created,
  done,
  httpError,
  message,
  respond,
  textDelta,
  type Script,
} from "../../support/fake-model.ts";
import { startPerson, type Person, type PersonOptions } from "./person.ts";
import { answer, gate, haltingAnswer, said } from "./script.ts";

let person: Person | null = null;
afterEach(async () => {
  await person?.close();
  person = null;
});

const start = async (script: Script, options: PersonOptions = {}): Promise<Person> =>
  (person = await startPerson(script, options));

describe("a conversation", () => {
  test("shows text as it comes, and keeps the line that is typed meanwhile whole", async () => {
    const halt = gate();
    const me = await start([
      haltingAnswer("First words", ", and the last.\nA second line.", halt.passed),
      answer("ok"),
    ]);
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.see("assistant> First words");
    me.type("typed ahead");
    await me.prompt("codex-agent> typed ahead");
    halt.open();
    await me.see(", and the last.\nA second line.");
    await me.prompt(/^agent\(100%\)> typed ahead$/);
    me.type("\r");
    await me.see("agent(100%)> typed ahead\n");
    await me.model.seen(2);
    expect(said(me.model.requests[1]!.body)).toEqual(["hello", "typed ahead"]);
    expect(me.screen.strange).toEqual([]);
  });

  test("what is typed while a turn runs goes to that turn, and both answers come", async () => {
    const halt = gate();
    const command = call("1", "exec_command", { cmd: "echo listed" });
    const me = await start([
      { parts: [created(), { gate: halt.passed }, done(command), completed()] },
      haltingAnswer("both", " answered", halt.passed),
    ]);
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.model.seen(1);
    me.say("again");
    await me.see("[steer] inserted: again");
    await me.see("assistant> both");
    me.say("/exit");
    await me.see("leaving when the work is done");
    halt.open();
    await me.see(" answered");
    expect(await me.end()).toBe(0);
    expect(me.model.requests).toHaveLength(2);
    expect(me.screen.text).not.toMatch(/interrupted|Error/);
  });

  test("two quick steers come in order, each as a message of its own", async () => {
    const halt = gate();
    const me = await start([
      { parts: [created(), { gate: halt.passed }, done(call("1", "exec_command", { cmd: "true" })), completed()] },
      answer("done"),
    ]);
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.model.seen(1);
    me.type("again\rone more\r");
    await me.see("> one more");
    halt.open();
    await me.see("[steer] inserted: again");
    await me.see("[steer] inserted: one more");
    await me.see("assistant> done");
    expect(said(me.model.requests[1]!.body)).toEqual(["hello", "again", "one more"]);
  });

  test("/queue waits for the end of the turn", async () => {
    const halt = gate();
    const me = await start([haltingAnswer("one", ".", halt.passed), answer("two", "m2")]);
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.see("assistant> one");
    me.say("/queue again");
    await me.see("[steer] queued: again");
    me.say("/queue");
    await me.see("running: hello\n[1]: again");
    halt.open();
    await me.see("[steer] inserted: again");
    await me.see("assistant> two");
    expect(me.model.requests).toHaveLength(2);
  });

  test("its commands: unknown ones are said to be, slashes are doubled to be said, titles and models change", async () => {
    const halt = gate();
    const me = await start([haltingAnswer("busy", ".", halt.passed), answer("two", "m2")]);
    await me.prompt("codex-agent>");
    me.say("/history");
    await me.see("No history yet.");
    me.say("/nonsense here");
    await me.see("Unknown command: /nonsense");
    me.say("//tmp is a folder");
    await me.see("Session: /tmp is a folder");
    await me.see("assistant> busy");
    me.say("/model gpt-5.5");
    await me.see("Error: The model cannot change while a turn runs");
    halt.open();
    await me.see("... .");
    await me.idle();
    me.say("/title My own name");
    await me.see("Session: My own name");
    me.say("/model");
    await me.see("Current model: gpt-6.1-sol");
    await me.see("Available models: ");
    me.say("/model gpt-6-luna high");
    await me.see("Switched model to gpt-6-luna.");
    me.say("next");
    await me.see("assistant> two");
    me.say("/history");
    await me.see("[1]U> /tmp is a folder\n[1]A> busy.\n[2]U> next\n[2]A> two");
    me.say("/quit");
    expect(await me.end()).toBe(0);
    const bodies = me.model.requests.map(({ body }) => body as { model: string; reasoning?: { effort?: string } });
    expect(bodies.map(({ model }) => model)).toEqual(["gpt-6.1-sol", "gpt-6-luna"]);
    expect(bodies[1]!.reasoning?.effort).toBe("high");
    expect(said(bodies[1])).toEqual(["/tmp is a folder", "next"]);
  });

  test("model and effort that were chosen hold in a new thread too, a demo's as well", async () => {
    const me = await start([answer("one"), answer("two", "m2")], { argv: ["--trust", "--demo"] });
    await me.prompt("codex-agent>");
    me.say("/model gpt-6-luna high");
    await me.see("Switched model to gpt-6-luna.");
    me.say("/new");
    await me.see("A new thread.");
    me.say("hello");
    await me.see("assistant> one");
    expect(me.model.requests[0]!.body).toMatchObject({ model: "gpt-6-luna", reasoning: { effort: "high" } });
  });

  test("goes on after an error of the model", async () => {
    const me = await start([httpError(400, { error: { message: "no such thing\nsecond line" } }), answer("fine now")]);
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.see(/Error: .*no such thing/);
    me.say("again");
    await me.see("assistant> fine now");
    expect(me.screen.strange).toEqual([]);
  });

  test("a stream that breaks is said to, and what it had said is marked as dropped", async () => {
    const me = await start(
      [
        { parts: [created(), added(message("m1", "")), textDelta("m1", "half an ans"), { cut: true }] },
        answer("whole", "m2"),
      ],
      { stage: { provider: "stream_max_retries = 1" } },
    );
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.see("assistant> half an ans [cut off, and dropped]");
    await me.see("[status] Reconnecting... 1/1");
    await me.see("assistant> whole");
    me.say("/history");
    await me.see("[1]A> whole");
    expect(me.screen.strange).toEqual([]);
  });

  test("is resumed by number from the list that was shown, and its history is told and sent", async () => {
    const first = await start([answer("the first answer")]);
    await first.prompt("codex-agent>");
    first.say("remember the milk");
    await first.see("the first answer");
    first.say("/exit");
    expect(await first.end()).toBe(0);
    const stage = first.stage;
    const second = await startPerson([answer("the second answer", "m2")], { on: stage, argv: [] });
    try {
      await second.prompt("codex-agent>");
      second.say("/resume 1");
      await second.see("Session not found: 1");
      second.say("/resume");
      await second.see(/\[1\] .*remember the milk/);
      second.say("/resume x");
      await second.see("Usage: /resume <number>");
      second.say("/resume 1");
      await second.see("Resumed session: remember the milk");
      await second.see("[1]A> the first answer");
      second.say("what was it?");
      await second.see("the second answer");
      expect(said(second.model.requests[0]!.body)).toEqual(["remember the milk", "what was it?"]);
      second.say("/exit");
      expect(await second.end()).toBe(0);
    } finally {
      await second.close();
    }
    const third = await startPerson([answer("the third answer", "m3")], {
      on: stage,
      argv: ["resume", "--last", "go on"],
    });
    try {
      await third.see("[2]A> the second answer");
      await third.see("assistant> the third answer");
      expect(said(third.model.requests[0]!.body)).toEqual(["remember the milk", "what was it?", "go on"]);
    } finally {
      await third.close();
    }
  });

  test("/compact replaces the history by a summary, and is refused while something runs", async () => {
    const halt = gate();
    const me = await start([answer("one"), answer("what was said"), haltingAnswer("two", ".", halt.passed)]);
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.see("assistant> one");
    await me.idle();
    me.say("/compact");
    await me.see("[status] Compacting conversation history...");
    await me.see("[status] compact(");
    await me.idle();
    me.say("next");
    await me.see("assistant> two");
    me.say("/compact");
    await me.see("Error: The history cannot be compacted while a turn runs");
    halt.open();
    expect(JSON.stringify(me.model.requests[2]!.body)).toContain("what was said");
  });

  test("in plan mode the model is told so, and what it proposes is shown", async () => {
    const me = await start([answer("<proposed_plan>\n1. look\n</proposed_plan>"), answer("two", "m2")], {
      argv: ["--trust", "--mode", "plan"],
    });
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.see("1. look");
    await me.idle();
    me.say("/mode auto");
    await me.see("Switched mode to auto.");
    me.say("do it");
    await me.see("assistant> two");
    const bodies = me.model.requests.map(({ body }) => JSON.stringify(body));
    expect(bodies[0]).toContain("<collaboration_mode>");
    expect(bodies[1]!.split("<collaboration_mode>").length).toBeGreaterThan(
      bodies[0]!.split("<collaboration_mode>").length,
    );
  });

  test("goes on by itself when a command in the background ends, with the typed line untouched", async () => {
    const waiter = call("1", "exec_command", { cmd: "until [ -e go ]; do sleep 0.02; done", yield_time_ms: 250 });
    const me = await start([respond([waiter]), answer("waiting"), answer("it has ended", "m2")]);
    await me.prompt("codex-agent>");
    me.say("hello");
    await me.see("assistant> waiting");
    await me.see("idle: listening to 1 running command");
    me.type("half typed");
    await me.prompt(/> half typed$/);
    writeFileSync(join(me.stage.workspace, "go"), "");
    await me.see("assistant> it has ended");
    await me.prompt(/> half typed$/);
    await me.idle();
    expect(me.screen.text).not.toContain("idle: listening");
    expect(me.screen.text.match(/user>/g)).toBeNull();
  });

  test("has a name from before its first turn", async () => {
    const me = await start([answer("one")]);
    await me.prompt("codex-agent>");
    me.say("/title early bird");
    await me.see("Session: early bird");
    me.say("hello");
    await me.see("assistant> one");
    me.say("/exit");
    expect(await me.end()).toBe(0);
    expect(readFileSync(join(me.stage.codexHome, "session_index.jsonl"), "utf8")).toContain(
      '"thread_name":"early bird"',
    );
  });

  test("sends images with what is said first, and goes on when one cannot be read", async () => {
    const pixel = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    );
    const me = await start([answer("one"), answer("two")], {
      argv: ["--trust", "-i", "pixel.png"],
      stage: { files: { "pixel.png": pixel } },
    });
    await me.prompt("codex-agent>");
    me.say("what is this?");
    await me.see("assistant> one");
    me.say("and now?");
    await me.see("assistant> two");
    const images = me.model.requests.map(({ rawBody }) => rawBody.split('"input_image"').length - 1);
    expect(images).toEqual([1, 1]);
    const other = await startPerson([answer("fine")], { on: me.stage, argv: ["-i", "missing.png"] });
    try {
      await other.prompt("codex-agent>");
      other.say("look");
      await other.see(/Error: image file not found: .*missing\.png/);
      other.say("never mind");
      await other.see("assistant> fine");
    } finally {
      await other.close();
    }
  });
});
