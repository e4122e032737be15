import { call, customCall, httpError, message, reasoning, respond } from "../support/fake-model.ts";
import type { Scenario } from "../support/scenario.ts";
import { last, one, patch, plan, plans } from "./exec-turns.ts";
import {
  commandWithInput,
  everyKindOfPatch,
  imageForTheModel,
  patchedFiles,
  patchThatDoesNotMatch,
  webSearches,
} from "./item-scripts.ts";

export const itemsScenarios: Scenario[] = [
  {
    name: "reasoning, text, two commands, text",
    script: () => [
      respond([
        reasoning("rs_1", "**Plan**", "second part"),
        message("msg_a", "r1 before"),
        call("1", "exec_command", { cmd: "echo r1 one" }),
        call("2", "exec_command", { cmd: "echo r1 two; exit 3" }),
        message("msg_b", "r1 after"),
      ]),
      last,
    ],
    turns: one(),
  },
  {
    name: "parallel commands run at the same time",
    script: () => [
      respond([
        call("1", "exec_command", { cmd: "until [ -e flag ]; do sleep 0.05; done; echo waited" }),
        call("2", "exec_command", { cmd: "touch flag" }),
      ]),
      last,
    ],
    turns: one(),
  },
  {
    name: "failing command",
    script: () => [respond([call("1", "exec_command", { cmd: "echo out; exit 7" })]), last],
    turns: one(),
  },
  {
    name: "command that does not exist",
    script: () => [respond([call("1", "exec_command", { cmd: "no-such-program-here" })]), last],
    turns: one(),
  },
  {
    name: "command killed by a signal",
    script: () => [respond([call("1", "exec_command", { cmd: "kill -9 $$" })]), last],
    turns: one(),
  },
  {
    name: "command without output",
    script: () => [respond([call("1", "exec_command", { cmd: "true" })]), last],
    turns: one(),
  },
  {
    name: "command with a working directory",
    script: () => [respond([call("1", "exec_command", { cmd: "cat here.txt", workdir: "sub" })]), last],
    stage: { files: { "sub/here.txt": "found\n" } },
    turns: one(),
  },
  {
    name: "working directory that does not exist",
    script: () => [respond([call("1", "exec_command", { cmd: "true", workdir: "nowhere" })]), last],
    turns: one(),
  },
  {
    name: "command without login",
    script: () => [respond([call("1", "exec_command", { cmd: "echo x", login: false })]), last],
    turns: one(),
  },
  {
    name: "command in another shell",
    script: () => [respond([call("1", "exec_command", { cmd: "echo x", shell: "/bin/sh" })]), last],
    turns: one(),
  },
  {
    name: "quoting of the shown command",
    script: () => [respond([call("1", "exec_command", { cmd: "printf '%s\\n' \"it's\" $HOME_UNSET" })]), last],
    turns: one(),
  },
  {
    name: "output over the limit of the call",
    script: () => [respond([call("1", "exec_command", { cmd: "seq 1 2000", max_output_tokens: 100 })]), last],
    turns: one(),
  },
  {
    name: "output over the default limit",
    script: () => [respond([call("1", "exec_command", { cmd: "seq 1 20000" })]), last],
    turns: one(),
  },
  {
    name: "output limit in the configuration",
    script: () => [respond([call("1", "exec_command", { cmd: "seq 1 2000" })]), last],
    turns: one("-c", "tool_output_token_limit=50"),
  },
  {
    name: "unicode output",
    script: () => [respond([call("1", "exec_command", { cmd: "printf 'ä\\xff\\xfe€'" })]), last],
    turns: one(),
  },
  {
    name: "environment of commands",
    script: () => [
      respond([
        call("1", "exec_command", {
          cmd: 'echo $CODEX_CI $TERM $NO_COLOR $PAGER $GIT_PAGER $GH_PAGER $LANG $LC_ALL $LC_CTYPE "[$COLORTERM]" $CODEX_TOOL_CALL_ID; [ "$CODEX_THREAD_ID" = "$CODEX_SESSION_ID" ] && echo same',
        }),
      ]),
      last,
    ],
    turns: one(),
  },
  { name: "command that goes on, then its input", ...commandWithInput, turns: one() },
  {
    name: "command still running at the end",
    script: () => [respond([call("1", "exec_command", { cmd: "echo ready; sleep 60", yield_time_ms: 3000 })]), last],
    turns: one(),
  },
  {
    name: "patch: add, update, delete, move",
    script: () => [respond([customCall("1", "apply_patch", everyKindOfPatch)]), last],
    stage: patchedFiles,
    turns: one(),
  },
  { name: "patch that does not match", ...patchThatDoesNotMatch, turns: one() },
  {
    name: "patch that is no patch",
    script: () => [
      respond([
        customCall("1", "apply_patch", "hello"),
        customCall("2", "apply_patch", patch()),
        customCall("3", "apply_patch", patch("*** Update File: nope.txt", "@@", "-a", "+b")),
      ]),
      last,
    ],
    turns: one(),
  },
  {
    name: "patch by heredoc in a command",
    script: () => [
      respond([call("1", "exec_command", { cmd: `apply_patch <<'EOF'\n${patch("*** Add File: h.txt", "+x")}EOF` })]),
      last,
    ],
    turns: one(),
  },
  {
    name: "patch by heredoc after cd",
    script: () => [
      respond([
        call("1", "exec_command", { cmd: `cd sub && apply_patch <<'EOF'\n${patch("*** Add File: h.txt", "+x")}EOF` }),
      ]),
      last,
    ],
    stage: { files: { "sub/keep": "" } },
    turns: one(),
  },
  {
    name: "patch, then a command in the next response",
    script: () => [
      respond([customCall("1", "apply_patch", patch("*** Add File: p.txt", "+x"))]),
      respond([call("2", "exec_command", { cmd: "cat p.txt" })]),
      last,
    ],
    turns: one(),
  },
  {
    name: "plan: started, updated, completed",
    script: () => [
      respond([call("1", "update_plan", plan(["a", "in_progress"], ["b", "pending"]))]),
      respond([call("2", "update_plan", plan(["a", "completed"], ["b", "in_progress"]))]),
      last,
    ],
    turns: one(...plans),
  },
  {
    name: "plan with a bad status, and an empty one",
    script: () => [
      respond([call("1", "update_plan", plan(["a", "odd"]))]),
      respond([call("2", "update_plan", plan())]),
      last,
    ],
    turns: one(...plans),
  },
  {
    name: "plan in a turn that fails",
    script: () => [respond([call("1", "update_plan", plan(["a", "in_progress"]))]), httpError(400, "no")],
    turns: one(...plans),
  },
  {
    name: "plan tool that is not enabled",
    script: () => [respond([call("1", "update_plan", plan(["a", "pending"]))]), last],
    turns: one(),
  },
  { name: "web searches", ...webSearches, turns: one() },
  { name: "image for the model", ...imageForTheModel, turns: one() },
  {
    name: "image that is missing, for the model",
    script: () => [respond([call("1", "view_image", { path: "none.png" })]), last],
    turns: one(),
  },
  {
    name: "unknown function and custom tools",
    script: () => [respond([call("1", "nope", { a: 1 }), customCall("2", "what", "x")]), last],
    turns: one(),
  },
  {
    name: "bad arguments",
    script: () => [
      respond([
        call("1", "exec_command", "{bad"),
        call("2", "exec_command", {}),
        call("3", "exec_command", ""),
        call("4", "exec_command", { cmd: 3 }),
        call("5", "exec_command", "[]"),
        call("6", "exec_command", "null"),
        call("7", "exec_command", '{"cmd":"true"'),
        call("8", "write_stdin", { session_id: 77 }),
        call("9", "write_stdin", { session_id: "x" }),
      ]),
      last,
    ],
    turns: one(),
  },
  {
    name: "escalation is refused",
    script: () => [
      respond([
        call("1", "exec_command", { cmd: "true", sandbox_permissions: "require_escalated", justification: "please" }),
      ]),
      last,
    ],
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"] }],
  },
  {
    name: "patch under read-only",
    script: () => [respond([customCall("1", "apply_patch", patch("*** Add File: n.txt", "+x"))]), last],
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"] }],
  },
  {
    name: "patch outside of the project under workspace-write",
    script: () => [
      respond([
        customCall("1", "apply_patch", patch("*** Add File: ../n.txt", "+x")),
        customCall("2", "apply_patch", patch("*** Add File: inside.txt", "+x")),
      ]),
      last,
    ],
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "workspace-write", "go"] }],
  },
];
