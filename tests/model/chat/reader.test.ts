import { describe, expect, test, vi } from "vitest";
import type { Part } from "../../support/fake-model.ts";
import {
  chatDone,
  chunk,
  delta,
  finish,
  moreArguments,
  refusal,
  text,
  thought,
  toolCall,
  usage,
} from "../../support/fake-chat.ts";
import { hear, type Heard } from "./kit.ts";

const stream = (...parts: readonly Part[]): Heard =>
  hear(parts.map((part) => ("raw" in part ? String(part.raw) : "")).join(""));
/** With the end that a server gives. */
const answer = (...parts: readonly Part[]): Heard => stream(...parts, finish(), chatDone);

const callsOf = ({ items }: Heard): unknown[] =>
  items.flatMap((item) => {
    const { type, call_id: id, name, arguments: text } = item as Record<string, unknown>;
    return type === "function_call" ? [[id, name, text]] : [];
  });
const textOf = ({ texts }: Heard): string => texts.join("");
const thoughtOf = ({ thoughts }: Heard): string => thoughts.join("");
const pieces = (...calls: readonly unknown[]): Part => delta({ tool_calls: calls });
const event = (value: unknown): Part => ({ raw: `data: ${JSON.stringify(value)}\n\n` });

const ls = '{"cmd":"ls"}';
const cat = '{"cmd":"cat a"}';

describe("calls of a stream", () => {
  test("are put together by their index, whatever the order and however interleaved", () => {
    const heard = answer(
      toolCall(1, "b", "view_image", '{"path":'),
      toolCall(0, "a", "exec_command", '{"cmd"'),
      moreArguments(1, '"x"}'),
      moreArguments(0, ':"ls"}'),
    );
    expect(callsOf(heard)).toEqual([
      ["a", "exec_command", ls],
      ["b", "view_image", '{"path":"x"}'],
    ]);
  });

  test("may repeat their id and name in every piece", () => {
    const heard = answer(toolCall(0, "a", "exec_command", '{"cmd"'), toolCall(0, "a", "exec_command", ':"ls"}'));
    expect(callsOf(heard)).toEqual([["a", "exec_command", ls]]);
  });

  test("that change their id with every piece are one call still", () => {
    const heard = answer(
      pieces({ index: 0, id: "a", function: { name: "exec_command", arguments: '{"cmd"' } }),
      pieces({ index: 0, id: "b", function: { arguments: ':"ls"}' } }),
    );
    expect(callsOf(heard)).toMatchObject([[expect.any(String), "exec_command", ls]]);
  });

  test.each([undefined, null, "0", -1, 1.5])("without an index (%j) are told apart by their ids", (index) => {
    const heard = answer(
      pieces({ index, id: "a", function: { name: "exec_command", arguments: '{"cmd"' } }),
      pieces({ index, function: { arguments: ':"ls"}' } }),
      pieces({ index, id: "b", function: { name: "exec_command", arguments: cat.slice(0, 6) } }),
      pieces({ index, id: "b", function: { arguments: cat.slice(6) } }),
    );
    expect(callsOf(heard)).toEqual([
      ["a", "exec_command", ls],
      ["b", "exec_command", cat],
    ]);
  });

  test("without index and id are told apart by what is complete", () => {
    const whole = (args: string): unknown => ({ function: { name: "exec_command", arguments: args } });
    const heard = answer(pieces(whole(ls), whole(cat)), pieces(whole(cat)));
    expect(callsOf(heard).map((call) => (call as string[])[2])).toEqual([ls, cat, cat]);
  });

  test("that all have the index 0 are told apart", () => {
    const heard = answer(toolCall(0, "a", "exec_command", ls), toolCall(0, "b", "exec_command", cat));
    expect(callsOf(heard)).toEqual([
      ["a", "exec_command", ls],
      ["b", "exec_command", cat],
    ]);
    const empty = answer(toolCall(0, "a", "list_files"), toolCall(0, "b", "exec_command", cat));
    expect(callsOf(empty)).toEqual([
      ["a", "list_files", "{}"],
      ["b", "exec_command", cat],
    ]);
    const nameless = answer(
      pieces({ index: 0, function: { name: "exec_command", arguments: ls } }),
      pieces({ index: 0, function: { name: "exec_command", arguments: cat } }),
      toolCall(1, "c", "view_image", "{}"),
    );
    expect(callsOf(nameless).map((call) => (call as string[])[2])).toEqual([ls, cat, "{}"]);
  });

  test("whose index grows with every piece of one id are one call", () => {
    const heard = answer(
      pieces({ index: 0, id: "a", function: { name: "exec_command", arguments: '{"cmd"' } }),
      pieces({ index: 1, id: "a", function: { name: "", arguments: ':"ls"}' } }),
    );
    expect(callsOf(heard)).toEqual([["a", "exec_command", ls]]);
  });

  test("with the same id get ids of their own", () => {
    const heard = answer(toolCall(0, "call_0", "exec_command", ls), toolCall(1, "call_0", "exec_command", cat));
    const ids = callsOf(heard).map((call) => (call as string[])[0]);
    expect(callsOf(heard).map((call) => (call as string[])[2])).toEqual([ls, cat]);
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toBe("call_0");
  });

  test("may come without an id, with arguments as an object, or with none", () => {
    const heard = answer(
      pieces({ index: 0, type: null, function: { name: "exec_command", arguments: { cmd: "ls" } } }),
      pieces({ index: 1, id: null, type: "", function: { name: "list_files", arguments: null } }),
    );
    expect(callsOf(heard)).toEqual([
      [expect.stringMatching(/^call_/), "exec_command", ls],
      [expect.stringMatching(/^call_/), expect.any(String), "{}"],
    ]);
  });

  test("may be of the old kind", () => {
    const heard = stream(
      delta({ function_call: { name: "exec_command", arguments: "" } }),
      delta({ function_call: { arguments: '{"cmd":' } }),
      delta({ function_call: { arguments: '"ls"}' } }),
      finish("function_call"),
      chatDone,
    );
    expect(callsOf(heard)).toMatchObject([[expect.any(String), "exec_command", ls]]);
  });

  test("that say nothing are none", () => {
    const heard = answer(pieces({}, null, { index: 3 }, { index: 0, function: null }), text("Hi"));
    expect(heard.end).toMatchObject({ type: "completed", calls: 0 });
    expect(textOf(heard)).toBe("Hi");
  });

  test("without a name fail, since any tool could be meant", () => {
    const heard = answer(pieces({ index: 0, id: "a", function: { arguments: "{}" } }));
    expect(heard.end).toMatchObject({ type: "failed", failure: { providerCode: "model_output_invalid" } });
    expect(callsOf(heard)).toEqual([]);
  });

  test("of another type than function fail", () => {
    const heard = answer(pieces({ index: 0, id: "a", type: "computer", function: { name: "click" } }));
    expect(heard.end).toMatchObject({ type: "failed", failure: { providerCode: "model_output_invalid" } });
  });
});

describe("the end of a stream", () => {
  test.each([
    ["stop", "completed"],
    ["tool_calls", "completed"],
    ["function_call", "completed"],
    ["eos", "completed"],
    ["a word of the future", "completed"],
    ["length", "incomplete"],
    ["max_tokens", "incomplete"],
    ["content_filter", "incomplete"],
    ["SAFETY", "incomplete"],
    ["error", "failed"],
    ["insufficient_system_resource", "failed"],
  ])("with the reason %s is %s", (reason, type) => {
    expect(stream(text("Hi"), finish(reason), chatDone).end.type).toBe(type);
  });

  test("needs no [DONE] where a reason was given", () => {
    expect(stream(text("Hi"), finish()).end.type).toBe("completed");
    expect(stream(text("Hi"), finish("length")).end).toMatchObject({ reason: "max_output_tokens" });
  });

  test("needs no reason where there is a [DONE]", () => {
    expect(stream(text("Hi"), chatDone).end.type).toBe("completed");
  });

  test("without either is a stream that broke", () => {
    expect(stream(text("Hi")).end).toMatchObject({
      type: "failed",
      failure: { code: "stream_disconnected", retryable: true, message: expect.stringContaining("[DONE]") },
    });
    expect(stream().end.type).toBe("failed");
  });

  test("of an answer that was cut makes no call of the half one", () => {
    const heard = stream(text("Now"), toolCall(0, "a", "exec_command", '{"cmd":"rm -r'), finish("length"), chatDone);
    expect(heard.end).toMatchObject({ type: "incomplete", reason: "max_output_tokens" });
    expect(callsOf(heard)).toEqual([]);
  });

  test("of an answer that says nothing, or was only thought, is empty", () => {
    expect(answer(delta({ role: "assistant", content: "" })).end.type).toBe("empty");
    expect(answer(thought("Hm.")).end.type).toBe("empty");
    expect(answer(text("<think>Hm.</think>\n")).end.type).toBe("empty");
  });

  test("of a stream of something else says so", () => {
    const heard = hear("data: <html>\ndata: <body>Sign in</body>\n\ndata: 12\n\n");
    expect(heard.end).toMatchObject({ type: "failed", failure: { message: expect.stringContaining("base_url") } });
  });
});

describe("usage", () => {
  const tokens = { prompt_tokens: 5, completion_tokens: 2 };
  const counted = { inputTokens: 5, outputTokens: 2, totalTokens: 7 };

  test("is the latest that was told, wherever it stands", () => {
    expect(stream(text("Hi"), usage(1, 1), finish(), usage(5, 2), chatDone).usage).toMatchObject(counted);
    const inChoice = { choices: [{ index: 0, delta: {}, finish_reason: "stop", usage: tokens }] };
    expect(stream(text("Hi"), event(inChoice), chatDone).usage).toMatchObject(counted);
    expect(
      stream(text("Hi"), finish(), chunk({ choices: [], x_groq: { usage: tokens } }), chatDone).usage,
    ).toMatchObject(counted);
    expect(stream(text("Hi"), finish(), event({ usage: tokens })).usage).toMatchObject(counted);
    const each = { choices: [{ index: 0, delta: { content: "i" }, finish_reason: null }] };
    expect(
      stream(
        chunk({ ...each, usage: { prompt_tokens: 5, completion_tokens: 1 } }),
        chunk({ ...each, usage: tokens }),
        finish(),
      ).usage,
    ).toMatchObject(counted);
  });

  test.each<[string, object, object]>([
    [
      "reasoning beside what was said",
      {
        prompt_tokens: 10_120,
        completion_tokens: 1499,
        total_tokens: 14_428,
        completion_tokens_details: { reasoning_tokens: 2809 },
      },
      { outputTokens: 4308, reasoningOutputTokens: 2809, totalTokens: 14_428 },
    ],
    [
      "reasoning in what was said",
      {
        prompt_tokens: 10,
        completion_tokens: 30,
        total_tokens: 40,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      { outputTokens: 30, reasoningOutputTokens: 20 },
    ],
    [
      "reasoning that only the total knows",
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 },
      { outputTokens: 105 },
    ],
    [
      "what was cached beside what was read",
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115, cache_read_input_tokens: 100 },
      { inputTokens: 10, cachedInputTokens: 10, outputTokens: 5 },
    ],
  ])("counts %s", (_, told, expected) => {
    expect(stream(text("Hi"), finish(), chunk({ choices: [], usage: told })).usage).toMatchObject(expected);
  });

  test("may be called in other ways", () => {
    const other = { input_tokens: 5, output_tokens: 2, total_tokens: 7, prompt_cache_hit_tokens: 3 };
    expect(stream(text("Hi"), finish(), chunk({ choices: [], usage: other })).usage).toMatchObject({
      ...counted,
      cachedInputTokens: 3,
    });
  });

  test("that is none is passed over", () => {
    expect(stream(text("Hi"), chunk({ choices: [], usage: null }), finish()).usage).toBeNull();
    expect(stream(text("Hi"), usage(5, 2), chunk({ choices: [], usage: "many" }), finish()).usage).toMatchObject(
      counted,
    );
  });
});

describe("an error in the stream", () => {
  test.each([
    [
      { error: { message: "This model's maximum context length is 4096 tokens", code: 400 } },
      "context_window_exceeded",
      false,
    ],
    [
      {
        error: {
          code: 400,
          message: "the request exceeds the available context size",
          type: "exceed_context_size_error",
        },
      },
      "context_window_exceeded",
      false,
    ],
    [{ error: { message: "slow down", code: 429 } }, "rate_limited", true],
    [{ error: { message: "Rate limit reached, try again in 2s", type: "rate_limit_error" } }, "rate_limited", true],
    [{ error: { message: "no credit", code: "insufficient_quota" } }, "usage_limit", false],
    [{ error: { message: "Provider returned error", code: 502 } }, "server_error", true],
    [{ error: { message: "busy", code: 503 } }, "server_overloaded", true],
    [{ error: { message: "who are you", code: 401 } }, "unauthorized", false],
    [{ error: { message: "bad", type: "invalid_request_error" } }, "bad_request", false],
    [[{ error: { code: 400, message: "Function call is missing", status: "INVALID_ARGUMENT" } }], "bad_request", false],
    [{ object: "error", message: "engine died", type: "InternalServerError", code: 500 }, "server_error", true],
    [{ error: "cuda out of memory" }, "stream_disconnected", true],
    [
      { choices: [{ index: 0, delta: {}, finish_reason: "error", error: { code: 502, message: "x" } }] },
      "server_error",
      true,
    ],
  ])("%j is %s", (value, code, retryable) => {
    const { end } = stream(text("Hi"), event(value), finish(), chatDone);
    expect(end).toMatchObject({ type: "failed", failure: { code, retryable } });
  });

  test("says what the server said, and how long to wait", () => {
    const { end } = stream(event({ error: { message: "Rate limit reached, try again in 2s", code: 429 } }));
    expect(end).toMatchObject({ failure: { message: expect.stringContaining("Rate limit reached"), delayMs: 2000 } });
  });

  test("may be an event of that name", () => {
    expect(hear('event: error\ndata: {"message":"The model has crashed"}\n\n').end).toMatchObject({
      failure: { message: expect.stringContaining("The model has crashed") },
    });
    expect(hear("event: error\ndata: out of memory\n\n").end).toMatchObject({
      failure: { message: expect.stringContaining("out of memory") },
    });
  });

  test("that is empty is none", () => {
    const parts = [
      chunk({ error: null, choices: [] }),
      chunk({ error: {}, choices: [] }),
      chunk({ error: "", choices: [] }),
    ];
    expect(answer(text("Hi"), ...parts).end.type).toBe("completed");
  });
});

describe("what was thought", () => {
  test("is taken from whichever field has it, once", () => {
    expect(thoughtOf(answer(thought("a", "reasoning"), thought("b"), text("x")))).toBe("ab");
    const both = delta({
      reasoning: "a",
      reasoning_content: "a",
      reasoning_details: [{ type: "reasoning.text", text: "a" }],
    });
    expect(thoughtOf(answer(both, text("x")))).toBe("a");
    const alone = delta({ reasoning: null, reasoning_details: [{ type: "reasoning.summary", summary: "s" }, null, 3] });
    expect(thoughtOf(answer(alone, text("x")))).toBe("s");
  });

  test("is taken out of the head of the text", () => {
    for (const head of ["<think>", "\n<think>\n", "<thinking>", "<thought>"]) {
      const close = `</${head.trim().slice(1)}`;
      const heard = answer(text(`${head}a < b`), text(`${close.slice(0, 3)}`), text(`${close.slice(3)}\n\nyes`));
      expect([thoughtOf(heard), textOf(heard)]).toEqual(["a < b", "yes"]);
    }
  });

  test("stays in the text where it is none", () => {
    for (const said of ["<thin", "<div>", " <b>", "a <think>b</think>", "\n", "<think"]) {
      const heard = answer(...[...said].map(text), toolCall(0, "a", "exec_command", ls));
      expect(thoughtOf(heard)).toBe("");
      expect(textOf(heard)).toBe(said.trim() === "" ? "" : said);
    }
  });

  test("is not looked for where the server tells it by itself", () => {
    const heard = answer(thought("Hm."), text("\n\n"), text("<think> is a tag"));
    expect([thoughtOf(heard), textOf(heard)]).toEqual(["Hm.", "<think> is a tag"]);
  });

  test("is held back no longer than it may be a tag", () => {
    const heard = stream(text("<th"), text("e answer"), text(" is"));
    expect(heard.texts).toEqual(["<the answer", " is"]);
    const inside = stream(text("<think>one"), text(" two </thi"), text("s>"), text("</think>"));
    expect(inside.thoughts).toEqual(["one", " two", " </this>"]);
  });

  test("and never ends is all that was said", () => {
    const heard = answer(text("<think>on and on "));
    expect([thoughtOf(heard), heard.end.type]).toEqual(["on and on", "empty"]);
  });

  test("may be blank for ever without being looked at for ever", () => {
    const blanks = Array.from({ length: 2000 }, () => text("\n"));
    expect(answer(...blanks, text("x")).end.type).toBe("completed");
    const heard = answer(text("<think>a"), ...blanks, text("b</think>x"));
    expect(thoughtOf(heard)).toBe(`a${"\n".repeat(2000)}b`);
  });
});

describe("an answer", () => {
  test("in content parts is read", () => {
    const heard = answer(
      delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
      delta({ content: [{ type: "text", text: "Hi" }, { type: "reference", ids: [1] }, null] }),
    );
    expect([thoughtOf(heard), textOf(heard)]).toEqual(["Hm.", "Hi"]);
  });

  test("that refuses is a refusal", () => {
    const heard = answer(refusal("I "), refusal("won't."));
    expect(heard.items).toMatchObject([{ type: "message", content: [{ type: "refusal", refusal: "I won't." }] }]);
  });

  test("is the first of several", () => {
    const other = chunk({ choices: [{ index: 1, delta: { content: "other" }, finish_reason: "stop" }] });
    const heard = stream(text("Hi"), other, text("!"), finish(), chatDone);
    expect(textOf(heard)).toBe("Hi!");
  });

  test("in one piece is read like a stream", () => {
    const whole = {
      object: "chat.completion",
      choices: [
        {
          index: 0,
          finish_reason: "tool_calls",
          message: {
            role: "assistant",
            content: "Let me look.",
            reasoning_content: "Hm.",
            tool_calls: [{ id: "a", type: "function", function: { name: "exec_command", arguments: ls } }],
          },
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    };
    const heard = stream(event(whole));
    expect([thoughtOf(heard), textOf(heard)]).toEqual(["Hm.", "Let me look."]);
    expect(callsOf(heard)).toEqual([["a", "exec_command", ls]]);
    expect(heard.end).toMatchObject({ type: "completed", calls: 1 });
    expect(heard.usage).toMatchObject({ totalTokens: 7 });
  });

  test.each([
    "",
    "null",
    "[]",
    "7",
    '"x"',
    "{",
    '{"choices":{}}',
    '{"choices":[]}',
    '{"choices":[null]}',
    '{"choices":[{}]}',
    '{"choices":[{"delta":null}]}',
    '{"choices":[{"delta":{"content":7,"tool_calls":{"a":1},"function_call":"x","reasoning_details":"x"}}]}',
    '{"choices":[{"delta":{"tool_calls":[7,"x",[],{"function":"x"},{"index":0,"function":{"name":7}}]}}]}',
  ])("with %j in it goes on", (data) => {
    const heard = stream(text("Hi"), { raw: `data: ${data}\n\n` }, text("!"), finish(), chatDone);
    expect(textOf(heard)).toBe("Hi!");
    expect(heard.end.type).toBe("completed");
  });

  test("in pieces that differ in their text alone is read as if each were parsed", () => {
    const said = [
      "a",
      '"',
      "\\",
      "\n",
      "\u2028",
      '{"x":1}',
      "é",
      "𝒃",
      "</think>",
      '","finish_reason":"stop',
      "\ud800",
      " ",
    ];
    const heard = answer(...said.map(text), ...said.map(text));
    expect(heard.texts).toEqual([...said, ...said]);
    const thoughts = answer(...said.map((each) => thought(each)), text("x"));
    expect(thoughts.thoughts).toEqual(said);
  });

  test("that says its text in another place, too, is read in the right one", () => {
    const echoing = (echo: string, said: string): Part =>
      event({ echo: { content: echo }, choices: [{ index: 0, delta: { content: said }, finish_reason: null }] });
    expect(answer(echoing("a", "a"), echoing("b", "a"), echoing("a", "c")).texts).toEqual(["a", "a", "c"]);
  });

  test("in pieces that differ in their text alone is not parsed piece by piece", () => {
    const bytes = Array.from({ length: 20_000 }, (_, index) => text(` ${index}`))
      .map((part) => ("raw" in part ? String(part.raw) : ""))
      .join("");
    const parse = vi.spyOn(JSON, "parse");
    try {
      const heard = hear(bytes);
      expect(parse.mock.calls.length).toBeLessThan(10);
      expect(heard.texts).toHaveLength(20_000);
    } finally {
      parse.mockRestore();
    }
  });

  test("of which each piece differs in more is parsed no more than twice a piece at first, and once then", () => {
    const bytes = Array.from({ length: 1000 }, (_, index) =>
      chunk({
        created: index,
        choices: [{ index: 0, delta: { content: ` ${index}` }, finish_reason: null }],
      }),
    )
      .map((part) => ("raw" in part ? String(part.raw) : ""))
      .join("");
    const parse = vi.spyOn(JSON, "parse");
    try {
      const heard = hear(bytes);
      expect(parse.mock.calls.length).toBeLessThan(1020);
      expect(heard.texts).toHaveLength(1000);
    } finally {
      parse.mockRestore();
    }
  });
});
