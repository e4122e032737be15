import { describe, expect, it } from "vitest";
import { appServerInMemory, appServerProcess, type AppServerUnderTest, type Told } from "../../support/app-client.ts";
import { startFakeModel } from "../../support/fake-model.ts";
import { Names } from "../../support/normalise.ts";
import { makeStage, ours, run, type JsonEvent, type Stage } from "../../support/run.ts";
import type { Scenario } from "../../support/scenario.ts";
import { itemsScenarios } from "../items-scenarios.ts";
import { randomScenario } from "../random-script.ts";
import { statusesScenarios } from "../statuses-scenarios.ts";
import { streamsScenarios } from "../streams-scenarios.ts";
import { say } from "./steps.ts";

/** What can be said in both forms: what has ended, and how the turn did. */
type Fact = Record<string, unknown>;

/** A turn's command line as settings of a thread; null where it says what only `exec` knows. */
function settingsOf(argv: readonly string[]): { settings: Record<string, unknown>; prompt: string } | null {
  const config: Record<string, unknown> = {};
  const settings: Record<string, unknown> = { approvalPolicy: "never" };
  const [exec, json, ...rest] = argv;
  const prompt = rest.pop();
  if (exec !== "exec" || json !== "--json" || prompt === undefined) return null;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--skip-git-repo-check") continue;
    const value = rest.shift();
    const [key = "", text = ""] = value?.split(/=(.*)/s) ?? [];
    if (word === "-m") settings["model"] = value;
    else if (word === "-s") settings["sandbox"] = value;
    else if (word === "-c" && /^(true|false|\d+)$/.test(text)) config[key] = JSON.parse(text) as unknown;
    else return null;
  }
  return { settings: { ...settings, config }, prompt };
}

const snake = (word: unknown): unknown => String(word).replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** An item of the app-server as `exec` shows it; null where it does not. */
function asExec(item: Record<string, unknown>): Fact | null {
  switch (item["type"]) {
    case "agentMessage":
      return { type: "agent_message", text: item["text"] };
    case "reasoning": {
      const summary = item["summary"] as string[];
      return summary.length === 0 ? null : { type: "reasoning", text: summary.join("\n") };
    }
    case "commandExecution":
      return {
        type: "command_execution",
        command: item["command"],
        aggregated_output: item["aggregatedOutput"] ?? "",
        exit_code: item["exitCode"],
        status: snake(item["status"]),
      };
    case "fileChange":
      return {
        type: "file_change",
        changes: (item["changes"] as { path: string; kind: { type: string } }[]).map(({ path, kind }) => ({
          path,
          kind: kind.type,
        })),
        status: snake(item["status"]),
      };
    case "webSearch":
      return { type: "web_search", query: item["query"] };
    default:
      return null;
  }
}

function fromServer(told: readonly Told[]): Fact[] {
  return told.flatMap(({ method, params }) => {
    if (method === "item/completed") {
      const shown = asExec(params["item"] as Record<string, unknown>);
      return shown === null ? [] : [shown];
    }
    if (method === "warning") return [{ type: "error", message: params["message"] }];
    if (method === "error" && params["willRetry"] === true) {
      const { message, additionalDetails } = params["error"] as Record<string, unknown>;
      return [{ type: "retry", message: `${String(message)} (${String(additionalDetails)})` }];
    }
    if (method !== "turn/completed") return [];
    const { status, error } = params["turn"] as { status: string; error: { message: string } | null };
    return [{ type: `turn.${status}`, ...(error !== null && { message: error.message }) }];
  });
}

function fromExec(events: readonly JsonEvent[]): Fact[] {
  return events.flatMap((event): Fact[] => {
    switch (event.type) {
      case "item.completed": {
        const { id: _, action: _action, ...item } = event["item"] as Record<string, unknown>;
        return item["type"] === "todo_list" ? [] : [item];
      }
      case "error": {
        const message = String(event["message"]);
        return message.startsWith("Reconnecting...") ? [{ type: "retry", message }] : [];
      }
      case "turn.completed":
        return [{ type: "turn.completed" }];
      case "turn.failed":
        return [{ type: "turn.failed", message: (event["error"] as { message: string }).message }];
      default:
        return [];
    }
  });
}

/** In one order: which of two commands side by side ends first is chance. What the model says keeps its own. */
function inOrder(told: readonly Fact[], names: Names): unknown {
  const all = told.map((each) => JSON.stringify(names.cleanAll(each)).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>"));
  const isSaid = (text: string): boolean => /"type":"(agent_message|reasoning|turn\.|retry)/.test(text);
  return { said: all.filter(isSaid), all: all.toSorted() };
}

async function staged(scenario: Scenario, play: (stage: Stage) => Promise<Fact[]>): Promise<unknown> {
  const model = await startFakeModel(scenario.script());
  const stage = await makeStage({ baseUrl: model.baseUrl, ...scenario.stage });
  try {
    await scenario.setup?.(stage);
    return inOrder(await play(stage), new Names(stage));
  } finally {
    await model.close();
    await stage.dispose();
  }
}

const byExec = (scenario: Scenario, argv: readonly string[]): Promise<unknown> =>
  staged(scenario, async (stage) => fromExec((await run(ours(), stage, argv)).events));

const byServer = (
  scenario: Scenario,
  argv: readonly string[],
  serve: (stage: Stage) => AppServerUnderTest,
): Promise<unknown> =>
  staged(scenario, async (stage) => {
    const { settings, prompt } = settingsOf(argv)!;
    const server = serve(stage);
    try {
      const client = await server.connect();
      const { thread } = await client.call("thread/start", { cwd: stage.workspace, ...settings });
      const threadId = (thread as { id: string }).id;
      await client.call("turn/start", { threadId, input: say(prompt) });
      await client.next("turn/completed");
      return fromServer(client.told);
    } finally {
      await server.close();
    }
  });

const seeds = Array.from({ length: 20 }, (_, index) => 16 * (index + 1) + 3);

/** Of one turn each, with settings that a client can give. */
const all = [...itemsScenarios, ...streamsScenarios, ...statusesScenarios, ...seeds.map(randomScenario)].flatMap(
  (scenario) => {
    const [turn, ...more] = scenario.turns;
    const argv = turn?.argv;
    const fits = more.length === 0 && Array.isArray(argv) && turn?.env === undefined && settingsOf(argv) !== null;
    return fits ? [{ name: scenario.name, scenario, argv: argv as readonly string[] }] : [];
  },
);

describe("the app-server tells what exec tells", () => {
  it("is asked of most scenarios", () => {
    expect(all.length).toBeGreaterThan(70);
  });

  it.concurrent.for(all)("$name", { timeout: 120_000 }, async ({ scenario, argv }) => {
    const told = await byExec(scenario, argv);
    expect(await byServer(scenario, argv, appServerInMemory)).toEqual(told);
  });

  it.concurrent.for(all.filter((_, index) => index % 15 === 0))(
    "over stdio, too: $name",
    { timeout: 120_000 },
    async ({ scenario, argv }) => {
      const told = await byServer(scenario, argv, appServerInMemory);
      expect(await byServer(scenario, argv, (stage) => appServerProcess(ours(), stage))).toEqual(told);
    },
  );
});
