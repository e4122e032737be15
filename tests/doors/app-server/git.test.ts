import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appServerInMemory } from "../../support/app-client.ts";
import { git, makeStage } from "../../support/run.ts";

it("text that is no UTF-8 is in the diff as well as it can be", async () => {
  const stage = await makeStage({ git: true, files: { a: "one\n" } });
  const server = appServerInMemory(stage);
  try {
    await git(stage, ["add", "-A"]);
    await git(stage, ["commit", "-q", "-m", "one"]);
    await git(stage, ["init", "-q", "--bare", join(stage.root, "remote.git")]);
    await git(stage, ["remote", "add", "origin", join(stage.root, "remote.git")]);
    await git(stage, ["push", "-q", "origin", "main"]);
    writeFileSync(join(stage.workspace, "a"), Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]));
    const client = await server.connect();
    const { diff } = await client.call("gitDiffToRemote", { cwd: stage.workspace });
    expect(diff).toContain("-one\n+caf\uFFFD\n");
  } finally {
    await server.close();
    await stage.dispose();
  }
});

it("nothing that the repository names is run to make the diff", async () => {
  const stage = await makeStage({ git: true, files: { a: "one\n", ".gitattributes": "* filter=own\n" } });
  const server = appServerInMemory(stage);
  try {
    await git(stage, ["add", "-A"]);
    await git(stage, ["commit", "-q", "-m", "one"]);
    await git(stage, ["init", "-q", "--bare", join(stage.root, "remote.git")]);
    await git(stage, ["remote", "add", "origin", join(stage.root, "remote.git")]);
    await git(stage, ["push", "-q", "origin", "main"]);
    const mark = join(stage.root, "ran");
    await git(stage, ["config", "filter.own.clean", `touch ${mark}; cat`]);
    await git(stage, ["config", "core.fsmonitor", `touch ${mark}`]);
    writeFileSync(join(stage.workspace, "a"), "two\n");
    const client = await server.connect();
    const { diff } = await client.call("gitDiffToRemote", { cwd: stage.workspace });
    expect(diff).toContain("-one\n+two\n");
    expect(existsSync(mark)).toBe(false);
  } finally {
    await server.close();
    await stage.dispose();
  }
});
