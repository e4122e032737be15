import { describe, expect, test } from "vitest";
import type { Conversation } from "../../../src/model/dialect/conversation.ts";
import type { Profile } from "../../../src/model/dialect/profile.ts";
import { UntranslatableError } from "../../../src/model/dialect/untranslatable.ts";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";
import { chatDialect } from "../../../src/model/chat/dialect.ts";
import { assistant, call, conversation, messagesFor, output, sent, user } from "./kit.ts";

const reasoning = (text: string, fields: object = {}): ResponseItem => ({
  type: "reasoning",
  summary: [],
  content: [{ type: "reasoning_text", text }],
  ...fields,
});
const image = (url = "data:image/png;base64,AA==", detail?: string): object => ({
  type: "input_image",
  image_url: url,
  ...(detail !== undefined && { detail }),
});
const shown = (...content: object[]): ResponseItem => ({ type: "message", role: "user", content }) as ResponseItem;
const request = (fields: Partial<Conversation> = {}, profile: Partial<Profile> = {}): Record<string, unknown> =>
  sent(conversation([user("Hi")], fields), profile);

describe("the messages of a step", () => {
  test("are one of the model and one of each tool, right behind it and in the order of the calls", () => {
    const messages = messagesFor([
      user("Go."),
      reasoning("Hm."),
      assistant("I look."),
      call("a"),
      call("b", "view_image", { path: "x" }),
      output("b", "seen"),
      output("a", "listed"),
      assistant("Done."),
    ]);
    expect(messages).toEqual([
      { role: "user", content: "Go." },
      {
        role: "assistant",
        content: "I look.",
        reasoning: "Hm.",
        tool_calls: [
          { id: "a", type: "function", function: { name: "exec_command", arguments: '{"cmd":"ls"}' } },
          { id: "b", type: "function", function: { name: "view_image", arguments: '{"path":"x"}' } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "listed" },
      { role: "tool", tool_call_id: "b", content: "seen" },
      { role: "assistant", content: "Done." },
    ]);
  });

  test("hold no halves of characters", () => {
    expect(messagesFor([user("cut \ud83d, \\ud83d written, 😀 whole")])).toEqual([
      { role: "user", content: "cut \ufffd, \\ud83d written, 😀 whole" },
    ]);
  });

  test("say nothing of what was only thought", () => {
    expect(messagesFor([user("Hi"), reasoning("Hm."), user("Well?")])).toEqual([
      { role: "user", content: "Hi" },
      { role: "user", content: "Well?" },
    ]);
  });

  test("carry thoughts in the field that the server reads, or in none", () => {
    const step = [reasoning("Hm."), assistant("Hi")];
    expect(messagesFor(step, { reasoningField: "reasoning_content" })).toEqual([
      { role: "assistant", content: "Hi", reasoning_content: "Hm." },
    ]);
    expect(messagesFor(step, { reasoningField: null })).toEqual([{ role: "assistant", content: "Hi" }]);
    const summary = { type: "reasoning", summary: [{ type: "summary_text", text: "So." }] } as ResponseItem;
    expect(messagesFor([summary, assistant("Hi")])).toMatchObject([{ reasoning: "So." }]);
    const old = { type: "reasoning", summary: [], text: "Old." } as unknown as ResponseItem;
    expect(messagesFor([old, assistant("Hi")])).toMatchObject([{ reasoning: "Old." }]);
  });

  test("of calls say to DeepSeek's models what was thought even if that was nothing", () => {
    const step = (model: string): unknown =>
      sent(conversation([call("a"), output("a", "x")], { model }), { reasoningField: "reasoning_content" }).messages[0];
    expect(step("deepseek-v4-pro")).toMatchObject({ reasoning_content: "" });
    expect(step("qwen3")).not.toHaveProperty("reasoning_content");
  });

  test("of calls alone have an empty text, or null where a server wants that", () => {
    const content = (profile: Partial<Profile>): unknown => messagesFor([call("a")], profile)[0]!.content;
    expect(content({})).toBe("");
    expect(content({ nullContent: true })).toBeNull();
  });

  test("name tools as they are offered", () => {
    const { messages, tools } = sent(
      conversation([
        { ...call("a", "read.file"), namespace: "mcp__files" } as ResponseItem,
        output("a", ""),
        { type: "custom_tool_call", name: "apply_patch", input: "*** Begin Patch", call_id: "b" },
        { type: "custom_tool_call_output", call_id: "b", output: "ok" },
      ]),
    );
    const [first] = messages[0]!.tool_calls!;
    expect(first!.function.name).toMatch(/^mcp__files__read_file_[0-9a-f]{8}$/);
    expect(tools!.map((tool) => tool.function["name"])).toContain(first!.function.name);
    expect(messages[2]!.tool_calls).toEqual([
      { id: "b", type: "function", function: { name: "apply_patch", arguments: '{"input":"*** Begin Patch"}' } },
    ]);
  });
});

describe("calls and outputs that do not fit together", () => {
  const roles = (input: readonly ResponseItem[]): string[] =>
    messagesFor(input).map(({ role, content, tool_calls: calls, tool_call_id: id }) =>
      [role, ...(calls ?? []).map((each) => `+${each.id}`), id, typeof content === "string" ? content : ""].join("|"),
    );

  test("a call without an output is given one", () => {
    expect(roles([call("a"), user("Stop.")])).toEqual([
      "assistant|+a||",
      "tool|a|No output of this call is known.",
      "user||Stop.",
    ]);
  });

  test("an output without a call is said by the user", () => {
    expect(roles([user("Hi"), output("x", "lost")])).toEqual([
      "user||Hi",
      "user||Further output of the tool call x:\nlost",
    ]);
  });

  test("an output before its call stands behind it", () => {
    expect(roles([output("a", "early"), call("a")])).toEqual(["assistant|+a||", "tool|a|early"]);
  });

  test("what stands between a call and its output comes behind both", () => {
    expect(roles([call("a"), user("Faster!"), output("a", "done")])).toEqual([
      "assistant|+a||",
      "tool|a|done",
      "user||Faster!",
    ]);
  });

  test("ids that stand twice are told apart", () => {
    expect(roles([call("a"), output("a", "1"), call("a"), call("a"), output("a", "2"), output("a", "3")])).toEqual([
      "assistant|+a||",
      "tool|a|1",
      "assistant|+a_2|+a_3||",
      "tool|a_2|2",
      "tool|a_3|3",
    ]);
  });

  test("further outputs of a call are said by the user, whenever they came", () => {
    const notice = (said: string): ResponseItem => ({
      type: "custom_tool_call_output",
      call_id: "a",
      name: "exec",
      output: said,
    });
    const script: ResponseItem = { type: "custom_tool_call", name: "exec", input: "x", call_id: "a" };
    const done: ResponseItem = { type: "custom_tool_call_output", call_id: "a", output: "done" };
    expect(roles([script, notice("1"), done, notice("2")])).toEqual([
      "assistant|+a||",
      "tool|a|done",
      "user||Further output of the tool call a (exec):\n1",
      "user||Further output of the tool call a (exec):\n2",
    ]);
  });

  test("an output that answers no call at all is said by the user under its name", () => {
    const objective = {
      type: "function_call_output",
      name: "goal_objective",
      output: "Win.",
    } as unknown as ResponseItem;
    expect(roles([objective])).toEqual(["user||Output of goal_objective:\nWin."]);
  });

  test("arguments that are no JSON object are put into one, so that servers can read the history", () => {
    const [message] = messagesFor([call("a", "exec_command", '{"cmd": "ls')]);
    expect(JSON.parse(message!.tool_calls![0]!.function.arguments)).toEqual({ invalid_arguments: '{"cmd": "ls' });
    const [empty] = messagesFor([call("a", "exec_command", "")]);
    expect(empty!.tool_calls![0]!.function.arguments).toBe("{}");
  });

  test("an id goes back as its server gave it, whatever was repaired about its call", () => {
    const [step, tool] = messagesFor([
      call("functions.ls:0-repaired-name-json"),
      output("functions.ls:0-repaired-name-json", "x"),
    ]);
    expect([step!.tool_calls![0]!.id, tool!.tool_call_id]).toEqual(["functions.ls:0", "functions.ls:0"]);
  });

  test("models of Mistral get the ids that they take", () => {
    const input = [call("call_1"), call("aB3xY7pQ9"), output("call_1", "1"), output("aB3xY7pQ9", "2")];
    const { messages } = sent(conversation(input, { model: "devstral-small-2" }));
    const [first, second] = messages[0]!.tool_calls!.map(({ id }) => id);
    expect(first).toMatch(/^[a-z0-9]{9}$/);
    expect(second).toBe("aB3xY7pQ9");
    expect(messages.slice(1).map((message) => message.tool_call_id)).toEqual([first, second]);
  });

  test("ids that OpenAI would refuse are shortened, the same each time", () => {
    const long = `call_${"x".repeat(60)}`;
    const [step, tool] = messagesFor([call(long), output(long, "done")]);
    expect(step!.tool_calls![0]!.id).toMatch(/^call_[0-9a-f]{32}$/);
    expect(tool!.tool_call_id).toBe(step!.tool_calls![0]!.id);
  });
});

describe("images", () => {
  test("of users are parts of their message", () => {
    expect(messagesFor([shown({ type: "input_text", text: "See" }, image(undefined, "original"))])).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "high" } },
        ],
      },
    ]);
  });

  test("of tools are shown by the user behind all outputs of the step", () => {
    const seen = { type: "function_call_output", call_id: "a", output: [image()] } as ResponseItem;
    expect(messagesFor([call("a", "view_image"), call("b"), seen, output("b", "listed")]).slice(1)).toEqual([
      { role: "tool", tool_call_id: "a", content: "The images of this output are in the next message." },
      { role: "tool", tool_call_id: "b", content: "listed" },
      {
        role: "user",
        content: [
          { type: "text", text: "Images from view_image:" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
        ],
      },
    ]);
  });

  test("are a line of text for a model without eyes", () => {
    const seen = { type: "function_call_output", call_id: "a", output: [image()] } as ResponseItem;
    const messages = messagesFor([shown(image()), call("a"), seen], { vision: false });
    expect(messages.map(({ content }) => content)).toEqual([
      "[There is an image here that this model cannot see.]",
      "",
      "[There is an image here that this model cannot see.]",
    ]);
  });
});

describe("what stands beside messages and calls", () => {
  test("instructions come first, in the role that the server knows", () => {
    const asked = conversation([user("Hi")], { instructions: "Be kind." });
    for (const developerRole of ["developer", "system", "user"] as const)
      expect(sent(asked, { developerRole }).messages[0]).toEqual({ role: developerRole, content: "Be kind." });
  });

  test("what developers say is one message at the head and the user's after it, for templates that take no more", () => {
    const rule = (role: "developer" | "system", text: string): ResponseItem => ({
      type: "message",
      role,
      content: [{ type: "input_text", text }],
    });
    const input = [
      rule("developer", "1"),
      rule("system", "2"),
      user("Hi"),
      rule("developer", "3"),
      rule("system", "4"),
    ];
    const said = (profile: Partial<Profile>): unknown[] =>
      sent(conversation(input, { instructions: "0" }), profile).messages.map(({ role, content }) => [role, content]);
    expect(said({})).toEqual([
      ["system", "0\n\n1\n\n2"],
      ["user", "Hi"],
      ["user", "3"],
      ["user", "4"],
    ]);
    expect(said({ oneSystemMessage: false }).map((message) => (message as string[])[0])).toEqual([
      "system",
      "system",
      "system",
      "user",
      "system",
      "system",
    ]);
    expect(said({ developerRole: "developer" }).map((message) => (message as string[])[0])).toEqual([
      "developer",
      "developer",
      "system",
      "user",
      "developer",
      "system",
    ]);
    expect(said({ developerRole: "user" })).toHaveLength(6);
    expect(messagesFor([user("Hi"), rule("system", "1")])).toMatchObject([{ role: "user" }, { role: "user" }]);
  });

  test("mail of agents is the user's, with what no provider has encrypted", () => {
    const mail = (sealed: string): ResponseItem => ({
      type: "agent_message",
      author: "/root",
      content: [
        { type: "input_text", text: "Payload:\n" },
        { type: "encrypted_content", encrypted_content: sealed },
      ],
    });
    expect(messagesFor([mail("Read it.")])).toEqual([{ role: "user", content: "Payload:\nRead it." }]);
    const [message] = messagesFor([mail(`gAAAAAB${"x".repeat(40)}`)]);
    expect(message!.content).toContain("encrypted text");
  });

  test("searches of the web are told in a line, tools that were found by their names", () => {
    const search = { type: "web_search_call", action: { type: "search", query: "node" } } as ResponseItem;
    expect(messagesFor([search, assistant("So.")])).toEqual([
      { role: "assistant", content: "[searched the web: node]\n\nSo." },
    ]);
    const { messages, tools } = sent(
      conversation([
        { type: "tool_search_call", call_id: "a", execution: "client", arguments: { query: "mail" } },
        {
          type: "tool_search_output",
          call_id: "a",
          status: "completed",
          execution: "client",
          tools: [
            { type: "namespace", name: "mail", tools: [{ type: "function", name: "send", description: "Sends." }] },
          ],
        },
      ]),
    );
    expect(messages[0]!.tool_calls![0]!.function).toEqual({ name: "tool_search", arguments: '{"query":"mail"}' });
    expect(JSON.parse(messages[1]!.content as string)).toEqual({
      tools: [{ name: "mail__send", description: "Sends." }],
    });
    expect(tools!.map((tool) => tool.function["name"])).toContain("mail__send");
  });

  test("messages may lack a type, and have their content as text", () => {
    const plain = { role: "user", content: "Hi" } as unknown as ResponseItem;
    expect(messagesFor([plain])).toEqual([{ role: "user", content: "Hi" }]);
  });

  test("a call that was repaired is told so with its output", () => {
    const [, tool] = messagesFor([call("a-repaired-json"), output("a-repaired-json", "done")]);
    expect(tool!.content).toMatch(/^done\n\n\[This call was repaired/);
  });

  test.each([
    [{ type: "item_reference", id: "x" }, "item_reference"],
    [{ type: "computer_call", call_id: "x" }, "computer_call"],
    [{ type: "message", role: "critic", content: "x" }, "critic"],
    [{ type: "message", role: "user", content: [{ type: "input_file", file_id: "x" }] }, "input_file"],
    [{ type: "message", role: "user", content: [{ type: "input_image", file_id: "x" }] }, "image_url"],
  ])("%j is refused by its name", (item, named) => {
    const refused = (): unknown => messagesFor([item as unknown as ResponseItem]);
    expect(refused).toThrow(UntranslatableError);
    expect(refused).toThrow(named);
  });
});

describe("the fields of a request", () => {
  test("are those that were asked for, and no others", () => {
    expect(request({ tools: [] })).toEqual({
      model: "m",
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(
      request({
        tools: [],
        maxOutputTokens: 7,
        reasoningEffort: "low",
        verbosity: "high",
        format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: true },
        temperature: 0,
        topP: 0.5,
        stop: ["x"],
        seed: 0,
        user: "u",
      }),
    ).toMatchObject({
      max_tokens: 7,
      reasoning_effort: "low",
      verbosity: "high",
      response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object" }, strict: true } },
      temperature: 0,
      top_p: 0.5,
      stop: ["x"],
      seed: 0,
      user: "u",
    });
    expect(request({ format: { type: "json_object" } })["response_format"]).toEqual({ type: "json_object" });
  });

  test("follow what the server wants", () => {
    const asked = { maxOutputTokens: 7, reasoningEffort: "low", verbosity: "low", parallelToolCalls: true };
    const profile: Partial<Profile> = {
      maxTokensField: "max_completion_tokens",
      streamUsage: false,
      effort: "reasoning",
      parallelToolCalls: false,
      drop: ["verbosity"],
      extraBody: { temperature: 1, chat_template_kwargs: { enable_thinking: true } },
    };
    const body = request({ ...asked, temperature: 0 }, profile);
    expect(body).toMatchObject({
      max_completion_tokens: 7,
      reasoning: { effort: "low" },
      temperature: 1,
      chat_template_kwargs: { enable_thinking: true },
    });
    for (const field of ["max_tokens", "stream_options", "reasoning_effort", "parallel_tool_calls", "verbosity"])
      expect(body).not.toHaveProperty(field);
    expect(request({ reasoningEffort: "low" }, { effort: null })).not.toHaveProperty("reasoning_effort");
  });

  test("of tools are there with tools alone", () => {
    const asked = { toolChoice: "auto", parallelToolCalls: false };
    expect(request(asked)).toMatchObject({ tool_choice: "auto", parallel_tool_calls: false });
    const none = request({ ...asked, tools: [] });
    for (const field of ["tools", "tool_choice", "parallel_tool_calls"]) expect(none).not.toHaveProperty(field);
  });

  test.each([
    ["none", "none"],
    ["required", "required"],
    [
      { type: "function", name: "view_image" },
      { type: "function", function: { name: "view_image" } },
    ],
    [
      { type: "custom", name: "exec" },
      { type: "function", function: { name: "exec" } },
    ],
    [{ type: "tool_search" }, { type: "function", function: { name: "tool_search" } }],
    [
      { type: "function", name: "list", namespace: "mcp__files" },
      { type: "function", function: { name: "mcp__files__list" } },
    ],
  ])("say the choice %j", (toolChoice, said) => {
    expect(request({ toolChoice })["tool_choice"]).toEqual(said);
  });

  test("offer no more than what is allowed", () => {
    const allowed = { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "view_image" }] };
    const body = request({ toolChoice: allowed });
    expect(body["tool_choice"]).toBe("required");
    expect(body["tools"]).toMatchObject([{ function: { name: "view_image" } }]);
  });

  test.each([
    [{ type: "function", name: "rm_rf" }, "rm_rf"],
    [{ type: "mcp", server_label: "x" }, "mcp"],
    [{ type: "web_search" }, "web_search"],
  ])("refuse the choice %j by its name", (toolChoice, named) => {
    expect(() => request({ toolChoice })).toThrow(UntranslatableError);
    expect(() => request({ toolChoice })).toThrow(named);
  });

  test("offer each tool as a function", () => {
    const tools = request()["tools"] as { type: string; function: Record<string, unknown> }[];
    expect(tools.every(({ type }) => type === "function")).toBe(true);
    expect(tools[0]!.function).toEqual({
      name: "exec_command",
      description: "Does exec_command.",
      strict: false,
      parameters: {
        type: "object",
        properties: { cmd: { type: "string" }, yield_time_ms: { type: "number" } },
        additionalProperties: false,
      },
    });
  });
});

test("caching is asked for behind the head and behind the last two things that were not the model's", () => {
  const input = [
    { type: "message", role: "developer", content: [{ type: "input_text", text: "Be kind." }] } as ResponseItem,
    user("Go."),
    call("a"),
    output("a", "1"),
    call("b"),
    call("c"),
    output("b", "2"),
    output("c", "3"),
  ];
  const marked = (messages: readonly { content?: unknown }[]): number[] =>
    messages.flatMap(({ content }, index) => (JSON.stringify(content).includes("cache_control") ? [index] : []));
  const messages = messagesFor(input, { cacheBreakpoints: true });
  expect(marked(messages)).toEqual([0, 3, 6]);
  expect(messages[6]!.content).toEqual([{ type: "text", text: "3", cache_control: { type: "ephemeral" } }]);
  expect(marked(messagesFor(input.slice(0, 4), { cacheBreakpoints: true }))).toEqual([0, 1, 3]);
  expect(marked(messagesFor(input))).toEqual([]);
});

test("the key is a bearer token, and none is sent where there is none", () => {
  expect(chatDialect.headers("k")).toMatchObject({ authorization: "Bearer k", accept: "text/event-stream" });
  expect(chatDialect.headers(null)).not.toHaveProperty("authorization");
});
