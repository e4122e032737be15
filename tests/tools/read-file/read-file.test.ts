import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFileTool } from "../../../src/tools/read-file/read-file.ts";
import { CallError } from "../../../src/tools/tool.ts";
import { callTool, recordedContext } from "../call.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const { context } = recordedContext("/");
const read = (file_path: string, more: Record<string, unknown> = {}) =>
  callTool(readFileTool, { file_path, ...more }, context);
const ok = (output: string) => ({ output, ok: true });
const soft = (text: string) => ({
  output: expect.stringMatching(/^Error: /) && expect.stringContaining(text),
  ok: false,
});

test("a slice has numbered lines and says how many follow", async () => {
  using folder = temporaryDirectory();
  const file = folder.write("a.txt", "one\ntwo\r\nthree\nfour");
  expect(await read(file)).toEqual(ok("L1: one\nL2: two\nL3: three\nL4: four"));
  expect(await read(file, { offset: 2, limit: 2 })).toEqual(ok("L2: two\nL3: three\n… 1 more lines"));
});

test("only a newline ends a line", async () => {
  using folder = temporaryDirectory();
  const file = folder.write("a.txt", "a\u2028b\fc\rd\ne\n");
  expect(await read(file)).toEqual(ok("L1: a\u2028b\fc\rd\nL2: e"));
});

test("long lines are cut on a character border and marked", async () => {
  using folder = temporaryDirectory();
  const file = folder.write("a.txt", `${"x".repeat(499)}😀tail\n${"é".repeat(500)}\n${"y".repeat(300_000)}\nend`);
  expect(await read(file)).toEqual(
    ok(`L1: ${"x".repeat(499)}…\nL2: ${"é".repeat(500)}\nL3: ${"y".repeat(500)}…\nL4: end`),
  );
});

test("a file of more than ten megabytes is read without being held", async () => {
  using folder = temporaryDirectory();
  const file = folder.write("big.txt", `${"line of text\n".repeat(1_000_000)}last\n`);
  expect(await read(file, { offset: 1_000_001 })).toEqual(ok("L1000001: last"));
  expect(await read(file, { limit: 1 })).toEqual(ok("L1: line of text\n… 1000000 more lines"));
});

test("an empty file is no error, a binary one is", async () => {
  using folder = temporaryDirectory();
  expect(await read(folder.write("empty", ""))).toEqual(ok("(empty file)"));
  expect(await read(folder.write("binary", "ab\0cd"))).toEqual(soft("binary file of 5 bytes"));
});

test.each([
  [{ offset: 0 }, "`offset`"],
  [{ limit: -1 }, "`limit`"],
  [{ limit: 1.5 }, "`limit`"],
  [{ offset: 9 }, "only 2 lines"],
  [{ mode: "indentation", indentation: { anchor_line: 9 } }, "`indentation.anchor_line` is 9"],
  [{ indentation: { max_lines: 0 } }, "`indentation.max_lines`"],
  [{ indentation: { max_levels: -1 } }, "`indentation.max_levels`"],
])("%j is a soft error that names the field", async (more, text) => {
  using folder = temporaryDirectory();
  expect(await read(folder.write("a.txt", "a\nb\n"), more)).toEqual(soft(text));
});

test("what cannot be read is a soft error that names the path", async () => {
  using folder = temporaryDirectory();
  execFileSync("mkfifo", [join(folder.path, "pipe")]);
  expect(await read("a.txt")).toEqual(soft("`file_path` must be an absolute path"));
  expect(await read(join(folder.path, "none"))).toEqual(soft(`\`${folder.path}/none\`: it does not exist`));
  expect(await read(folder.path)).toEqual(soft("is a directory"));
  expect(await read(join(folder.path, "pipe"))).toEqual(soft("not a regular file"));
  expect(await read("/dev/zero")).toEqual(soft("not a regular file"));
});

test("arguments that do not fit the schema cannot be prepared", () => {
  expect(() => readFileTool.prepare("{}", context)).toThrow(
    "failed to parse function arguments: missing field `file_path`",
  );
  expect(() => readFileTool.prepare('{"file_path":"/a","mode":"all"}', context)).toThrow(/unknown variant `all`/);
  expect(() => readFileTool.prepare("{", context)).toThrow(CallError);
});

test("policy is told the resolved path, and a refusal names it", async () => {
  const call = await readFileTool.prepare('{"file_path":"/a/../b"}', context);
  expect(call).toMatchObject({ effect: "none", action: { kind: "read", paths: ["/b"] } });
  expect(call.refusal({ type: "deny", reason: "secret", message: "it holds credentials." })).toBe(
    "Error: `/b` was not read; refused by policy: it holds credentials.",
  );
});

test("an interrupt ends the read", async () => {
  using folder = temporaryDirectory();
  const file = folder.write("a.txt", "a\n");
  const { context: interrupted } = recordedContext("/", { signal: AbortSignal.abort() });
  expect(await callTool(readFileTool, { file_path: file }, interrupted)).toEqual(soft("interrupted"));
});

const code = `class A {
  // first
  one() {
    a();

    b();
  }

  // about two
  two() {
    if (x) {
      c();
    }
  }
}
`;

const block = async (indentation: Record<string, unknown>, more: Record<string, unknown> = {}) => {
  using folder = temporaryDirectory();
  const { output } = await read(folder.write("a.ts", code), { mode: "indentation", indentation, ...more });
  return String(output)
    .split("\n")
    .map((line) => Number(/^L(\d+): /.exec(line)?.[1]));
};

test("indentation mode takes the block around its anchor", async () => {
  // Two columns a level here: one level of four columns reaches the members of the class.
  expect(await block({ anchor_line: 12, max_levels: 1 })).toEqual([9, 10, 11, 12, 13, 14]);
  expect(await block({ anchor_line: 12, max_levels: 1, include_header: false })).toEqual([10, 11, 12, 13, 14]);
  expect(await block({ anchor_line: 12, max_levels: 1, include_siblings: true })).toEqual([
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  ]);
  expect(await block({ anchor_line: 4 })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  expect(await block({ anchor_line: 4, max_lines: 1 })).toEqual([4]);
  expect(await block({}, { offset: 4, limit: 3 })).toEqual([3, 4]);
});
