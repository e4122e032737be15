import { call, customCall, httpError, message, reasoning, respond, webSearch } from "../support/fake-model.ts";
import type { Scenario } from "../support/scenario.ts";
import { fewRetries, human, last, patch, plan, plans } from "./exec-turns.ts";
import { eachLine } from "./wanted.ts";

export const humanScenarios: Scenario[] = [
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
