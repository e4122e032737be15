import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Transport } from "../../../../src/client/client.ts";
import type { Answer } from "../../../../src/protocol/questions.ts";
import { appServerInMemory, type AppClient, type Json } from "../../../support/app-client.ts";
import { call, message, respond, startFakeModel, type FakeModel } from "../../../support/fake-model.ts";
import { makeStage, type Stage } from "../../../support/run.ts";

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Scene {
  stage: Stage;
  model: FakeModel;
  client: AppClient;
  /** What the model was given as the call's output. */
  output(): string;
}

/** A client in whose thread the model makes a call, and then ends its turn. */
async function scene(
  made: ReturnType<typeof call>,
  params: Json = {},
  turn: Json = {},
  between?: (transport: Transport) => Transport,
): Promise<Scene> {
  const model = await startFakeModel([respond([made]), respond([message("msg_end", "end")])]);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = appServerInMemory(stage, between && { between });
  ends.push(
    stage.dispose,
    () => model.close(),
    () => server.close(),
  );
  const client = await server.connect();
  const options = { cwd: stage.workspace, model: "gpt-5.5", approvalPolicy: "on-request", ...params };
  const { id } = (await client.call("thread/start", options))["thread"] as { id: string };
  await client.call("turn/start", { threadId: id, input: [{ type: "text", text: "go" }], ...turn });
  return {
    stage,
    model,
    client,
    output() {
      const { input } = model.requests.at(-1)!.body as { input: Json[] };
      return String(input.find(({ type }) => type === "function_call_output")!["output"]);
    },
  };
}

const asksFolders = call("1", "request_permissions", {
  reason: "to build",
  permissions: { file_system: { write: ["/var/tmp/aaa", "/var/tmp/bbb"] } },
});
const rights = { sandbox: "workspace-write", config: { "features.request_permissions_tool": true } };
const entry = (path: string, access: string): Json => ({ path: { type: "path", path }, access });

/** The folders that two asked ones become when the client answers with these entries. */
async function granted(entries: Json[] | null): Promise<unknown> {
  const { client, output } = await scene(asksFolders, rights);
  const asked = await client.next("item/permissions/requestApproval");
  const { fileSystem } = asked.params["permissions"] as { fileSystem: Json };
  client.answer(asked, { permissions: { fileSystem: { ...fileSystem, entries }, network: null }, scope: "turn" });
  await client.next("turn/completed");
  return (JSON.parse(output()) as { permissions: Json }).permissions["file_system"];
}

// What Codex grants for the same answers.
it.each([
  ["without entries as its lists say", null, { write: ["/var/tmp/aaa", "/var/tmp/bbb"] }],
  ["with entries as these alone say", [entry("/var/tmp/aaa", "write")], { write: ["/var/tmp/aaa"] }],
  ["with no entry at all", [], null],
  [
    "with one of them denied",
    [entry("/var/tmp/aaa", "write"), entry("/var/tmp/bbb", "deny")],
    { write: ["/var/tmp/aaa"] },
  ],
  [
    "with entries that are no paths beside it",
    [
      entry("/var/tmp/aaa", "write"),
      { path: { type: "glob_pattern", pattern: "/var/tmp/bbb/**" }, access: "write" },
      { path: { type: "special", value: { kind: "root" } }, access: "write" },
    ],
    { write: ["/var/tmp/aaa"] },
  ],
])("a client's permissions count %s", async (_, entries, folders) => {
  expect(await granted(entries)).toEqual(folders);
});

it.each([
  ["a folder in it", entry("/var/tmp/aaa/in", "deny")],
  ["a folder in it for more than reading", entry("/var/tmp/aaa/in", "read")],
  ["a pattern", { path: { type: "glob_pattern", pattern: "**/*.env" }, access: "deny" }],
])(
  "a folder is not granted to be written to where the client leaves out %s, which nothing here could keep",
  async (_, less) => {
    expect(await granted([entry("/var/tmp/aaa/", "write"), less])).toBeNull();
  },
);

const escalated = (cmd: string, prefixRule?: string[]): ReturnType<typeof call> =>
  call("1", "exec_command", {
    cmd,
    sandbox_permissions: "require_escalated",
    justification: "may it?",
    ...(prefixRule && { prefix_rule: prefixRule }),
  });

const amended = (words: string[]): Json => ({
  decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: words } },
});

/** The rules after a command was allowed with these words, what was warned of, and whether it ran. */
async function allowedWith(
  words: string[],
  made: ReturnType<typeof call>,
): Promise<{ rules: string | null; warnings: unknown[]; output: string }> {
  const { client, stage, output } = await scene(made, { sandbox: "read-only" });
  client.answer(await client.next("item/commandExecution/requestApproval"), amended(words));
  await client.next("turn/completed");
  const file = join(stage.codexHome, "rules", "default.rules");
  return {
    rules: existsSync(file) ? readFileSync(file, "utf8") : null,
    warnings: client.told.filter(({ method }) => method === "warning").map(({ params }) => params["message"]),
    output: output(),
  };
}

it.each([[["echo"]], [["echo", "one"]], [["echo", "/etc/x"]]])(
  "what is allowed for good are the words that the client answers with: %j",
  async (words) => {
    const { rules, output, warnings } = await allowedWith(words, escalated("echo one two", ["echo"]));
    expect(rules).toBe(`prefix_rule(pattern=${JSON.stringify(words).replace(",", ", ")}, decision="allow")\n`);
    expect(output).toContain("one two");
    expect(warnings).toEqual([]);
  },
);

it.each([
  [["ls"], ["echo"]],
  [[], ["echo"]],
  [
    ["echo", "two"],
    ["echo", "one"],
  ],
  [["echo"], ["echo", "one"]],
])("words that allow more than was proposed allow the command once: %j for %j", async (words, proposed) => {
  const { rules, output, warnings } = await allowedWith(words, escalated("echo one two", proposed));
  expect(rules).toBeNull();
  expect(output).toContain("one two");
  expect(warnings).toEqual([expect.stringContaining(`it does not begin with ${JSON.stringify(proposed)}`)]);
});

it("words for a command for which none were proposed allow it once", async () => {
  const { rules, output, warnings } = await allowedWith(["echo"], escalated("echo $((3 + 4))"));
  expect(rules).toBeNull();
  expect(output).toContain("7");
  expect(warnings).toEqual([expect.stringContaining("none was proposed")]);
});

const chooses = call("1", "request_user_input", {
  questions: [{ id: "colour", header: "Colour", question: "Which?", options: [{ label: "red", description: "r" }] }],
});
const planning = {
  collaborationMode: {
    mode: "plan",
    settings: { model: "gpt-5.5", reasoning_effort: null, developer_instructions: null },
  },
};

it("an answer to a question that was not asked is left out beside the one that was", async () => {
  const { client, output } = await scene(chooses, {}, planning);
  const asked = await client.next("item/tool/requestUserInput");
  client.answer(asked, { answers: { colour: { answers: ["red"] }, notes: { answers: ["and more"] } } });
  await client.next("turn/completed");
  expect(JSON.parse(output())).toEqual({ answers: { colour: { answers: ["red"] } } });
  expect(client.told.filter(({ method }) => method === "warning")).toEqual([]);
});

it("a turn goes on without an answer that the kernel takes for none, and the client is told why", async () => {
  const { client, output } = await scene(chooses, {}, planning, (transport) => ({
    ...transport,
    call: (method, params) =>
      transport.call(
        method,
        method === "question/answer" && (params as { answer: Answer }).answer.type === "choices"
          ? ({ ...params, answer: { type: "allow", scope: "once" } } as typeof params)
          : params,
      ),
  }));
  const asked = await client.next("item/tool/requestUserInput");
  client.answer(asked, { answers: { colour: { answers: ["red"] } } });
  await client.next("turn/completed");
  expect(JSON.parse(output())).toEqual({ answers: {} });
  const warned = client.told.filter(({ method }) => method === "warning");
  expect(warned.map(({ params }) => params["message"])).toEqual([
    "a question of type choices takes choices, deny, cancel, not allow",
  ]);
});

it("a call of a client's tool that nests deeper than Codex reads is refused, and the turn goes on", async () => {
  const deep = `{"a":${"[".repeat(6000)}${"]".repeat(6000)}}`;
  const { client, output } = await scene(call("1", "lookup", deep), {
    dynamicTools: [{ type: "function", name: "lookup", description: "x", inputSchema: { type: "object" } }],
  });
  await client.next("turn/completed");
  expect(output()).toBe("failed to parse function arguments: recursion limit exceeded at line 1 column 132");
});
