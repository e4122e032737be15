import { describe, expect, it } from "vitest";
import { join } from "node:path";
import { askCodex, failureOf, load, trusted, userTexts, withStage } from "../place.ts";

const withConfig = (config: string, use: Parameters<typeof withStage>[1]): Promise<unknown> =>
  withStage({ homeFiles: { "config.toml": config } }, use);

const mine = (lines: string): string => `default_permissions = "mine"\n[permissions.mine]\n${lines}`;

describe("permission profiles", () => {
  it.each([
    [":read-only", "read-only"],
    [":workspace", "workspace-write"],
    [":danger-full-access", "danger-full-access"],
  ])("knows the built-in %s, with the network off and no further roots", async (name, sandbox) => {
    const config = `default_permissions = "${name}"\n[sandbox_workspace_write]\nnetwork_access = true\nwritable_roots = ["/opt"]\n`;
    await withConfig(config, async (stage) => {
      expect((await load(stage)).permissions).toMatchObject({ sandbox, networkAccess: false, writableRoots: [] });
    });
  });

  it("takes a profile of one's own that says what these walls hold", async () => {
    const lines = `extends = ":workspace"
[permissions.mine.filesystem]
"/opt/data" = "write"
"~/notes" = "write"
"/etc/hosts" = "read"
[permissions.mine.network]
enabled = true
`;
    await withConfig(mine(lines), async (stage) => {
      expect((await load(stage)).permissions).toMatchObject({
        sandbox: "workspace-write",
        networkAccess: true,
        writableRoots: ["/opt/data", join(stage.home, "notes")],
        excludeTmpdir: false,
        excludeSlashTmp: false,
      });
    });
    const narrow =
      '[permissions.mine.filesystem]\n":root" = "read"\n":workspace_roots" = { "." = "write" }\n":tmpdir" = "write"\n';
    await withConfig(mine(narrow), async (stage) => {
      expect((await load(stage)).permissions).toMatchObject({
        sandbox: "workspace-write",
        networkAccess: false,
        excludeTmpdir: false,
        excludeSlashTmp: true,
      });
    });
    const chain = `${mine('extends = "base"\n')}[permissions.base]\nextends = ":read-only"\n`;
    await withConfig(chain, async (stage) => expect((await load(stage)).permissions.sandbox).toBe("read-only"));
  });

  it.each([
    ["", "limits what may be read"],
    ['[permissions.mine.filesystem]\n":minimal" = "read"\n', "limits what may be read"],
    [
      'extends = ":workspace"\n[permissions.mine.filesystem]\n"/opt/x" = "deny"\n',
      '`permissions.mine.filesystem."/opt/x"`',
    ],
    [
      'extends = ":workspace"\n[permissions.mine.filesystem]\n":workspace_roots" = { "." = "write", "secret" = "deny" }\n',
      "secret",
    ],
    [
      'extends = ":workspace"\n[permissions.mine.network]\nenabled = true\ndomains = { "example.com" = "allow" }\n',
      "network.domains",
    ],
    ['extends = ":read-only"\n[permissions.mine.network]\nenabled = true\n', "network.enabled"],
    ['extends = ":read-only"\n[permissions.mine.filesystem]\n"/opt" = "write"\n', "not the working directory"],
    ['[permissions.mine.filesystem]\n":root" = "write"\n', "network off"],
    ['extends = ":workspace"\nenvironment = {}\n', "permissions.mine.environment"],
    ['extends = ":danger-full-access"\n', "can be extended"],
    ['extends = "mine"\n', "extends itself"],
    ['extends = "other"\n', "`other`, which is not defined"],
  ])("refuses what they cannot hold by its name: %j", async (lines, said) => {
    await withConfig(mine(lines), async (stage) => expect(await failureOf(stage)).toContain(said));
  });

  it("refuses a read-only place inside of a writable one", async () => {
    await withStage({}, async (stage) => {
      const inner = join(stage.workspace, "vendor");
      const overrides = [
        'default_permissions="mine"',
        'permissions.mine.extends=":workspace"',
        `permissions.mine.filesystem.${JSON.stringify(inner)}="read"`,
      ];
      expect(await failureOf(stage, { overrides })).toContain("stay unwritten");
    });
  });

  it("says what a name lacks", async () => {
    await withConfig('default_permissions = ":other"\n', async (stage) =>
      expect(await failureOf(stage)).toContain("no built-in profile"),
    );
    await withConfig('default_permissions = "other"\n', async (stage) =>
      expect(await failureOf(stage)).toContain("not defined"),
    );
    await withConfig("[permissions.mine]\n", async (stage) =>
      expect(await failureOf(stage)).toContain("set `default_permissions`"),
    );
  });

  it("lets the stronger layer choose between a profile and a sandbox mode, and the profile within one, as Codex does", async () => {
    const both = 'default_permissions = ":workspace"\nsandbox_mode = "read-only"\n';
    const cases: [string, string[]][] = [
      [both, []],
      ['default_permissions = ":workspace"\n', ["-c", "sandbox_mode=read-only"]],
      ['sandbox_mode = "workspace-write"\n', ["-c", "default_permissions=:read-only"]],
      [both, ["-s", "read-only"]],
    ];
    for (const [config, argv] of cases) {
      await askCodex(
        (baseUrl) => ({ baseUrl, config }),
        ["--skip-git-repo-check", ...argv, "hi"],
        async (stage, _outcome, requests) => {
          const writes = userTexts(requests[0]).join().includes('<entry access="write">');
          const overrides = argv[0] === "-c" ? [argv[1]!] : [];
          const sandbox = argv[0] === "-s" ? ("read-only" as const) : undefined;
          const { permissions } = await load(stage, { overrides, sandbox });
          expect(permissions.sandbox).toBe(writes ? "workspace-write" : "read-only");
        },
      );
    }
  });

  it("lets a trusted project choose a profile", async () => {
    const files = { ".codex/config.toml": 'default_permissions = ":read-only"\n' };
    await withStage({ files, git: true }, async (stage) => {
      const overrides = [trusted(stage.workspace).replace("[", "").replace("]\n", ".").replace(" = ", "=").trim()];
      expect((await load(stage, { overrides })).permissions.sandbox).toBe("read-only");
    });
  });
});
