import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Answer, Question } from "../../../src/protocol/questions.ts";
import type { ThreadOptions } from "../../../src/protocol/methods.ts";
import { modeOptions, type Mode } from "../../../src/protocol/modes.ts";
import { call, customCall, message, respond, type Reply } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

let live: LiveThread | undefined;
afterEach(async () => live?.close());

const end = respond([message("end", "done")]);

interface Told {
  readonly output: string;
  readonly asked: readonly Question[];
}

/** A thread in a mode, with a person who gives every question the same answer. */
async function start(
  mode: Mode | null,
  options: ThreadOptions = {},
): Promise<(item: Reply, answer?: Answer) => Promise<Told>> {
  let steps: Reply[] = [];
  let asked: Question[] = [];
  let answer: Answer = { type: "deny" };
  const thread = await startLiveThread(() => steps.shift() ?? end, {
    stage: { git: true, files: { ".env": "KEY=1\n", "a.txt": "a\n", "sub/.npmrc": "" } },
    thread: { ...(mode !== null && modeOptions[mode]), ...options },
  });
  live = thread;
  const { threadId } = thread.info;
  thread.client.subscribe(threadId, (event) => {
    if (event.type !== "question.asked") return;
    asked.push(event.question);
    void thread.client.call("question/answer", { threadId, questionId: event.questionId, answer });
  });
  return async (step, given = { type: "deny" }) => {
    steps = [step, end];
    asked = [];
    answer = given;
    await thread.say("go");
    const { input } = thread.model.requests.at(-1)!.body as { input: { output?: string }[] };
    return { output: String(input.findLast((item) => item.output !== undefined)?.output), asked };
  };
}

let count = 0;
const command = (cmd: string, more: object = {}): Reply =>
  respond([call(`c${++count}`, "exec_command", { cmd, ...more })]);
const patch = (...lines: string[]): Reply =>
  respond([customCall(`p${++count}`, "apply_patch", ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n"))]);
const yes: Answer = { type: "allow", scope: "once" };
const file = (...path: string[]): string => join(live!.stage.workspace, ...path);

describe("mode auto", () => {
  it("asks before a protected file is written, shows what would be touched, and writes it after a yes", async () => {
    const does = await start("auto");
    const no = await does(command("echo more >> .env"));
    expect(no.asked).toMatchObject([
      { type: "command", rule: "protected:.env", sandboxed: true, effects: { writes: [file(".env")] } },
    ]);
    expect(readFileSync(file(".env"), "utf8")).toBe("KEY=1\n");
    await does(command("echo more >> .env"), yes);
    expect(readFileSync(file(".env"), "utf8")).toBe("KEY=1\nmore\n");
    const patched = await does(patch("*** Update File: .env", "@@", "-KEY=1", "+KEY=2"), yes);
    expect(patched.asked).toMatchObject([
      { type: "patch", rule: "protected:.env", effects: { writes: [file(".env")] } },
    ]);
    expect(readFileSync(file(".env"), "utf8")).toBe("KEY=2\nmore\n");
  });

  it("keeps protected files from programs whose text does not tell what they write", async () => {
    const does = await start("auto");
    const { output, asked } = await does(
      command(
        `perl -e 'for (".e" . "nv", "sub/.np" . "mrc", "a.txt") { my $f; open($f, ">>", $_) ? print {$f} "x" : print "no $_\\n" }'`,
      ),
    );
    expect(asked).toEqual([]);
    expect(output).toContain("no .env\nno sub/.npmrc\n");
    expect(readFileSync(file(".env"), "utf8")).toBe("KEY=1\n");
    expect(readFileSync(file("a.txt"), "utf8")).toBe("a\nx");
  });

  it("asks at once for what the sandbox would not hold, and runs it outside after a yes", async () => {
    const does = await start("auto");
    const { asked } = await does(command("touch $HOME/out"), yes);
    expect(asked).toMatchObject([
      { type: "command", rule: "mode:auto", effects: { writes: [join(live!.stage.home, "out")] } },
    ]);
    expect(existsSync(join(live!.stage.home, "out"))).toBe(true);
    expect((await does(command("touch in && ls"))).asked).toEqual([]);
  });
});

it("mode ask runs unasked only what is known to be harmless", async () => {
  const does = await start("ask");
  expect((await does(command("cat a.txt | wc -l"))).asked).toEqual([]);
  expect((await does(command("touch b"))).asked).toMatchObject([
    { rule: "mode:ask", effects: { writes: [file("b")] } },
  ]);
  expect((await does(command("$PAGER a.txt"))).asked).toHaveLength(1);
  expect((await does(patch("*** Add File: c", "+c"))).asked).toMatchObject([{ type: "patch", rule: "mode:ask" }]);
  expect(existsSync(file("b")) || existsSync(file("c"))).toBe(false);
});

it("mode plan only looks, and asks nothing for more", async () => {
  const does = await start("plan");
  expect((await does(command("cat a.txt"))).output).toContain("exited with code 0");
  for (const step of [
    command("touch b"),
    patch("*** Add File: b", "+b"),
    command("true", { sandbox_permissions: "require_escalated", justification: "x" }),
  ]) {
    const { output, asked } = await does(step, yes);
    expect(asked).toEqual([]);
    expect(output).toContain("plan mode only looks");
  }
  expect(existsSync(file("b"))).toBe(false);
});

it("mode full asks nothing; a rule that denies holds all the same", async () => {
  const does = await start("full", {
    overrides: ['codex_agent.rules=[{path="a.txt", access="write", decision="deny", reason="keep it"}]'],
  });
  expect((await does(command("echo more >> .env && touch $HOME/out"))).asked).toEqual([]);
  expect(existsSync(join(live!.stage.home, "out"))).toBe(true);
  expect((await does(command("echo >> a.txt"))).output).toContain("keep it");
  expect((await does(patch("*** Update File: a.txt", "@@", "-a", "+b"))).output).toContain("keep it");
  expect(readFileSync(file("a.txt"), "utf8")).toBe("a\n");
});

it("where nobody is there, what asks is denied at once, and model and user learn what would have allowed it", async () => {
  const does = await start("auto", { unattended: true });
  const { output, asked } = await does(command("echo more >> .env"));
  expect(asked).toEqual([]);
  const way = "--mode full asks nothing; a rule of [[codex_agent.rules]] with path = ";
  expect(output).toContain(way.slice(0, 24));
  expect(live!.events).toContainEqual(
    expect.objectContaining({ type: "warning", message: expect.stringContaining(way) }),
  );
  expect(readFileSync(file(".env"), "utf8")).toBe("KEY=1\n");
});

it("rules of ours hold with Codex's settings, and everything else stays as it is there", async () => {
  const rules = '{command="touch", path="../home/**", decision="allow", outside=true}, {command="cat", decision="ask"}';
  const does = await start(null, {
    sandbox: "workspace-write",
    unattended: true,
    overrides: [`codex_agent.rules=[${rules}]`],
  });
  expect((await does(command("touch ../home/out"))).output).toContain("exited with code 0");
  expect(existsSync(join(live!.stage.home, "out"))).toBe(true);
  expect((await does(command("cat a.txt"))).output).toContain("nobody is there to be asked");
  expect((await does(command("echo more >> .env"))).output).toContain("exited with code 0");
  expect((await does(command("rm -f a.txt"))).output).toContain("rm -f style commands are not permitted");
});

it("what a rule keeps by path is kept from programs that do not say what they write", async () => {
  const does = await start(null, {
    sandbox: "workspace-write",
    overrides: ['codex_agent.rules=[{path="sub/**", access="write", decision="deny"}]'],
  });
  const { output } = await does(command(`perl -e 'for ("sub/x", "b") { open(my $f, ">", $_) or print "no $_\\n" }'`));
  expect(output).toContain("no sub/x\n");
  expect(existsSync(file("b"))).toBe(true);
});

it("a wrong rule keeps a thread from opening", async () => {
  await expect(start("auto", { overrides: ['codex_agent.rules=[{command="a"}]'] })).rejects.toThrow(
    "codex_agent.rules[0].decision is missing",
  );
});
