import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { call, message, respond, type Step } from "../support/fake-model.ts";
import { ours, run } from "../support/run.ts";
import type { Scenario } from "../support/scenario.ts";

const last = respond([message("msg_last", "answer")]);

type Asked = string | Record<string, unknown>;

/** Commands one after the other. */
const calls = (...commands: Asked[]): Step[] => [
  ...commands.map((asked, index) =>
    respond([call(String(index), "exec_command", typeof asked === "string" ? { cmd: asked } : asked)]),
  ),
  last,
];

const within = (mode: string, ...rest: string[]): Scenario["turns"] => [
  { argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", mode, ...rest, "go"] },
];

const rules = `prefix_rule(pattern=["touch"], decision="allow")
prefix_rule(pattern=["echo", ["bad", "evil"]], decision="forbidden", justification="no bad words")
prefix_rule(pattern=["echo", "worse"], decision="forbidden")
prefix_rule(pattern=["echo", "ask"], decision="prompt", justification="asks for it")
prefix_rule(pattern=["test"])
`;
/** What a project allows counts here only once that very file is trusted: tests/host shows it. */
const withoutAllowing = rules
  .split("\n")
  .filter((line) => line.includes("decision=") && !line.includes("allow"))
  .join("\n");
const ruled = { homeFiles: { "rules/default.rules": rules } };

/** A failing command is told what it wrote in any order: all of it goes one way. */
const held = (command: string): string => `${command}; ls -A`;

/** Rule files in commands that nobody can be asked about; and what is refused without any. */
export const rulesScenarios: Scenario[] = [
  {
    name: "what a rule allows runs outside of the sandbox, if all of the line is allowed",
    script: () =>
      calls(
        "touch one",
        "touch two && test -e two",
        "touch 'three four'\ntouch \"five\" ; touch six",
        "/usr/bin/touch seven",
        "ls -A",
        { cmd: "touch eight", login: false },
        { cmd: "touch nine", shell: "/bin/sh" },
        "ls -A",
      ),
    stage: ruled,
    turns: within("read-only"),
  },
  {
    name: "what a rule does not allow as a whole stays in the sandbox",
    script: () =>
      calls(
        ...[
          "touch a > /dev/null",
          "touch $HOME/a",
          "touch *a",
          "touch ~/a",
          "touch a{1,2}",
          "(touch a)",
          "A=1 touch a",
          "! touch a",
          "'touch' a",
          'touch "a\\"b"',
          "touch a\\ b",
          "touch a#b",
          "touch a^b",
          "touch a & wait",
          "if true; then touch a; fi",
          "command touch a",
          "touch a || true",
          "touch a <<'E'\nE\n",
        ].map((command) => `${command} 2>/dev/null; true`),
        "touch a; ls -A",
        "ls -A",
      ),
    stage: ruled,
    turns: within("read-only"),
  },
  {
    name: "what a rule forbids is refused with its reason, wherever it stands in the line",
    script: () =>
      calls(
        "echo bad",
        "ls; echo evil words",
        "echo worse",
        "echo 'ba'd",
        "touch a || echo bad",
        "echo ask && echo bad",
        "ls -A",
      ),
    stage: ruled,
    turns: within("workspace-write"),
  },
  {
    name: "what a rule forbids is not found in what is more than a list of commands",
    script: () =>
      calls(
        "echo bad > x; cat x",
        "echo $(echo bad)",
        "bash -c 'echo bad'",
        "env echo bad",
        "echo ba\\d",
        held("if true; then echo bad; fi"),
      ),
    stage: ruled,
    turns: within("workspace-write"),
  },
  {
    name: "what a rule has asked about is refused where nobody can be asked",
    script: () =>
      calls("echo ask", "ls && echo ask me", {
        cmd: "touch a",
        sandbox_permissions: "require_escalated",
        justification: "why",
      }),
    stage: ruled,
    turns: within("workspace-write"),
  },
  {
    name: "rules hold with full access, and without any questions",
    script: () => calls("echo bad", "echo ask", "touch a && ls -A"),
    stage: ruled,
    turns: within("danger-full-access"),
  },
  {
    name: "rules hold where approvals and sandbox are bypassed",
    script: () => calls("echo bad", "echo ask", "touch a && ls -A"),
    stage: ruled,
    turns: [{ argv: ["exec", "--json", "-m", "gpt-5.5", "--dangerously-bypass-approvals-and-sandbox", "go"] }],
  },
  {
    name: "rules that are left unread",
    script: () => calls("echo bad", "touch a 2>/dev/null; ls -A"),
    stage: { homeFiles: { "rules/default.rules": `${rules}prefix_rule(` } },
    turns: within("read-only", "--ignore-rules"),
  },
  {
    name: "rules of several files, and of files that are none",
    script: () => calls("echo bad", "echo odd", "touch a", "ls -A"),
    stage: {
      homeFiles: {
        "rules/a.rules": rules,
        "rules/b.rules": 'prefix_rule(pattern=["echo", "odd"], decision="forbidden", justification="even only")',
        "rules/c.txt": "prefix_rule(",
        "rules/sub/d.rules": "prefix_rule(",
      },
    },
    turns: within("read-only"),
  },
  {
    name: "rules of a project that nobody trusts are not read",
    script: () => calls("echo bad", "touch a 2>/dev/null; ls -A"),
    stage: { files: { ".codex/rules/project.rules": rules } },
    turns: within("read-only"),
  },
  {
    name: "rules of a trusted project",
    script: () => calls("echo bad", "echo ask", "ls -A"),
    stage: { git: true, files: { ".codex/rules/project.rules": withoutAllowing } },
    setup: async (stage) => {
      const { codexHome, workspace } = stage;
      await appendFile(join(codexHome, "config.toml"), `\n[projects."${workspace}"]\ntrust_level = "trusted"\n`);
      // Ours lets nothing out of the sandbox by a rule that the project brings before its content is trusted.
      await run(ours(), stage, ["approvals", "trust", "--all"]);
    },
    turns: within("read-only"),
  },
  {
    name: "where programs lie that rules mean",
    script: () => calls("/usr/bin/echo bad", "/bin/echo bad", "echo bad", "/usr/bin/touch a", "ls -A"),
    stage: {
      homeFiles: { "rules/default.rules": `${rules}host_executable(name="echo", paths=["/usr/bin/echo"])\n` },
    },
    turns: within("read-only"),
  },
  {
    name: "a rule for the shell allows what is more than a list of commands",
    script: () => calls("touch a > /dev/null", "touch b || true", "ls -A"),
    stage: { homeFiles: { "rules/default.rules": 'prefix_rule(pattern=["/bin/bash", "-lc"])' } },
    turns: within("read-only"),
  },
  {
    name: "of two rules that forbid, the longer one says why",
    script: () => calls("echo a b", "echo a"),
    stage: {
      homeFiles: {
        "rules/default.rules":
          'prefix_rule(pattern=["echo"], decision="forbidden", justification="short")\nprefix_rule(pattern=["echo", "a", "b"], decision="forbidden", justification="long")\n',
      },
    },
    turns: within("read-only"),
  },
  {
    name: "files are not removed by force where nobody can be asked",
    script: () =>
      calls(
        "rm -rf x",
        "rm x -f",
        "rm --force x",
        "/bin/rm -vf x",
        "true && rm -f $HOME/x",
        "rm -f x > /dev/null",
        "(rm -f *)",
        "env rm -f x",
        "sudo rm -f x",
        "A=1 rm -f x",
        "bash -c 'rm -f x'",
        "if true; then rm -f x; fi",
        "echo $(rm -f x)",
        "! rm -f x",
        "ls\nrm -f x",
        "rm -f <<'E'\nx\nE",
      ),
    turns: within("workspace-write"),
  },
  {
    name: "what only looks like a removal by force",
    script: () =>
      calls(
        "echo rm -f x",
        "rm -- -f 2>/dev/null || echo $?",
        "rm -r a && ls -A",
        "xargs rm -f < /dev/null",
        "echo 'rm -f x'",
        "find . -name rm -force 2>/dev/null; echo done",
        "cat <<'E'\nrm -f x\nE",
      ),
    stage: { files: { "a/b": "" } },
    turns: within("workspace-write"),
  },
  {
    name: "files are removed by force where a rule allows it",
    script: () => calls("rm -f a", "rm -rf b && ls -A", "sudo rm -f x"),
    stage: {
      files: { a: "", "b/c": "" },
      homeFiles: { "rules/default.rules": 'prefix_rule(pattern=["rm"])\nprefix_rule(["ls"])' },
    },
    turns: within("workspace-write"),
  },
];
