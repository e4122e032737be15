import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readInstructions, type Instructions } from "../../src/config/instructions/agents-md.ts";
import type { Stage } from "../support/run.ts";
import { askCodex, load, put, userTexts, withStage } from "./place.ts";

interface Chain {
  what: string;
  /** Below the stage's root: `workspace/...`, `codex-home/...`. */
  files: Record<string, string | Uint8Array>;
  /** Below the workspace. */
  cwd?: string;
  config?: string;
  git?: boolean;
}

async function ours(stage: Stage, cwd: string): Promise<Instructions> {
  const config = await load(stage, { cwd });
  return readInstructions({
    codexHome: config.homes.codex,
    cwd: config.cwd,
    projectRoot: config.projectRoot,
    ...config.projectDocs,
  });
}

const deep = { "workspace/AGENTS.md": "root\n", "workspace/a/AGENTS.md": "  nested\n\n", "workspace/a/b/file": "" };
const long = (size: number, letter: string): string => letter.repeat(size);

const chains: Chain[] = [
  { what: "none at all", files: {} },
  { what: "global, project and nested", files: { ...deep, "codex-home/AGENTS.md": "  global\n\n" }, cwd: "a/b" },
  { what: "global alone", files: { "codex-home/AGENTS.md": "global\n" } },
  {
    what: "a global override",
    files: { "codex-home/AGENTS.md": "global\n", "codex-home/AGENTS.override.md": "over\n" },
  },
  {
    what: "a blank global override",
    files: { "codex-home/AGENTS.md": "global\n", "codex-home/AGENTS.override.md": " \n" },
  },
  { what: "an override in a project", files: { ...deep, "workspace/AGENTS.override.md": "over" }, cwd: "a" },
  { what: "an empty override in a project", files: { ...deep, "workspace/AGENTS.override.md": "" }, cwd: "a" },
  { what: "a blank file", files: { ...deep, "workspace/AGENTS.md": " \n " }, cwd: "a" },
  {
    what: "fallback names",
    files: {
      "workspace/CLAUDE.md": "claude",
      "workspace/X.md": "x",
      "workspace/a/AGENTS.md": "agents",
      "workspace/a/X.md": "no",
    },
    cwd: "a",
    config: 'project_doc_fallback_filenames = ["X.md", "CLAUDE.md"]',
  },
  { what: "no repository", files: deep, cwd: "a", git: false },
  {
    what: "other root markers",
    files: { ...deep, "workspace/a/MARK": "" },
    cwd: "a/b",
    config: 'project_root_markers = ["MARK"]',
  },
  { what: "no root markers", files: deep, cwd: "a", config: "project_root_markers = []" },
  {
    what: "a folder in place of a file",
    files: { "workspace/AGENTS.md/x": "", "codex-home/AGENTS.md/x": "", "workspace/a/AGENTS.md": "nested" },
    cwd: "a",
  },
  {
    what: "bytes that are not UTF-8",
    files: {
      "workspace/AGENTS.md": Buffer.from("a\u00e9", "latin1"),
      "codex-home/AGENTS.md": Buffer.from([0x67, 0xff]),
    },
  },
  { what: "a byte order mark and CRLF", files: { "workspace/AGENTS.md": "\ufeffone\r\ntwo" } },
  {
    what: "a cut file",
    files: {
      "codex-home/AGENTS.md": long(50, "g"),
      "workspace/AGENTS.md": long(50, "r"),
      "workspace/a/AGENTS.md": long(50, "n"),
    },
    cwd: "a",
    config: "project_doc_max_bytes = 70",
  },
  {
    what: "a file that is left out",
    files: { "workspace/AGENTS.md": long(50, "r"), "workspace/a/AGENTS.md": long(50, "n") },
    cwd: "a",
    config: "project_doc_max_bytes = 50",
  },
  {
    what: "the default budget",
    files: {
      "workspace/AGENTS.md": long(20_000, "r"),
      "workspace/a/AGENTS.md": long(20_000, "n"),
      "workspace/a/b/AGENTS.md": "m",
    },
    cwd: "a/b",
  },
  { what: "a long global file", files: { "codex-home/AGENTS.md": long(40_000, "g") } },
  {
    what: "a budget of nothing",
    files: { "codex-home/AGENTS.md": "global", "workspace/AGENTS.md": "root" },
    config: "project_doc_max_bytes = 0",
  },
];

describe("instructions of AGENTS.md", () => {
  it.each(chains)(
    "reach the model as Codex sends them: $what",
    async ({ files, cwd = ".", config = "", git = true }) => {
      await askCodex(
        (baseUrl) => ({ git, baseUrl, config: `model = "gpt-5.5"\n${config}` }),
        ["--skip-git-repo-check", "hi"],
        async (stage, outcome, requests) => {
          const { text, warnings } = await ours(stage, cwd);
          expect(text).toBe(userTexts(requests[0]).find((part) => part.startsWith("# AGENTS.md")) ?? null);
          const shown = outcome.events.filter((event) => JSON.stringify(event).includes("project_doc_max_bytes"));
          expect(warnings).toHaveLength(shown.length);
          for (const warning of warnings) expect(warning).toContain("project_doc_max_bytes");
        },
        async (stage) => {
          for (const [name, content] of Object.entries(files)) await put(stage, name, content);
        },
        (stage) => join(stage.workspace, cwd),
      );
    },
  );

  it("are cut between characters, where Codex sends a broken one", async () => {
    const { text } = await withStage({ git: true, files: { "AGENTS.md": "\u00e9".repeat(50) } }, async (stage) => {
      await put(stage, "codex-home/config.toml", "project_doc_max_bytes = 51\n");
      return ours(stage, ".");
    });
    expect(text).toContain(`\n${"\u00e9".repeat(25)}\n</INSTRUCTIONS>`);
  });

  it("survive links: each real file once, loops and dead links are passed over", async () => {
    await withStage({ git: true, files: { "AGENTS.md": "root\n", "a/b/c/AGENTS.md": "inner\n" } }, async (stage) => {
      symlinkSync("../AGENTS.md", join(stage.workspace, "a/AGENTS.md"));
      symlinkSync("AGENTS.md", join(stage.workspace, "a/b/AGENTS.md"));
      symlinkSync("nowhere", join(stage.codexHome, "AGENTS.md"));
      const { text, files, warnings } = await ours(stage, "a/b/c");
      expect(text).toContain("<INSTRUCTIONS>\nroot\n\n\ninner\n\n</INSTRUCTIONS>");
      expect(files).toEqual([join(stage.workspace, "AGENTS.md"), join(stage.workspace, "a/b/c/AGENTS.md")]);
      expect(warnings).toEqual([]);
    });
  });

  it("do not wait for a named pipe", async () => {
    await withStage({ git: true }, async (stage) => {
      execFileSync("mkfifo", [join(stage.workspace, "AGENTS.md"), join(stage.codexHome, "AGENTS.md")]);
      expect((await ours(stage, ".")).text).toBeNull();
    });
  });
});
