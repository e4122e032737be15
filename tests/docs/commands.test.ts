import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { spawn as spawnTerminal } from "@lydell/node-pty";
import { afterAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** A shell block that a reader is invited to copy, marked in the text by a comment before it. */
interface Shown {
  where: string;
  place: "folder" | "clone";
  script: string;
}

/** `<!-- test: terminal -->`: a conversation of a person at a terminal, see `converse`. */
const spoken = /<!-- test: terminal -->\s*\n```text\n([\s\S]*?)\n```/g;

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

const conversations = ["README.md", ...globSync("docs/*.md", { cwd: root }).sort()].flatMap((file) => {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(spoken)].map((match) => ({
    where: `${file}:${text.slice(0, match.index).split("\n").length}`,
    lines: (match[1] ?? "").split("\n"),
  }));
});

test.each(conversations)("the conversation at $where goes as shown", async ({ lines }) => {
  const mine = mkdtempSync(join(temporary, "talk-"));
  for (const name of ["home", "bin", "work"]) mkdirSync(join(mine, name));
  symlinkSync(join(root, "bin", "codex-agent"), join(mine, "bin", "codex-agent"));
  const env = {
    PATH: [join(mine, "bin"), process.env["PATH"]].join(delimiter),
    HOME: join(mine, "home"),
    TERM: "xterm",
  };
  expect(await converse(lines, join(mine, "work"), env)).toBe(0);
});

/**
 * `$ COMMAND` begins a command at a terminal; `PROMPT> TEXT` types the text once that prompt is there; what any other line says must be
 * shown, in this order. Every command ends with 0; resolves to what the last one ends with.
 */
async function converse(lines: readonly string[], cwd: string, env: Record<string, string>): Promise<number> {
  let ended: Promise<number> = Promise.resolve(0);
  let type: (text: string) => void = () => undefined;
  /** As it came, sequences and all: one may come in two pieces. */
  let raw = "";
  let read = 0;
  const see = async (text: string): Promise<void> => {
    const unread = (): string => withoutSequences(raw).slice(read);
    const holds = (): boolean => unread().includes(text);
    const end = ended.then(() => "ended" as const);
    while (!holds()) {
      const soon = new Promise<"later">((resolve) => setTimeout(() => resolve("later"), 20));
      if ((await Promise.race([end, soon])) === "ended" && !holds()) throw new Error(`no ${text} in:\n${unread()}`);
    }
    read += unread().indexOf(text) + text.length;
  };
  for (const line of lines) {
    const [, prompt, text = ""] = /^(\S+>) (.*)$/.exec(line) ?? [];
    if (line.startsWith("$ ")) {
      expect(await ended).toBe(0);
      [raw, read] = ["", 0];
      const pty = spawnTerminal("sh", ["-c", `exec ${line.slice(2)}`], { cwd, env, cols: 200, rows: 40 });
      pty.onData((data) => (raw += data));
      ended = new Promise((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
      type = (words) => pty.write(`${words}\r`);
    } else if (prompt !== undefined && prompt !== "assistant>") {
      await see(prompt);
      type(text);
    } else {
      await see(line.trim());
    }
  }
  return ended;
}

// oxlint-disable-next-line no-control-regex
const withoutSequences = (text: string): string => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");

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
