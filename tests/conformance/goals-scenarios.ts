import { call, customCall, message, respond, type Step } from "../support/fake-model.ts";
import type { Scenario } from "../support/scenario.ts";
import { commonRules, freeWordings } from "./rules.ts";

const last = respond([message("msg_last", "answer")]);

/** Calls one after the other, each in a response of its own. */
const calls = (...asked: [name: string, input: unknown][]): Step[] => [
  ...asked.map(([name, input], index) => respond([call(String(index), name, input)])),
  last,
];

const turn = (model: string, ...rest: string[]): Scenario["turns"][number] => ({
  argv: ["exec", "--json", "--skip-git-repo-check", "-m", model, ...rest, "go"],
});

/**
 * What the real one counts depends on whether a response or its call ends first, and the report of a complete goal is
 * prose.
 */
const goalRules = {
  ...commonRules,
  freeWordings: [
    ...freeWordings,
    { pattern: /"(tokensUsed|remainingTokens|timeUsedSeconds|createdAt|updatedAt)":\d+/g, becomes: '"$1":0' },
    { pattern: /"completionBudgetReport":"[^"]*(?:\\"[^"]*)*"/g, becomes: '"completionBudgetReport":"<text>"' },
    { pattern: /^invalid type: .*$/s, becomes: "invalid type" },
    { pattern: /^(objective|token_budget|status): invalid type: .*$/s, becomes: "invalid type" },
  ],
};

const options = [{ label: "x", description: "y" }];
const question = { id: "a", header: "H", question: "Q?", options };

/** Goals and questions in a run that nobody attends. */
export const goalsScenarios: Scenario[] = [
  {
    name: "a goal from its beginning to its end, in one turn",
    script: () =>
      calls(
        ["get_goal", {}],
        ["update_goal", { status: "complete" }],
        ["create_goal", { objective: "  make it\nwork  ", token_budget: 5000, extra: 1 }],
        ["create_goal", { objective: "another" }],
        ["get_goal", { extra: 1 }],
        ["update_goal", { status: "paused" }],
        ["update_goal", { status: "blocked" }],
        ["update_goal", { status: "complete" }],
        // Complete, it would have a report or none, depending on how fast the machine is.
        ["create_goal", { objective: "without a budget" }],
        ["update_goal", { status: "blocked" }],
        ["get_goal", {}],
      ),
    turns: [turn("gpt-5.5")],
    rules: goalRules,
  },
  {
    name: "goals that cannot be",
    script: () =>
      calls(
        ["create_goal", {}],
        ["create_goal", { objective: "" }],
        ["create_goal", { objective: " \n" }],
        ["create_goal", { objective: "x", token_budget: 0 }],
        ["create_goal", { objective: "x", token_budget: -5 }],
        ["create_goal", { objective: "x", token_budget: 1.5 }],
        ["create_goal", { objective: "é".repeat(4001) }],
        ["create_goal", { objective: "é".repeat(4000) }],
        ["update_goal", {}],
        ["update_goal", { status: "active" }],
        ["update_goal", { status: "usageLimited" }],
        ["update_goal", { status: "weird" }],
      ),
    turns: [turn("unheard-of")],
    rules: goalRules,
  },
  {
    name: "a goal is there when the thread is resumed",
    script: () => [
      respond([call("1", "create_goal", { objective: "make it", token_budget: 10_000 })]),
      respond([call("2", "update_goal", { status: "paused" })]),
      last,
      respond([call("3", "get_goal", {})]),
      last,
    ],
    turns: [
      turn("gpt-5.5"),
      {
        argv: ({ threadId }) => [
          "exec",
          "--json",
          "--skip-git-repo-check",
          "-m",
          "gpt-5.5",
          "resume",
          threadId,
          "more",
        ],
      },
    ],
    rules: goalRules,
  },
  {
    name: "goals switched off",
    script: () => calls(["get_goal", {}]),
    turns: [turn("gpt-5.5", "--disable", "goals")],
  },
  {
    name: "questions where nobody is asked outside of plan mode",
    script: () =>
      calls(
        ["request_user_input", {}],
        ["request_user_input", { questions: [question] }],
        ["request_user_input_async", { questions: [{ title: "T?" }] }],
        ["request_permissions", { permissions: { network: { enabled: true } } }],
        ["web_search", { query: "weather" }],
      ),
    turns: [turn("gpt-5.5")],
  },
  {
    name: "questions and rights with the features that allow them, and nobody there",
    script: () =>
      calls(
        ["request_user_input", {}],
        ["request_user_input", { questions: [] }],
        ["request_user_input", { questions: [{ ...question, options: [] }] }],
        ["request_user_input", { questions: [question], autoResolutionMs: 5 }],
        ["request_permissions", { permissions: {} }],
        ["request_permissions", { permissions: { network: {} } }],
        ["request_permissions", { permissions: { file_system: { write: [] } } }],
        ["request_permissions", { permissions: { network: { enabled: true } }, reason: "why" }],
        ["request_permissions", { permissions: { file_system: { write: ["/outside"], read: ["x"] } } }],
      ),
    stage: { config: "suppress_unstable_features_warning = true" },
    turns: [turn("gpt-5.5", "--enable", "default_mode_request_user_input", "--enable", "request_permissions_tool")],
  },
  {
    name: "questions that nobody waits for",
    script: () =>
      calls(
        ["request_user_input_async", {}],
        ["request_user_input_async", { questions: [] }],
        ["request_user_input_async", { questions: [{ title: " " }] }],
        ["request_user_input_async", { questions: [{ title: "T?", options: [] }] }],
        ["request_user_input_async", { questions: [{ title: "T?", options: ["a", "b"] }, { title: "U?" }] }],
        ["request_user_input", { questions: [question] }],
      ),
    turns: [turn("gpt-6.1-sol")],
  },
  {
    name: "a goal by way of code mode",
    script: () => [
      respond([customCall("1", "exec", 'text(await tools.create_goal({objective: "make it", token_budget: 5000}))')]),
      respond([customCall("2", "exec", 'text(await tools.update_goal({status: "weird"}).catch((e) => String(e)))')]),
      respond([customCall("3", "exec", 'text((await tools.update_goal({status: "complete"})).goal.status)')]),
      last,
    ],
    turns: [turn("gpt-6.1-sol")],
    rules: goalRules,
  },
];
