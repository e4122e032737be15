import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { call, customCall, respond, type RecordedRequest } from "../../support/fake-model.ts";
import { answer, gate, outputs } from "./script.ts";
import { visits } from "./visit.ts";

const start = visits();

const run = (cmd: string, id = "1", extra: object = {}): ReturnType<typeof respond> =>
  respond([call(id, "exec_command", { cmd, ...extra })]);
const patch = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n";
const ask = { argv: ["--trust", "--mode", "ask"] };
const escalated = { sandbox_permissions: "require_escalated", justification: "it has to be outside" };

describe("mode ask", () => {
  test("asks before a command that could have an effect, and not before one that only reads", async () => {
    const me = await start([run("ls /"), run("touch made.txt", "2"), answer("done")], ask);
    me.say("go");
    await me.see("[exec_command] ls / -> ");
    await me.see("[exec_command] may this run?\n  touch made.txt");
    await me.prompt("approve>");
    expect(existsSync(join(me.stage.workspace, "made.txt"))).toBe(false);
    me.say("y");
    await me.see("[exec_command] touch made.txt");
    await me.see("assistant> done");
    expect(existsSync(join(me.stage.workspace, "made.txt"))).toBe(true);
  });

  test("asks before a patch and shows it; a no with words reaches the model, and the turn goes on", async () => {
    const me = await start([respond([customCall("1", "apply_patch", patch)]), answer("another way then")], {
      argv: [...ask.argv, "-m", "gpt-5.5"],
    });
    me.say("go");
    await me.see("[apply_patch] may these files be changed?\n  A new.txt\n    hello");
    await me.prompt("approve>");
    me.say("put it into src please");
    await me.see("assistant> another way then");
    expect(existsSync(join(me.stage.workspace, "new.txt"))).toBe(false);
    expect(outputs(me.model.requests[1]!.body)).toEqual(["patch rejected by user"]);
  });

  test("a yes for the session holds for the same command within the walls, and not for it without them", async () => {
    const me = await start([run("touch a"), run("touch a", "2"), run("touch a", "3", escalated), answer("done")], ask);
    me.say("go");
    await me.see("may this run?");
    me.say("s");
    await me.see("may this run without the sandbox?");
    await me.see("Reason: it has to be outside");
    me.say("n");
    await me.see("assistant> done");
    expect(me.screen.text.match(/may this run\?/g)).toHaveLength(1);
  });

  test("a yes for first words holds for all commands that begin with them, in this thread or always", async () => {
    const touch = (path: string, id: string) => run(`touch ../${path}`, id, { ...escalated, prefix_rule: ["touch"] });
    const me = await start([
      touch("a", "1"),
      touch("b", "2"),
      answer("done"),
      run("mkdir ../c", "3", escalated),
      answer("over"),
    ]);
    me.say("go");
    await me.see("and every command that begins with `touch`: [p] in this session / [a] always");
    me.say("p");
    await me.see("assistant> done");
    expect(existsSync(join(me.stage.workspace, "../b"))).toBe(true);
    expect(existsSync(join(me.stage.codexHome, "rules"))).toBe(false);
    me.say("more");
    await me.see("begins with `mkdir ../c`");
    me.say("a");
    await me.see("assistant> over");
    const rules = readFileSync(join(me.stage.codexHome, "rules/default.rules"), "utf8");
    expect(rules).toBe('prefix_rule(pattern=["mkdir", "../c"], decision="allow")\n');
  });

  test("is never written where Codex reads", async () => {
    const me = await start([run("touch a"), answer("done")], ask);
    me.say("go");
    await me.see("may this run?");
    me.say("y");
    await me.see("assistant> done");
    me.say("/mode");
    await me.see("Current mode: ask");
    me.say("/exit");
    expect(await me.end()).toBe(0);
    const [rollout] = globSync("sessions/**/*.jsonl", { cwd: me.stage.codexHome });
    // Lines of our own are passed over there.
    const lines = readFileSync(join(me.stage.codexHome, rollout!), "utf8").split("\n");
    const text = lines.filter((line) => !line.startsWith('{"type":"codex_agent"')).join("\n");
    expect(text).toContain('"approval_policy":"on-request"');
    expect(text).not.toMatch(/untrusted|"ask"/);
  });
});

describe("a question", () => {
  test("takes what is typed as its answer, and not as a message for the model", async () => {
    const me = await start([run("touch /var/outside", "1", escalated), answer("done")]);
    me.say("go");
    await me.prompt("approve>");
    me.say("q");
    await me.see("Answer y, t, s, f, p, a, n or c;");
    me.say("use the workspace");
    await me.see("assistant> done");
    const [, second] = me.model.requests;
    expect(outputs(second!.body)[0]).toContain("The user said no: use the workspace");
    expect(JSON.stringify((second!.body as { input: object[] }).input.slice(-1))).not.toContain('"role":"user"');
  });

  test("comes back to the line that was half typed, and does not take its enter key for an answer", async () => {
    const halt = gate();
    const { parts } = run("touch x", "1", escalated);
    const me = await start([{ parts: [{ gate: halt.passed }, ...parts] }, answer("done")]);
    me.say("go");
    await me.model.seen(1);
    me.type("half a line");
    await me.prompt("codex-agent> half a line");
    halt.open();
    await me.prompt("approve>");
    me.type("\r");
    await me.see("approve>");
    me.say("n");
    await me.see("assistant> done");
    await me.prompt(/> half a line$/);
    expect(me.screen.strange).toEqual([]);
  });

  test("is cancelled by the end key, which stops the turn and not the conversation", async () => {
    const me = await start([run("touch x", "1", escalated), answer("fine")]);
    me.say("go");
    await me.prompt("approve>");
    me.type("\u0004");
    await me.see("[status] interrupted");
    me.say("next");
    await me.see("assistant> fine");
    expect(me.screen.strange).toEqual([]);
  });

  test("is withdrawn when Ctrl-C stops the turn", async () => {
    const me = await start([run("touch x", "1", escalated), answer("fine")]);
    me.say("go");
    await me.prompt("approve>");
    me.type("\u0003");
    await me.see("no answer is needed any more");
    await me.see("[status] interrupted");
    me.say("next");
    await me.see("assistant> fine");
    expect(existsSync(join(me.stage.workspace, "x"))).toBe(false);
  });

  test("shows what hides in a command", async () => {
    const me = await start([run("echo \u001b[2K\u202etxt.exe \u0008\u0008", "1", escalated), answer("done")]);
    me.say("go");
    await me.see("  echo \\u{1b}[2K\\u{202e}txt.exe \\u{8}\\u{8}");
    me.say("n");
    await me.see("assistant> done");
    expect(me.screen.strange).toEqual([]);
  });
});

describe("a sub-agent", () => {
  test("asks under its name, with its parent waiting, and is shown where it ends", async () => {
    const isChild = (request: RecordedRequest): boolean => request.headers["x-openai-subagent"] !== undefined;
    let parents = 0;
    let children = 0;
    const spawn = call("1", "spawn_agent", { message: "look around" }, { namespace: "multi_agent_v1" });
    const me = await start(
      (request) => {
        if (isChild(request))
          return children++ === 0 ? run("touch ../from-agent", "2", escalated) : answer("looked", "c");
        if (parents++ === 0) return respond([spawn]);
        const id = /\\"agent_id\\":\\"([^"\\]+)/.exec(request.rawBody)?.[1];
        if (parents === 2)
          return respond([call("3", "wait_agent", { targets: [id] }, { namespace: "multi_agent_v1" })]);
        return answer("all done", "p");
      },
      { argv: ["--trust", "-m", "gpt-5.5"] },
    );
    me.say("go");
    await me.see(/\[spawn_agent\] spawned (\w+) \(/);
    await me.see(/\[\w+\] asks:\n\[exec_command\] may this run without the sandbox\?\n {2}touch \.\.\/from-agent/);
    await me.prompt("approve>");
    me.say("y");
    await me.see(/\[wait_agent\] \w+=completed: looked/);
    await me.see("assistant> all done");
    expect(existsSync(join(me.stage.root, "from-agent"))).toBe(true);
    me.say("/status");
    await me.see(/Agents:\n {2}\w+: completed: looked/);
  });
});

describe("modes", () => {
  test("plan reads, auto writes below the folder, full asks nothing; a change holds from the next turn on", async () => {
    const me = await start(
      [run("touch one"), answer("1"), run("touch two", "2"), answer("2"), run("touch ../three", "3"), answer("3")],
      { argv: ["--trust", "--mode", "plan"] },
    );
    me.say("/mode");
    await me.see("Current mode: plan");
    me.say("go");
    await me.see(/\[error\] exec_command failed: .*plan mode/s);
    await me.see("assistant> 1");
    await me.idle();
    me.say("/mode auto");
    await me.see("Switched mode to auto.");
    me.say("go");
    await me.see("[exec_command] touch two");
    await me.see("assistant> 2");
    await me.idle();
    me.say("/mode sudo");
    await me.see("Unknown mode: sudo");
    me.say("/mode full");
    await me.see("Switched mode to full.");
    me.say("go");
    await me.see("assistant> 3");
    expect(existsSync(join(me.stage.workspace, "one"))).toBe(false);
    expect(existsSync(join(me.stage.workspace, "two"))).toBe(true);
    expect(existsSync(join(me.stage.root, "three"))).toBe(true);
  });
});
