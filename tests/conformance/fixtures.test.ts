/** The captures of real Codex in tests/fixtures/codex, held against what ours says in the same situation: shapes, not texts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  call,
  created,
  customCall,
  completed,
  done,
  failed,
  httpError,
  incomplete,
  itemParts,
  message,
  reasoning,
  respond,
  startFakeModel,
  webSearch,
  type Reply,
  type Script,
} from "../support/fake-model.ts";
import { makeStage, ours, run, type JsonEvent } from "../support/run.ts";

const fixtures = join(import.meta.dirname, "../fixtures/codex");
const readFixture = (name: string): string => readFileSync(join(fixtures, name), "utf8");

/** Words that a client reads; everything else is told by its kind alone. */
const literal = new Set(["type", "status", "kind", "exit_code", "completed"]);

function shape(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((entry) => shape(entry));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, inner]) => [name, shape(inner, name)]);
  }
  return literal.has(key) ? value : value === null ? null : typeof value;
}

const shapes = (events: readonly unknown[]): string[] => events.map((event) => JSON.stringify(shape(event)));

const parseLines = (text: string): JsonEvent[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonEvent);

const patchOf = (...lines: string[]): string => ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n");
const cutAfter = (...items: Parameters<typeof itemParts>[0][]): Reply => ({
  parts: [created(), ...items.flatMap((item) => itemParts(item)), { cut: true }],
});

interface ExecCase {
  fixture: string;
  argv?: string[];
  model?: string;
  files?: Record<string, string>;
  provider?: string;
  /** Events of things that run side by side come in any order. */
  unordered?: boolean;
  script: Script;
}

/** A command and a patch by script. */
const codeModeScript = respond([
  customCall(
    "call_x",
    "exec",
    'const r = await tools.exec_command({cmd:"echo hi from code; exit 2"});\ntext(r);\nconst p = await tools.apply_patch("*** Begin Patch\\n*** Add File: z.txt\\n+zed\\n*** End Patch\\n"); text(p);',
  ),
]);

const cases: ExecCase[] = [
  { fixture: "exec-01-basic", script: [respond([message("msg_1", "slow words")])] },
  {
    fixture: "exec-02-command-failed",
    model: "gpt-5.4",
    script: [
      respond([reasoning("rs_1", "**Plan** look"), call("a", "exec_command", { cmd: "echo hi; exit 3" })]),
      respond([message("msg_1", "done")]),
    ],
  },
  {
    fixture: "exec-03-parallel",
    unordered: true,
    script: [
      respond([
        call("a", "exec_command", { cmd: "sleep 0.4; echo A" }),
        call("b", "exec_command", { cmd: "echo B" }),
        message("msg_1", "text after"),
      ]),
      respond([message("msg_2", "ok")]),
    ],
  },
  {
    fixture: "exec-04-apply-patch",
    files: { "a.txt": "alpha\nbeta\n", "b.txt": "bye\n", "c.txt": "gamma\n" },
    script: [
      respond([
        customCall(
          "p",
          "apply_patch",
          patchOf(
            "*** Add File: new.txt",
            "+one",
            "*** Update File: a.txt",
            "@@",
            "-alpha",
            "+ALPHA",
            "*** Delete File: b.txt",
            "*** Update File: c.txt",
            "*** Move to: d/c2.txt",
            "@@",
            "-gamma",
            "+GAMMA",
          ),
        ),
      ]),
      respond([message("msg_1", "patched")]),
    ],
  },
  {
    fixture: "exec-05-patch-rejected",
    script: [
      respond([customCall("p", "apply_patch", patchOf("*** Update File: none.txt", "@@", "-a", "+b"))]),
      respond([customCall("q", "apply_patch", "no patch")]),
      respond([message("msg_1", "x")]),
    ],
  },
  {
    fixture: "exec-06-todo-list",
    argv: ["-c", "tools.update_plan.enabled=true"],
    script: [
      respond([
        call("a", "update_plan", {
          plan: [
            { step: "first", status: "in_progress" },
            { step: "second", status: "pending" },
          ],
        }),
      ]),
      respond([
        call("b", "update_plan", {
          plan: [
            { step: "first", status: "completed" },
            { step: "second", status: "completed" },
          ],
        }),
      ]),
      respond([message("msg_1", "planned")]),
    ],
  },
  {
    fixture: "exec-09-web-search",
    script: [
      respond([
        webSearch("ws_1", { type: "search", query: "weather", queries: ["weather", "sun"] }),
        message("msg_1", "It is sunny"),
      ]),
    ],
  },
  {
    fixture: "exec-11-code-mode",
    model: "gpt-6.1-sol",
    script: [codeModeScript, respond([message("msg_1", "ok")])],
  },
  {
    fixture: "exec-13-background-left",
    script: [
      respond([call("a", "exec_command", { cmd: "sleep 30; echo late", yield_time_ms: 250 })]),
      respond([message("msg_1", "ok, still running")]),
    ],
  },
  { fixture: "exec-14-http-400", script: [httpError(400, { error: { message: "bad thing" } })] },
  {
    fixture: "exec-15-retry-429-after",
    script: [httpError(429, { error: { message: "slow" } }, { "retry-after": "1" }), respond([message("msg_1", "ok")])],
  },
  {
    fixture: "exec-16-stream-cut-after-tool",
    script: [cutAfter(call("a", "exec_command", { cmd: "echo ran" })), respond([message("msg_1", "second")])],
  },
  {
    fixture: "exec-17-incomplete",
    script: [{ parts: [created(), ...itemParts(message("msg_1", "part")), incomplete("max_output_tokens")] }],
  },
  {
    fixture: "exec-18-end-turn-false",
    script: [
      { parts: [created(), ...itemParts(message("msg_1", "part one")), completed({ endTurn: false })] },
      respond([message("msg_2", "part two")]),
    ],
  },
  {
    fixture: "exec-19-response-failed-retries",
    provider: "stream_max_retries = 1",
    script: () => ({ parts: [created(), done(message("msg_1", "part")), failed("server_error", "model exploded")] }),
  },
];

async function withExec<Result>(
  options: { files?: Record<string, string>; provider?: string; script: Script },
  argv: readonly string[],
  look: (events: JsonEvent[], requests: { body: unknown; headers: Record<string, unknown> }[]) => Result,
): Promise<Result> {
  const model = await startFakeModel(options.script);
  const stage = await makeStage({
    baseUrl: model.baseUrl,
    ...(options.provider !== undefined && { provider: options.provider }),
  });
  try {
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(stage.workspace, name), text);
    const { events } = await run(ours(), stage, ["exec", "--json", "--skip-git-repo-check", ...argv], {
      stdin: "do it",
    });
    return look(events, model.requests as never);
  } finally {
    await stage.dispose();
    await model.close();
  }
}

describe("captured events of exec --json have the same shapes", () => {
  test.each(cases)("$fixture", async ({ fixture, argv = [], model = "gpt-5.5", unordered, ...options }) => {
    const flags = ["-m", model, "-s", "danger-full-access", ...argv];
    const got = await withExec(options, flags, (events) => shapes(events));
    const expected = shapes(parseLines(readFixture(`${fixture}.jsonl`)));
    expect(unordered ? got.sort() : got).toEqual(unordered ? expected.sort() : expected);
  });

  test("exec-22-sandbox-workspace-write: the command that was captured is denied the same", async () => {
    const captured = parseLines(readFixture("exec-22-sandbox-workspace-write.jsonl"));
    const item = captured[3]?.["item"] as { command: string; aggregated_output: string };
    // Paths of the place where it was captured: one that was writable, one that was not.
    const here = (text: string): string =>
      text.replace("/workspace/misc-outtmp", "$TMPDIR/misc-outtmp").replaceAll("/outside/", "../");
    const cmd = here(/^\/bin\/bash -lc '(.*)'$/s.exec(item.command)![1]!);
    const argv = ["-m", "gpt-5.5", "-s", "workspace-write", "--add-dir", "../home"];
    const script = [
      respond([call("a", "exec_command", { cmd: `exec 2>&1; ${cmd}` })]),
      respond([message("msg_1", "x")]),
    ];
    const events = await withExec(
      { script },
      ["-c", "sandbox_workspace_write.exclude_slash_tmp=true", ...argv],
      (all) => all,
    );
    expect(shapes(events)).toEqual(shapes(captured));
    const got = (events[3]!["item"] as typeof item).aggregated_output.split("\n");
    // What does not exist refuses by its rights (docs/differences.md). The order of the two streams was chance.
    const words = here(item.aggregated_output).replace(
      /('\.(?:codex|git)\/\w+'): Read-only file system/g,
      "$1: Permission denied",
    );
    expect(got.sort()).toEqual(words.split("\n").sort());
  });

  test("exec-09-web-search: both ids stand in the line, ours before the provider's", async () => {
    const script = [respond([webSearch("ws_1", { type: "search", query: "weather" })])];
    const model = await startFakeModel(script);
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      const { stdout } = await run(ours(), stage, ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5"], {
        stdin: "x",
      });
      expect(stdout).toContain('{"id":"item_0","type":"web_search","id":"ws_1","query":"weather"');
      expect(readFixture("exec-09-web-search.jsonl")).toContain(
        '{"id":"item_0","type":"web_search","id":"ws_1","query":"weather"',
      );
    } finally {
      await stage.dispose();
      await model.close();
    }
  });
});

interface Captured {
  headers: Record<string, unknown>;
  body: Record<string, unknown> & { input: Record<string, unknown>[]; tools?: Record<string, unknown>[] };
}

/** Parts of a message that name a thing of ours that is not built yet. */
const laterParts = ["<tools>", "<skills_instructions>"];

/** An item without its texts: keys, and of each part its kind and the tag that it starts with. */
function itemShape(item: Record<string, unknown>): unknown {
  const { content, ...rest } = item;
  const parts = (Array.isArray(content) ? content : []).map((part: Record<string, unknown>) => {
    const text = typeof part["text"] === "string" ? part["text"].replace(/^<text>/, "") : "";
    return `${String(part["type"])} ${/^(?:<[a-z_ ]+|# AGENTS\.md)/.exec(text)?.[0] ?? ""}`;
  });
  const shown = parts.filter((part) => !laterParts.some((tag) => part.includes(tag.slice(0, -1))));
  const idKind = String(rest["id"]).replace(/_.*/, "");
  return [String(rest["type"]), String(rest["role"]), idKind, Object.keys(item).sort().join(), shown];
}

const requestCases: {
  fixture: string;
  model?: string;
  argv?: string[];
  files?: Record<string, string>;
  /** Requests before the captured ones. */
  skipped?: number;
  script: Script;
}[] = [
  {
    fixture: "request-02-unknown-model",
    model: "my-model",
    script: [respond([call("call_a", "exec_command", { cmd: "echo hi" })]), respond([message("msg_1", "x")])],
  },
  {
    fixture: "request-03-gpt55-apply-patch",
    script: [
      respond([customCall("call_p", "apply_patch", patchOf("*** Add File: new.txt", "+one"))]),
      respond([message("msg_1", "x")]),
    ],
  },
  {
    fixture: "request-05-schema",
    argv: ["--output-schema", "schema.json"],
    files: { "schema.json": '{"type":"object"}' },
    script: [respond([message("msg_1", "{}")])],
  },
  {
    fixture: "request-06-agents-md",
    files: { "AGENTS.md": "root agents\n" },
    script: [respond([message("msg_1", "x")])],
  },
  {
    fixture: "request-12-code-mode-followup",
    skipped: 1,
    model: "gpt-6.1-sol",
    script: [codeModeScript, respond([message("msg_1", "x")])],
  },
  {
    fixture: "request-11-stream-cut",
    script: [cutAfter(call("z1", "exec_command", { cmd: "echo ran" })), respond([message("msg_1", "x")])],
  },
];

describe("captured requests have the same shapes", () => {
  test.each(requestCases)("$fixture", async ({ fixture, model = "gpt-5.5", argv = [], skipped = 0, ...options }) => {
    const expected = JSON.parse(readFixture(`${fixture}.json`)) as Captured[];
    const got = await withExec(
      options,
      ["-m", model, "-s", "danger-full-access", ...argv],
      (_events, requests) => requests.slice(skipped) as Captured[],
    );
    expect(got).toHaveLength(expected.length);
    got.forEach((request, index) => {
      const real = expected[index]!;
      expect(Object.keys(request.body)).toEqual(Object.keys(real.body));
      expect(request.body.input.map(itemShape)).toEqual(real.body.input.map(itemShape));
      for (const key of ["reasoning", "include", "store", "stream", "tool_choice", "parallel_tool_calls"]) {
        expect(request.body[key], key).toEqual(real.body[key]);
      }
      expect(Object.keys(request.body["client_metadata"] as object).sort()).toEqual(
        Object.keys(real.body["client_metadata"] as object).sort(),
      );
      expect(Object.keys(request.headers)).toEqual(expect.arrayContaining(Object.keys(real.headers)));
      for (const tool of request.body.tools ?? []) {
        const same = real.body.tools?.find((other) => other["name"] === tool["name"] && other["type"] === tool["type"]);
        expect(same, `tool ${String(tool["name"] ?? tool["type"])}`).toBeDefined();
        expect(parameterShape(tool)).toEqual(parameterShape(same!));
      }
    });
  });
});

/** Names, types and enums of a tool's parameters; the prose is ours. */
function parameterShape(tool: Record<string, unknown>): unknown {
  return JSON.parse(
    JSON.stringify({ ...tool, name: tool["name"] }, (key, value: unknown) =>
      key === "description" || key === "definition" || key === "external_web_access" ? undefined : value,
    ),
  );
}
