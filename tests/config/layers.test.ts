import { execFileSync } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { git } from "../support/run.ts";
import { askCodex, failureOf, load, put, trusted, withStage } from "./place.ts";

describe("layers", () => {
  it("lets later layers win: system, user, profile, project from the root down, -c, flags", async () => {
    const levels = ["system", "user", "profile", "root", "nested", "override", "flag"];
    await withStage({ git: true }, async (stage) => {
      const nested = join(stage.workspace, "nested");
      const files = [
        "etc/config.toml",
        "codex-home/config.toml",
        "codex-home/work.config.toml",
        "workspace/.codex/config.toml",
        "workspace/nested/.codex/config.toml",
      ];
      await put(stage, "workspace/nested/file", "");
      for (const [index, file] of files.entries()) {
        await put(
          stage,
          file,
          `model = "${levels[index]!}"\n${file.startsWith("codex-home/config") ? trusted(stage.workspace) : ""}`,
        );
        const config = await load(stage, { cwd: nested, ...(index >= 2 && { profile: "work" }) });
        expect(config.model).toBe(levels[index]);
        expect(config.origins.get("model")?.source).toBe(join(stage.root, file));
      }
      const input = { cwd: nested, profile: "work", overrides: ["model=override"] };
      expect((await load(stage, input)).model).toBe("override");
      expect((await load(stage, { ...input, model: "flag" })).model).toBe("flag");
    });
  });

  it("lets no project say how it is held, whoever trusts it", async () => {
    await withStage({ git: true }, async (stage) => {
      await put(stage, "codex-home/config.toml", trusted(stage.workspace));
      const lines = ['mode = "full"', 'trial = "unknown"', 'network.allow = ["evil.example"]', "sandbox.require = []"];
      const more = [
        "rewind.enabled = false",
        "budget.turn_tokens = 9",
        'hooks.on_failure = "continue"',
        "goals.max_continuations = 3",
      ];
      await put(stage, "workspace/.codex/config.toml", `[codex_agent]\n${[...lines, ...more].join("\n")}\n`);
      const config = await load(stage, {});
      expect(config.codexAgent).toEqual({ goals: { max_continuations: 3 } });
      expect(config.permissions.mode).toBeUndefined();
      expect(config.notices.join("\n")).toContain(
        "A project may not set codex_agent.budget, codex_agent.hooks, codex_agent.mode",
      );
    });
  });

  it("tells once of what has no effect in a profile's table", async () => {
    const text = '[profiles.work]\nnonesuch = 1\nfile_opener = "none"\n';
    await withStage({ homeFiles: { "config.toml": text } }, async (stage) => {
      const { notices, ignoredKeys } = await load(stage, { profile: "work" });
      expect(notices).toEqual([
        `The key \`nonesuch\` in [profiles.work] in ${join(stage.codexHome, "config.toml")} is not known and has no effect; --strict-config refuses it.`,
      ]);
      expect(ignoredKeys).toEqual(["file_opener"]);
    });
  });

  it("merges tables key by key and keeps where each value came from", async () => {
    await withStage(
      { homeFiles: { "config.toml": 'shell_environment_policy = { inherit = "core", set = { A = "1", B = "1" } }\n' } },
      async (stage) => {
        const config = await load(stage, {
          overrides: ['shell_environment_policy.set.B="2"', 'shell_environment_policy.exclude=["X*"]'],
        });
        expect(config.shellEnvironment).toMatchObject({ inherit: "core", exclude: ["X*"], set: { A: "1", B: "2" } });
        expect(config.origins.get("shell_environment_policy.set.A")?.kind).toBe("user");
        expect(config.origins.get("shell_environment_policy.set.B")).toMatchObject({
          kind: "override",
          source: "-c shell_environment_policy.set.B",
        });
      },
    );
  });

  it.each([
    ["model=gpt-5.5", "gpt-5.5"],
    ['model="with = sign"', "with = sign"],
    ["model='literal \\n'", "literal \\n"],
    [" model =  spaced out ", "spaced out"],
    ['model="a\\tb"', "a\tb"],
    ['model="no end', "no end"],
    ["model=[1", "[1"],
    ["model=-x", "-x"],
  ])("takes %j as a TOML value or else as text", async (override, model) => {
    await withStage({}, async (stage) => expect((await load(stage, { overrides: [override] })).model).toBe(model));
  });

  it("takes quoted segments in -c keys, and a value with a line break brings no keys of its own", async () => {
    await withStage({ git: true }, async (stage) => {
      const quoted = await load(stage, {
        overrides: [`projects.${JSON.stringify(stage.workspace)}.trust_level=trusted`],
      });
      expect(quoted.trust).toBe("trusted");
      const smuggled = await load(stage, { overrides: ['model="a"\nsandbox_mode="danger-full-access"'] });
      expect(smuggled.permissions.sandbox).toBe("read-only");
    });
  });

  it("keeps a key named __proto__ a key like any other", async () => {
    await withStage({ homeFiles: { "config.toml": "[__proto__]\npolluted = true\n" } }, async (stage) => {
      const config = await load(stage, { overrides: ["__proto__.other=true", "features.__proto__=true"] });
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      expect(({} as Record<string, unknown>)["other"]).toBeUndefined();
      expect(Object.getPrototypeOf(config.settings)).toBeNull();
    });
  });

  it("turns --enable and --disable into features", async () => {
    await withStage(
      { homeFiles: { "config.toml": "[features]\nunified_exec = false\ngoals = true\n" } },
      async (stage) => {
        const config = await load(stage, { enable: ["unified_exec"], disable: ["goals"] });
        expect(config.features).toEqual({ unified_exec: true, goals: false });
      },
    );
  });

  it("reads nothing of the user's under --ignore-user-config", async () => {
    await withStage({ homeFiles: { "config.toml": "model = \n" } }, async (stage) => {
      expect((await load(stage, { ignoreUserConfig: true })).model).toBeNull();
    });
  });
});

describe("profiles", () => {
  it("takes a file NAME.config.toml over config.toml, as Codex does", async () => {
    await askCodex(
      (baseUrl) => ({
        git: true,
        baseUrl,
        config: 'model = "base"',
        homeFiles: { "work.config.toml": 'model = "of-profile"\n' },
      }),
      ["-p", "work", "hi"],
      async (stage, _outcome, requests) => {
        const config = await load(stage, { profile: "work" });
        expect(config.model).toBe((requests[0]!.body as { model: string }).model);
        expect(config.origins.get("model")).toMatchObject({
          kind: "profile",
          source: join(stage.codexHome, "work.config.toml"),
        });
      },
    );
  });

  it("takes a table [profiles.NAME] as well, and refuses one that is there twice", async () => {
    await withStage(
      { homeFiles: { "config.toml": 'model = "base"\n[profiles.work]\nmodel = "of-table"\n' } },
      async (stage) => {
        expect((await load(stage, { profile: "work" })).model).toBe("of-table");
        expect((await load(stage)).model).toBe("base");
        await put(stage, "codex-home/work.config.toml", 'model = "of-file"\n');
        expect(await failureOf(stage, { profile: "work" })).toContain("is there twice");
      },
    );
  });

  it("refuses a profile that nobody wrote, where Codex goes on without it", async () => {
    await withStage({}, async (stage) => {
      expect(await failureOf(stage, { profile: "nope" })).toContain('There is no profile "nope"');
      expect(await failureOf(stage, { profile: "../x" })).toContain("cannot be the name of a profile");
    });
  });
});

describe("a project's own configuration", () => {
  const project = {
    git: true,
    files: {
      ".codex/config.toml": 'model = "of-project"\nmodel_instructions_file = "own.md"\n',
      ".codex/own.md": "own words\n",
    },
  };

  it("is ignored with one warning until the project is trusted", async () => {
    await withStage(project, async (stage) => {
      const config = await load(stage);
      expect(config.model).toBeNull();
      expect(config.warnings).toHaveLength(1);
      expect(config.warnings[0]).toContain("--trust");
      await put(stage, "codex-home/config.toml", trusted(stage.workspace));
      const later = await load(stage);
      expect(later).toMatchObject({
        model: "of-project",
        modelInstructions: "own words",
        warnings: [],
        trust: "trusted",
      });
    });
  });

  it("is not even parsed while it is not trusted", async () => {
    await withStage({ git: true, files: { ".codex/config.toml": "model = \n" } }, async (stage) => {
      expect((await load(stage)).warnings).toHaveLength(1);
    });
  });

  it.each(["named pipe", "link to a device"])(
    "that is a %s is refused by name, and nobody waits for it",
    async (what) => {
      await withStage({ git: true }, async (stage) => {
        const file = join(stage.workspace, ".codex/config.toml");
        await put(stage, "codex-home/config.toml", trusted(stage.workspace));
        await mkdir(join(stage.workspace, ".codex"));
        if (what === "named pipe") execFileSync("mkfifo", [file]);
        else await symlink("/dev/zero", file);
        expect(await failureOf(stage)).toContain(`${file} is not a regular file`);
      });
    },
  );

  it("may not say where prompts and keys go; one notice names what was left out", async () => {
    await askCodex(
      (baseUrl) => ({
        git: true,
        baseUrl,
        config: 'model = "gpt-5.5"',
        files: { ".codex/config.toml": 'model_provider = "zzz"\nopenai_base_url = "http://x"\nnotify = ["x"]\n' },
      }),
      ["hi"],
      async (stage, outcome) => {
        const config = await load(stage);
        expect(config.provider.id).toBe("fake");
        expect(config.notices).toHaveLength(1);
        for (const key of ["model_provider", "openai_base_url", "notify"]) {
          expect(config.notices[0]).toContain(key);
          expect(outcome.stdout).toContain(key);
        }
      },
      async (stage) =>
        put(
          stage,
          "codex-home/config.toml",
          `${await readFile(join(stage.codexHome, "config.toml"), "utf8")}${trusted(stage.workspace)}`,
        ),
    );
  });

  it("counts a directory's own trust before its project's", async () => {
    await withStage(
      {
        git: true,
        files: { ".codex/config.toml": 'model = "root"\n', "nested/.codex/config.toml": 'model = "nested"\n' },
      },
      async (stage) => {
        const nested = join(stage.workspace, "nested");
        await put(stage, "codex-home/config.toml", trusted(nested));
        expect(await load(stage, { cwd: nested })).toMatchObject({ model: "nested", warnings: [expect.any(String)] });
        await put(stage, "codex-home/config.toml", trusted(stage.workspace) + trusted(nested, "untrusted"));
        expect(await load(stage, { cwd: nested })).toMatchObject({ model: "root", warnings: [expect.any(String)] });
      },
    );
  });

  it("is not the user's own home again when that lies in the project", async () => {
    await withStage(
      { git: true, files: { ".codex/config.toml": 'model = "mine"\nmodel_provider = "zzz"\n' } },
      async (stage) => {
        const env = { ...stage.env, CODEX_HOME: join(stage.workspace, ".codex") };
        expect(await failureOf(stage, { env })).toBe("Error: Model provider `zzz` not found");
      },
    );
  });

  it("is trusted in a linked worktree when its main repository is", async () => {
    await withStage({ git: true, files: { ".codex/config.toml": 'model = "m"\n' } }, async (stage) => {
      await git(stage, ["add", "."]);
      await git(stage, ["commit", "-q", "-m", "x"]);
      await git(stage, ["worktree", "add", "-q", join(stage.root, "tree")]);
      await put(stage, "codex-home/config.toml", trusted(stage.workspace));
      const trustedHere = { model: "m", trust: "trusted" };
      expect(await load(stage, { cwd: join(stage.root, "tree") })).toMatchObject(trustedHere);
      // As `worktree.useRelativePaths` has it.
      await put(stage, "workspace/.git/worktrees/tree/gitdir", "../../../../tree/.git\n");
      expect(await load(stage, { cwd: join(stage.root, "tree") })).toMatchObject(trustedHere);
    });
  });

  it("is not trusted with a repository that knows of no such working tree, whatever its .git says", async () => {
    await withStage({ git: true, files: { "unpacked/.codex/config.toml": 'model = "m"\n' } }, async (stage) => {
      const { workspace } = stage;
      await put(stage, "codex-home/config.toml", trusted(workspace));
      const cwd = join(workspace, "unpacked");
      const held = async (): Promise<void> =>
        expect(await load(stage, { cwd })).toMatchObject({
          trust: null,
          projectRoot: cwd,
          warnings: [expect.any(String)],
        });
      await put(stage, "workspace/unpacked/.git", "gitdir: ../.git/worktrees/unpacked\n");
      await held();

      await git(stage, ["commit", "-q", "--allow-empty", "-m", "x"]);
      await git(stage, ["worktree", "add", "-q", join(stage.root, "tree")]);
      await put(stage, "workspace/unpacked/.git", "gitdir: ../.git/worktrees/tree\n");
      await held();
    });
  });
});

describe("--trust", () => {
  it("writes exactly what Codex writes and loads the project's file in the same run", async () => {
    const files = { ".codex/config.toml": 'model = "of-project"\n' };
    let before = "";
    await askCodex(
      (baseUrl) => ({ git: true, baseUrl, files }),
      ["--trust", "hi"],
      async (stage, _outcome, requests) => {
        const written = await readFile(join(stage.codexHome, "config.toml"), "utf8");
        expect((requests[0]!.body as { model: string }).model).toBe("of-project");
        await put(stage, "codex-home/config.toml", before);
        expect(await load(stage, { trust: true })).toMatchObject({
          model: "of-project",
          trust: "trusted",
          warnings: [],
        });
        expect(await readFile(join(stage.codexHome, "config.toml"), "utf8")).toBe(written);
      },
      async (stage) => {
        before = `${(await readFile(join(stage.codexHome, "config.toml"), "utf8")).trimEnd()}\n`;
        await put(stage, "codex-home/config.toml", before);
      },
    );
  });

  it("keeps comments, follows a linked config.toml, and writes nothing twice", async () => {
    const text = '# mine\nmodel = "x" # why\n';
    await withStage({ git: true, files: { "nested/file": "" } }, async (stage) => {
      await put(stage, "dotfiles/codex.toml", text);
      await symlink("../dotfiles/codex.toml", join(stage.codexHome, "config.toml"));
      await load(stage, { trust: true, cwd: "nested" });
      await load(stage, { trust: true });
      expect(await readFile(join(stage.root, "dotfiles/codex.toml"), "utf8")).toBe(
        `${text}\n${trusted(stage.workspace)}`,
      );
    });
  });

  it("makes a home that is not there yet", async () => {
    await withStage({ git: true }, async (stage) => {
      const { CODEX_HOME: _unset, ...env } = stage.env;
      expect((await load(stage, { env, trust: true })).trust).toBe("trusted");
      expect(await readFile(join(stage.home, ".codex/config.toml"), "utf8")).toBe(trusted(stage.workspace));
    });
  });

  it("adds to a table that is there, and refuses a form that it cannot add to", async () => {
    await withStage({ git: true }, async (stage) => {
      await put(stage, "codex-home/config.toml", `[projects.${JSON.stringify(stage.workspace)}] # mine\n`);
      expect((await load(stage, { trust: true })).trust).toBe("trusted");
      const inline = 'projects = { "/elsewhere" = { trust_level = "trusted" } }\n';
      await put(stage, "codex-home/config.toml", inline);
      expect(await failureOf(stage, { trust: true })).toContain("yourself");
      expect(await readFile(join(stage.codexHome, "config.toml"), "utf8")).toBe(inline);
    });
  });

  it("does not override a project that was marked as untrusted", async () => {
    await withStage({ git: true }, async (stage) => {
      const text = trusted(stage.workspace, "untrusted");
      await put(stage, "codex-home/config.toml", text);
      expect(await failureOf(stage, { trust: true })).toContain("marked as untrusted");
      expect(await readFile(join(stage.codexHome, "config.toml"), "utf8")).toBe(text);
    });
  });
});

describe("the sandbox of an unconfigured run", () => {
  it("is read-only, and workspace-write in a trusted project; an untrusted one gains nothing", async () => {
    await withStage({ git: true }, async (stage) => {
      expect((await load(stage)).permissions.sandbox).toBe("read-only");
      await put(stage, "codex-home/config.toml", trusted(stage.workspace));
      expect((await load(stage)).permissions.sandbox).toBe("workspace-write");
      expect((await load(stage, { sandbox: "danger-full-access" })).permissions.sandbox).toBe("danger-full-access");
      await put(stage, "codex-home/config.toml", trusted(stage.workspace, "untrusted"));
      expect((await load(stage)).permissions.sandbox).toBe("read-only");
    });
  });

  it("resolves writable roots against the file that names them, --add-dir against the working directory", async () => {
    await withStage(
      { homeFiles: { "config.toml": '[sandbox_workspace_write]\nwritable_roots = ["rel", "/abs", "~/x"]\n' } },
      async (stage) => {
        const { permissions } = await load(stage, { addDirs: ["../other"] });
        expect(permissions.writableRoots).toEqual([
          join(stage.codexHome, "rel"),
          "/abs",
          join(stage.home, "x"),
          join(stage.root, "other"),
        ]);
      },
    );
  });

  it("keeps approvals at never for exec whatever a file says", async () => {
    await withStage({ homeFiles: { "config.toml": 'approval_policy = "on-request"\n' } }, async (stage) => {
      expect((await load(stage, { approvalPolicy: "never" })).permissions.approvalPolicy).toBe("never");
      expect(
        (
          await load(stage, {
            overrides: [
              "approval_policy={granular = { sandbox_approval = true, rules = true, mcp_elicitations = true }}",
            ],
          })
        ).permissions.approvalPolicy,
      ).toBe("granular");
    });
  });
});

describe("git repositories", () => {
  it("counts a .git file, and a .git folder with a HEAD, as Codex does", async () => {
    await withStage({}, async (stage) => {
      await mkdir(join(stage.workspace, ".git"));
      expect((await load(stage)).insideGitRepository).toBe(false);
      await put(stage, "workspace/.git/HEAD", "ref: refs/heads/main\n");
      await put(stage, "workspace/a/b/file", "");
      expect((await load(stage, { cwd: "a/b" })).insideGitRepository).toBe(true);
      await put(stage, "tree/.git", "gitdir: /nowhere\n");
      expect((await load(stage, { cwd: "../tree" })).insideGitRepository).toBe(true);
    });
  });
});
