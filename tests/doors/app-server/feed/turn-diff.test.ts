import { describe, expect, it } from "vitest";
import { TurnDiff } from "../../../../src/doors/app-server/feed/turn-diff.ts";
import type { PatchedFile } from "../../../../src/protocol/items.ts";

const file = (
  path: string,
  before: string | null,
  after: string | null,
  movePath: string | null = null,
): PatchedFile => ({
  path,
  movePath,
  before,
  after,
});

/** The diff of these patches, without the ids of contents. */
function diffOf(...patches: PatchedFile[][]): string | null {
  const diff = new TurnDiff("/work");
  for (const files of patches) diff.add(files);
  return diff.text?.replaceAll(/index [0-9a-f]{40}\.\.[0-9a-f]{40}\n/g, "") ?? null;
}

describe("the diff of a turn", () => {
  it("is none before anything was patched", () => {
    expect(new TurnDiff("/work").text).toBeNull();
  });

  it("names contents as git does", () => {
    const diff = new TurnDiff("/work");
    diff.add([file("/work/a.txt", null, "hello\n")]);
    expect(diff.text).toContain(
      "index 0000000000000000000000000000000000000000..ce013625030ba8dba906f756967f9e9ca394464a\n",
    );
  });

  it("is that of all patches of a file taken together", () => {
    const two = diffOf([file("/work/a.txt", "one\n", "two\n")], [file("/work/a.txt", "two\n", "three\n")]);
    expect(two).toBe("diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+three\n");
  });

  it("forgets a file that came and went", () => {
    expect(diffOf([file("/work/a.txt", null, "x\n")], [file("/work/a.txt", "x\n", null)])).toBeNull();
  });

  it("shows a file that was written again after its removal as changed", () => {
    const again = diffOf([file("/work/a.txt", "one\n", null)], [file("/work/a.txt", null, "two\n")]);
    expect(again).toBe("diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n");
  });

  it("follows a file that moves, twice, and covers another", () => {
    const moved = diffOf(
      [file("/work/a.txt", "one\n", "one\n", "/work/b.txt")],
      [file("/work/b.txt", "one\n", "two\n", "/work/c.txt")],
    );
    expect(moved).toBe("diff --git a/a.txt b/c.txt\n--- a/a.txt\n+++ b/c.txt\n@@ -1 +1 @@\n-one\n+two\n");
  });

  it("shows paths outside of the folder whole", () => {
    expect(diffOf([file("/else/x", null, "x\n")])).toBe(
      "diff --git a//else/x b//else/x\nnew file mode 100644\n--- /dev/null\n+++ b//else/x\n@@ -0,0 +1 @@\n+x\n",
    );
  });

  it("is empty where everything is as it was", () => {
    expect(diffOf([file("/work/a.txt", "one\n", "two\n")], [file("/work/a.txt", "two\n", "one\n")])).toBe("");
  });
});
