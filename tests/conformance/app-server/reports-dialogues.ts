import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { git, type Stage } from "../../support/run.ts";
import type { Dialogue } from "./dialogue.ts";

/** The same commits each time. */
async function commit(stage: Stage, message: string): Promise<void> {
  await git(stage, ["add", "-A"]);
  await git(stage, ["commit", "-q", "-m", message]);
}

export const reportsDialogues: Dialogue[] = [
  {
    name: "the working tree against what a remote has",
    script: () => [],
    async play(desk) {
      const { stage } = desk;
      const { workspace, root } = stage;
      const client = await desk.connect();
      const ask = async (cwd: string): Promise<void> => {
        const reply = await client.request("gitDiffToRemote", { cwd });
        // Commits bear the time at which they were made.
        if ("result" in reply) reply.result["sha"] = "<sha>";
      };
      const put = (path: string, text: string): Promise<void> => writeFile(join(workspace, path), text);
      await put("a", "one\n");
      await commit(stage, "one");
      await ask(workspace);
      await git(stage, ["init", "-q", "-b", "main", "--bare", join(root, "remote.git")]);
      await git(stage, ["remote", "add", "origin", join(root, "remote.git")]);
      await ask(workspace);
      await git(stage, ["push", "-q", "origin", "main"]);
      await ask(workspace);
      await put("a", "two\n");
      await mkdir(join(workspace, "sub"));
      await put("sub/new file", "new\n");
      await put(".gitignore", "ignored\n");
      await put("ignored", "x");
      await put("binary", "a\0b");
      await ask(workspace);
      await ask(join(workspace, "sub"));
      await ask("sub");
      await commit(stage, "two");
      await ask(workspace);
      await git(stage, ["checkout", "-q", "-b", "feature"]);
      await put("f", "f\n");
      await commit(stage, "f");
      await ask(workspace);
      await git(stage, ["push", "-q", "origin", "feature"]);
      await put("f", "g\n");
      await ask(workspace);
      await git(stage, ["checkout", "-q", "-b", "third"]);
      await commit(stage, "g");
      await ask(workspace);
      await git(stage, ["checkout", "-q", "--detach"]);
      await ask(workspace);
      await ask("");
      await ask("/nowhere");
      await client.request("gitDiffToRemote", {});
    },
  },
  {
    name: "feedback is saved into a file that is not there yet",
    script: () => [],
    wanted: {
      reason: "Codex looks whether its providers can be reached when it adds logs; here nobody is asked anything.",
      change: (real) => ({ ...real, requests: [] }),
    },
    async play(desk) {
      const { workspace } = desk.stage;
      const client = await desk.connect();
      const at = (path: string): string => join(workspace, path);
      const save = async (params: object): Promise<void> => {
        const reply = await client.request("feedback/save", { classification: "bug", ...params });
        // Codex tells of its temporary file.
        if ("error" in reply) reply.error.message = reply.error.message.replace(/ at path .*/, " at path <path>");
      };
      await save({ savePath: at("feedback.zip") });
      await save({ savePath: at("feedback.zip") });
      await save({ savePath: workspace });
      await save({ savePath: "relative.zip" });
      await save({ savePath: "" });
      await save({ savePath: at("no/folder/x") });
      await save({ savePath: at("other"), includeLogs: true, extraLogFiles: [at("nowhere")] });
      await save({ savePath: at("other"), threadId: "x" });
      await client.request("fs/getMetadata", { path: at("other") });
      await client.request("feedback/upload", { classification: "bug", threadId: "x" });
      await client.request("feedback/upload", {});
    },
  },
];
