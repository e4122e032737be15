import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { demoResponse } from "../../../src/model/demo/demo-model.ts";
import { signature } from "../../../src/model/demo/words.ts";
import type { KnownResponseItem, ResponseItem, ToolOutput } from "../../../src/protocol/response-items.ts";
import { applyPatchTool } from "../../../src/tools/apply-patch/tool.ts";
import { createExecTools } from "../../../src/tools/exec/create-exec-tools.ts";
import { renderRejection } from "../../../src/tools/exec/render.ts";
import { createGrepFilesTool } from "../../../src/tools/grep-files/grep-files.ts";
import { listDirTool } from "../../../src/tools/list-dir.ts";
import { clipOutput } from "../../../src/tools/output-limit.ts";
import { readFileTool } from "../../../src/tools/read-file/read-file.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import { CallError, type CallContext } from "../../../src/tools/tool.ts";
import { recordedContext } from "../../tools/call.ts";
import { temporaryDirectory, type TemporaryDirectory } from "../../tools/temporary-directory.ts";

const home = temporaryDirectory();
const exec = createExecTools({
  baseEnvironment: { PATH: process.env["PATH"] ?? "", HOME: home.path },
  environmentPolicy: { inherit: "all", ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly: [] },
  secretNames: [],
  codexVersion: "0.169.0",
  codexHome: home.path,
  snapshotDirectory: join(home.path, "snapshots"),
  shell: "/bin/bash",
});
const registry = new ToolRegistry();
for (const tool of [...exec.tools, applyPatchTool, readFileTool, listDirTool, createGrepFilesTool({ searchPath: "" })])
  registry.register(tool);
afterAll(async () => {
  await exec.close();
  home[Symbol.dispose]();
});

const user = (text: string): ResponseItem => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

async function outputOf(name: string, input: string, context: CallContext): Promise<ToolOutput> {
  try {
    return (await (await registry.get(name)!.prepare(input, context)).run({ type: "allow", enclose: null })).output;
  } catch (error) {
    if (error instanceof CallError) return error.message;
    throw error;
  }
}

/** A thread of the demo model on the real tools in a folder. */
class Thread {
  readonly input: ResponseItem[];
  readonly calls: string[] = [];
  readonly #folder: TemporaryDirectory;
  readonly #tools: readonly string[];
  /** Stands in for policy: the text that a call gets instead of being run. */
  refuse: (name: string) => string | null = () => null;

  constructor(folder: TemporaryDirectory, tools: readonly string[] = registry.list().map(({ name }) => name)) {
    this.#folder = folder;
    this.#tools = tools;
    this.input = [
      { type: "message", role: "developer", content: [{ type: "input_text", text: "instructions" }] },
      user("# AGENTS.md instructions for /x\n\n<INSTRUCTIONS>\nlist the files\n</INSTRUCTIONS>"),
      user(`<environment_context>\n  <cwd>${folder.path}</cwd>\n</environment_context>`),
    ];
  }

  async say(prompt: string, outputSchema?: unknown): Promise<string> {
    this.input.push(user(prompt));
    for (let responses = 0; responses < 20; responses++) {
      const { items } = demoResponse({ input: this.input, tools: this.#tools, outputSchema });
      const item = items[0] as KnownResponseItem;
      this.input.push(item);
      if (item.type === "message") {
        const [part] = item.content;
        return part?.type === "output_text" ? part.text : "";
      }
      if (item.type !== "function_call" && item.type !== "custom_tool_call") throw new Error(`unexpected ${item.type}`);
      this.calls.push(item.name);
      const refused = this.refuse(item.name);
      const { context } = recordedContext(this.#folder.path, {
        callId: item.call_id,
        permissions: { ...recordedContext("/").context.permissions, sandbox: "danger-full-access" },
      });
      const raw = item.type === "function_call" ? item.arguments : item.input;
      const output = refused ?? (await outputOf(item.name, raw, context));
      this.input.push({ type: `${item.type}_output`, call_id: item.call_id, output: clipOutput(output) });
    }
    throw new Error("the demo model does not come to an end");
  }
}

test("what is in this folder: real names, and honesty", async () => {
  using folder = temporaryDirectory();
  folder.write("src/main.ts", "");
  folder.write("README.md", "# Hello\n");
  const thread = new Thread(folder);
  expect(await thread.say("what is in this folder?")).toBe(
    `In this folder I found 1 folder (src/) and 1 file (README.md).\n\n${signature}`,
  );
  expect(thread.calls).toEqual(["list_dir"]);
  expect(signature).toContain("offline demo model");
});

test("a name that turns out to be the other kind is looked at again", async () => {
  using folder = temporaryDirectory();
  folder.write("src.d/inner.txt", "text\n");
  folder.write("notes", "text\n");
  const thread = new Thread(folder);
  expect(await thread.say("show src.d")).toContain("In src.d I found 1 file (inner.txt).");
  expect(await thread.say("what is in notes?")).toContain("This is notes (1 line):\n\n    text");
  expect(thread.calls).toEqual(["read_file", "list_dir", "list_dir", "read_file"]);
});

test("reading shows the beginning and how much there is", async () => {
  using folder = temporaryDirectory();
  folder.write("a.txt", Array.from({ length: 60 }, (_, index) => `line ${index + 1}\n`).join(""));
  const answer = await new Thread(folder).say("read a.txt");
  expect(answer).toContain("The beginning of a.txt (60 lines):\n\n    line 1\n");
  expect(answer).not.toContain("line 21");
  expect(await new Thread(folder).say("read none.txt")).toMatch(/I could not read none\.txt: .*does not exist/);
});

test("create, replace, append and delete change the files through patches", async () => {
  using folder = temporaryDirectory();
  const thread = new Thread(folder);
  expect(
    await thread.say(
      'create a file notes/a.txt with "one two", then replace two with "three" in notes/a.txt, then append "four" to notes/a.txt',
    ),
  ).toContain("I replaced “two” with “three” in 1 line of notes/a.txt.");
  expect(thread.calls).toEqual(["read_file", "apply_patch", "read_file", "apply_patch", "apply_patch"]);
  expect(readFileSync(join(folder.path, "notes/a.txt"), "utf8")).toBe("one three\nfour\n");
  expect(await thread.say("create notes/a.txt with other words")).toContain("is there already");
  expect(await thread.say("delete notes/a.txt")).toContain("I deleted notes/a.txt.");
  expect(existsSync(join(folder.path, "notes/a.txt"))).toBe(false);
  expect(await thread.say("delete notes/a.txt")).toContain("I could not delete notes/a.txt");
});

test("replacing finds every place of a long file", async () => {
  using folder = temporaryDirectory();
  const lines = Array.from({ length: 450 }, (_, index) => (index % 50 === 7 || index === 8 ? "same foo foo" : "same"));
  folder.write("a.txt", `${lines.join("\n")}\n`);
  const thread = new Thread(folder);
  expect(await thread.say("replace foo with $& in a.txt")).toContain("in 10 lines of a.txt");
  expect(readFileSync(join(folder.path, "a.txt"), "utf8")).toBe(`${lines.join("\n").replaceAll("foo", () => "$&")}\n`);
  expect(await thread.say("replace absent with x in a.txt")).toContain("does not occur");
  folder.write("long.txt", `${"x".repeat(600)} foo\n`);
  expect(await thread.say("replace x with y in long.txt")).toContain("too long for me to change");
});

test("searching names the files", async () => {
  using folder = temporaryDirectory();
  folder.write("src/a.ts", "needle (1)\n");
  folder.write("src/b.ts", "hay\n");
  const thread = new Thread(folder);
  expect(await thread.say("search for 'needle (1)'")).toContain("“needle (1)” occurs in 1 file: src/a.ts.");
  expect(await thread.say("search for gold in src")).toContain("I found no file with “gold” in src.");
  expect(await thread.say("find all .ts files")).toMatch(
    /I found 2 files named \*\.ts: src\/[ab]\.ts, src\/[ab]\.ts\./,
  );
});

test("running a command shows what it printed and how it ended", async () => {
  using folder = temporaryDirectory();
  const thread = new Thread(folder);
  expect(await thread.say("run `echo out; exit 3`")).toContain(
    "`echo out; exit 3` failed with exit code 3. It printed:\n\n    out",
  );
  expect(await thread.say("run true")).toContain("`true` succeeded. It printed nothing.");
});

test("with commands alone the same requests work", async () => {
  using folder = temporaryDirectory();
  folder.write("it's.txt", "a\nneedle\n");
  const thread = new Thread(folder, ["exec_command", "write_stdin"]);
  expect(await thread.say("list the files")).toContain("1 file (it's.txt)");
  expect(await thread.say('read "it\'s.txt"')).toContain("    a\n    needle");
  expect(await thread.say("search for needle")).toContain("occurs in 1 file: it's.txt");
  expect(await thread.say("search for gold")).toContain("I found no file");
  expect(new Set(thread.calls)).toEqual(new Set(["exec_command"]));
  expect(await new Thread(folder, []).say("list the files")).toContain("no tool for it was offered");
});

test.each([
  [
    "exec_command",
    renderRejection('commands cannot run in sandbox mode "read-only"; --sandbox danger-full-access runs them'),
    "run date",
    'says: commands cannot run in sandbox mode "read-only"; --sandbox danger-full-access runs them\nIt can be allowed with `--sandbox danger-full-access`.',
  ],
  [
    "apply_patch",
    "patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings",
    "delete a.txt",
    "`--sandbox workspace-write`",
  ],
  [
    "read_file",
    "Error: `/x/auth.json` was not read; refused by policy: it holds credentials.",
    "read auth.json",
    "it holds credentials.",
  ],
])("a refusal of %s is told plainly", async (name, text, prompt, expected) => {
  using folder = temporaryDirectory();
  const thread = new Thread(folder);
  thread.refuse = (tool) => (tool === name ? text : null);
  const answer = await thread.say(`${prompt}, then list the files`);
  expect(answer).toMatch(/^I was not allowed to (run|delete|read) /);
  expect(answer).toContain(expected);
  expect(answer).toContain("I did not go on with the 1 step after that.");
  expect(thread.calls).toEqual([name]);
  expect(await thread.say("what did you do?")).toMatch(/So far I made 1 tool call:\n- .*: refused/);
});

test("it explains from the history alone", async () => {
  using folder = temporaryDirectory();
  const thread = new Thread(folder);
  expect(await thread.say("what did you do?")).toContain("So far I have done nothing");
  await thread.say("create a.txt with x");
  await thread.say("run false");
  const answer = await thread.say("explain what you did");
  expect(answer).toContain("So far I made 3 tool calls:");
  expect(answer).toContain("- apply_patch (add a.txt): done\n- exec_command false: failed with exit code 1");
});

test("what it does not understand is answered with what it can do", async () => {
  using folder = temporaryDirectory();
  const thread = new Thread(folder);
  for (const prompt of ["schreibe ein Gedicht", "fix the bug", "<b>hello</b> ![]("]) {
    const answer = await thread.say(prompt);
    expect(answer).toContain("I did not understand");
    expect(answer.match(/^- /gm)).toHaveLength(5);
  }
  expect(thread.calls).toEqual([]);
});

test("a prompt that comes in the middle of a turn is worked off after the first", () => {
  using folder = temporaryDirectory();
  const { input } = new Thread(folder);
  const list = { type: "function_call", name: "list_dir", call_id: "c", arguments: "{}" };
  const output = { type: "function_call_output", call_id: "c", output: "Absolute path: /x\na" };
  const next = demoResponse({
    input: [...input, user("list the files"), list, output, user("run date")],
    tools: ["list_dir", "exec_command"],
  });
  expect(next.items).toMatchObject([{ type: "function_call", name: "exec_command" }]);
  const aborted = demoResponse({
    input: [...input, user("delete a.txt"), user("<turn_aborted>\nx\n</turn_aborted>"), user("run date")],
    tools: ["apply_patch", "exec_command"],
  });
  expect(aborted.items).toMatchObject([{ type: "function_call", name: "exec_command" }]);
});

test("the same history gives the same response, whose ids do not repeat, with a counted usage", () => {
  using folder = temporaryDirectory();
  const { input } = new Thread(folder);
  const request = { input: [...input, user("list the files")], tools: ["list_dir"] };
  const response = demoResponse(request);
  expect(demoResponse(structuredClone(request))).toEqual(response);
  expect(response.items[0]?.id).toBe("fc_demo_4");
  expect(response.usage.inputTokens).toBe(Math.ceil(Buffer.byteLength(JSON.stringify(request.input)) / 4));
  expect(response.usage.totalTokens).toBe(response.usage.inputTokens + response.usage.outputTokens);
});

test("with a schema the answer is JSON that fits it", async () => {
  using folder = temporaryDirectory();
  folder.write("a.txt", "");
  folder.write("b.txt", "");
  const answer = JSON.parse(
    await new Thread(folder).say("list the files", {
      type: "object",
      properties: {
        summary: { type: "string" },
        files: { type: "array", items: { type: "string" } },
        count: { type: "integer", minimum: 0, maximum: 1 },
        good: { type: "boolean" },
        mood: { type: "string", enum: ["calm", "wild"] },
        maybe: { anyOf: [{ type: "null" }, { $ref: "#/$defs/inner" }] },
        rows: { type: "array", minItems: 1, items: { $ref: "#/$defs/inner" } },
      },
      $defs: { inner: { type: "object", properties: { n: { type: ["number", "null"] } } } },
    }),
  ) as Record<string, unknown>;
  expect(answer).toEqual({
    summary: expect.stringContaining("2 files (a.txt, b.txt)"),
    files: ["a.txt", "b.txt"],
    count: 1,
    good: true,
    mood: "calm",
    maybe: { n: 2 },
    rows: [{ n: 2 }],
  });
});
