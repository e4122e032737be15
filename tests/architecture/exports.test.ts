import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./sources.ts";

/** What users of the package may build on. A name that is added or taken away here is a decision, and a line in CHANGELOG.md. */
const entries: Record<string, { source: string; names: string[] }> = {
  ".": { source: "src/agent/index.ts", names: ["Agent", "AgentError", "tool"] },
  "./app-server": { source: "src/doors/app-server/index.ts", names: ["openAppServer"] },
  "./kernel": {
    source: "src/kernel/index.ts",
    names: [
      "AgentError",
      "CallError",
      "ResponsesClient",
      "ScriptedModel",
      "Thread",
      "ToolRegistry",
      "contextBlocks",
      "contextUpdate",
      "createIds",
      "findModel",
      "memoryJournal",
      "nodeSystem",
      "parseArguments",
      "visibleTools",
    ],
  },
  "./proxy": {
    source: "src/proxy/index.ts",
    names: [
      "AgentError",
      "createBridge",
      "itemsOfChat",
      "itemsOfChatCompletion",
      "itemsOfMessages",
      "itemsOfMessagesAnswer",
    ],
  },
  "./sdk": {
    source: "src/sdk/index.ts",
    names: [
      "AbortError",
      "AppServerConnectionError",
      "BufferOverflowError",
      "Codex",
      "CodexAgenticError",
      "CodexExitError",
      "CodexNotFoundError",
      "CodexProtocolError",
      "CodexSdkError",
      "CodexSpawnError",
      "CompositePolicyEngine",
      "DefaultPolicyEngine",
      "ExecStyleRenderer",
      "LlmRubricPolicyEngine",
      "MethodNotSupportedError",
      "NotAuthenticatedError",
      "NotTrustedDirectoryError",
      "OutputParseError",
      "RequestTimeoutError",
      "ResumeMismatchError",
      "RpcError",
      "RuleBasedPolicyEngine",
      "SessionNotFoundError",
      "Thread",
      "TurnAbortedError",
      "TurnFailedError",
      "TurnTimeoutError",
      "ValidationError",
      "checkFilePath",
      "createClient",
      "isUnknownEvent",
      "isUnknownItem",
      "renderExecStyleEvents",
      "unset",
    ],
  },
};

const manifest: { exports: Record<string, unknown> } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

test("package.json exports the listed entries and its own description", () => {
  expect(Object.keys(manifest.exports).sort()).toEqual([...Object.keys(entries), "./package.json"].sort());
});

test.each(Object.entries(entries))("%s exports the listed names", async (entry, { source, names }) => {
  const name = entry === "." ? "agent" : entry.slice("./".length);
  expect(manifest.exports[entry]).toEqual({
    types: `./dist/types/${source.slice("src/".length, -".ts".length)}.d.ts`,
    default: `./dist/${name}.js`,
  });
  const exported: Record<string, unknown> = await import(join(root, source));
  expect(Object.keys(exported).sort()).toEqual(names);
});
