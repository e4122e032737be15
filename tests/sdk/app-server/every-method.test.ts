/** AS-123: every stable method once, through the client and on our server, in an order in which each finds something to do. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clientRequests } from "../../../src/protocol/codex-0.169/app-server/client-requests.ts";
import { legacyRequests } from "../../../src/protocol/codex-0.169/app-server/legacy-requests.ts";
import { misfitOf } from "../../../src/protocol/shapes/check.ts";
import type { AnyShape } from "../../../src/protocol/shapes/shape.ts";
import { createClient, NotAuthenticatedError, RpcError, type AppServerClient } from "../../../src/sdk/index.ts";
import {
  added,
  created,
  message,
  respond,
  startFakeModel,
  textDelta,
  type FakeModel,
} from "../../support/fake-model.ts";
import { makeStage, ours, type Stage } from "../../support/run.ts";
import { failure } from "../exec/scripted.ts";
import { until } from "../../support/until.ts";

type Result = Record<string, never>;
/** What the client sends, what comes of it (a result unless it says the words of a refusal), and what later calls need of it. */
interface Step {
  method: keyof typeof table;
  params?: () => unknown;
  refused?: RegExp;
  /** What has to be so first, and what is kept of the answer. */
  before?: () => Promise<unknown>;
  keep?: (result: Result) => unknown;
}

const table: Readonly<Record<string, { result: AnyShape; experimental?: boolean }>> = {
  ...clientRequests,
  ...legacyRequests,
};

const hanging = {
  parts: [created(), added(message("msg_h", "")), textDelta("msg_h", "half"), { hang: true as const }],
};
const unknown = "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3";
const words = (text: string): unknown[] => [{ type: "text", text, text_elements: [] }];

let model: FakeModel;
let stage: Stage;
let client: AppServerClient;
const known: Record<string, unknown> = {};

beforeAll(async () => {
  model = await startFakeModel(({ rawBody }) =>
    rawBody.includes("wait for me") ? hanging : respond([message("msg_1", "done")]),
  );
  stage = await makeStage({ baseUrl: model.baseUrl, git: true, files: { "a.txt": "one\n" } });
  client = createClient({
    codexCommand: ours().path,
    env: stage.env,
    processCwd: stage.workspace,
    requestTimeoutMs: 30_000,
  });
  client.on("turn/started", ({ turn }) => void running.add(turn.id));
  client.on("turn/completed", ({ turn }) => {
    running.delete(turn.id);
    ended.add(turn.id);
  });
});
afterAll(async () => {
  await client.close();
  await model.close();
  await stage.dispose();
});

const at = (name: string): string => join(stage.workspace, name);
const thread =
  (more: object = {}) =>
  (): object => ({ threadId: known["thread"], ...more });
const ended = new Set<string>();
const running = new Set<string>();
const overOf = (name: string) => (): Promise<unknown> => until(() => ended.has(String(known[name])));
const keepTurn =
  (name: string) =>
  ({ turn }: Result): void => {
    known[name] = (turn as unknown as { id: string }).id;
  };
const keepThread =
  (name: string) =>
  ({ thread: opened }: Result): void => {
    known[name] = (opened as unknown as { id: string }).id;
  };
/** What a turn still does is waited for. */
const idle = (): Promise<unknown> => until(() => running.size === 0);
const tied = { attachmentType: "issue", identityKey: "one" };
const none = (): undefined => undefined;
const signedOut = /authentication required/;

const steps: Step[] = [
  {
    method: "initialize",
    params: () => ({ clientInfo: { name: "again", title: null, version: "1" }, capabilities: null }),
    refused: /Already initialized/,
  },
  {
    method: "thread/start",
    params: () => ({ cwd: stage.workspace, model: "gpt-5.5", approvalPolicy: "never", sandbox: "danger-full-access" }),
    keep: keepThread("thread"),
  },
  { method: "turn/start", params: thread({ input: words("go") }), keep: keepTurn("first") },
  { method: "thread/name/set", params: thread({ name: "a thread" }), before: overOf("first") },
  { method: "thread/metadata/update", params: thread({ gitInfo: { branch: "main" } }) },
  { method: "thread/read", params: thread({ includeTurns: true }) },
  { method: "thread/list", params: () => ({ limit: 5 }) },
  { method: "thread/loaded/list", params: () => ({}) },
  { method: "thread/turns/list", params: thread() },
  { method: "thread/items/list", params: thread() },
  { method: "getConversationSummary", params: () => ({ conversationId: known["thread"] }) },
  { method: "thread/goal/set", params: thread({ objective: "a goal", status: "paused" }) },
  { method: "thread/goal/get", params: thread() },
  { method: "thread/goal/clear", params: thread() },
  { method: "thread/attachment/add", params: thread({ ...tied, payload: { url: "x" } }) },
  { method: "thread/attachment/list", params: thread() },
  { method: "thread/attachmentOwner/list", params: () => tied },
  { method: "thread/attachment/remove", params: thread(tied) },
  {
    method: "threadSection/create",
    params: () => ({ name: "mine", appearance: {} }),
    keep: ({ section }) => (known["section"] = (section as unknown as { id: string }).id),
  },
  { method: "threadSection/list", params: () => ({}) },
  { method: "threadSection/update", params: () => ({ sectionId: known["section"], name: "ours" }) },
  { method: "thread/section/move", params: () => ({ threadId: known["thread"], sectionId: known["section"] }) },
  { method: "threadSection/delete", params: () => ({ sectionId: known["section"] }) },
  {
    method: "thread/inject_items",
    params: thread({
      items: [{ type: "message", role: "user", content: [{ type: "input_text", text: "by the way" }] }],
    }),
  },
  { method: "thread/shellCommand", params: thread({ command: "true" }) },
  { method: "thread/compact/start", params: thread(), before: idle },
  {
    method: "thread/approveGuardianDeniedAction",
    params: thread({ event: { id: "g", status: "denied", action: {} } }),
  },
  {
    method: "review/start",
    params: thread({ target: { type: "uncommittedChanges" } }),
    before: idle,
    keep: keepTurn("review"),
  },
  {
    method: "turn/start",
    params: thread({ input: words("wait for me") }),
    before: overOf("review"),
    keep: keepTurn("second"),
  },
  {
    method: "turn/steer",
    params: () => ({ threadId: known["thread"], expectedTurnId: known["second"], input: words("more") }),
  },
  { method: "turn/interrupt", params: () => ({ threadId: known["thread"], turnId: known["second"] }) },
  { method: "thread/fork", params: thread(), before: overOf("second"), keep: keepThread("fork") },
  { method: "thread/revert", params: () => ({ threadId: known["thread"], beforeTurnId: known["second"] }) },
  { method: "thread/unsubscribe", params: () => ({ threadId: known["fork"] }) },
  { method: "thread/resume", params: () => ({ threadId: known["fork"] }) },
  { method: "thread/archive", params: () => ({ threadId: known["fork"] }) },
  { method: "thread/unarchive", params: () => ({ threadId: known["fork"] }) },
  { method: "thread/delete", params: () => ({ threadId: known["fork"] }) },
  { method: "skills/list", params: () => ({ cwds: [stage.workspace] }) },
  { method: "skills/extraRoots/set", params: () => ({ extraRoots: [stage.workspace] }) },
  { method: "skills/config/write", params: () => ({ path: at("SKILL.md"), enabled: false }) },
  { method: "hooks/list", params: () => ({ cwds: [stage.workspace] }) },
  { method: "plugin/list", params: () => ({}) },
  { method: "plugin/installed", params: () => ({}) },
  { method: "app/list", params: () => ({}) },
  { method: "app/read", params: () => ({ appIds: ["x"] }) },
  { method: "app/installed", params: () => ({}) },
  { method: "fs/createDirectory", params: () => ({ path: at("folder"), recursive: true }) },
  { method: "fs/watch", params: () => ({ path: at("folder"), watchId: "w" }) },
  { method: "fs/writeFile", params: () => ({ path: at("folder/b.txt"), dataBase64: "dHdvCg==" }) },
  { method: "fs/unwatch", params: () => ({ watchId: "w" }) },
  { method: "fs/readFile", params: () => ({ path: at("folder/b.txt") }) },
  { method: "fs/getMetadata", params: () => ({ path: at("folder/b.txt") }) },
  {
    method: "fs/copy",
    params: () => ({ sourcePath: at("folder/b.txt"), destinationPath: at("c.txt"), recursive: false }),
  },
  { method: "fs/readDirectory", params: () => ({ path: at("folder") }) },
  { method: "fs/remove", params: () => ({ path: at("folder"), recursive: true, force: true }) },
  { method: "fuzzyFileSearch", params: () => ({ query: "a.t", roots: [stage.workspace], cancellationToken: null }) },
  {
    method: "gitDiffToRemote",
    params: () => ({ cwd: stage.workspace }),
    refused: /failed to compute git diff to remote/,
  },
  { method: "command/exec", params: () => ({ command: ["true"], cwd: stage.workspace }) },
  {
    method: "command/exec/write",
    before: async () => {
      const asks = { processId: "p", tty: true, streamStdin: true, streamStdoutStderr: true, disableTimeout: true };
      const heard = new Promise((resolve) => client.on("command/exec/outputDelta", resolve));
      const params = { command: ["sh", "-c", "echo ready; cat"], cwd: stage.workspace, ...asks };
      client.request("command/exec", params).catch(() => undefined);
      await heard;
    },
    params: () => ({ processId: "p", deltaBase64: "eAo=" }),
  },
  { method: "command/exec/resize", params: () => ({ processId: "p", size: { rows: 10, cols: 40 } }) },
  { method: "command/exec/terminate", params: () => ({ processId: "p" }) },
  { method: "model/list", params: () => ({}) },
  { method: "modelProvider/list", params: () => ({}) },
  { method: "modelProvider/capabilities/read", params: () => ({}) },
  {
    method: "modelProvider/config/write",
    params: () => ({
      settings: {
        type: "customGateway",
        name: "Mine",
        baseUrl: "http://127.0.0.1:9/v1",
        envKey: null,
        providerId: null,
      },
    }),
  },
  { method: "experimentalFeature/list", params: () => ({}) },
  { method: "experimentalFeature/enablement/set", params: () => ({ enablement: {} }) },
  { method: "permissionProfile/list", params: () => ({}) },
  { method: "mcpServerStatus/list", params: () => ({}) },
  { method: "config/mcpServer/reload", params: none },
  { method: "mcpServer/oauth/login", params: () => ({ name: "nobody" }), refused: /nobody/ },
  { method: "mcpServer/resource/read", params: thread({ server: "nobody", uri: "x://y" }), refused: /nobody/ },
  { method: "mcpServer/tool/call", params: thread({ server: "nobody", tool: "t" }), refused: /nobody/ },
  { method: "config/read", params: () => ({ includeLayers: true }) },
  { method: "config/value/write", params: () => ({ keyPath: "model", value: "gpt-5.5", mergeStrategy: "replace" }) },
  {
    method: "config/batchWrite",
    params: () => ({ edits: [{ keyPath: "model", value: null, mergeStrategy: "replace" }] }),
  },
  { method: "configRequirements/read", params: none },
  { method: "account/read", params: () => ({ refreshToken: false }) },
  { method: "account/login/start", params: () => ({ type: "apiKey", apiKey: "sk-any" }) },
  { method: "account/login/cancel", params: () => ({ loginId: unknown }) },
  { method: "account/logout", params: none },
  { method: "getAuthStatus", params: () => ({ includeToken: false, refreshToken: false }) },
  { method: "account/rateLimits/read", params: () => ({}), refused: signedOut },
  { method: "account/rateLimitResetCredit/consume", params: () => ({ idempotencyKey: "k" }), refused: signedOut },
  { method: "account/usage/read", params: () => ({}), refused: signedOut },
  { method: "account/workspaceMessages/read", params: none, refused: signedOut },
  { method: "account/sendAddCreditsNudgeEmail", params: () => ({ creditType: "credits" }), refused: signedOut },
  { method: "account/securitySetup/read", params: none },
  { method: "account/gatewayOAuth/read", params: () => ({ modelProvider: "fake" }) },
  {
    method: "account/gatewayOAuth/login",
    params: () => ({ modelProvider: "fake" }),
    refused: /does not use gateway OAuth/,
  },
  { method: "account/gatewayOAuth/cancel", params: none },
  {
    method: "feedback/upload",
    params: () => ({ classification: "bug", includeLogs: false }),
    refused: /feedback\/save writes it/,
  },
  {
    method: "feedback/save",
    params: () => ({ classification: "bug", includeLogs: false, savePath: at("report.zip") }),
  },
  { method: "externalAgentConfig/detect", params: () => ({ includeHome: true, cwds: [stage.workspace] }) },
  { method: "externalAgentConfig/import", params: () => ({ migrationItems: [] }) },
  {
    method: "externalAgentConfig/import/recordHistory",
    params: () => ({ providerId: "claude-code", itemTypeResults: [] }),
  },
  { method: "externalAgentConfig/import/readHistories", params: none },
];

it.each(steps)("$method", async ({ method, params, refused, before, keep }) => {
  await before?.();
  const asked = client.request(method as never, params?.() as never);
  if (refused !== undefined) {
    const error = await failure(asked);
    expect(error.message).toMatch(refused);
    // Of what the server said, that nobody has signed in has a name of its own.
    expect(error instanceof RpcError || error instanceof NotAuthenticatedError).toBe(true);
    return;
  }
  const result = (await asked) as Result;
  expect(misfitOf(result, table[method]!.result)).toBeNull();
  keep?.(result);
});

it("none is left out", () => {
  const called = new Set(steps.map(({ method }) => method));
  const stable = Object.keys(table).filter((method) => table[method]!.experimental !== true);
  expect(stable.filter((method) => !called.has(method))).toEqual([]);
  expect(stable.length).toBeGreaterThan(90);
});
