import { afterEach, expect, it } from "vitest";
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
async function scene(made: ReturnType<typeof call>, params: Json = {}, turn: Json = {}): Promise<Scene> {
  const model = await startFakeModel([respond([made]), respond([message("msg_end", "end")])]);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const server = appServerInMemory(stage);
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
