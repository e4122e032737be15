import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { call, respond, type Script } from "../../support/fake-model.ts";
import { run, ours } from "../../support/run.ts";
import { startPerson, type Person, type PersonOptions } from "./person.ts";
import { answer, gate, haltingAnswer } from "./script.ts";

const people: Person[] = [];
afterEach(async () => {
  for (const person of people.splice(0)) await person.close();
});

const open = async (script: Script, options: PersonOptions = {}): Promise<Person> => {
  const person = await startPerson(script, options);
  people.push(person);
  return person;
};
const start = async (script: Script, options: PersonOptions = {}): Promise<Person> => {
  const person = await open(script, options);
  await person.prompt("codex-agent>");
  return person;
};

const config = (person: Person): string => readFileSync(join(person.stage.codexHome, "config.toml"), "utf8");

describe("the first start in a folder", () => {
  test("asks once whether it is trusted, and keeps a yes as --trust does", async () => {
    const me = await open([answer("hello")], { argv: [] });
    await me.see("Do you trust the files of");
    await me.prompt("trust>");
    me.say("perhaps");
    await me.see("Answer y or n");
    me.say("y");
    await me.see("mode auto");
    expect(config(me)).toContain(`[projects."${me.stage.workspace}"]\ntrust_level = "trusted"\n`);
    me.say("/exit");
    expect(await me.end()).toBe(0);
    const again = await startPerson([], { on: me.stage, argv: [] });
    people.unshift(again);
    await again.prompt("codex-agent>");
    expect(again.screen.text).not.toContain("trust");
  });

  test("goes on without trust, and then only reads; a refusal is not kept", async () => {
    const me = await open([], { argv: [] });
    await me.prompt("trust>");
    me.say("n");
    await me.prompt("codex-agent>");
    me.say("/status");
    await me.see("sandbox read-only");
    expect(config(me)).not.toContain("trust_level");
  });

  test.each([
    ["\u0003", 130],
    ["\u0004", 0],
  ])("is left by %j", async (key, code) => {
    const me = await open([], { argv: [] });
    await me.prompt("trust>");
    me.type(key);
    expect(await me.end()).toBe(code);
  });
});

describe("without any configuration", () => {
  test("says how to configure a model, and leaves without starting anything", async () => {
    const me = await open([], { bare: true, argv: [] });
    await me.see("No model is configured.");
    await me.see("CODEX_API_KEY");
    await me.prompt("demo or leave>");
    me.say("");
    expect(await me.end()).toBe(0);
  });

  test("offers the demo, which says that it is one", async () => {
    const me = await open([], { bare: true, argv: [], stage: { files: { "notes.txt": "milk\n" } } });
    await me.prompt("demo or leave>");
    me.say("demo");
    await me.prompt("trust>");
    me.say("n");
    await me.see("[warning] The offline demo model is answering");
    await me.prompt("codex-agent>");
    me.say("list the files here");
    await me.see("notes.txt");
    expect(me.screen.strange).toEqual([]);
  });
});

describe("what others wrote", () => {
  test("does nothing to the terminal: titles, clipboards, cursors, colours, directions", async () => {
    const evil =
      "a\u001b]0;title\u0007b\u001b]52;c;ZXZpbA==\u001b\\c\u001b[2J\u001b[1;1Hd\u009b31me\u0090q\u009cf\u202eg\u0007\u0008\rh";
    const print = call("1", "exec_command", { cmd: String.raw`printf 'x\033]0;t\007y\033[3Jz\n'` });
    const me = await start([respond([print]), answer(evil)]);
    me.say("go");
    await me.see("-> xyz");
    await me.see("assistant> abcdefg\nh");
    expect(me.screen.strange).toEqual([]);
    expect(me.raw()).not.toMatch(/ZXZpbA|title|\u202e|\u009b/);
  });

  test("is quiet about colours when asked to, and coloured otherwise", async () => {
    const plain = await start([answer("one")], { argv: ["--trust", "--no-color"], env: { NO_COLOR: "" } });
    plain.say("go");
    await plain.see("assistant> one");
    // oxlint-disable-next-line no-control-regex
    expect(plain.raw()).not.toMatch(/\u001b\[[0-9;]+m/);
    const coloured = await open([answer("one")], { env: { NO_COLOR: "" } });
    await coloured.prompt("codex-agent>");
    coloured.say("go");
    await coloured.see("assistant> one");
    expect(coloured.raw()).toContain("\u001b[32massistant>\u001b[0m one");
  });
});

describe("terminals", () => {
  test("that are narrow show everything once", async () => {
    const text = "漢字 and words that are longer than the terminal is wide, ".repeat(4);
    const halt = gate();
    const me = await start([haltingAnswer(text, "the end", halt.passed)], { columns: 20, rows: 8 });
    me.say("go");
    await me.see("wide");
    me.type("a line that is longer than the terminal too");
    await me.prompt("the terminal too");
    halt.open();
    await me.see("the end");
    const shown = me.screen.text.replaceAll(/\s/g, "");
    expect(shown).toContain(`assistant>${text}theend`.replaceAll(/\s/g, ""));
    expect(shown.match(/theend/g)).toHaveLength(1);
    expect(shown.match(/alinethatis/g)).toHaveLength(1);
  });

  test("that change their width are written anew", async () => {
    const me = await start([answer("one")], { columns: 60 });
    me.type("some words");
    await me.prompt("codex-agent> some words");
    me.screen.resize(40);
    me.pty.resize(40, 20);
    me.type(" more");
    await me.prompt("codex-agent> some words more");
    me.type("\r");
    await me.see("assistant> one");
    expect(me.screen.text.match(/some words/g)!.length).toBeLessThanOrEqual(3);
  });

  test("that cannot move a cursor get lines", async () => {
    const me = await open([answer("first\nsecond"), answer("third")], { env: { TERM: "dumb" } });
    await me.see("codex-agent>");
    me.say("hello");
    await me.see("assistant> first\nsecond");
    me.say("again\\");
    me.say("and more");
    await me.see("assistant> third");
    me.say("/exit");
    expect(await me.end()).toBe(0);
    // oxlint-disable-next-line no-control-regex
    expect(me.raw()).not.toMatch(/\u001b/);
    expect(JSON.stringify(me.model.requests[1]!.body)).toContain("again\\nand more");
  });

  test("that are not what is written to: a reader that goes away ends it quietly", async () => {
    const me = await open([answer("one"), answer("two")], { shell: '"$0" --trust | head -n 4; echo "ended"' });
    await me.see("mode auto");
    me.say("hello");
    await me.see("assistant> one");
    me.say("again");
    await me.see("ended");
    expect(await me.end()).toBe(0);
    expect(me.screen.text).not.toMatch(/EPIPE|Error|at /);
  });
});

describe("--json", () => {
  test("writes the events of each turn as lines, queued turns too, and nothing else to stdout", async () => {
    const halt = gate();
    const me = await open([haltingAnswer("one", ".", halt.passed), answer("two", "m2")], {
      shell: '"$0" --trust --json > events.jsonl',
    });
    await me.see("codex-agent>");
    me.say("hello");
    await me.model.seen(1);
    me.say("/queue again");
    await me.see("[steer] queued: again");
    halt.open();
    await me.model.seen(2);
    me.say("/exit");
    expect(await me.end()).toBe(0);
    const lines = readFileSync(join(me.stage.workspace, "events.jsonl"), "utf8").trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line) as { type: string; item?: { text?: string } });
    expect(events.map(({ type }) => type)).toEqual([
      "thread.started",
      "turn.started",
      "item.completed",
      "turn.completed",
      "turn.started",
      "item.completed",
      "turn.completed",
    ]);
    expect(events.flatMap(({ item }) => item?.text ?? [])).toEqual(["one.", "two"]);
  });
});

describe("codex-agent resume and fork", () => {
  test("pick from a list, say a prompt first, and a fork leaves its source alone", async () => {
    const first = await start([answer("the first")]);
    first.say("remember the milk");
    await first.see("assistant> the first");
    first.say("/title groceries");
    await first.see("Session: groceries");
    first.say("/exit");
    await first.end();
    const fork = await startPerson([answer("forked", "m2")], { on: first.stage, argv: ["fork"] });
    people.unshift(fork);
    await fork.see("[1] ");
    await fork.see("groceries");
    await fork.prompt("number>");
    fork.say("7");
    await fork.see("A number from 1 to 1");
    fork.say("1");
    await fork.see("Forked session: groceries");
    fork.say("in the fork");
    await fork.see("assistant> forked");
    fork.say("/exit");
    await fork.end();
    const resumed = await startPerson([answer("resumed", "m3")], {
      on: first.stage,
      argv: ["resume", "groceries", "and eggs"],
    });
    people.unshift(resumed);
    await resumed.see("Resumed session: groceries");
    await resumed.see("assistant> resumed");
    expect(JSON.stringify(resumed.model.requests[0]!.body)).not.toContain("in the fork");
  });

  test("without a terminal say what needs none", async () => {
    const me = await start([]);
    const { code, stderr } = await run(ours(), me.stage, ["resume", "--last"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("codex-agent exec resume needs none")]);
  });
});
