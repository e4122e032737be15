import { expect, test } from "vitest";
import { demoResponse } from "../../../src/model/demo/demo-model.ts";
import { parseRequest } from "../../../src/model/demo/request.ts";
import type { KnownResponseItem, ResponseItem } from "../../../src/protocol/response-items.ts";

const user = (text: string): ResponseItem => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});
const context = user("<environment_context>\n  <cwd>/work/here</cwd>\n</environment_context>");
const tools = [
  "exec_command",
  "write_stdin",
  "apply_patch",
  "update_plan",
  "view_image",
  "read_file",
  "list_dir",
  "grep_files",
];

/** The first call as `name main-argument`; "-" when there is none. */
function firstCall(prompt: string, offered: string[] = tools): string {
  const item = demoResponse({ input: [context, user(prompt)], tools: offered }).items[0] as KnownResponseItem;
  if (item.type === "custom_tool_call") return `${item.name} ${item.input}`;
  if (item.type !== "function_call") return "-";
  const args = JSON.parse(item.arguments) as Record<string, string>;
  const main =
    args["dir_path"] ??
    args["file_path"] ??
    args["cmd"] ??
    [args["pattern"], args["path"], args["include"]].filter((value) => value !== undefined).join(" | ");
  return `${item.name} ${main}`;
}

test.each([
  ["what is in this folder?", "list_dir /work/here"],
  ["What's in here?", "list_dir /work/here"],
  ["what files are here?", "list_dir /work/here"],
  ["Which files are in src?", "list_dir /work/here/src"],
  ["list the files", "list_dir /work/here"],
  ["list", "list_dir /work/here"],
  ["ls -la src/lib", "list_dir /work/here/src/lib"],
  ["please list the files in the folder docs", "list_dir /work/here/docs"],
  ["Can you list the contents of the current directory, please?", "list_dir /work/here"],
  ["show me the files in /tmp", "list_dir /tmp"],
  ["show the src folder", "list_dir /work/here/src"],
  ["what does this project contain?", "list_dir /work/here"],
  ["what is in the docs directory?", "list_dir /work/here/docs"],
  ["read README.md", "read_file /work/here/README.md"],
  ["Read the file README.md.", "read_file /work/here/README.md"],
  ["show me package.json", "read_file /work/here/package.json"],
  ["open 'my notes.txt'", "read_file /work/here/my notes.txt"],
  ["cat /etc/hostname", "read_file /etc/hostname"],
  ["could you show me the beginning of src/main.ts?", "read_file /work/here/src/main.ts"],
  ["what's in package.json?", "read_file /work/here/package.json"],
  ["what does Makefile say?", "read_file /work/here/Makefile"],
  ["print LICENSE", "read_file /work/here/LICENSE"],
  ["search for TODO", "grep_files TODO"],
  ["search for TODO in src", "grep_files TODO | src"],
  ["search for 'a.b(c)' in *.ts", "grep_files a\\.b\\(c\\) | *.ts"],
  ["find foo in the src folder", "grep_files foo | src"],
  ["find files containing needle", "grep_files needle"],
  ["which files mention needle in docs?", "grep_files needle | docs"],
  ["grep hello", "grep_files hello"],
  ["search in src for needle", "grep_files needle | src"],
  ["look for the word apple here", "grep_files apple"],
  ["where is main defined?", "grep_files main"],
  ["find all .ts files", "grep_files . | *.ts"],
  ["find files named *.md", "grep_files . | *.md"],
  ["create a file hello.txt with hello world", "read_file /work/here/hello.txt"],
  ['create hello.txt containing "hi"', "read_file /work/here/hello.txt"],
  ["make an empty file called a.txt", "read_file /work/here/a.txt"],
  ["write 'hi there' to notes/a.txt", "read_file /work/here/notes/a.txt"],
  ["create a folder build", "exec_command mkdir -p -- build"],
  ["replace foo with bar in a.txt", "read_file /work/here/a.txt"],
  ["in a.txt, replace 'foo' with 'bar'", "read_file /work/here/a.txt"],
  ["change the word colour to color in docs/x.md.", "read_file /work/here/docs/x.md"],
  ["append 'last line' to a.txt", "apply_patch *** Begin Patch\n*** Update File: a.txt\n@@\n+last line\n*** End Patch"],
  [
    "add a line hello to the end of a.txt",
    "apply_patch *** Begin Patch\n*** Update File: a.txt\n@@\n+hello\n*** End Patch",
  ],
  ["delete a.txt", "apply_patch *** Begin Patch\n*** Delete File: a.txt\n*** End Patch"],
  ["remove the file old/a.txt", "apply_patch *** Begin Patch\n*** Delete File: old/a.txt\n*** End Patch"],
  ["run ls -la", "exec_command ls -la"],
  ["run `echo a && echo b`", "exec_command echo a && echo b"],
  ["execute the command git status", "exec_command git status"],
  ["$ date", "exec_command date"],
  ["`uname -a`", "exec_command uname -a"],
  ["run the tests", "-"],
  ["what did you do?", "-"],
  ["explain what you did", "-"],
  ["what can you do?", "-"],
  ["was ist in diesem Ordner?", "-"],
  ["このフォルダには何がありますか", "-"],
  ["write me a poem about the sea", "-"],
  ["", "-"],
])("%j begins with %j", (prompt, call) => {
  expect(firstCall(prompt)).toBe(call);
});

test("steps joined by then are kept in order, quotations whole", () => {
  expect(parseRequest('create a.txt with "first then read b.txt", then read a.txt and then delete a.txt')).toEqual([
    { kind: "create", path: "a.txt", content: "first then read b.txt" },
    { kind: "read", path: "a.txt" },
    { kind: "delete", path: "a.txt" },
  ]);
  expect(parseRequest("create a.txt with now and then a word")).toEqual([
    { kind: "create", path: "a.txt", content: "now and then a word" },
  ]);
  expect(parseRequest("1. list the files\n2. run `date`")).toEqual([
    { kind: "list", path: null },
    { kind: "run", command: "date" },
  ]);
  expect(parseRequest("create it's.txt with a, then read it's.txt")).toHaveLength(2);
});

test("a fenced block is the content of a file", () => {
  expect(parseRequest("create src/a.ts with:\n```ts\nconst a = 1;\n\nconst b = 2;\n```")).toEqual([
    { kind: "create", path: "src/a.ts", content: "const a = 1;\n\nconst b = 2;" },
  ]);
});

test("with commands alone it lists, reads, searches and patches by command", () => {
  expect(firstCall("list the files in src", ["exec_command"])).toBe("exec_command ls -Ap -- src");
  expect(firstCall("read it's.txt", ["exec_command"])).toContain("'it'\\''s.txt'");
  expect(firstCall("search for x y in src", ["exec_command"])).toBe(
    "exec_command grep -rIlE --exclude-dir=.git -e 'x y' -- src",
  );
  expect(firstCall("delete a.txt", ["exec_command"])).toBe(
    "exec_command apply_patch <<'EOF'\n*** Begin Patch\n*** Delete File: a.txt\n*** End Patch\nEOF",
  );
  expect(firstCall("list the files", [])).toBe("-");
});

test("a prompt of any size is read in little time", () => {
  const start = performance.now();
  for (const prompt of [
    "a ".repeat(4000),
    "create ".repeat(1100),
    "replace a with ".repeat(500),
    "then ".repeat(1600),
    "find x in ".repeat(800),
    "\n".repeat(8000),
    '"'.repeat(7999),
    "x".repeat(10_000_000),
  ])
    parseRequest(prompt);
  expect(performance.now() - start).toBeLessThan(10_000);
});
