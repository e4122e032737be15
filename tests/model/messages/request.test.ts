import { describe, expect, test } from "vitest";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import type { Conversation } from "../../../src/model/dialect/conversation.ts";
import { sealText } from "../../../src/model/dialect/seal.ts";
import { UntranslatableError } from "../../../src/model/dialect/untranslatable.ts";
import { messagesDialect } from "../../../src/model/messages/dialect.ts";
import { assistant, call, conversation, developer, messagesOf, output, requestOf, user } from "./helpers.ts";

const text = (said: string): object => ({ type: "text", text: said });
const fields = (asked: Partial<Conversation>, input: ResponseItem[] = [user("Hi.")]): Record<string, unknown> =>
  requestOf(conversation(input, asked), { cacheBreakpoints: false });
const tool = (name: string, parameters: object = { type: "object" }): object => ({
  type: "function",
  name,
  description: `Does ${name}.`,
  parameters,
});

describe("what is said", () => {
  test("by developers before anybody else is the system, and later stands where it came, marked", () => {
    const input = [developer("Be kind."), developer("Be brief."), user("Hi."), developer("It is late."), user("Bye.")];
    const request = fields({ instructions: "You help." }, input);
    expect(request["system"]).toEqual([text("You help."), text("Be kind."), text("Be brief.")]);
    expect(request["messages"]).toEqual([
      {
        role: "user",
        content: [text("Hi."), text("<developer_message>\nIt is late.\n</developer_message>"), text("Bye.")],
      },
    ]);
  });

  test("by one step and what its calls gave are a message each, results first and in the order of the calls", () => {
    const input = [
      user("Do."),
      assistant("I do."),
      call("a", "run", { n: 1 }),
      call("b", "run"),
      user("Faster!"),
      output("b", "two"),
      output("a", "one"),
    ];
    expect(messagesOf(input)).toEqual([
      { role: "user", content: [text("Do.")] },
      {
        role: "assistant",
        content: [
          text("I do."),
          { type: "tool_use", id: "a", name: "run", input: { n: 1 } },
          { type: "tool_use", id: "b", name: "run", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: "one" },
          { type: "tool_result", tool_use_id: "b", content: "two" },
          text("Faster!"),
        ],
      },
    ]);
  });

  test("in images goes as data, as an address, or as a line of text", () => {
    const image = (image_url: string): ResponseItem => ({
      type: "message",
      role: "user",
      content: [{ type: "input_image", image_url }],
    });
    const input = [
      "data:image/jpg;base64,iVBO",
      "https://example.com/a.png",
      "data:image/svg+xml;base64,PHN2",
      "data:image/png;base64,",
    ].map(image);
    expect(messagesOf(input)).toEqual([
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "iVBO" } },
          { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
          text("[There is an image here (image/svg+xml) that cannot be shown to this model.]"),
          text("[There is an image here (image/png) that cannot be shown to this model.]"),
        ],
      },
    ]);
    const blind = JSON.stringify(messagesOf(input, { vision: false }));
    expect(blind.match(/There is an image here that this model cannot see/g)).toHaveLength(4);
  });

  test("by a tool in images stays in its result", () => {
    const shown: ResponseItem = {
      type: "function_call_output",
      call_id: "a",
      output: [
        { type: "input_text", text: "A fox:" },
        { type: "input_image", image_url: "data:image/png;base64,iVBO" },
      ],
    };
    expect(messagesOf([user("Look."), call("a", "view"), shown])).toMatchObject([
      {},
      {},
      { content: [{ type: "tool_result", content: [text("A fox:"), { type: "image" }] }] },
    ]);
  });

  test("of a call's repair stands with its output", () => {
    const messages = messagesOf([user("Do."), call("a-repaired-json", "run"), output("a-repaired-json", "done")]);
    expect(messages).toMatchObject([
      {},
      {},
      { content: [{ content: [text("done"), { text: expect.stringContaining("no valid JSON") }] }] },
    ]);
  });

  test("in blank text is not said, and a result that is empty says so", () => {
    expect(messagesOf([user(" \n"), user("Do."), assistant(""), call("a", "run"), output("a", "")])).toEqual([
      { role: "user", content: [text("Do.")] },
      { role: "assistant", content: [{ type: "tool_use", id: "a", name: "run", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "[no output]" }] },
    ]);
  });

  test("last is never the model's: it is asked to go on", () => {
    expect(messagesOf([user("Hi."), assistant("Hi. ")])).toMatchObject([{}, { role: "assistant" }, { role: "user" }]);
  });

  test("in halves of characters is made whole", () => {
    expect(JSON.stringify(messagesOf([user("cut \ud83d"), assistant("\\ud83d is an escape")]))).not.toMatch(
      /(?<!\\)\\ud83d/,
    );
  });
});

describe("calls of histories that are not in order", () => {
  test("get the ids that the API takes, each its own, and their outputs the same", () => {
    const input = [
      user("Do."),
      call("functions.run:0", "run"),
      output("functions.run:0", "one"),
      call("functions.run:0", "run"),
      output("functions.run:0", "two"),
    ];
    expect(messagesOf(input)).toMatchObject([
      {},
      { content: [{ id: "functions_run_0" }] },
      { content: [{ tool_use_id: "functions_run_0", content: "one" }] },
      { content: [{ id: "functions_run_0_2" }] },
      { content: [{ tool_use_id: "functions_run_0_2", content: "two" }] },
    ]);
  });

  test("are answered, those without an output too; outputs without a call are the user's to say", () => {
    expect(messagesOf([user("Do."), call("a", "run"), user("Well?"), output("lost", "found")])).toMatchObject([
      {},
      {},
      {
        content: [
          { type: "tool_result", content: "No output of this call is known." },
          text("Well?"),
          text("Further output of the tool call lost:"),
          text("found"),
        ],
      },
    ]);
  });

  test("do not fail over arguments that are no object", () => {
    const inputs = ['{"cmd": "ls', "[1]", "null", "", '"x"'].flatMap((args, index) => {
      const messages = messagesOf([user("Do."), call(`c${index}`, "run", args), output(`c${index}`, "no")]);
      return [(messages as { content: { input: unknown }[] }[])[1]!.content[0]!.input];
    });
    expect(inputs).toEqual([
      { invalid_arguments: '{"cmd": "ls' },
      { invalid_arguments: "[1]" },
      { invalid_arguments: "null" },
      {},
      { invalid_arguments: '"x"' },
    ]);
  });

  test("do not keep a request from being written over arguments that nest too deep", () => {
    const args = `{"a":${"[".repeat(6000)}${"]".repeat(6000)}}`;
    const messages = messagesOf([user("Do."), call("c", "run", args), output("c", "no")]);
    expect(JSON.stringify(messages)).toContain(JSON.stringify({ invalid_arguments: args }));
  });

  test("are shown beside tools, which a request without any names for them", () => {
    const request = fields({}, [user("Do."), call("a", "run"), output("a", "done")]);
    expect(request["tools"]).toEqual([{ name: "run", input_schema: { type: "object" } }]);
    expect(request["tool_choice"]).toEqual({ type: "none" });
  });
});

describe("what other models thought", () => {
  const thought: ResponseItem = {
    type: "reasoning",
    summary: [],
    content: [{ type: "reasoning_text", text: "Hm." }],
    encrypted_content: "gAAAAforeign",
  };

  test("is nothing to Anthropic's", () => {
    expect(JSON.stringify(messagesOf([user("Do."), thought, assistant("Done."), user("So?")]))).not.toContain("Hm.");
  });

  test("is a thought without a signature to servers that sign none, unless their profile has no place for it", () => {
    const input = [user("Do."), thought, assistant("Done."), user("So?")];
    const asked = conversation(input, { model: "minimax-m3" });
    expect(requestOf(asked).messages[1]?.content[0]).toEqual({ type: "thinking", thinking: "Hm.", signature: "" });
    expect(requestOf(asked, { reasoningField: null }).messages[1]?.content).toEqual([text("Done.")]);
  });

  test("is nothing to Anthropic's when the server of another signed it, and goes back to such a server as it came", () => {
    const seal = sealText({ kind: "signature", value: "s", maker: "minimax-m3" });
    const input = [
      user("Do."),
      { ...thought, encrypted_content: seal } as ResponseItem,
      assistant("Done."),
      user("So?"),
    ];
    expect(requestOf(conversation(input)).messages[1]?.content).toEqual([text("Done.")]);
    expect(requestOf(conversation(input, { model: "minimax-m3" })).messages[1]?.content).toEqual([
      { type: "thinking", thinking: "Hm.", signature: "s" },
      text("Done."),
    ]);
  });

  test("is left out where nothing came of it, although it was signed", () => {
    const signed = { ...thought, encrypted_content: sealText({ kind: "signature", value: "s" }) } as ResponseItem;
    expect(messagesOf([user("Do."), signed, user("Well?")])).toEqual([
      { role: "user", content: [text("Do."), text("Well?")] },
    ]);
  });
});

describe("tools", () => {
  const tools = [tool("run"), tool("list"), { type: "custom", name: "patch", description: "Patches." }];
  const chosen = (toolChoice: unknown, more: Partial<Conversation> = {}): unknown =>
    fields({ tools, toolChoice, ...more })["tool_choice"];

  test("have a name, a description and a schema of an object", () => {
    expect(fields({ tools: [tool("run", { type: "object", properties: { a: {} } })] })["tools"]).toEqual([
      { name: "run", description: "Does run.", input_schema: { type: "object", properties: { a: {} } } },
    ]);
    const either = { anyOf: [{ required: ["a"] }, { required: ["b"] }], properties: { a: {}, b: {} } };
    expect(fields({ tools: [tool("run", either)] })["tools"]).toEqual([
      {
        name: "run",
        description: 'Does run.\n\nThe arguments must also satisfy anyOf: [{"required":["a"]},{"required":["b"]}]',
        input_schema: { type: "object", properties: { a: {}, b: {} } },
      },
    ]);
  });

  test.each([
    ["auto", { type: "auto" }],
    [null, { type: "auto" }],
    ["required", { type: "any" }],
    ["none", { type: "none" }],
    [
      { type: "function", name: "list" },
      { type: "tool", name: "list" },
    ],
    [
      { type: "custom", name: "patch" },
      { type: "tool", name: "patch" },
    ],
  ])("are chosen by %j as %j", (choice, said) => {
    expect(chosen(choice)).toEqual(said);
    expect(fields({ tools, toolChoice: choice })["tools"]).toHaveLength(3);
  });

  test("may be forbidden to be called side by side, where any may be called", () => {
    const parallelToolCalls = false;
    expect(chosen("auto", { parallelToolCalls })).toEqual({ type: "auto", disable_parallel_tool_use: true });
    expect(chosen("required", { parallelToolCalls })).toEqual({ type: "any", disable_parallel_tool_use: true });
    expect(chosen("none", { parallelToolCalls })).toEqual({ type: "none" });
    const asked = conversation([user("Hi.")], { tools, parallelToolCalls });
    expect(requestOf(asked, { parallelToolCalls: false }).tool_choice).toEqual({ type: "auto" });
  });

  test("are those that are allowed", () => {
    const toolChoice = { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "list" }] };
    expect(fields({ tools, toolChoice })).toMatchObject({ tools: [{ name: "list" }], tool_choice: { type: "any" } });
  });

  test("that are not there cannot be chosen, nor kinds that nobody knows", () => {
    expect(() => fields({ tools, toolChoice: { type: "function", name: "gone" } })).toThrow(UntranslatableError);
    expect(() => fields({ tools, toolChoice: { type: "file_search" } })).toThrow("`file_search`");
  });

  test("that are none have no choice", () => {
    expect(fields({ toolChoice: "required", parallelToolCalls: false })).not.toHaveProperty("tool_choice");
  });
});

describe("limits and samples", () => {
  test("are as asked, and 32,000 tokens where nothing is", () => {
    expect(fields({})).toMatchObject({ max_tokens: 32_000, stream: true });
    expect(fields({ maxOutputTokens: 700, stop: "END", user: "u-1" })).toMatchObject({
      max_tokens: 700,
      stop_sequences: ["END"],
      metadata: { user_id: "u-1" },
    });
    expect(fields({ stop: ["\n", "END"] })["stop_sequences"]).toEqual(["END"]);
  });

  test("of Anthropic's models are within 1, one of both, and none where a model takes none", () => {
    expect(fields({ temperature: 1.6, topP: 0.9 })).toMatchObject({ temperature: 1 });
    expect(fields({ temperature: 1.6, topP: 0.9 })).not.toHaveProperty("top_p");
    expect(fields({ topP: 0.9 })).toMatchObject({ top_p: 0.9 });
    expect(fields({ temperature: 0.5, topP: 0.9, model: "kimi-k3" })).toMatchObject({ temperature: 0.5, top_p: 0.9 });
    const newer = fields({ temperature: 0.5, topP: 0.9, model: "claude-opus-4-8" });
    expect(newer).not.toHaveProperty("temperature");
    expect(newer).not.toHaveProperty("top_p");
  });

  test("that a profile adds or drops are added and dropped", () => {
    const asked = conversation([user("Hi.")], { maxOutputTokens: 700, user: "u-1" });
    const request = requestOf(asked, { extraBody: { max_tokens: 9, service_tier: "auto" }, drop: ["metadata"] });
    expect(request).toMatchObject({ max_tokens: 9, service_tier: "auto" });
    expect(request).not.toHaveProperty("metadata");
  });
});

describe("a form of the answer", () => {
  const schema = {
    type: "object",
    properties: { n: { type: "integer", minimum: 1 }, tags: { type: "array", minItems: 2, items: { type: "string" } } },
    required: ["n"],
  };
  const format = { type: "json_schema", name: "answer", schema, strict: true } as const;

  test("is what newer models of Anthropic are held to, as far as they can be", () => {
    expect(fields({ format, model: "claude-sonnet-4-5" })["output_config"]).toEqual({
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          properties: {
            n: { type: "integer", description: "{minimum: 1}" },
            tags: { type: "array", items: { type: "string" }, description: "{minItems: 2}" },
          },
          required: ["n"],
          additionalProperties: false,
        },
      },
    });
  });

  test.each([["claude-3-7-sonnet-20250219"], ["glm-5"]])("is asked of %s at the end of the system", (model) => {
    const request = fields({ format, model, instructions: "Help." });
    expect(request).not.toHaveProperty("output_config");
    expect(request["system"]).toMatchObject([text("Help."), { text: expect.stringContaining(JSON.stringify(schema)) }]);
  });

  test("that is any JSON is asked for in words", () => {
    expect(fields({ format: { type: "json_object" } })["system"]).toMatchObject([
      { text: expect.stringContaining("JSON object") },
    ]);
  });
});

test("a key is sent in the API's own header", () => {
  expect(messagesDialect.headers("sk-ant")).toMatchObject({ "x-api-key": "sk-ant", "anthropic-version": "2023-06-01" });
  expect(messagesDialect.headers("sk-ant")).not.toHaveProperty("authorization");
  expect(messagesDialect.headers(null)).not.toHaveProperty("x-api-key");
});
