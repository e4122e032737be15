import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyPatchTool, prepareIntercepted } from "../../../src/tools/apply-patch/tool.ts";
import { CallError, type CallContext, type PreparedCall } from "../../../src/tools/tool.ts";
import { contents, createWorkspace, file, snapshot, type Tree } from "./support/workspace.ts";
import type { ThreadItem } from "../../../src/protocol/items.ts";

const bare = { type: "allow", enclose: null } as const;

const envelope = (body: string): string => `*** Begin Patch\n${body}\n*** End Patch\n`;

function createContext(cwd: string): CallContext & { seen: ["started" | "completed", ThreadItem][] } {
  const seen: ["started" | "completed", ThreadItem][] = [];
  return {
    seen,
    ask: () => Promise.resolve({ type: "deny" }),
    threadId: "t",
    turnId: "u",
    callId: "call_p",
    cwd,
    permissions: {
      sandbox: "workspace-write",
      networkAccess: false,
      writableRoots: [],
      excludeTmpdir: false,
      excludeSlashTmp: false,
      approvalPolicy: "never",
    },
    items: {
      started: (item) => void seen.push(["started", item]),
      completed: (item) => void seen.push(["completed", item]),
      input: () => {},
      patched: () => {},
      output: () => {},
      plan: () => {},
      child: () => {},
    },
    signal: new AbortController().signal,
    outputTokens: 10_000,
    imageDetail: null,
  };
}

async function failureOf(tree: Tree, input: string): Promise<string> {
  using workspace = createWorkspace(tree);
  const context = createContext(workspace.cwd);
  const before = snapshot(workspace.root);
  try {
    await applyPatchTool.prepare(input, context);
  } catch (error) {
    expect(error).toBeInstanceOf(CallError);
    expect(context.seen).toEqual([]);
    expect(snapshot(workspace.root)).toEqual(before);
    return (error as Error).message.replaceAll(workspace.cwd, "/w");
  }
  throw new Error("the call was prepared");
}

/** Inputs and outputs as seen between the real Codex 0.169 and its model. */
test.each([
  ["hello", "apply_patch verification failed: invalid patch: The first line of the patch must be '*** Begin Patch'"],
  ["", "apply_patch verification failed: invalid patch: The last line of the patch must be '*** End Patch'"],
  ["*** Begin Patch\n*** End Patch", "patch rejected: empty patch"],
  [
    envelope("*** Update File: a.txt"),
    "apply_patch verification failed: invalid hunk at line 2, Update file hunk for path 'a.txt' is empty",
  ],
  [
    envelope("*** Delete File: zz"),
    "apply_patch verification failed: Failed to read /w/zz: No such file or directory (os error 2)",
  ],
  [
    envelope("*** Delete File: dir"),
    "apply_patch verification failed: Failed to read /w/dir: path `/w/dir` is not a file",
  ],
  [
    envelope("*** Update File: zz\n@@\n-x"),
    "apply_patch verification failed: Failed to read file to update /w/zz: No such file or directory (os error 2)",
  ],
  [
    envelope("*** Update File: a.txt\n@@\n-nope"),
    "apply_patch verification failed: Failed to find expected lines in /w/a.txt:\nnope",
  ],
  [
    envelope("*** Update File: a.txt\n@@ nope\n-one"),
    "apply_patch verification failed: Failed to find context 'nope' in /w/a.txt",
  ],
  [
    envelope("*** Environment ID: foo\n*** Add File: e\n+x"),
    "apply_patch environment selection is unavailable for this turn",
  ],
])("%j is refused before anything is done", async (input, output) => {
  expect(await failureOf({ "a.txt": file("one\n"), "dir/x": file("1\n") }, input)).toBe(output);
});

test("a call tells its item before and after, changes the files and reports them", async () => {
  using workspace = createWorkspace({
    "a.txt": file("alpha\nbeta\n"),
    "b.txt": file("bye\n"),
    "c.txt": file("gamma\n"),
  });
  const context = createContext(workspace.cwd);
  const body =
    "*** Add File: new.txt\n+one\n+two\n*** Update File: a.txt\n@@\n-alpha\n+ALPHA\n*** Delete File: b.txt\n*** Update File: c.txt\n*** Move to: d/c2.txt\n@@\n-gamma\n+GAMMA";
  const call = await applyPatchTool.prepare(envelope(body), context);
  expect(call.effect).toBe("once");
  const at = (path: string): string => join(workspace.cwd, path);
  expect(call.action).toEqual({ kind: "write", paths: ["new.txt", "a.txt", "b.txt", "c.txt", "d/c2.txt"].map(at) });
  expect(context.seen).toEqual([]);
  const result = await call.run(bare);
  const summary = "Success. Updated the following files:\nA new.txt\nM a.txt\nM d/c2.txt\nD b.txt\n";
  expect(result.ok).toBe(true);
  expect(result.output).toMatch(/^Exit code: 0\nWall time: \d+(\.\d)? seconds\nOutput:\nSuccess\. /);
  expect((result.output as string).endsWith(`Output:\n${summary}`)).toBe(true);
  // As in rollout-typical.jsonl.
  const changes = [
    { path: at("a.txt"), kind: "update", diff: "@@ -1,2 +1,2 @@\n-alpha\n+ALPHA\n beta\n" },
    { path: at("b.txt"), kind: "delete", diff: "bye\n" },
    { path: at("c.txt"), kind: "update", movePath: at("d/c2.txt"), diff: "@@ -1 +1 @@\n-gamma\n+GAMMA\n" },
    { path: at("new.txt"), kind: "add", diff: "one\ntwo\n" },
  ];
  expect(context.seen).toEqual([
    ["started", { type: "fileChange", id: "call_p", changes, status: "inProgress", stdout: "", stderr: "" }],
    ["completed", { type: "fileChange", id: "call_p", changes, status: "completed", stdout: summary, stderr: "" }],
  ]);
  expect(contents(snapshot(workspace.cwd))).toEqual({
    "a.txt": "ALPHA\nbeta\n",
    "d/c2.txt": "GAMMA\n",
    "new.txt": "one\ntwo\n",
  });
});

test("a place that cannot be written is a failed item, and nothing else of the patch is done", async () => {
  using workspace = createWorkspace({ "dir/x": file("1\n") });
  const context = createContext(workspace.cwd);
  const call = await applyPatchTool.prepare(envelope("*** Add File: ok\n+x\n*** Add File: dir\n+x"), context);
  const before = snapshot(workspace.cwd);
  const result = await call.run(bare);
  const stderr = `Failed to write file ${workspace.cwd}/dir\n`;
  expect(result).toEqual({ ok: false, output: `Exit code: 1\nWall time: 0 seconds\nOutput:\n${stderr}` });
  expect(
    context.seen.map(([what, item]) => [
      what,
      item.type === "fileChange" && item.status,
      item.type === "fileChange" && item.stderr,
    ]),
  ).toEqual([
    ["started", "inProgress", ""],
    ["completed", "failed", stderr],
  ]);
  expect(snapshot(workspace.cwd)).toEqual(before);
});

test("what policy denies is told in Codex's words", async () => {
  using workspace = createWorkspace({});
  const call = await applyPatchTool.prepare(envelope("*** Add File: ok\n+x"), createContext(workspace.cwd));
  const refusal = (reason: Parameters<PreparedCall["refusal"]>[0]["reason"]): string =>
    call.refusal({ type: "deny", reason, message: "why" });
  expect(refusal("sandbox")).toBe(
    "patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings",
  );
  expect(refusal("outside")).toBe("patch rejected: writing outside of the project; rejected by user approval settings");
  expect(refusal("user")).toBe("patch rejected by user");
  expect(refusal("secret")).toBe("patch rejected: why");
});

test("a patch given as a command works in the folder that the command changes to", async () => {
  using workspace = createWorkspace({ "sub/a.txt": file("one\n") });
  const patch = envelope("*** Environment ID: local\n*** Update File: a.txt\n@@\n-one\n+ONE");
  const context = createContext(workspace.cwd);
  const result = await prepareIntercepted({ patch, workdir: "sub" }, workspace.cwd, context).run(bare);
  expect(result.output).toMatch(/^Exit code: 0\nWall time: \d+(\.\d)? seconds\nOutput:\nSuccess\. /);
  expect(readFileSync(join(workspace.cwd, "sub/a.txt"), "utf8")).toBe("ONE\n");
  expect(() => prepareIntercepted({ patch, workdir: "missing" }, workspace.cwd, context)).toThrow(
    /missing is not a directory$/,
  );
});
