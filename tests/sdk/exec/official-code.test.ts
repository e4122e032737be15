import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");
const folder = mkdtempSync(join(root, "node_modules", ".official-code-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What programs do with the official package: every export of it by name, and each shape taken and made. */
const program = `
import {
  Codex, Thread,
  type AgentMessageItem, type ApprovalMode, type CodexOptions, type CommandExecutionItem, type CyberAccessProgram,
  type ErrorItem, type FileChangeItem, type Input, type ItemCompletedEvent, type ItemStartedEvent, type ItemUpdatedEvent,
  type McpToolCallItem, type ModelReasoningEffort, type ReasoningItem, type RunResult, type RunStreamedResult,
  type SandboxMode, type ThreadError, type ThreadErrorEvent, type ThreadEvent, type ThreadItem, type ThreadOptions,
  type ThreadStartedEvent, type TodoListItem, type TurnCompletedEvent, type TurnFailedEvent, type TurnOptions,
  type TurnStartedEvent, type Usage, type UserInput, type WebSearchItem, type WebSearchMode,
} from "PACKAGE";

const options: CodexOptions = { codexPathOverride: "/x", baseUrl: "u", apiKey: "k", env: { A: "b" }, config: { a: { b: [1, { c: true }] } }, configOverrides: ["a=1"] };
const effort: ModelReasoningEffort = "xhigh";
const approval: ApprovalMode = "on-failure";
const sandbox: SandboxMode = "workspace-write";
const search: WebSearchMode = "live";
const program: CyberAccessProgram = "standard";
const threadOptions: ThreadOptions = {
  model: "m", threadSource: "s", sandboxMode: sandbox, workingDirectory: "/", skipGitRepoCheck: true, modelReasoningEffort: effort,
  networkAccessEnabled: true, webSearchMode: search, webSearchEnabled: false, approvalPolicy: approval, additionalDirectories: ["/"],
};
const turnOptions: TurnOptions = { cyberAccessProgram: program, outputSchema: { type: "object" } as const, signal: new AbortController().signal };
const parts: UserInput[] = [{ type: "text", text: "a" }, { type: "local_image", path: "b" }];
const input: Input = parts;

export async function main(): Promise<string> {
  const codex = new Codex(options);
  const thread: Thread = codex.startThread(threadOptions);
  const again: Thread = codex.resumeThread("id", threadOptions);
  const id: string | null = again.id;
  const turn: RunResult = await thread.run(input, turnOptions);
  const usage: Usage | null = turn.usage;
  const { events }: RunStreamedResult = await thread.runStreamed("text", turnOptions);
  const generator: AsyncGenerator<ThreadEvent> = events;
  for await (const event of generator) handle(event);
  return turn.finalResponse + turn.items.map(describe).join() + (usage?.cache_write_input_tokens ?? 0) + id;
}

function handle(event: ThreadEvent): string | number {
  switch (event.type) {
    case "thread.started": { const started: ThreadStartedEvent = event; return started.thread_id; }
    case "turn.started": { const started: TurnStartedEvent = event; return started.type; }
    case "turn.completed": { const completed: TurnCompletedEvent = event; return completed.usage.reasoning_output_tokens; }
    case "turn.failed": { const failed: TurnFailedEvent = event; const error: ThreadError = failed.error; return error.message; }
    case "item.started": { const item: ItemStartedEvent = event; return describe(item.item); }
    case "item.updated": { const item: ItemUpdatedEvent = event; return describe(item.item); }
    case "item.completed": { const item: ItemCompletedEvent = event; return describe(item.item); }
    case "error": { const error: ThreadErrorEvent = event; return error.message; }
  }
}

function describe(item: ThreadItem): string {
  switch (item.type) {
    case "agent_message": { const each: AgentMessageItem = item; return each.text; }
    case "reasoning": { const each: ReasoningItem = item; return each.text; }
    case "command_execution": { const each: CommandExecutionItem = item; const code: number | undefined = each.exit_code; return each.command + each.aggregated_output + code + each.status; }
    case "file_change": { const each: FileChangeItem = item; return each.changes.map(({ path, kind }) => kind + path).join(); }
    case "mcp_tool_call": {
      const each: McpToolCallItem = item;
      const [block] = each.result?.content ?? [];
      return each.server + each.tool + (block?.type === "text" ? block.text : "") + (each.error?.message ?? "");
    }
    case "web_search": { const each: WebSearchItem = item; return each.query; }
    case "todo_list": { const each: TodoListItem = item; return each.items.map(({ text, completed }) => text + completed).join(); }
    case "error": { const each: ErrorItem = item; return each.message; }
    default: return "";
  }
}

/** What a test of such a program makes up. */
export const made: RunResult = { items: [{ id: "1", type: "agent_message", text: "x" }], finalResponse: "x", usage: null };
export const record = (event: ThreadEvent): Record<string, unknown> => event;
export class Fake extends Thread {}
`;

it.each(["@openai/codex-sdk", "codex-agent/sdk"])("code for the official package compiles with %s", (name) => {
  const settings = {
    compilerOptions: {
      module: "nodenext",
      target: "es2024",
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules", "@types")],
      paths: {
        "codex-agent/sdk": [join(root, "src", "sdk", "index.ts")],
        "@openai/codex-sdk": [join(root, "tests/oracle/node_modules/@openai/codex-sdk/dist/index.d.ts")],
      },
    },
    files: ["program.ts"],
  };
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  writeFileSync(join(folder, "program.ts"), program.replace("PACKAGE", name));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const compile = (): string => execFileSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
  let said = "";
  try {
    said = compile();
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  expect(said).toBe("");
});
