import { writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as model from "../support/fake-model.ts";
import { git } from "../support/run.ts";
import type { Played, Scenario, Turn } from "../support/scenario.ts";
import { withEveryStart } from "./rules.ts";
import { agentsScenarios } from "./agents-scenarios.ts";
import { goalsScenarios } from "./goals-scenarios.ts";
import { hooksScenarios } from "./hooks-scenarios.ts";
import { compactionScenarios } from "./compaction-scenarios.ts";
import { mcpScenarios } from "./mcp-scenarios.ts";
import { codeModeScenarios } from "./code-mode-scenarios.ts";
import { contextScenarios } from "./context-scenarios.ts";
import { sandboxScenarios } from "./sandbox-scenarios.ts";

const {
  call,
  completed,
  created,
  customCall,
  done,
  added,
  failed,
  httpError,
  incomplete,
  itemParts,
  message,
  reasoning,
  respond,
  textDelta,
  webSearch,
} = model;

const flags = ["--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];
const json = (...rest: string[]): string[] => ["exec", "--json", ...flags, ...rest];
const human = (...rest: string[]): string[] => ["exec", ...flags, ...rest];
const one = (...rest: string[]): Turn[] => [{ argv: json(...rest, "go") }];
const last = respond([message("msg_last", "end")]);
const fewRetries = { provider: "request_max_retries = 1\nstream_max_retries = 2" };
const plans = ["-c", "tools.update_plan.enabled=true"];

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const exampleSchema = JSON.stringify({
  type: "object",
  properties: { answer: { type: "string" } },
  required: ["answer"],
  additionalProperties: false,
});

function patch(...lines: string[]): string {
  return ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n");
}

function plan(...steps: [string, string][]): unknown {
  return { plan: steps.map(([step, status]) => ({ step, status })) };
}

/** A status that a client can act on is not worth asking again; the real one goes through all its retries. */
function failsAtOnce(real: Played): Played {
  const events = real.runs.map((run) => ({
    ...run,
    events: run.events.filter((event) => !/"Reconnecting/.test(JSON.stringify(event))),
  }));
  return { ...real, runs: events, requests: real.requests.slice(0, 1) };
}

type Run = Played["runs"][number];
type Event = Run["events"][number];

function eachEvent(real: Played, change: (event: Event, run: number) => Event): Played {
  return {
    ...real,
    runs: real.runs.map((run, index) => ({ ...run, events: run.events.map((event) => change(event, index)) })),
  };
}

/** Changes texts wherever they stand in an event. */
function eachText(real: Played, change: (text: string) => string): Played {
  const within = (value: Event): Event =>
    typeof value === "string"
      ? change(value)
      : Array.isArray(value)
        ? value.map(within)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, within(inner)]))
          : value;
  return eachEvent(real, within);
}

function eachLine(real: Played, change: (line: string, index: number, lines: string[]) => string[]): Played {
  return { ...real, stderr: real.stderr.map((lines) => lines.flatMap(change)) };
}

function ofType(event: Event, type: string): boolean {
  return (event as { type?: unknown } | null)?.type === type;
}

/** What cannot work is said before the user's input is read. */
const saidEarlier = {
  reason: "fails before it waits for stdin",
  change: (real: Played): Played =>
    eachLine(real, (line) => (line === "Reading additional input from stdin..." ? [] : [line])),
};

function namesCredential(real: Played): Played {
  return eachText(failsAtOnce(real), (text) =>
    text.replace(/^unexpected status .*$/s, "$& (check the credential from FAKE_KEY)"),
  );
}

/** A page in place of a stream is no broken stream: there is nothing to wait for. */
function pageFails(real: Played): Played {
  return eachText(failsAtOnce(real), (text) => text.replace(/^stream disconnected before completion: .*$/s, "<text>"));
}

/** The response is over when it says so, with an id or without. */
function endsWithoutId(real: Played): Played {
  const kept = {
    ...real,
    requests: real.requests.slice(0, 1),
    runs: real.runs.map((run) => ({
      ...run,
      events: run.events.filter((event) => !ofType(event, "error") && !ofType(event, "item.completed")),
    })),
  };
  return eachEvent(kept, (event) =>
    ofType(event, "turn.completed") ? { ...(event as object), usage: usageTimes(event, 0) } : event,
  );
}

function usageTimes(event: Event, factor: number): Record<string, number> {
  const { usage } = event as unknown as { usage: Record<string, number> };
  return Object.fromEntries(Object.entries(usage).map(([name, count]) => [name, count * factor]));
}

type Input = Record<string, Event>[];

function eachInput(real: Played, change: (input: Input, index: number) => Input): Played {
  const requests = real.requests.map((request, index) => {
    const body = request.body as { input: Input };
    return { ...request, body: { ...body, input: change(body.input, index) } as Event };
  });
  return { ...real, requests };
}

function keepsUnknownFields(real: Played): Played {
  return eachInput(real, (input) =>
    input.map((item) =>
      item["type"] === "function_call" && item["call_id"] === "c2" ? { ...item, namespace: null, extra: 2 } : item,
    ),
  );
}

/** Told to end, it takes the time to write down what it knows: the abort, and the usage of the response that was complete. */
function writesTheAbort(real: Played): Played {
  const aborted = {
    type: "message",
    id: "msg_<uuid>",
    role: "user",
    content: [{ type: "input_text", text: "<turn_aborted><text>" }],
  } as Record<string, Event>;
  const told = eachInput(real, (input) =>
    input.flatMap((item) =>
      item["type"] === "function_call_output"
        ? [{ ...item, output: "Wall time: <n> seconds\naborted by user" }, aborted]
        : [item],
    ),
  );
  return eachEvent(told, (event, run) =>
    run === 1 && ofType(event, "turn.completed") ? { ...(event as object), usage: usageTimes(event, 2) } : event,
  );
}

/** A profile that is asked for and not there is a mistake worth stopping for. */
function refuses(real: Played): Played {
  return { ...real, runs: real.runs.map((run) => ({ ...run, code: 1, events: [] })), requests: [] };
}

/** Takes out an event that says the same as the one before. */
function withoutRepeats(real: Played): Played {
  const runs = real.runs.map((run) => ({
    ...run,
    events: run.events.filter(
      (event, index) => index === 0 || JSON.stringify(event) !== JSON.stringify(run.events[index - 1]),
    ),
  }));
  return { ...real, runs };
}

const prompts: Scenario[] = [
  { name: "prompt in argv", script: () => [last], turns: one() },
  {
    name: "prompt on stdin is used unchanged",
    script: () => [last],
    turns: [{ argv: json(), stdin: "line one\nline two\n" }],
  },
  { name: "prompt - reads stdin", script: () => [last], turns: [{ argv: json("-"), stdin: "from stdin" }] },
  { name: "prompt and stdin are joined", script: () => [last], turns: [{ argv: json("go"), stdin: "data" }] },
  {
    name: "prompt and stdin that ends with a newline",
    script: () => [last],
    turns: [{ argv: json("go"), stdin: "data\n" }],
  },
  { name: "prompt with /dev/null as stdin", script: () => [last], turns: [{ argv: json("go"), stdin: null }] },
  { name: "empty prompt in argv", script: () => [last], turns: [{ argv: json("") }] },
  { name: "byte order mark on stdin", script: () => [last], turns: [{ argv: json(), stdin: "\ufeffgo" }] },
  { name: "empty stdin without a prompt", script: () => [], turns: [{ argv: json() }], compareStderr: true },
  {
    name: "blank stdin without a prompt",
    script: () => [],
    turns: [{ argv: json(), stdin: " \n" }],
    compareStderr: true,
  },
  {
    name: "stdin that is not UTF-8",
    script: () => [],
    turns: [{ argv: json(), stdin: new Uint8Array([65, 255, 66]) }],
  },
  { name: "unicode prompt", script: () => [last], turns: [{ argv: json("grüße 🦊\u2028x") }] },
  { name: "alias e", script: () => [last], turns: [{ argv: ["e", ...json("go").slice(1)] }] },
  {
    name: "--experimental-json",
    script: () => [last],
    turns: [{ argv: ["exec", "--experimental-json", ...flags, "go"] }],
  },
  {
    name: "options before and after the prompt",
    script: () => [last],
    turns: [{ argv: ["exec", "go", "--json", ...flags] }],
  },
  { name: "prompt after --", script: () => [last], turns: [{ argv: json("--", "--not-a-flag") }] },
];

const attachments: Scenario[] = [
  {
    name: "image",
    script: () => [last],
    stage: { files: { "dot.png": pixel } },
    turns: [{ argv: json("-i", "dot.png", "--", "look") }],
  },
  {
    name: "two images",
    script: () => [last],
    stage: { files: { "a.png": pixel, "b.png": pixel } },
    turns: [{ argv: json("-i", "a.png", "b.png", "--", "look") }],
  },
  {
    name: "images separated by commas",
    script: () => [last],
    stage: { files: { "a.png": pixel, "b.png": pixel } },
    turns: [{ argv: json("-i", "a.png,b.png", "--", "look") }],
  },
  {
    name: "output schema",
    script: () => [last],
    stage: { files: { "schema.json": exampleSchema } },
    turns: one("--output-schema", "schema.json"),
  },
  {
    name: "output schema that is missing",
    script: () => [],
    turns: one("--output-schema", "none.json"),
    compareStderr: true,
    wanted: saidEarlier,
  },
  {
    name: "output schema that is not JSON",
    script: () => [],
    stage: { files: { "schema.json": "{bad" } },
    turns: one("--output-schema", "schema.json"),
  },
  {
    name: "last message file",
    script: () => [respond([message("msg_1", "first"), message("msg_2", "answer")])],
    turns: one("-o", "out.txt"),
  },
  { name: "last message file after a failed turn", script: () => [httpError(400, "no")], turns: one("-o", "out.txt") },
  { name: "last message file of a turn without a message", script: () => [respond([])], turns: one("-o", "out.txt") },
  {
    name: "last message file that cannot be written",
    script: () => [],
    turns: one("-o", "missing/out.txt"),
    compareStderr: true,
    wanted: {
      reason: "fails before it waits for stdin; names the errno",
      change: (real) =>
        eachLine(saidEarlier.change(real), (line) => [
          line.replace(
            "No such file or directory (os error 2)",
            "ENOENT: no such file or directory, open 'missing/out.txt'",
          ),
        ]),
    },
  },
];

const items: Scenario[] = [
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
  {
    name: "command that goes on, then its input",
    script: () => [
      respond([
        call("1", "exec_command", { cmd: "echo ready; read line; echo got $line", yield_time_ms: 500, tty: true }),
      ]),
      (request) =>
        respond([call("2", "write_stdin", { session_id: sessionOf(request), chars: "hello\n", yield_time_ms: 2000 })]),
      last,
    ],
    turns: one(),
  },
  {
    name: "command still running at the end",
    script: () => [respond([call("1", "exec_command", { cmd: "echo ready; sleep 30", yield_time_ms: 250 })]), last],
    turns: one(),
  },
  {
    name: "patch: add, update, delete, move",
    script: () => [
      respond([
        customCall(
          "1",
          "apply_patch",
          patch(
            "*** Add File: new.txt",
            "+fresh",
            "*** Update File: a.txt",
            "@@",
            "-one",
            "+two",
            "*** Delete File: d.txt",
            "*** Update File: m.txt",
            "*** Move to: moved/n.txt",
            "@@",
            "-x",
            "+y",
          ),
        ),
      ]),
      last,
    ],
    stage: { files: { "a.txt": "one\n", "d.txt": "gone\n", "m.txt": "x\n" } },
    turns: one(),
  },
  {
    name: "patch that does not match",
    script: () => [
      respond([
        customCall(
          "1",
          "apply_patch",
          patch("*** Add File: first.txt", "+x", "*** Update File: a.txt", "@@", "-nothing", "+two"),
        ),
      ]),
      last,
    ],
    stage: { files: { "a.txt": "one\n" } },
    turns: one(),
  },
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
  {
    name: "web searches",
    script: () => [
      {
        parts: [
          created(),
          added(webSearch("ws_1", { type: "search", query: "q" })),
          done(webSearch("ws_1", { type: "search", query: "q", queries: ["q", "r"] })),
          done(webSearch("ws_2", { type: "open_page", url: "http://x.invalid" })),
          done(webSearch("ws_3", { type: "find_in_page", url: "http://x.invalid", pattern: "p" })),
          done({ type: "web_search_call", id: "ws_4", status: "completed" }),
          ...itemParts(message("msg_1", "found")),
          completed(),
        ],
      },
    ],
    turns: one(),
  },
  {
    name: "image for the model",
    script: () => [respond([call("1", "view_image", { path: "dot.png" })]), last],
    stage: { files: { "dot.png": pixel } },
    turns: one(),
  },
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

const streams: Scenario[] = [
  { name: "empty response", script: () => [respond([])], turns: one() },
  { name: "reasoning only", script: () => [respond([reasoning("rs_1", "hm")])], turns: one() },
  {
    name: "reasoning without a summary",
    script: () => [respond([reasoning("rs_1"), message("msg_1", "x")])],
    turns: one(),
  },
  {
    name: "end_turn false",
    script: () => [respond([message("msg_1", "part")], { endTurn: false }), respond([], { endTurn: false }), last],
    turns: one(),
  },
  {
    name: "end_turn true with a call",
    script: () => [respond([call("1", "exec_command", { cmd: "echo x" })], { endTurn: true }), last],
    turns: one(),
  },
  {
    name: "same call id twice",
    script: () => [
      respond([call("1", "exec_command", { cmd: "echo one" }), call("1", "exec_command", { cmd: "echo one" })]),
      last,
    ],
    turns: one(),
    wanted: { reason: "each call that runs is told", change: withEveryStart },
  },
  {
    name: "same message done twice",
    script: () => [{ parts: [created(), done(message("msg_1", "x")), done(message("msg_1", "x")), completed()] }],
    turns: one(),
  },
  {
    name: "items without or with foreign ids",
    script: () => [
      respond([
        message("xyz", "a"),
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "b" }] },
        { type: "function_call", id: "weird", name: "exec_command", arguments: '{"cmd":"true"}', call_id: "c1" },
        {
          type: "function_call",
          name: "exec_command",
          arguments: '{"cmd":"echo x"}',
          call_id: "c2",
          namespace: null,
          extra: 2,
        },
      ]),
      last,
    ],
    turns: one(),
    wanted: { reason: "what a provider puts into an item may be needed by it", change: keepsUnknownFields },
  },
  {
    name: "messages without text",
    script: () => [
      respond([
        { type: "message", id: "msg_1", role: "assistant", content: [] },
        message("msg_2", ""),
        call("1", "exec_command", { cmd: "true" }),
      ]),
      last,
    ],
    turns: one(),
  },
  {
    name: "unknown items, unknown events, malformed data",
    script: () => [
      {
        parts: [
          created(),
          { raw: "data: {not json\n\n" },
          { raw: ": comment\n\n" },
          { raw: "data: [DONE]\n\n" },
          { raw: "data: 7\n\n" },
          { event: { type: "weird.event" } },
          { event: { type: "error", error: { message: "x" } } },
          { event: { type: "response.output_item.done" } },
          done({ type: "message" }),
          done({ type: "strange_item", id: "q" }),
          ...itemParts(message("msg_1", "fine")),
          completed(),
        ],
      },
    ],
    turns: one(),
  },
  {
    name: "deltas without a done item",
    script: () => [{ parts: [created(), added(message("msg_1", "lost")), textDelta("msg_1", "lost"), completed()] }],
    turns: one(),
  },
  {
    name: "events after completed",
    script: () => [{ parts: [created(), completed(), ...itemParts(message("msg_1", "late"))] }],
    turns: one(),
  },
  {
    name: "split at every byte",
    script: () => [
      { ...respond([message("msg_1", "grüße 🦊"), call("1", "exec_command", { cmd: "echo x" })]), chunkSize: 1 },
      last,
    ],
    turns: one(),
  },
  {
    name: "CRLF and data without a space",
    script: () => [
      {
        parts: [
          {
            raw: `data:${JSON.stringify({ type: "response.output_item.done", item: message("msg_1", "crlf") })}\r\n\r\n`,
          },
          completed(),
        ],
      },
    ],
    turns: one(),
  },
  { name: "usage absent", script: () => [respond([message("msg_1", "x")], { usage: null })], turns: one() },
  {
    name: "text and a command in an incomplete response",
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(message("msg_1", "half")),
          ...itemParts(call("1", "exec_command", { cmd: "echo x" })),
          incomplete("max_output_tokens"),
        ],
      },
    ],
    turns: one(),
  },
  {
    name: "incomplete by content filter",
    script: () => [{ parts: [created(), ...itemParts(message("msg_1", "half")), incomplete("content_filter")] }, last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "cut after a command",
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(message("msg_1", "part")),
          ...itemParts(call("1", "exec_command", { cmd: "echo x" })),
          { cut: true },
        ],
      },
      last,
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "cut while a command runs",
    script: () => [
      { parts: [created(), ...itemParts(call("1", "exec_command", { cmd: "sleep 0.7; echo x" })), { cut: true }] },
      last,
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "stream ends without completed",
    script: () => [{ parts: [created(), ...itemParts(message("msg_1", "part"))] }, last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "cut every time",
    script: () => () => ({ parts: [created(), { cut: true }] }),
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "silence: idle timeout",
    script: () => [{ parts: [created(), { hang: true }] }, last],
    stage: { provider: "stream_idle_timeout_ms = 300\nstream_max_retries = 1" },
    turns: one(),
  },
  {
    name: "completed without an id",
    script: () => [{ parts: [{ event: { type: "response.completed", response: {} } }] }, last],
    stage: fewRetries,
    turns: one(),
    wanted: { reason: "servers that give no id would never end a turn", change: endsWithoutId },
  },
  {
    name: "HTML with status 200",
    script: () => () => model.htmlPage(),
    stage: fewRetries,
    turns: one(),
    wanted: { reason: "asking again cannot help; the answer is said to be a page", change: pageFails },
  },
  {
    name: "failed twice, then fine",
    script: () => [
      { parts: [created(), failed("server_error", "boom")] },
      { parts: [created(), failed("server_error", "boom")] },
      last,
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "failed more often than allowed, after a command",
    script: () => [
      {
        parts: [created(), ...itemParts(call("1", "exec_command", { cmd: "echo r1" })), failed("server_error", "boom")],
      },
      ...[1, 2, 3].map(() => ({ parts: [created(), failed("server_error", "boom")] })),
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "failed without an error",
    script: () => [{ parts: [created(), failed(null, "")] }, last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "rate limit with a delay",
    script: () => [{ parts: [created(), failed("rate_limit_exceeded", "Too fast. Please try again in 0.3s.")] }, last],
    stage: fewRetries,
    turns: one(),
  },
  ...["insufficient_quota", "invalid_prompt", "usage_not_included", "server_is_overloaded"].map((code) => ({
    name: `failed for good: ${code}`,
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(call("1", "exec_command", { cmd: "sleep 0.2; echo r1" })),
          failed(code, "reason"),
        ],
      },
    ],
    turns: one(),
  })),
];

const statuses: Scenario[] = [
  {
    name: "400 with JSON",
    script: () => [httpError(400, { error: { message: "bad", type: "invalid_request_error" } })],
    turns: one(),
  },
  {
    name: "400 after a command",
    script: () => [
      respond([call("1", "exec_command", { cmd: "echo x" })]),
      httpError(400, { error: { message: "bad" } }),
    ],
    turns: one(),
  },
  ...[401, 403, 404].map((status) => ({
    name: `${status}`,
    script: () => () => httpError(status, { error: { message: "no" } }),
    stage: fewRetries,
    turns: one(),
    wanted: {
      reason: "asking again cannot help; a refused credential is named by its source",
      change: status === 404 ? failsAtOnce : namesCredential,
    },
  })),
  {
    name: "429 without retry-after",
    script: () => [httpError(429, { error: { message: "slow" } })],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "429 with retry-after",
    script: () => [httpError(429, { error: { message: "slow" } }, { "retry-after": "1" }), last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "429 for a used-up plan",
    script: () => [
      httpError(429, {
        error: { type: "usage_limit_reached", message: "slow", plan_type: "plus", resets_in_seconds: 900 },
      }),
    ],
    stage: fewRetries,
    turns: one(),
  },
  { name: "500 once", script: () => [httpError(500, "oops"), last], stage: fewRetries, turns: one() },
  { name: "500 always", script: () => () => httpError(500, "oops"), stage: fewRetries, turns: one() },
  { name: "503 always", script: () => () => httpError(503, "busy"), stage: fewRetries, turns: one() },
  {
    name: "503 empty, retried by the stream",
    script: () => [httpError(503, ""), httpError(503, ""), last],
    stage: fewRetries,
    turns: one(),
  },
];

const settings: Scenario[] = [
  {
    name: "unknown model",
    script: () => [respond([call("1", "exec_command", { cmd: "echo x" })]), last],
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "mystery", "-s", "danger-full-access", "go"] }],
  },
  {
    name: "effort, summary, verbosity",
    script: () => [last],
    turns: one(
      "-c",
      "model_reasoning_effort=high",
      "-c",
      'model_reasoning_summary="detailed"',
      "-c",
      "model_verbosity=high",
    ),
  },
  {
    name: "effort for an unknown model",
    script: () => [last],
    turns: [
      {
        argv: [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "mystery",
          "-s",
          "danger-full-access",
          "-c",
          "model_reasoning_effort=low",
          "go",
        ],
      },
    ],
  },
  { name: "web search live", script: () => [last], turns: one("-c", "web_search=live") },
  { name: "web search disabled", script: () => [last], turns: one("-c", 'web_search="disabled"') },
  {
    name: "provider headers and query",
    script: () => [last],
    stage: {
      provider:
        'http_headers = { "X-One" = "1" }\nenv_http_headers = { "X-Two" = "TWO" }\nquery_params = { "api-version" = "7" }',
      env: { TWO: "2" },
    },
    turns: one(),
  },
  {
    name: "bearer token",
    script: () => [last],
    stage: { homeFiles: {} },
    setup: (stage) =>
      rewrite(stage.codexHome, (text) => text.replace('env_key = "FAKE_KEY"', 'experimental_bearer_token = "tok"')),
    turns: one(),
  },
  {
    name: "originator",
    script: () => [last],
    stage: { env: { CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "my_app" } },
    turns: one(),
  },
  {
    name: "profile",
    script: () => [last],
    stage: { homeFiles: { "fast.config.toml": 'model_reasoning_effort = "low"\n' } },
    turns: one("-p", "fast"),
  },
  {
    name: "profile that is missing",
    script: () => [last],
    turns: one("-p", "none"),
    wanted: { reason: "running with other settings than asked for is no service", change: refuses },
  },
  {
    name: "override beats profile and file",
    script: () => [last],
    stage: { config: 'model_verbosity = "low"', homeFiles: { "fast.config.toml": 'model_verbosity = "medium"\n' } },
    turns: one("-p", "fast", "-c", "model_verbosity=high"),
  },
  { name: "developer_instructions", script: () => [last], turns: one("-c", 'developer_instructions="be kind"') },
  {
    name: "model_instructions_file",
    script: () => [last],
    stage: { homeFiles: { "base.md": "my own base\n" } },
    setup: (stage) =>
      rewrite(stage.codexHome, (text) => `model_instructions_file = "${stage.codexHome}/base.md"\n${text}`),
    turns: one(),
  },
  { name: "no environment context", script: () => [last], turns: one("-c", "include_environment_context=false") },
  {
    name: "AGENTS.md chain",
    script: () => [last],
    stage: {
      git: true,
      files: { "AGENTS.md": "root rules\n", "sub/AGENTS.md": "not this\n", "sub/AGENTS.override.md": "sub rules" },
      homeFiles: { "AGENTS.md": "global rules\n" },
    },
    turns: one("-C", "sub"),
  },
  {
    name: "AGENTS.md over the limit",
    script: () => [last],
    stage: { git: true, files: { "AGENTS.md": "0123456789".repeat(10) } },
    turns: one("-c", "project_doc_max_bytes=25"),
    wanted: {
      reason: "the name of the environment says nothing to a user",
      change: (real) => eachText(real, (text) => text.replace(/^(<text .*) local /, "$1 ")),
    },
  },
  {
    name: "AGENTS.md under another name",
    script: () => [last],
    stage: { git: true, files: { "RULES.md": "rules\n" } },
    turns: one("-c", 'project_doc_fallback_filenames=["RULES.md"]'),
  },
  {
    name: "skill mention",
    script: () => [last],
    stage: {
      git: true,
      files: { ".agents/skills/demo/SKILL.md": "---\nname: demo\ndescription: shows something\n---\nBody\n" },
    },
    turns: [{ argv: json("use $demo now") }],
  },
  { name: "git workspace without commits", script: () => [last], stage: { git: true }, turns: one() },
  {
    name: "git workspace with a commit, a remote and a change",
    script: () => [last],
    stage: { git: true, files: { "sub/a.txt": "a\n" } },
    setup: async (stage) => {
      await git(stage, ["add", "."]);
      await git(stage, ["commit", "-q", "-m", "first"]);
      await git(stage, ["remote", "add", "origin", "https://example.invalid/x.git"]);
      await writeFile(join(stage.workspace, "new.txt"), "n");
    },
    turns: one("-C", "sub"),
  },
  {
    name: "read-only by default",
    script: () => [last],
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"] }],
  },
  {
    name: "workspace-write with an extra folder",
    script: () => [last],
    stage: { git: true },
    turns: [
      {
        argv: [
          "exec",
          "--json",
          "-m",
          "gpt-5.5",
          "-s",
          "workspace-write",
          "--add-dir",
          "/opt",
          "-c",
          "sandbox_workspace_write.network_access=true",
          "go",
        ],
      },
    ],
  },
  {
    name: "sandbox_mode in the configuration",
    script: () => [last],
    stage: {
      config:
        'sandbox_mode = "workspace-write"\n[sandbox_workspace_write]\nexclude_slash_tmp = true\nexclude_tmpdir_env_var = true',
    },
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"] }],
  },
  {
    name: "approval policy of the configuration is overridden",
    script: () => [last],
    turns: one("-c", 'approval_policy="on-request"'),
  },
  { name: "thread source", script: () => [last], turns: one("--thread-source", "nightly") },
  { name: "ephemeral", script: () => [last], turns: one("--ephemeral") },
  {
    name: "ignored user configuration",
    script: () => [],
    turns: [{ argv: json("--ignore-user-config", "-c", 'model_provider="zzz"', "go") }],
  },
];

const refusals: Scenario[] = [
  {
    name: "not a trusted directory",
    script: () => [],
    turns: [{ argv: ["exec", "--json", "-m", "gpt-5.5", "go"] }],
    compareStderr: true,
    wanted: saidEarlier,
  },
  {
    name: "key variable that is not set",
    script: () => [],
    turns: [{ argv: json("go"), env: { FAKE_KEY: undefined } }],
  },
  { name: "key variable that is empty", script: () => [], turns: [{ argv: json("go"), env: { FAKE_KEY: "" } }] },
  { name: "unknown provider", script: () => [], turns: one("-c", "model_provider=zzz"), compareStderr: true },
  {
    name: "approval policy untrusted",
    script: () => [],
    turns: one("-c", 'approval_policy="untrusted"'),
    compareStderr: true,
  },
  { name: "missing working root", script: () => [], turns: one("-C", "none") },
  { name: "syntax error in config.toml", script: () => [], stage: { config: "a = = 3" }, turns: one() },
  { name: "wrong type in config.toml", script: () => [], stage: { config: "model = 3" }, turns: one() },
  { name: "wrong type in an override", script: () => [], turns: one("-c", 'model_context_window="big"') },
  {
    name: "unknown key",
    script: () => [last],
    stage: { config: "surprise = 3" },
    turns: one(),
    wanted: { reason: "the real one says it twice", change: withoutRepeats },
  },
  {
    name: "unknown key under --strict-config",
    script: () => [],
    stage: { config: "surprise = 3" },
    turns: one("--strict-config"),
  },
  { name: "update_plan given as a boolean", script: () => [], turns: one("-c", "tools.update_plan=true") },
  { name: "unknown flag", script: () => [], turns: one("--surprise") },
  { name: "bad value of a flag", script: () => [], turns: [{ argv: ["exec", "-s", "what", "go"] }] },
  { name: "override without a value", script: () => [], turns: one("-c", "model") },
  { name: "two prompts", script: () => [], turns: [{ argv: json("one", "two") }] },
  { name: "fork without an id", script: () => [], turns: [{ argv: json("fork") }] },
  {
    name: "resume of an unknown id",
    script: () => [],
    turns: [{ argv: json("resume", "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3", "go") }],
    compareStderr: true,
  },
  {
    name: "fork of an unknown id",
    script: () => [],
    turns: [{ argv: json("fork", "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3", "go") }],
    compareStderr: true,
  },
];

const answers =
  (count: number): (() => model.Reply[]) =>
  () =>
    Array.from({ length: count }, (_, index) => respond([message(`msg_${index}`, `answer ${index}`)]));
const resumeWith = (...rest: string[]): Turn => ({ argv: ({ threadId }) => json("resume", threadId, ...rest) });

const threads: Scenario[] = [
  { name: "resume by id", script: answers(2), turns: [{ argv: json("first") }, resumeWith("second")] },
  {
    name: "resume with the prompt on stdin",
    script: answers(2),
    turns: [{ argv: json("first") }, { ...resumeWith(), stdin: "second\n" }],
  },
  { name: "resume without any prompt", script: answers(1), turns: [{ argv: json("first") }, resumeWith()] },
  {
    name: "resume three times adds up usage",
    script: answers(4),
    turns: [{ argv: json("1") }, resumeWith("2"), resumeWith("3"), resumeWith("4")],
  },
  {
    name: "resume --last",
    script: answers(2),
    turns: [{ argv: json("first") }, { argv: json("resume", "--last", "second") }],
  },
  {
    name: "resume --last from elsewhere starts anew",
    script: answers(2),
    setup: async (stage) => {
      await mkdir(join(stage.workspace, "other"));
    },
    turns: [{ argv: json("first") }, { argv: json("-C", "other", "resume", "--last", "second") }],
  },
  {
    name: "resume --last --all from elsewhere",
    script: answers(2),
    setup: async (stage) => {
      await mkdir(join(stage.workspace, "other"));
    },
    turns: [{ argv: json("first") }, { argv: json("-C", "other", "resume", "--last", "--all", "second") }],
  },
  {
    name: "resume with an image",
    script: answers(2),
    stage: { files: { "dot.png": pixel } },
    turns: [
      { argv: json("first") },
      { argv: ({ threadId }) => json("resume", threadId, "--image", "dot.png"), stdin: "look" },
    ],
  },
  {
    name: "resume with a schema",
    script: answers(2),
    stage: { files: { "schema.json": exampleSchema } },
    turns: [
      { argv: json("first") },
      { argv: ({ threadId }) => json("--output-schema", "schema.json", "resume", threadId, "second") },
    ],
  },
  {
    name: "resume with commands in the history",
    script: () => [respond([reasoning("rs_1", "think"), call("1", "exec_command", { cmd: "echo x" })]), last, last],
    turns: [{ argv: json("first") }, resumeWith("second")],
  },
  {
    name: "resume with another sandbox",
    script: answers(2),
    turns: [
      { argv: json("first") },
      {
        argv: ({ threadId }) => [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "gpt-5.5",
          "-s",
          "read-only",
          "resume",
          threadId,
          "second",
        ],
      },
    ],
  },
  {
    name: "resume in another folder",
    script: answers(2),
    setup: async (stage) => {
      await mkdir(join(stage.workspace, "other"));
    },
    turns: [{ argv: json("first") }, { argv: ({ threadId }) => json("-C", "other", "resume", threadId, "second") }],
  },
  {
    name: "resume after AGENTS.md changed, then went",
    script: answers(3),
    stage: { git: true, files: { "AGENTS.md": "old rules\n" } },
    turns: [
      { argv: json("first") },
      { ...resumeWith("second"), before: ({ stage }) => writeFile(join(stage.workspace, "AGENTS.md"), "new rules\n") },
      { ...resumeWith("third"), before: ({ stage }) => writeFile(join(stage.workspace, "AGENTS.md"), "") },
    ],
  },
  {
    name: "resume with another model, and back",
    script: answers(3),
    turns: [
      { argv: json("first") },
      {
        argv: ({ threadId }) => [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "mystery",
          "-s",
          "danger-full-access",
          "resume",
          threadId,
          "second",
        ],
      },
      resumeWith("third"),
    ],
  },
  {
    name: "resume after a failed turn",
    script: () => [httpError(400, "no"), last],
    turns: [{ argv: json("first") }, resumeWith("second")],
  },
  {
    name: "fork",
    script: answers(3),
    turns: [{ argv: json("first") }, { argv: ({ threadId }) => json("fork", threadId, "second") }, resumeWith("third")],
  },
  {
    name: "an ephemeral thread cannot be resumed",
    script: answers(1),
    turns: [{ argv: json("--ephemeral", "first") }, resumeWith("second")],
  },
  {
    name: "interrupt in a command, then resume",
    script: () => [
      respond([message("msg_1", "before"), call("1", "exec_command", { cmd: "touch started; sleep 60" })]),
      last,
    ],
    turns: [
      {
        argv: json("first"),
        onEvent: (event, child) => {
          if (event.type === "item.started") setTimeout(() => child.kill("SIGINT"), 300);
        },
      },
      resumeWith("second"),
    ],
  },
  {
    name: "interrupt in a text, then resume",
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(message("msg_1", "before")),
          added(message("msg_2", "half")),
          textDelta("msg_2", "half"),
          { hang: true },
        ],
      },
      last,
    ],
    turns: [
      {
        argv: json("first"),
        onEvent: (event, child) => {
          if (event.type === "item.completed") setTimeout(() => child.kill("SIGINT"), 200);
        },
      },
      resumeWith("second"),
    ],
  },
  {
    name: "SIGTERM in a command, then resume",
    script: () => [respond([message("msg_1", "before"), call("1", "exec_command", { cmd: "sleep 60" })]), last],
    turns: [
      {
        argv: json("first"),
        onEvent: (event, child) => {
          if (event.type === "item.started") setTimeout(() => child.kill("SIGTERM"), 300);
        },
      },
      resumeWith("second"),
    ],
    wanted: { reason: "nothing that is known is lost", change: writesTheAbort },
  },
];

const humanMode: Scenario[] = [
  {
    name: "human: every kind of item",
    script: () => [
      respond([
        reasoning("rs_1", "**Think** hard"),
        message("msg_1", "look", { phase: "commentary" }),
        call("1", "update_plan", {
          explanation: "why",
          ...(plan(["a", "in_progress"], ["b", "completed"], ["c", "pending"]) as object),
        }),
      ]),
      respond([call("2", "exec_command", { cmd: "echo hi; exit 4" })]),
      respond([
        customCall(
          "3",
          "apply_patch",
          patch("*** Add File: n.txt", "+q", "*** Update File: a.txt", "@@", "-one", "+two", "*** Delete File: d.txt"),
        ),
      ]),
      respond([webSearch("ws_1", { type: "search", query: "q" })], { endTurn: false }),
      respond([call("4", "exec_command", { cmd: "true" })]),
      last,
    ],
    stage: { files: { "a.txt": "one\n", "d.txt": "gone\n" } },
    turns: [{ argv: human(...plans, "go") }],
    compareStderr: true,
    wanted: {
      reason: "object names of git mean nothing here; a search is told once",
      change: (real) =>
        eachLine(real, (line, index, lines) =>
          line === "index <sha>..<sha>" || (line === "web search: q" && lines[index - 1] === line) ? [] : [line],
        ),
    },
  },
  {
    name: "human: failed turn",
    script: () => () => httpError(503, "busy"),
    stage: fewRetries,
    turns: [{ argv: human("go") }],
    compareStderr: true,
    wanted: {
      reason: "a retry shows its cause; the failure is told once",
      change: (real) =>
        eachLine(real, (line, index, lines) =>
          line.startsWith("ERROR: Reconnecting")
            ? [`${line} (${String(lines.at(-2)).replace("ERROR: ", "")})`]
            : line === lines[index - 1] && line.startsWith("ERROR: ")
              ? []
              : [line],
        ),
    },
  },
  {
    name: "human: unknown model",
    script: () => [last],
    turns: [{ argv: ["exec", "--skip-git-repo-check", "-m", "mystery", "-s", "danger-full-access", "go"] }],
  },
  { name: "human: no message", script: () => [respond([])], turns: [{ argv: human("go") }], compareStderr: true },
  {
    name: "human: configured effort and summaries",
    script: () => [last],
    turns: [{ argv: human("-c", "model_reasoning_effort=high", "-c", 'model_reasoning_summary="concise"', "go") }],
    compareStderr: true,
  },
  {
    name: "human: thousands of tokens",
    script: () => [respond([message("msg_1", "x")], { usage: [1_234_567, 4_000, 8_901, 0] })],
    turns: [{ argv: human("go") }],
    compareStderr: true,
  },
  {
    name: "human: message that ends with a newline",
    script: () => [respond([message("msg_1", "x\n")])],
    turns: [{ argv: human("go") }],
    compareStderr: true,
  },
  {
    name: "human: prompt of several lines",
    script: () => [last],
    turns: [{ argv: human(), stdin: "one\ntwo\n" }],
    compareStderr: true,
  },
];

function sessionOf(request: model.RecordedRequest): number {
  return Number(/session ID (\d+)/.exec(request.rawBody)?.[1]);
}

async function rewrite(codexHome: string, change: (text: string) => string): Promise<void> {
  const { readFile } = await import("node:fs/promises");
  const path = join(codexHome, "config.toml");
  await writeFile(path, change(await readFile(path, "utf8")));
}

/** Every scenario of `codex-agent exec` that is held against the real Codex, by theme. */
export const themes: Record<string, readonly Scenario[]> = {
  prompts,
  attachments,
  items,
  streams,
  statuses,
  settings,
  refusals,
  threads,
  humanMode,
  sandbox: sandboxScenarios,
  codeMode: codeModeScenarios,
  mcp: mcpScenarios,
  goals: goalsScenarios,
  hooks: hooksScenarios,
  agents: agentsScenarios,
  compaction: compactionScenarios,
  context: contextScenarios,
};
