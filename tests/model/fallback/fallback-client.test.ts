import { expect, test } from "vitest";
import { FallbackClient, type Link, type Reached } from "../../../src/model/fallback/fallback-client.ts";
import { Outages } from "../../../src/model/fallback/outages.ts";
import type { ModelEvent, ModelFailure, ModelResult } from "../../../src/model/model-client.ts";
import { AgentError } from "../../../src/protocol/errors.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { Dice } from "../../support/dice.ts";
import { FakeClock } from "../../kernel/kit.ts";
import { Actor, answering, cut, failing, item, linkOf, requestOf, said, thought, type Act } from "./chain-kit.ts";

interface Played {
  result: ModelResult;
  /** Items in the order in which they came, over all tries. */
  history: ResponseItem[];
  falls: string[];
  tries: number;
}

function chainOf(acts: Record<string, readonly Act[]>, retries = 2) {
  const actors = Object.fromEntries(Object.entries(acts).map(([name, each]) => [name, new Actor(each, retries)]));
  const clock = new FakeClock();
  const links = Object.entries(actors).map(([name, actor]) => linkOf(name, actor));
  const client = new FallbackClient(links, new Outages(clock));
  /** As the kernel's loop does: what is complete is kept, and the request is made anew until its retries are over. */
  const play = async (turnId: string, history: ResponseItem[] = []): Promise<Played> => {
    const falls: string[] = [];
    const onEvent = (event: ModelEvent): void => {
      if (event.type === "item.done") history.push(event.item);
      if (event.type === "fell_back") falls.push(`${event.from} > ${event.to}`);
    };
    for (let tries = 1; ; tries++) {
      const result = await client.stream(requestOf(turnId, [...history]), {
        signal: new AbortController().signal,
        onEvent,
      });
      if (result.type === "completed" || !result.failure.retryable || tries > client.streamMaxRetries)
        return { result, history, falls, tries };
      if (tries > 100) throw new Error("the chain has no end");
    }
  };
  return { actors, client, clock, play };
}

const texts = (items: readonly ResponseItem[]): string[] =>
  items.map((each) => (each as { content: { text: string }[] }).content[0]!.text);

test.each<[string, Partial<ModelFailure>]>([
  ["is overloaded", { code: "server_overloaded" }],
  ["fails inside", { code: "server_error" }],
  ["cannot be reached", { code: "connection_failed" }],
  ["has no room, and says that to all", { code: "server_overloaded", retryable: false }],
  ["has a limit that nobody waits for", { code: "rate_limited", retryable: false }],
  ["has a limit of which nothing is left", { code: "usage_limit", retryable: false }],
])("where the first %s, the next is asked at once", async (_, failure) => {
  const { play, actors } = chainOf({ "a/one": [failing(failure)], "b/two": [answering(said("hi"))] });
  const played = await play("t1");
  expect(played).toMatchObject({ result: { type: "completed" }, falls: ["a/one > b/two"], tries: 1 });
  expect(actors["b/two"]!.requests[0]!.model).toBe("two");
  expect(actors["b/two"]!.requests[0]!.identity.metadata["model"]).toBe("two");
});

test.each<[string, Partial<ModelFailure>]>([
  ["a request that was wrong", { code: "bad_request", retryable: false }],
  ["a history that does not fit", { code: "context_window_exceeded", retryable: false }],
  ["a missing key", { code: "credentials_missing", retryable: false }],
  ["a refused key", { code: "unauthorized", retryable: false }],
  ["an answer that ended too early", { code: "response_incomplete", retryable: false }],
])("%s is no reason to ask another", async (_, failure) => {
  const { play, actors } = chainOf({ "a/one": [failing(failure)], "b/two": [answering(said("hi"))] });
  const { result, falls } = await play("t1");
  expect(result).toMatchObject({ type: "failed", failure });
  expect(falls).toEqual([]);
  expect(actors["b/two"]!.requests).toEqual([]);
});

test("a wait that the provider states is kept to, on the same model", async () => {
  const limit = failing({ code: "rate_limited", delayMs: 1000 });
  const { play } = chainOf({ "a/one": [limit, answering(said("hi"))], "b/two": [answering(said("no"))] });
  expect(await play("t1")).toMatchObject({ falls: [], tries: 2 });
});

test("a stand-in without a key is passed over", async () => {
  const { play } = chainOf({
    "a/one": [failing()],
    "b/two": [failing({ code: "credentials_missing", retryable: false })],
    "c/three": [answering(said("hi"))],
  });
  expect((await play("t1")).falls).toEqual(["a/one > b/two", "b/two > c/three"]);
});

test("a stand-in is looked at when it is asked for, and passed over where that comes to nothing", async () => {
  const looked: string[] = [];
  const watched = (name: string, act: Act, problem?: string): Link => {
    const link = linkOf(name, new Actor([act]));
    const reach = (): Promise<Reached> => {
      looked.push(name);
      return problem === undefined ? link.reach() : Promise.reject(new AgentError("config", problem));
    };
    return { ...link, reach };
  };
  const acts = [answering(said("1")), failing()] as const;
  let turn = 0;
  const first: Act = (emit, request) => acts[turn]!(emit, request);
  const links = [
    watched("a/one", first),
    watched("b/two", first, "no such server"),
    watched("c/three", answering(said("2"))),
  ];
  const client = new FallbackClient(links, new Outages(new FakeClock()));
  const falls: string[] = [];
  const onEvent = (event: ModelEvent): void => void (event.type === "fell_back" && falls.push(event.cause));
  for (turn = 0; turn < 2; turn++) {
    const result = await client.stream(requestOf("t1"), { signal: new AbortController().signal, onEvent });
    expect(result.type).toBe("completed");
    expect(looked).toEqual(turn === 0 ? ["a/one"] : ["a/one", "b/two", "c/three"]);
  }
  expect(falls).toEqual(["busy", "no such server"]);
});

test("a stream that breaks is tried again on the same model, and on the next when its retries are over", async () => {
  const broken = cut(item(said("part")));
  const { play, actors } = chainOf({
    "a/one": [broken],
    "b/two": [cut(), cut(item(said("more"))), answering(said("hi"))],
  });
  const { result, history, falls } = await play("t1");
  expect(result.type).toBe("completed");
  expect(actors["a/one"]!.requests).toHaveLength(3);
  expect(falls).toEqual(["a/one > b/two"]);
  expect(texts(history)).toEqual(["part", "part", "part", "more", "hi"]);
  // Each request holds what has come before it.
  expect(actors["b/two"]!.requests.map(({ input }) => input.length)).toEqual([3, 3, 4]);
});

test("the rest of a turn stays where it was answered, and the next begins with the first", async () => {
  const { play, actors, clock } = chainOf({
    "a/one": [failing(), answering(said("back"))],
    "b/two": [answering(said("hi"))],
  });
  await play("t1");
  await play("t1");
  expect(actors["a/one"]!.requests).toHaveLength(1);
  // It was out a moment ago: that need not be found out anew.
  expect((await play("t2")).falls).toEqual(["a/one > b/two"]);
  expect(actors["a/one"]!.requests).toHaveLength(1);
  clock.time += 31_000;
  expect(texts((await play("t3")).history)).toEqual(["back"]);
});

test("a model with a limit is passed over until that is lifted", async () => {
  const clockStart = new FakeClock().time;
  const { play, actors, clock } = chainOf({
    "a/one": [
      failing({ code: "usage_limit", retryable: false, liftedAtMs: clockStart + 3_600_000 }),
      answering(said("back")),
    ],
    "b/two": [answering(said("hi"))],
  });
  await play("t1");
  clock.time += 3_000_000;
  await play("t2");
  expect(actors["a/one"]!.requests).toHaveLength(1);
  clock.time += 700_000;
  await play("t3");
  expect(actors["a/one"]!.requests).toHaveLength(2);
});

test("where all are out, each is asked as often as its retries allow, and the first one's failure is told", async () => {
  const { play, actors } = chainOf({
    "a/one": [failing({ message: "one is busy" })],
    "b/two": [failing({ message: "two" })],
  });
  const { result, tries, falls } = await play("t1");
  expect(result).toMatchObject({ type: "failed", failure: { message: "one is busy" } });
  expect(tries).toBe(3);
  expect(actors["a/one"]!.requests).toHaveLength(3);
  expect(actors["b/two"]!.requests).toHaveLength(3);
  expect(falls.slice(0, 3)).toEqual(["a/one > b/two", "b/two > a/one", "a/one > b/two"]);
});

test("reasoning goes back to none but the model that made it", async () => {
  const { play, actors, clock } = chainOf({
    "a/one": [failing(), answering(thought("rs_3", "of one"), said("3"))],
    "b/two": [answering(thought("rs_2", "of two"), said("2"))],
  });
  const history = [thought("rs_1", "of one"), said("1")];
  await play("t1", history);
  await play("t1", history);
  clock.time += 31_000;
  await play("t2", history);
  const sealed = (input: readonly ResponseItem[]): unknown[] =>
    input.flatMap((each) =>
      each.type === "reasoning" ? [(each as { encrypted_content?: unknown }).encrypted_content] : [],
    );
  expect(actors["b/two"]!.requests.map(({ input }) => sealed(input))).toEqual([[], ["of two"]]);
  expect(sealed(actors["a/one"]!.requests[1]!.input)).toEqual(["of one"]);
  expect(actors["a/one"]!.requests[1]!.input).toHaveLength(4);
});

test("an interrupt passes through, and the next request of the turn starts counting anew", async () => {
  const { client } = chainOf({ "a/one": [answering(said("hi"))] });
  const stopped = AbortSignal.abort(new Error("stop"));
  await expect(client.stream(requestOf("t1"), { signal: stopped, onEvent: () => undefined })).rejects.toThrow("stop");
});

test("each link can be put into something of its own", async () => {
  const { client } = chainOf({ "a/one": [failing()], "b/two": [answering(said("hi"))] });
  const seen: string[] = [];
  const wrapped = client.each((inner) => ({
    streamMaxRetries: inner.streamMaxRetries,
    stream(request, options) {
      seen.push(request.model);
      return inner.stream(request, options);
    },
  }));
  await wrapped.stream(requestOf("t1"), { signal: new AbortController().signal, onEvent: () => undefined });
  expect(seen).toEqual(["first", "two"]);
});

test.each(Array.from({ length: 200 }, (_, seed) => seed))("any faults of a chain, seed %i", async (seed) => {
  const dice = new Dice(seed);
  let next = 0;
  const act = (): Act => {
    const parts = Array.from({ length: dice.below(3) }, () => item(said(`p${next++}`)));
    const roll = dice.below(10);
    if (roll < 3)
      return failing({ code: dice.pick(["server_error", "connection_failed", "server_overloaded"] as const) });
    if (roll < 4) return failing({ code: "server_overloaded" }, ...parts);
    if (roll < 7) return cut(...parts);
    if (roll < 8) return failing({ code: "rate_limited", delayMs: 1 });
    return answering(said(`a${next++}`));
  };
  const names = ["a/one", "b/two", "c/three"].slice(0, 1 + dice.below(3));
  const acts = Object.fromEntries(names.map((name) => [name, Array.from({ length: 1 + dice.below(5) }, act)]));
  const { play, actors } = chainOf(acts, dice.below(4));
  for (const turn of ["t1", "t1", "t2"]) {
    const history: ResponseItem[] = [];
    const { falls, tries } = await play(turn, history);
    expect(tries).toBeLessThanOrEqual(names.length * 5);
    falls.forEach((fall, at) => at > 0 && expect(fall.split(" > ")[0]).toBe(falls[at - 1]!.split(" > ")[1]));
    // Whoever is asked next is shown every item that has come, once and in order.
    for (const { requests } of Object.values(actors)) {
      for (const { input } of requests.splice(0)) expect(texts(history).slice(0, input.length)).toEqual(texts(input));
    }
  }
});
