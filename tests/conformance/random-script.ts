import { Dice } from "../support/dice.ts";
import * as model from "../support/fake-model.ts";
import type { ModelItem, Part, Reply } from "../support/fake-model.ts";
import type { Scenario, Turn } from "../support/scenario.ts";

const longestTurn = 6;
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/**
 * A scenario made from a seed: random replies for as many requests as come, then an answer that ends the turn.
 * All texts and commands carry the number of their request (`r3`), by which results are put in order.
 */
export function randomScenario(seed: number): Scenario {
  const dice = new Dice(seed);
  const name = dice.chance(80) ? "gpt-5.5" : "mystery";
  const planned = dice.chance(40) ? ["-c", "tools.update_plan.enabled=true"] : [];
  const argv = (...rest: string[]): string[] => [
    "exec",
    "--json",
    "--skip-git-repo-check",
    "-m",
    name,
    "-s",
    "danger-full-access",
    ...planned,
    ...rest,
  ];
  const first: Turn = { argv: argv("first prompt") };
  const second: Turn = { argv: ({ threadId }) => argv("resume", threadId, "second prompt") };
  return {
    name: `seed ${seed}`,
    script: () => (request) => randomReply(seed, request.index),
    stage: {
      provider: "request_max_retries = 1\nstream_max_retries = 2",
      files: { ...patchable(), "a1.txt": "one\ntwo\nthree\n", "dot.png": pixel, "sub/inner.txt": "inner\n" },
    },
    turns: dice.chance(12) ? [first, second] : [first],
  };
}

/** One file for each place where a patch may stand, so that patches of one response never meet. */
function patchable(): Record<string, string> {
  const files: Record<string, string> = {};
  for (let index = 0; index < longestTurn; index++)
    for (let place = 0; place < 5; place++) files[`r${index}-a${place}.txt`] = "one\ntwo\nthree\n";
  return files;
}

function randomReply(seed: number, index: number): Reply {
  const dice = new Dice(seed * 1009 + index * 31 + 7);
  if (index >= longestTurn) return model.respond([model.message(`msg_last${index}`, `r${index} end`)]);
  const roll = dice.below(100);
  if (roll < 8) return refusal(dice);
  const items = Array.from({ length: dice.pick([0, 1, 1, 2, 2, 3, 4, 5]) }, (_, place) =>
    randomParts(dice, index, place),
  );
  if (dice.chance(10)) items.push(planParts(dice, index));
  const parts: Part[] = [
    ...(dice.chance(90) ? [model.created(`resp_${index}`)] : []),
    ...items.flat(),
    ...ending(dice, index),
  ];
  const reply: Reply = { parts };
  if (dice.chance(20)) reply.chunkSize = dice.pick([1, 7, 64]);
  return reply;
}

function refusal(dice: Dice): Reply {
  const roll = dice.below(10);
  if (roll < 3) return model.httpError(500, "oops");
  if (roll < 6) return model.httpError(503, dice.pick(["busy", "", '{"error":{"message":"inner"}}']));
  if (roll < 7) return model.httpError(429, { error: { message: "slow" } }, { "retry-after": "1" });
  if (roll < 8) return model.httpError(429, { error: { message: "slow" } });
  // A page in place of a stream is a failure at once in ours (see the scenarios), which would end these turns early.
  if (roll < 9) return model.httpError(503, "<html>");
  return model.httpError(400, { error: { message: "bad request" } });
}

function ending(dice: Dice, index: number): Part[] {
  const roll = dice.below(100);
  const usage = [dice.below(2000), dice.below(100), dice.below(300), dice.below(50)] as const;
  if (roll < 70) return [model.completed({ id: `resp_${index}`, usage })];
  if (roll < 80) return [model.completed({ id: `resp_${index}`, usage, endTurn: false })];
  if (roll < 82) return [model.completed({ id: `resp_${index}`, usage: null, endTurn: true })];
  if (roll < 89) return [{ cut: true }];
  if (roll < 92) return [];
  if (roll < 95) return [model.failed(dice.pick(["server_error", "odd_code"]), `r${index} failed`)];
  if (roll < 96) return [model.failed("rate_limit_exceeded", "Too fast. Please try again in 0.2s.")];
  if (roll < 97) return [model.failed(null, "")];
  // Not context_length_exceeded (a scenario has it): the next turn of the real one would begin with a compaction, which comes later here.
  if (roll < 98) return [model.failed(dice.pick(["insufficient_quota", "invalid_prompt"]), `r${index} over`)];
  return [model.incomplete(dice.pick(["max_output_tokens", "content_filter"]))];
}

/** The events of one random item, or of something that is no item. */
function randomParts(dice: Dice, index: number, place: number): Part[] {
  const roll = dice.below(100);
  const id = `${index}x${place}`;
  if (roll < 24) return wrapped(dice, textItem(dice, index, id));
  if (roll < 34) return wrapped(dice, reasoningItem(dice, index, id));
  if (roll < 62) return wrapped(dice, commandItem(dice, index, id));
  if (roll < 70) return wrapped(dice, model.customCall(id, "apply_patch", randomPatch(dice, index, place)));
  if (roll < 78) return wrapped(dice, badCall(dice, index, id));
  if (roll < 81)
    return wrapped(dice, model.call(id, "view_image", { path: dice.pick(["dot.png", "none.png", "a1.txt"]) }));
  if (roll < 86) return searchParts(dice, index, id);
  if (roll < 92) return noise(dice, index, id);
  if (roll < 96) return [model.added(textItem(dice, index, id)), model.textDelta(`msg_${id}`, "never done")];
  return [model.done({ type: "strange_item", id: `q_${id}`, text: `r${index}` })];
}

function wrapped(dice: Dice, item: ModelItem): Part[] {
  const roll = dice.below(20);
  if (roll === 0) return [model.done(item), model.done(item)];
  return roll < 4 ? [model.done(item)] : model.itemParts(item);
}

function textItem(dice: Dice, index: number, id: string): ModelItem {
  const text = `r${index} ${dice.pick(["plain", "grüße 🦊", "two\nlines", "x".repeat(300), '<tag> & "quotes"', "\u2028"])} ${id}`;
  const phase = dice.chance(30) ? { phase: dice.pick(["commentary", "final_answer"]) } : {};
  const item = model.message(`msg_${id}`, text, phase);
  if (dice.chance(10)) delete item["id"];
  else if (dice.chance(5)) item["id"] = `other-${id}`;
  if (dice.chance(5))
    item["content"] = [
      { type: "output_text", text: `r${index} part one ` },
      { type: "output_text", text: `part two ${id}` },
    ];
  return item;
}

function reasoningItem(dice: Dice, index: number, id: string): ModelItem {
  const parts = Array.from({ length: dice.below(3) }, (_, part) => `**r${index}** thought ${part} of ${id}`);
  const item = model.reasoning(`rs_${id}`, ...parts);
  if (dice.chance(15)) delete item["encrypted_content"];
  if (dice.chance(10)) item["content"] = [{ type: "reasoning_text", text: "raw" }];
  return item;
}

function commandItem(dice: Dice, index: number, id: string): ModelItem {
  const label = `r${index} ${id}`;
  const cmd = dice.pick([
    `echo ${label}`,
    `printf '%s' '${label}'`,
    `echo ${label}; exit ${1 + dice.below(120)}`,
    `echo ${label} >&2`,
    `cat a1.txt # ${label}`,
    `cat missing-file # ${label}`,
    `seq 1 ${dice.pick([3, 40, 900])} # ${label}`,
    `true # ${label}`,
    `printf '\\344\\366' # ${label}`,
    `echo "it's $((1 + 1))" # ${label}`,
    `sleep 0.${dice.below(3)}; echo ${label}`,
  ]);
  const args: Record<string, unknown> = { cmd };
  if (dice.chance(10)) args["max_output_tokens"] = dice.pick([1, 20, 500]);
  if (dice.chance(8)) args["workdir"] = dice.pick(["sub", "."]);
  if (dice.chance(6)) args["login"] = false;
  if (dice.chance(6)) args["yield_time_ms"] = dice.pick([20_000, 30_000]);
  if (dice.chance(4)) args["unknown_key"] = 1;
  const item = model.call(id, "exec_command", args);
  if (dice.chance(5)) delete item["id"];
  return item;
}

function randomPatch(dice: Dice, index: number, place: number): string {
  const name = `r${index}-${place}.txt`;
  const body = dice.pick([
    `*** Add File: ${name}\n+line\n+second\n`,
    `*** Add File: ${name}\n`,
    `*** Update File: r${index}-a${place}.txt\n@@\n one\n-two\n+changed r${index}\n`,
    `*** Update File: r${index}-a${place}.txt\n@@\n-not there\n+x\n`,
    `*** Update File: missing-${name}\n@@\n-a\n+b\n`,
    `*** Delete File: missing-${name}\n`,
    `*** Frobnicate: ${name}\n`,
    "",
  ]);
  return dice.chance(6) ? `no patch for r${index}` : `*** Begin Patch\n${body}*** End Patch\n`;
}

function badCall(dice: Dice, index: number, id: string): ModelItem {
  return dice.pick([
    () => model.call(id, "no_such_tool", { tag: `r${index}` }),
    () => model.customCall(id, "no_such_custom", `r${index}`),
    () => model.call(id, "exec_command", "{bad"),
    () => model.call(id, "exec_command", {}),
    () => model.call(id, "exec_command", ""),
    () => model.call(id, "exec_command", { cmd: 3 }),
    () => model.call(id, "exec_command", { cmd: null }),
    () => model.call(id, "exec_command", '{"cmd":"true"'),
    () => model.call(id, "exec_command", { cmd: `true # r${index}`, yield_time_ms: "soon" }),
    () => model.call(id, "write_stdin", { session_id: 7 }),
    () => model.call(id, "write_stdin", {}),
    () => model.call(id, "view_image", {}),
    () => model.call(id, "exec_command", { cmd: `true # r${index}` }, { namespace: "strange" }),
  ])();
}

function planParts(dice: Dice, index: number): Part[] {
  const statuses = ["pending", "in_progress", "completed", "completed", "odd"];
  const plan = Array.from({ length: dice.below(4) }, (_, step) => ({
    step: `r${index} step ${step}`,
    status: dice.pick(statuses),
  }));
  return model.itemParts(
    model.call(`${index}plan`, "update_plan", dice.chance(90) ? { plan } : { explanation: "why", plan }),
  );
}

function searchParts(dice: Dice, index: number, id: string): Part[] {
  const action = dice.pick([
    { type: "search", query: `r${index} q` },
    { type: "search", query: `r${index} q`, queries: [`r${index} q`, "more"] },
    { type: "open_page", url: `http://r${index}.invalid/` },
    { type: "find_in_page", url: `http://r${index}.invalid/`, pattern: "p" },
  ]);
  const item = model.webSearch(`ws_${id}`, action);
  return dice.chance(70) ? model.itemParts(item) : [model.done(item)];
}

function noise(dice: Dice, index: number, id: string): Part[] {
  return [
    dice.pick<Part>([
      { event: { type: "response.made_up", text: `r${index}` } },
      { event: { type: "error", error: { code: "x", message: `r${index}` } } },
      { event: { type: "response.in_progress", response: { id: `resp_${index}` } } },
      { event: { type: "response.output_item.done" } },
      { raw: "data: {not json\n\n" },
      { raw: "data: [DONE]\n\n" },
      { raw: ": keep-alive\n\n" },
      { raw: "event: ping\n\n" },
      {
        raw: `data: {"type":"response.output_item.done",\ndata: "item":${JSON.stringify(model.message(`msg_${id}`, `r${index} two data lines`))}}\n\n`,
      },
      { event: { type: "response.output_item.done", item: { type: "message" } } },
      { event: { type: "response.output_item.done", item: { type: "function_call", name: "exec_command" } } },
    ]),
  ];
}
