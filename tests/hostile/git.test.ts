import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { git } from "../support/run.ts";
import { attacked, done, trap, type Attack } from "./attack.ts";

/** A repository with one commit whose file seems changed, so that git has to look into it. */
async function withCommit({ stage, plant }: Attack): Promise<void> {
  plant("a.txt", "one\n");
  await git(stage, ["add", "-A"]);
  await git(stage, ["commit", "-qm", "one"]);
  utimesSync(join(stage.workspace, "a.txt"), 1, 1);
}

const configure = ({ stage }: Attack, text: string): void =>
  appendFileSync(join(stage.workspace, ".git/config"), `${text}\n`);

/** What a repository's own settings make git run, and the rest of the repository that this needs. */
const settings: Record<string, (attack: Attack) => Promise<void> | void> = {
  "core.fsmonitor": (attack) => configure(attack, `[core]\n\tfsmonitor = ${attack.bait("fsmonitor")}`),
  "core.fsmonitor of an included file": (attack) => {
    attack.plant(".git/more", `[core]\n\tfsmonitor = ${attack.bait("included")}\n`);
    configure(attack, "[include]\n\tpath = more");
  },
  "core.pager, editor, sshCommand, askPass, gitProxy and diff.external": (attack) =>
    configure(
      attack,
      `[core]\n\tpager = ${attack.bait("pager")}\n\teditor = ${attack.bait("editor")}\n\tsshCommand = ${attack.bait("ssh")}\n\taskPass = ${attack.bait("ask")}\n\tgitProxy = ${attack.bait("proxy")}\n[diff]\n\texternal = ${attack.bait("diff")}\n[pager]\n\tstatus = ${attack.bait("pager-status")}\n\tconfig = ${attack.bait("pager-config")}`,
    ),
  "aliases of the commands that we use": (attack) =>
    configure(
      attack,
      `[alias]\n\tstatus = !${attack.bait("alias")}\n\trev-parse = !${attack.bait("alias")}\n\tconfig = !${attack.bait("alias")}`,
    ),
  "core.hooksPath, and hooks": (attack) => {
    const names = ["post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction", "pre-auto-gc"];
    for (const name of names) {
      attack.plant(`.git/hooks/${name}`, trap(attack.stage, name), 0o755);
      attack.plant(`hooks/${name}`, trap(attack.stage, name), 0o755);
    }
    configure(attack, "[core]\n\thooksPath = hooks");
  },
  "a clean filter": (attack) => {
    configure(attack, `[filter "evil"]\n\tclean = ${attack.bait("clean")}\n\tsmudge = ${attack.bait("smudge")}`);
    attack.plant(".gitattributes", "* filter=evil\n");
  },
  "a required filter process with an odd name": (attack) => {
    configure(attack, `[filter "a=b.c d"]\n\tprocess = ${attack.bait("process")}\n\trequired = true`);
    attack.plant(".git/info/attributes", "* filter=evil\n*.txt filter=a=b.c\n");
    configure(attack, `[filter "a=b.c"]\n\tprocess = ${attack.bait("process")}\n\trequired = true`);
  },
  "a textconv and a merge driver": (attack) => {
    configure(
      attack,
      `[diff "evil"]\n\ttextconv = ${attack.bait("textconv")}\n\tcommand = ${attack.bait("command")}\n[merge "evil"]\n\tdriver = ${attack.bait("driver")}`,
    );
    attack.plant(".gitattributes", "* diff=evil merge=evil\n");
  },
  "a submodule whose repository sets core.fsmonitor": async (attack) => {
    const { stage } = attack;
    attack.plant("module/b.txt", "b\n");
    await git(stage, ["init", "-q", "module"]);
    await git(stage, ["-C", "module", "add", "-A"]);
    await git(stage, ["-C", "module", "commit", "-qm", "b"]);
    await git(stage, ["add", "module"]);
    appendFileSync(join(stage.workspace, "module/.git/config"), `[core]\n\tfsmonitor = ${attack.bait("module")}\n`);
    attack.plant(
      ".gitmodules",
      `[submodule "module"]\n\tpath = module\n\turl = ext::${attack.bait("ext")}\n\tupdate = !${attack.bait("update")}\n\tignore = none\n`,
    );
    configure(attack, `[submodule "module"]\n\tactive = true\n\turl = ext::${attack.bait("ext")}`);
  },
  "a promised object that is missing, from a program as its remote": (attack) => {
    rmSync(join(attack.stage.workspace, ".git/objects"), { recursive: true });
    mkdirSync(join(attack.stage.workspace, ".git/objects"));
    const bait = attack.bait("remote");
    configure(
      attack,
      `[core]\n\trepositoryformatversion = 1\n[protocol "ext"]\n\tallow = always\n[remote "origin"]\n\turl = "ext::${bait} %S"\n\tpromisor = true\n[extensions]\n\tpartialClone = origin`,
    );
  },
  "a url that is rewritten to a program, and a promised object that is missing": (attack) => {
    rmSync(join(attack.stage.workspace, ".git/objects"), { recursive: true });
    mkdirSync(join(attack.stage.workspace, ".git/objects"));
    configure(
      attack,
      `[core]\n\trepositoryformatversion = 1\n[protocol]\n\tallow = always\n[url "ext::${attack.bait("url")} "]\n\tinsteadOf = https://example.invalid/\n[remote "origin"]\n\turl = https://example.invalid/x\n\tpromisor = true\n\tpartialclonefilter = blob:none\n\tuploadpack = ${attack.bait("uploadpack")}\n[extensions]\n\tpartialClone = origin`,
    );
  },
  "a filter whose setting hides another in a text of several lines": (attack) => {
    configure(attack, `[filter "evil"]\n\tclean = "${attack.bait("lines")} #\\nfoo.b\\nbar"`);
    attack.plant(".gitattributes", "* filter=evil\n");
  },
  "a .git file that points at another repository": async (attack) => {
    const { stage } = attack;
    renameSync(join(stage.workspace, ".git"), join(stage.workspace, "elsewhere"));
    writeFileSync(join(stage.workspace, ".git"), "gitdir: elsewhere\n");
    appendFileSync(
      join(stage.workspace, "elsewhere/config"),
      `[core]\n\tfsmonitor = ${attack.bait("pointed")}\n\tworktree = ${stage.workspace}\n`,
    );
  },
  "a bare repository in the folder": async (attack) => {
    const { stage } = attack;
    await git(stage, ["init", "-q", "--bare", "bare"]);
    for (const name of ["HEAD", "objects", "refs"])
      symlinkSync(join(stage.workspace, "bare", name), join(stage.workspace, name));
    attack.plant("config", `[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = ${attack.bait("bare")}\n`);
  },
};

describe("a repository whose git settings name programs, opened by us, runs", () => {
  it.each(Object.entries(settings))("nothing by %s", (_name, set) =>
    attacked(async (attack) => {
      await withCommit(attack);
      await set(attack);
      const outcome = await attack.exec();
      expect([outcome.code, attack.struck()], outcome.stderr).toEqual([0, []]);
    }),
  );

  it("the same traps close on a user who runs git there", () =>
    attacked(
      async (attack) => {
        await withCommit(attack);
        await settings["core.fsmonitor"]!(attack);
        await settings["a clean filter"]!(attack);
        await git(attack.stage, ["status"]);
        expect(attack.struck()).toEqual(["clean", "fsmonitor"]);
      },
      { script: () => done },
    ));
});

describe("where PATH leads into the workspace", () => {
  const names = ["git", "bwrap", "perl", "flock", "rg", "node", "sh", "bash", "env", "mkfifo", "ps", "uname"];

  it.each([".", "", "node_modules/.bin"])("as %j, no program of the repository is run by us", (folder) =>
    attacked(
      async (attack) => {
        await withCommit(attack);
        for (const name of names) attack.plant(join(folder, name), trap(attack.stage, name), 0o755);
        const { PATH = "" } = attack.stage.env;
        const outcome = await attack.exec(["-s", "workspace-write"], { env: { PATH: `${folder}:${PATH}` } });
        expect([outcome.code, attack.struck()], outcome.stderr).toEqual([0, []]);
      },
      { script: () => done },
    ),
  );

  it("absolutely, neither", () =>
    attacked(
      async (attack) => {
        await withCommit(attack);
        mkdirSync(join(attack.stage.workspace, "bin"));
        for (const name of names.filter((each) => each !== "node"))
          attack.plant(join("bin", name), trap(attack.stage, name), 0o755);
        const { PATH = "" } = attack.stage.env;
        const path = `${join(attack.stage.workspace, "bin")}:${PATH}`;
        const outcome = await attack.exec(["-s", "workspace-write"], { env: { PATH: path } });
        expect([outcome.code, attack.struck()], outcome.stderr).toEqual([0, []]);
      },
      { script: () => done },
    ));
});
