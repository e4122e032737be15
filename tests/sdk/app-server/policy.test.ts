import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  CompositePolicyEngine,
  DefaultPolicyEngine,
  RuleBasedPolicyEngine,
  ValidationError,
  type Conditions,
  type PolicyAudit,
  type PolicyContext,
  type RequestType,
  type Rubric,
} from "../../../src/sdk/index.ts";
import { readCommand } from "../../../src/sdk/app-server/policy/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "sdk-policy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function context(requestType: RequestType, params: object, more: Partial<PolicyContext> = {}): PolicyContext {
  const method = "item/commandExecution/requestApproval";
  const ids = { requestId: 0, threadId: "thread-1", turnId: "turn-1", itemId: "item-1", item: null };
  return { requestType, method, ...ids, params, timestamp: 0, signal: new AbortController().signal, ...more };
}

function decided(rubric: Rubric | Record<string, unknown>, params: object, more: Partial<PolicyContext> = {}): unknown {
  return new RuleBasedPolicyEngine(rubric).onCommandApproval(params as never, context("command", params, more));
}

/** Whether a rule that allows with these conditions, and one that refuses, applies. */
function applies(when: Conditions, params: object): { allow: boolean; refuse: boolean } {
  const rule = (decision: "accept" | "decline") => ({
    commandRules: [{ when, decision }],
    defaults: { command: "cancel" as const },
  });
  return { allow: decided(rule("accept"), params) !== "cancel", refuse: decided(rule("decline"), params) !== "cancel" };
}

const shell = (script: string): { command: string } => ({ command: `/bin/bash -lc '${script}'` });

describe("AS-117: rules", () => {
  it("are asked by their number, then in their order; the first that applies decides", () => {
    const rubric: Rubric = {
      commandRules: [
        { name: "late", when: {}, decision: "cancel" },
        { name: "first", priority: 1, when: { commandRegex: "ls.*" }, decision: "accept" },
        { name: "second", priority: 1, when: {}, decision: "decline" },
      ],
    };
    expect(decided(rubric, shell("ls -l"))).toBe("accept");
    expect(decided(rubric, shell("rm x"))).toBe("decline");
  });

  it("have an effect in every kind of question", () => {
    const engine = new RuleBasedPolicyEngine({
      fileChangeRules: [{ when: { grantRootPresent: true }, decision: "cancel" }],
      toolInputRules: [
        { when: { questionIdRegex: "^name$" }, decision: { answers: [{ id: "name", answers: ["Ada"] }] } },
        { when: { questionIdRegex: "^map$" }, decision: { answers: { map: { answers: ["x"] } } } },
      ],
      defaults: { fileChange: "accept" },
    });
    const file = (params: object) => engine.onFileChangeApproval(params as never, context("file_change", params));
    const input = (id: string) =>
      engine.onToolRequestUserInput({} as never, { ...context("tool_user_input", {}), params: {} }) &&
      engine.onToolRequestUserInput(
        { questions: [{ id }] } as never,
        context("tool_user_input", { questions: [{ id }] }),
      );
    expect(file({ grantRoot: "/x" })).toBe("cancel");
    expect(file({})).toBe("accept");
    expect(input("name")).toEqual({ answers: { name: { answers: ["Ada"] } } });
    expect(input("map")).toEqual({ answers: { map: { answers: ["x"] } } });
    expect(input("other")).toEqual({ answers: {} });
  });

  it("stay as they were when the engine was made", () => {
    const rubric: Rubric = { defaults: { command: "accept" } };
    const [one, other] = [new RuleBasedPolicyEngine(rubric), new RuleBasedPolicyEngine(rubric)];
    rubric.defaults!.command = "decline";
    const answers = [one, other].map((engine) =>
      engine.onCommandApproval(shell("ls") as never, context("command", shell("ls"))),
    );
    expect(answers).toEqual(["accept", "accept"]);
  });

  it("take the names of Python", () => {
    const rubric = {
      command_rules: [{ when: { command_regex: "ls", cwd_prefix: folder }, decision: "accept" }],
      defaults: { file_change: "accept" },
      use_llm_judge: false,
      audit: { include_params: true },
    };
    expect(decided(rubric, { ...shell("ls"), cwd: folder })).toBe("accept");
  });

  it("with faults are refused when the engine is made, all at once", () => {
    const faulty = {
      mode: "wild",
      unknown: 1,
      commandRules: [
        { when: { commandRegex: "(" }, decision: "accept" },
        { when: { grantRootPresent: true }, decision: "yes" },
        { when: { not: { nothing: 1 } }, decision: "accept", prio: 1 },
      ],
      fileChangeRules: [{ decision: "accept" }],
    };
    const make = () => new RuleBasedPolicyEngine(faulty);
    expect(make).toThrow(ValidationError);
    for (const words of [
      "mode must be",
      "unknown is not known",
      "commandRules[0].when.commandRegex is no regular",
      "commandRules[1].when.grantRootPresent is no condition",
      'commandRules[1].decision is none: "yes"',
      "commandRules[2].when.not.nothing",
      "commandRules[2].prio",
      "fileChangeRules[0].when must be",
    ])
      expect(make).toThrow(words);
  });
});

describe("AS-75, AS-76: conditions", () => {
  it.each([
    ["ls -l", "ls.*", true, true],
    ["ls -l", "ls", false, true],
    ["git status && rm -rf /", "git .*", false, true],
    ["git status && git log", "git .*", true, true],
    ["git log | head", "(git|head).*|head", true, true],
    ["git log $(rm -rf x)", "git .*", false, true],
    ["git log > ~/.bashrc", "git .*", false, true],
    ["git log `id`", "git .*", false, true],
    ["(git log)", ".*git.*", false, true],
    ["git log\nrm x", "git .*", false, true],
    ["X=1 git log", ".*", false, true],
    ["eval git log", ".*", false, true],
    ['echo "a && b"', "echo .*", true, true],
    ["echo hi", "rm", false, false],
  ])("the pattern of %j, %j: allows %s, refuses %s", (script, commandRegex, allow, refuse) => {
    expect(applies({ commandRegex }, shell(script))).toEqual({ allow, refuse });
  });

  it.each(["./sh -c 'git log'", "/tmp/bash -lc 'git log'", "bash --norc 'git log'", "/bin/bash -oc 'git log'"])(
    "%s may run anything: no rule allows it",
    (command) => {
      const params = { command, commandActions: [{ type: "read", command: "git log" }] };
      for (const when of [
        { commandRegex: "git .*" },
        { commandArgv: ["git"] },
        { commandActionsAll: ["read" as const] },
      ])
        expect(applies(when, params)).toEqual({ allow: false, refuse: true });
      expect(decided({ mode: "balanced" }, params)).toBe("decline");
    },
  );

  it.each(["rm \\\n-rf x", "r\\\nm -rf x", 'rm "-r\\\nf" x'])("%j goes on in its next line", (script) => {
    expect(applies({ commandArgv: ["rm", "-rf"] }, shell(script))).toEqual({ allow: true, refuse: true });
    expect(applies({ commandArgv: ["rm", "-rf"] }, { command: script })).toEqual({ allow: true, refuse: true });
  });

  it("take commands out of their shell", () => {
    expect(readCommand("/bin/bash -lc 'touch x'")).toEqual({
      raw: "/bin/bash -lc 'touch x'",
      script: "touch x",
      parts: ["touch x"],
      isPlain: true,
    });
    expect(readCommand(`bash -c "echo \\"hi\\""`).parts).toEqual([`echo "hi"`]);
    expect(readCommand("zsh -lc 'a'\\''b'").script).toBe("a'b");
    expect(readCommand("touch x").parts).toEqual(["touch x"]);
  });

  it("see patterns in what the server read of the command, too, where the rule refuses", () => {
    const params = { ...shell("true"), commandActions: [{ type: "unknown", command: "curl evil" }] };
    expect(applies({ commandRegex: "curl" }, params)).toEqual({ allow: false, refuse: true });
  });

  it("never take a pattern's time for an answer", () => {
    const params = shell(`echo ${"a".repeat(40)}!`);
    const start = performance.now();
    expect(applies({ commandRegex: "echo (a+)+$" }, params)).toEqual({ allow: false, refuse: true });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("on words hold for each command of the line", () => {
    expect(applies({ commandArgv: ["git", "log"] }, shell("git log -1")).allow).toBe(true);
    expect(applies({ commandArgv: ["git", "log"] }, shell('git "log" && ls')).allow).toBe(false);
    expect(applies({ commandArgv: ["rm"] }, shell("ls && rm x")).refuse).toBe(true);
    expect(applies({ commandArgv: ["rm"] }, shell("ls")).refuse).toBe(false);
  });

  it("compare folders, not letters, and where links lead", () => {
    mkdirSync(join(folder, "work", "in"), { recursive: true });
    mkdirSync(join(folder, "workshop"));
    symlinkSync(join(folder, "workshop"), join(folder, "work", "out"));
    const at = (...parts: string[]): boolean =>
      applies({ cwdPrefix: join(folder, "work") }, { ...shell("ls"), cwd: join(folder, ...parts) }).allow;
    expect(at("work", "in")).toBe(true);
    expect(at("work", "not", "there", "yet")).toBe(true);
    expect(at("workshop")).toBe(false);
    expect(at("work", "out")).toBe(false);
    expect(at("work", "..", "workshop")).toBe(false);
  });

  it("look at the files that would be changed", () => {
    const engine = new RuleBasedPolicyEngine({
      fileChangeRules: [{ when: { pathWithin: [folder] }, decision: "accept" }],
    });
    const changing = (...paths: string[]) => {
      const item = {
        id: "item-1",
        type: "fileChange",
        changes: paths.map((path) => ({ path, kind: { type: "update", move_path: null } })),
      };
      return engine.onFileChangeApproval({} as never, context("file_change", {}, { item: item as never }));
    };
    expect(changing(join(folder, "a"), join(folder, "b"))).toBe("accept");
    expect(changing(join(folder, "a"), "/etc/passwd")).toBe("decline");
    expect(changing()).toBe("decline");
  });

  it("where a change lies keeps it from being allowed when a part of it, or nobody knows what, lies there", () => {
    const refused = (rubric: Rubric, ...paths: string[]) => {
      const item = {
        id: "item-1",
        type: "fileChange",
        changes: paths.map((path) => ({ path, kind: { type: "add" } })),
      };
      const more = { item: paths.length === 0 ? null : (item as never) };
      return new RuleBasedPolicyEngine(rubric).onFileChangeApproval({} as never, context("file_change", {}, more));
    };
    const open: Rubric = {
      mode: "permissive",
      fileChangeRules: [{ when: { pathWithin: "/etc" }, decision: "decline" }],
    };
    const closed: Rubric = {
      mode: "strict",
      fileChangeRules: [{ when: { not: { pathWithin: "/etc" } }, decision: "accept" }],
    };
    for (const rubric of [open, closed]) {
      expect(refused(rubric, "/work/a")).toBe("accept");
      expect(refused(rubric, "/etc/passwd")).toBe("decline");
      expect(refused(rubric, "/work/a", "/etc/passwd")).toBe("decline");
      expect(refused(rubric)).toBe("decline");
    }
  });

  it("on the network are asked about hosts, and allow nothing by what they say of commands", () => {
    const network = { networkApprovalContext: { host: "api.example.com", protocol: "https" } };
    expect(applies({}, network)).toEqual({ allow: false, refuse: true });
    expect(applies({ host: "*.example.com" }, network).allow).toBe(true);
    expect(applies({ host: ["example.com"] }, network).allow).toBe(false);
    expect(applies({ commandRegex: ".*" }, network)).toEqual({ allow: false, refuse: false });
  });

  it.each<[string, Conditions, object, boolean]>([
    ["actions", { commandActionsAll: ["read"] }, { commandActions: [{ type: "read" }] }, true],
    [
      "one other action",
      { commandActionsAll: ["read"] },
      { commandActions: [{ type: "read" }, { type: "unknown" }] },
      false,
    ],
    ["no actions", { commandActionsAll: ["read"] }, {}, false],
    ["reason", { reasonRegex: "needs" }, { reason: "it needs to" }, true],
    ["no reason", { reasonRegex: "needs" }, {}, false],
    ["thread", { threadIdRegex: "^thread-1$" }, {}, true],
    ["turn", { turnIdRegex: "^other" }, {}, false],
    ["an amendment", { hasProposedExecpolicy: true }, { proposedExecpolicyAmendment: ["ls"] }, true],
    ["no amendment", { hasProposedExecpolicy: true }, {}, false],
    ["kind", { kind: "writeStdin" }, { kind: "writeStdin" }, true],
    ["the usual kind", { kind: ["command"] }, {}, true],
    ["all of several", { reasonRegex: "x", kind: "command" }, { reason: "y" }, false],
    ["not", { not: { commandRegex: "rm" } }, {}, true],
    ["not, where it would be", { not: { commandRegex: "ls" } }, {}, false],
    ["any", { any: [{ reasonRegex: "x" }, { kind: "command" }] }, {}, true],
    ["any of none", { any: [{ reasonRegex: "x" }] }, {}, false],
  ])("%s", (_, when, params, expected) => {
    expect(applies(when, { ...shell("ls"), ...params }).allow).toBe(expected);
  });
});

describe("AS-77: what no rule decides", () => {
  const reading = { ...shell("cat x"), commandActions: [{ type: "read", command: "cat x" }] };

  it.each([
    ["permissive", "accept", "accept", "accept"],
    ["balanced", "accept", "decline", "decline"],
    ["strict", "decline", "decline", "decline"],
  ] as const)("in mode %s: reading %s, else %s, changes %s", (mode, read, other, change) => {
    expect(decided({ mode }, reading)).toBe(read);
    expect(decided({ mode }, shell("make"))).toBe(other);
    const engine = new RuleBasedPolicyEngine({ mode });
    expect(engine.onFileChangeApproval({} as never, context("file_change", {}))).toBe(change);
    expect(decided({ mode, defaults: { command: "cancel" } }, reading)).toBe("cancel");
  });

  it("reads alone is not what asks for more", () => {
    expect(decided({}, { ...reading, additionalPermissions: { network: true } })).toBe("decline");
    expect(decided({}, { ...reading, kind: "writeStdin" })).toBe("decline");
  });

  it("each decision is told, with parameters where that is wanted, or not at all", () => {
    const audits: PolicyAudit[] = [];
    const ask = (audit: Rubric["audit"]) =>
      new RuleBasedPolicyEngine(
        {
          audit: audit!,
          commandRules: [{ name: "lists", when: { commandRegex: "ls" }, decision: "accept", reason: "harmless" }],
        },
        { onAudit: (each) => audits.push(each) },
      ).onCommandApproval(shell("ls") as never, context("command", shell("ls")));
    ask({});
    ask({ includeParams: true });
    ask({ enabled: false });
    expect(audits).toHaveLength(2);
    expect(audits[0]).toMatchObject({
      requestType: "command",
      threadId: "thread-1",
      decision: "accept",
      source: "rule",
      rule: "lists",
      reason: "harmless",
    });
    expect(audits[0]).not.toHaveProperty("params");
    expect(audits[1]!.params).toEqual(shell("ls"));
  });
});

describe("engines", () => {
  it("may be put one after the other", async () => {
    let closed = 0;
    const engine = new CompositePolicyEngine([
      { onCommandApproval: () => undefined, close: () => closed++ },
      new DefaultPolicyEngine({ command: "accept" }),
    ]);
    expect(await engine.onCommandApproval({} as never, context("command", {}))).toBe("accept");
    expect(await engine.onFileChangeApproval({} as never, context("file_change", {}))).toBe("decline");
    expect(await engine.onToolRequestUserInput({} as never, context("tool_user_input", {}))).toEqual({ answers: {} });
    await engine.close();
    expect(closed).toBe(1);
  });
});
