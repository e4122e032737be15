import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  call,
  completed,
  created,
  done,
  message,
  type ModelItem,
  type Part,
  respond,
  type Script,
  startFakeModel,
} from "../support/fake-model.ts";
import { type FakeSocketModel, type RecordedMessage, startFakeSocketModel } from "../support/fake-socket-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Outcome } from "../support/run.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Round = readonly Part[];
const items = (id: string, ...all: ModelItem[]): Round => [created(id), ...all.map(done), completed({ id })];

/** A turn of the built-in provider at a server that has WebSockets. Whichever way a request comes, the n-th gets the n-th round. */
async function play(binary: Binary, rounds: readonly Round[]): Promise<{ outcome: Outcome; model: FakeSocketModel }> {
  let asked = 0;
  const next = (): Round => rounds[asked++] ?? [];
  const warm = ({ body }: RecordedMessage): boolean => body["generate"] === false;
  const model: FakeSocketModel = await startFakeSocketModel(
    () => {
      const round = next();
      // Ours opens the socket when it knows that another request follows.
      return { parts: [...round.slice(0, -1), { gate: () => model.standing(1) }, ...round.slice(-1)] };
    },
    (said) =>
      warm(said)
        ? { parts: [created("resp_warm"), completed({ id: "resp_warm", usage: [0, 0, 0, 0] })] }
        : { parts: [...next()] },
  );
  closing.push(() => model.close());
  const outcome = await runAt(model.baseUrl, binary);
  return { outcome, model };
}

const both = async (rounds: readonly Round[]) => ({
  real: await play(oracle(), rounds),
  mine: await play(ours(), rounds),
});

const told = ({ outcome }: { outcome: Outcome }): unknown[] =>
  outcome.events.map((event) => (event.type === "thread.started" ? { type: event.type } : event));
const last = ({ model }: { model: FakeSocketModel }): Record<string, unknown> => model.messages.at(-1)!.body;
const metadataOf = (body: Record<string, unknown>): string[] =>
  Object.keys(body["client_metadata"] as object).toSorted();

test("a turn with calls is the same over the socket, and so is a request that goes on from an answer", async () => {
  const { real, mine } = await both([
    items("resp_1", call("1", "exec_command", { cmd: "echo one" })),
    items("resp_2", call("2", "exec_command", { cmd: "echo two" })),
    items("resp_3", message("msg_3", "done")),
  ]);
  expect(told(mine)).toEqual(told(real));
  const [theirs, own] = [last(real), last(mine)];
  expect(own["previous_response_id"]).toBe("resp_2");
  expect(Object.keys(own)).toEqual(Object.keys(theirs));
  const { input, client_metadata: _one, prompt_cache_key: _key, ...rest } = theirs;
  expect(own).toMatchObject(rest);
  const outline = (value: unknown): unknown[] =>
    (value as Record<string, unknown>[]).map(({ type, call_id }) => [type, call_id]);
  expect(outline(own["input"])).toEqual(outline(input));
  // Whose doing a call of an MCP server is: nothing over HTTP says so either.
  expect(metadataOf(own)).toEqual(metadataOf(theirs).filter((name) => name !== "mcp_attribution"));
});

test("the upgrade carries the headers of the real one", async () => {
  const { real, mine } = await both([
    items("resp_1", call("1", "exec_command", { cmd: "true" })),
    items("resp_2", message("msg_1", "hi")),
  ]);
  const names = ({ model }: { model: FakeSocketModel }): string[] =>
    Object.keys(model.upgrades[0]!.headers)
      // What the libraries of the two negotiate among themselves, and the version that the user agent holds anyway.
      .filter((name) => !["sec-websocket-extensions", "version"].includes(name))
      .toSorted();
  expect(names(mine)).toEqual(names(real));
  for (const name of ["authorization", "openai-beta", "originator", "x-codex-beta-features"])
    expect(mine.model.upgrades[0]!.headers[name]).toBe(real.model.upgrades[0]!.headers[name]);
});

test("a socket that breaks in the middle is told of by neither, and what was complete stays", async () => {
  const { real, mine } = await both([
    items("resp_1", call("1", "exec_command", { cmd: "echo one" })),
    [created("resp_2"), done(message("msg_2", "part")), { cut: true }],
    items("resp_3", message("msg_3", "whole")),
  ]);
  expect(told(mine)).toEqual(told(real));
});

test("a server that refuses the upgrade costs nothing: no word, and no time", async () => {
  const { real, mine } = { real: await refused(oracle()), mine: await refused(ours()) };
  const messages = (outcome: Outcome): string[] =>
    outcome.events.flatMap(({ type, message: text }) => (type === "error" ? [String(text)] : []));
  expect(messages(real).length).toBeGreaterThan(3);
  expect(messages(mine)).toEqual([]);
  expect(mine.events.map(({ type }) => type)).toEqual([
    "thread.started",
    "turn.started",
    "item.started",
    "item.completed",
    "item.completed",
    "turn.completed",
  ]);
});

test("an upgrade that nobody answers keeps no turn and no process waiting", async () => {
  const silent = await startFakeModel(workThenWord, { upgrade: () => undefined });
  closing.push(() => silent.close());
  const outcome = await runAt(silent.baseUrl, ours());
  expect(outcome.code).toBe(0);
  expect(outcome.events.at(-1)!.type).toBe("turn.completed");
});

const workThenWord: Script = [respond([call("1", "exec_command", { cmd: "true" })]), respond([message("msg_1", "hi")])];

async function refused(binary: Binary): Promise<Outcome> {
  const model = await startFakeSocketModel(workThenWord, [], { refuses: 404 });
  closing.push(() => model.close());
  return runAt(model.baseUrl, binary);
}

async function runAt(baseUrl: string, binary: Binary): Promise<Outcome> {
  const stage = await makeStage();
  closing.push(() => stage.dispose());
  await writeFile(join(stage.codexHome, "config.toml"), `openai_base_url = "${baseUrl}"\n`);
  await writeFile(join(stage.codexHome, "auth.json"), JSON.stringify({ OPENAI_API_KEY: "sk-test-0123456789" }));
  return run(binary, stage, ["exec", "--json", "--skip-git-repo-check", "go"]);
}
