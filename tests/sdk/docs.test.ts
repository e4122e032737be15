import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "sdk-docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shown = globSync("docs/sdk-*.md", { cwd: root }).flatMap((file) => {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/<!-- test -->\s*\n```ts\n([\s\S]*?)\n```/g)].map((match) => ({
    where: `${file}:${text.slice(0, match.index).split("\n").length}`,
    program: match[1] ?? "",
  }));
});

test("every program in the documents of the SDK is tested", () => {
  const blocks = globSync("docs/sdk-*.md", { cwd: root }).flatMap((file) => [
    ...readFileSync(join(root, file), "utf8").matchAll(/^```ts$/gm),
  ]);
  expect(shown.length).toBeGreaterThan(4);
  expect(blocks).toHaveLength(shown.length);
});

test.each(shown)("the program at $where works as shown", ({ program }) => {
  const mine = mkdtempSync(join(folder, "program-"));
  for (const name of ["home", "work"]) mkdirSync(join(mine, name));
  const entry = JSON.stringify(join(root, "src", "sdk", "index.ts"));
  writeFileSync(join(mine, "program.ts"), program.replaceAll('"codex-agent/sdk"', entry));
  const ended = spawnSync(process.execPath, [join(mine, "program.ts")], {
    cwd: join(mine, "work"),
    // Nothing configured, and no key.
    env: { PATH: process.env["PATH"], HOME: join(mine, "home"), NODE_NO_WARNINGS: "1" },
    encoding: "utf8",
    timeout: 100_000,
  });
  expect(ended.stderr).toBe("");
  expect(ended.status).toBe(0);
  expect(ended.stdout).toMatch(/\S/);
});
