/**
 * The kernel as a library: a tool of your own, one turn on a scripted model, and a look at what happened.
 * Checks itself: exits with 0 only when everything was as it should be.
 *
 *     node examples/kernel.ts
 */
import assert from "node:assert/strict";
import {
  contextBlocks,
  createIds,
  findModel,
  memoryJournal,
  nodeSystem,
  parseArguments,
  ScriptedModel,
  Thread,
  ToolRegistry,
  visibleTools,
  type AgentEvent,
  type JournalRecord,
  type Permissions,
  type Tool,
} from "../src/kernel/index.ts";

const parameters = {
  type: "object",
  properties: { city: { type: "string", description: "Name of the city" } },
  required: ["city"],
  additionalProperties: false,
};

const weather: Tool = {
  name: "weather",
  parallel: true,
  spec: { type: "function", name: "weather", description: "Weather of a city", strict: false, parameters },
  prepare(input) {
    const { city } = parseArguments<{ city: string }>(input, parameters);
    return {
      effect: "none",
      action: { kind: "none" },
      refusal: (decision) => decision.message,
      run: async () => ({ output: `It is sunny in ${city}.`, ok: true }),
    };
  },
};

const system = nodeSystem();
const ids = createIds(system.clock, system.random);
const registry = new ToolRegistry();
registry.register(weather);

const model = new ScriptedModel([
  [{ type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Lisbon"}' }],
  [
    {
      type: "message",
      role: "assistant",
      id: "msg_1",
      content: [{ type: "output_text", text: "Sunny. No umbrella." }],
    },
  ],
]);

const permissions: Permissions = {
  sandbox: "read-only",
  networkAccess: false,
  writableRoots: [],
  excludeTmpdir: false,
  excludeSlashTmp: false,
  approvalPolicy: "never",
};
const cwd = process.cwd();
const baseInstructions = "Answer questions about the weather.";
const records: JournalRecord[] = [];
const events: AgentEvent[] = [];

const thread = new Thread({
  clock: system.clock,
  random: system.random,
  ids,
  journal: memoryJournal(ids.uuid(), records),
  emit: (event) => events.push(event),
  setUp: async () => ({
    cwd,
    provider: "scripted",
    model: findModel("scripted"),
    client: model,
    reasoning: null,
    verbosity: null,
    permissions,
    baseMessageId: "msg_base",
    baseInstructions,
    context: contextBlocks({
      cwd,
      shell: "bash",
      date: "2026-11-21",
      timeZone: "Etc/UTC",
      permissions,
      model: "scripted",
      baseInstructions,
      developerInstructions: null,
      agentsMd: null,
      skills: null,
      includeSkills: true,
      includeEnvironment: true,
      includePermissions: true,
      mode: null,
    }),
    contextWindow: 100_000,
    outputTokens: 10_000,
    compaction: { limit: null, prompt: null, firstWindowId: "1" },
    warnings: [],
    tools: () => visibleTools(registry, ["weather"]),
    decide: async () => ({ type: "allow", enclose: null }),
    identify: ({ turnId }) => ({
      installationId: "example",
      sessionId: "example",
      threadId: "example",
      turnId,
      rootTurnId: turnId,
      windowId: "example:0",
      metadata: {},
    }),
  }),
});

const prompt = "Do I need an umbrella in Lisbon?";
thread.submit({
  elements: [{ type: "text", text: prompt }],
  content: [{ type: "input_text", text: prompt }],
  kinds: ["user.text"],
  attachments: [],
});
await thread.idle();
await thread.close();

const end = events.at(-1);
assert.equal(end?.type, "turn.completed");
assert.equal(end.lastMessage, "Sunny. No umbrella.");
const answered = model.requests[1]?.input.at(-1);
assert.equal(answered?.type, "function_call_output");
assert.equal("output" in answered && answered.output, "It is sunny in Lisbon.");
assert.ok(records.some((record) => record.type === "turn.completed"));
console.log(`The model said: ${end.lastMessage}`);
