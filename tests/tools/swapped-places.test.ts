import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { nodeFiles } from "../../src/system/node-files.ts";
import { createGrepFilesTool } from "../../src/tools/grep-files/grep-files.ts";
import { searchInWorker } from "../../src/tools/grep-files/search.ts";
import { readFileTool } from "../../src/tools/read-file/read-file.ts";
import type { Tool, ToolResult } from "../../src/tools/tool.ts";
import { viewImageTool } from "../../src/tools/view-image.ts";
import { recordedContext } from "./call.ts";
import { temporaryDirectory, type TemporaryDirectory } from "./temporary-directory.ts";

/** As a picture, so that every tool would show it. */
const key = "GIF89a sk-secret\n";
const harmless = "GIF89a nothing\n";

/** A workspace beside a home with a key; `swap` is done when policy has allowed the call, before it runs. */
async function call(
  folder: TemporaryDirectory,
  tool: Tool,
  args: Record<string, unknown>,
  swap: (work: string, home: string) => void,
): Promise<ToolResult> {
  const [work, home] = [join(folder.path, "work"), join(folder.path, "home")];
  folder.write("home/auth.json", key);
  rmSync(work, { recursive: true, force: true });
  folder.write("work/fine", harmless);
  folder.write("work/sub/auth.json", harmless);
  symlinkSync("fine", join(work, "link"));
  symlinkSync("sub", join(work, "house"));
  const { context } = recordedContext(work);
  const prepared = await tool.prepare(JSON.stringify(args), context);
  const decision = decide(prepared.action, {
    permissions: context.permissions,
    cwd: work,
    temporaryDirectory: "",
    homes: [home],
    secrets: [join(home, "auth.json")],
    files: nodeFiles,
    standing: { sandbox: null, why: "no command is run" },
    required: [],
  });
  if (decision.type !== "allow") throw new Error(`the call was to be allowed: ${JSON.stringify(decision)}`);
  swap(work, home);
  return prepared.run(decision);
}

function relink(link: string, target: string): void {
  unlinkSync(link);
  symlinkSync(target, link);
}

const linkToTheKey = (work: string, home: string): void => relink(join(work, "link"), join(home, "auth.json"));
const fileToLink = (work: string, home: string): void => relink(join(work, "fine"), join(home, "auth.json"));
const linkToTheHome = (work: string, home: string): void => relink(join(work, "house"), home);
const folderToLink = (work: string, home: string): void => {
  renameSync(join(work, "sub"), join(work, "former"));
  symlinkSync(home, join(work, "sub"));
};

const grepFilesTool = createGrepFilesTool({ searchPath: "" });
const links = [
  ["a link", "link", linkToTheKey],
  ["a link on the way", "house/auth.json", linkToTheHome],
] as const;
const others = [
  ["the file", "fine", fileToLink],
  ["a folder", "sub/auth.json", folderToLink],
] as const;
const nothingFound = { output: "No matches found.", ok: true };
const changed = { output: expect.stringMatching(/^Error: .*: it changed while it was looked at\.$/), ok: false };

test.each(links)("what %s led to when it was judged is shown, whatever it leads to since", async (_, path, swap) => {
  using folder = temporaryDirectory();
  const file_path = join(folder.path, "work", path);
  expect(await call(folder, readFileTool, { file_path }, swap)).toEqual({ output: "L1: GIF89a nothing", ok: true });
  const image_url = `data:image/gif;base64,${Buffer.from(harmless).toString("base64")}`;
  expect(await call(folder, viewImageTool, { path }, swap)).toMatchObject({ data: { image_url }, ok: true });
  expect(await call(folder, grepFilesTool, { path, pattern: "sk-" }, swap)).toEqual(nothingFound);
});

test.each(others)("what was judged is not shown once %s on its path is a link", async (_, path, swap) => {
  using folder = temporaryDirectory();
  const file_path = join(folder.path, "work", path);
  expect(await call(folder, readFileTool, { file_path }, swap)).toEqual(changed);
  expect(await call(folder, viewImageTool, { path }, swap)).toEqual(changed);
  expect(await call(folder, grepFilesTool, { path, pattern: "sk-" }, swap)).toEqual(changed);
});

test("a search finds nothing in files that lie elsewhere by the time they are opened", async () => {
  using folder = temporaryDirectory();
  folder.write("home/auth.json", key);
  symlinkSync("home", join(folder.path, "sub"));
  const request = { root: join(folder.path, "sub"), except: [], pattern: "sk-", include: null };
  const limits = { timeLimitMs: 30_000, limit: 10, signal: new AbortController().signal };
  expect(await searchInWorker(request, limits)).toEqual({ type: "found", paths: [] });
});

test("a file that is made after the call was prepared is read", async () => {
  using folder = temporaryDirectory();
  const made = join(folder.path, "work", "new", "file");
  const result = await call(folder, readFileTool, { file_path: made }, (work) => {
    mkdirSync(join(work, "new"));
    folder.write("work/new/file", "made\n");
  });
  expect(result).toEqual({ output: "L1: made", ok: true });
});

test("what is found behind a link is named as it was asked for", async () => {
  using folder = temporaryDirectory();
  const result = await call(folder, grepFilesTool, { path: "house", pattern: "nothing" }, () => {});
  expect(result).toEqual({ output: join(folder.path, "work", "house", "auth.json"), ok: true });
});
