import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** A shell block that a reader is invited to copy, marked in the text by a comment before it. */
interface Shown {
  where: string;
  place: "folder" | "clone";
  script: string;
}

/** `<!-- test -->` runs the block in an empty folder, `<!-- test: clone -->` where this repository lies. */
const marked = /<!-- test(: clone)? -->\s*\n```sh\n([\s\S]*?)\n```/g;

function shownIn(file: string): Shown[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(marked)].map((match) => ({
    where: `${file}:${text.slice(0, match.index).split("\n").length}`,
    place: match[1] === undefined ? "folder" : "clone",
    script: match[2] ?? "",
  }));
}

const shown = ["README.md", ...globSync("docs/*.md", { cwd: root }).sort()].flatMap(shownIn);
const temporary = mkdtempSync(join(tmpdir(), "codex-agent-docs-"));

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

test("README.md shows commands that are tested", () => {
  expect(shown.filter(({ where }) => where.startsWith("README.md")).length).toBeGreaterThan(1);
});

test.each(shown)("the commands at $where work as shown", ({ place, script }) => {
  const mine = mkdtempSync(join(temporary, "block-"));
  for (const name of ["home", "bin", "work"]) mkdirSync(join(mine, name));
  symlinkSync(join(root, "bin", "codex-agent"), join(mine, "bin", "codex-agent"));
  const ended = spawnSync("sh", ["-eu", "-c", script], {
    cwd: place === "clone" ? root : join(mine, "work"),
    // Nothing configured, and no key.
    env: { PATH: [join(mine, "bin"), process.env["PATH"]].join(delimiter), HOME: join(mine, "home") },
    encoding: "utf8",
    input: "",
    timeout: 100_000,
  });
  expect(ended.status, ended.stderr).toBe(0);
  expect(ended.stdout, ended.stderr).toMatch(/\S/);
});

test("docs/errors.md lists the error codes that there are", () => {
  const source = readFileSync(join(root, "src", "protocol", "errors.ts"), "utf8");
  const union = source.match(/type ErrorCode =([^;]*);/)?.[1] ?? "";
  const codes = [...union.matchAll(/"(\w+)"/g)].map((match) => match[1]);
  const rows = readFileSync(join(root, "docs", "errors.md"), "utf8").matchAll(/^\| `(\w+)` \|/gm);
  expect([...rows].map((match) => match[1])).toEqual(codes);
  expect(codes.length).toBeGreaterThan(10);
});

test("links in the documents lead somewhere", () => {
  const files = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ...globSync("docs/*.md", { cwd: root }),
  ];
  const dead = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map((match) => join(dirname(file), match[1] ?? ""))
      .filter((target) => globSync(target, { cwd: root }).length === 0)
      .map((target) => `${file}: ${target}`),
  );
  expect(dead).toEqual([]);
});
