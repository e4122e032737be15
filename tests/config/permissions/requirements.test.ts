import { join } from "node:path";
import { expect, it } from "vitest";
import { assertLogin, loginRules } from "../../../src/config/secrets/login-rules.ts";
import { failureOf, load, put, withStage } from "../place.ts";

const under = (text: string, use: Parameters<typeof withStage>[1], config = ""): Promise<unknown> =>
  withStage({ homeFiles: { "config.toml": config } }, async (stage) => {
    await put(stage, "etc/requirements.toml", text);
    await use(stage);
  });

it("limits sandbox modes, approval policies and permission profiles", async () => {
  await under('allowed_sandbox_modes = ["read-only"]\nallowed_approval_policies = ["never"]\n', async (stage) => {
    expect((await load(stage, { approvalPolicy: "never" })).permissions.sandbox).toBe("read-only");
    expect(await failureOf(stage, { approvalPolicy: "never", sandbox: "danger-full-access" })).toContain(
      'the sandbox mode "danger-full-access" is not allowed on this machine',
    );
    expect(await failureOf(stage)).toContain('the approval policy "on-request" is not allowed');
  });
  const profiles = 'default_permissions = ":workspace"\nallowed_permission_profiles = [":workspace"]\n';
  await under(profiles, async (stage) => {
    expect((await load(stage)).permissions.sandbox).toBe("workspace-write");
    expect(await failureOf(stage, { overrides: ["default_permissions=:read-only"] })).toContain("is not allowed");
  });
  await under("[allowed_permission_profiles]\n':workspace' = true\n':read-only' = false\n", async (stage) => {
    expect(await failureOf(stage, { overrides: ["default_permissions=:read-only"] })).toContain("is not allowed");
  });
});

it("takes features, instructions and web search from the machine, whatever the user wrote", async () => {
  const rules = `allowed_web_search_modes = ["cached"]
additional_developer_instructions = "Ours."
[features]
goals = false
`;
  const own = 'web_search = "live"\ndeveloper_instructions = "Mine."\n[features]\ngoals = true\nother = true\n';
  await under(
    rules,
    async (stage) => {
      expect(await load(stage)).toMatchObject({
        webSearch: "disabled",
        developerInstructions: "Mine.\n\nOurs.",
        features: { goals: false, other: true },
      });
    },
    own,
  );
});

it("switches off MCP servers that are not those of the machine, and says so", async () => {
  const rules = '[mcp_servers.docs.identity]\ncommand = "docs-server"\n';
  const own = '[mcp_servers.docs]\ncommand = "docs-server"\n[mcp_servers.other]\ncommand = "x"\nrequired = true\n';
  await under(
    rules,
    async (stage) => {
      const { settings, notices } = await load(stage);
      expect(settings["mcp_servers"]).toMatchObject({
        docs: { command: "docs-server" },
        other: { enabled: false, required: false },
      });
      expect(settings["mcp_servers"]).not.toHaveProperty("docs.enabled");
      expect(notices.join()).toContain("`other` is switched off");
    },
    own,
  );
});

it("leaves out the hooks of users where only the machine's may run", async () => {
  const own = '[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "true"\n';
  await under("", async (stage) => expect((await load(stage)).hooks.places).toHaveLength(1), own);
  await under(
    "allow_managed_hooks_only = true\n",
    async (stage) => expect((await load(stage)).hooks.places).toHaveLength(0),
    own,
  );
});

it.each([
  "future_rule = 1\n",
  "[rules]\nprefix_rules = []\n",
  'enforce_residency = "us"\n',
  "[permissions.network]\nenabled = true\n",
  'allowed_approvals_reviewers = ["auto_review"]\n',
  'allowed_login_methods = ["chatgpt"]\n',
  '[mcp_servers.a.identity]\ncommand = { regex = "x" }\n',
])("refuses to run under a rule that it cannot enforce: %j", async (rule) => {
  await under(rule, async (stage) => expect(await failureOf(stage)).toContain("cannot enforce"));
});

it("holds which logins may be made and used", async () => {
  await under('allowed_login_methods = ["api"]\n', async (stage) => {
    const rules = await loginRules({}, join(stage.root, "etc"));
    expect(rules).toEqual({ methods: ["api"], workspaces: null });
    expect(() => assertLogin(rules, "chatgpt")).toThrow("allowed_login_methods");
    expect(() => assertLogin(rules, "api")).not.toThrow();
    expect((await loginRules({ forced_login_method: "chatgpt" }, join(stage.root, "etc"))).methods).toEqual([]);
  });
});

it("runs under rules about what it does not have, and refuses wrong types", async () => {
  await under("allow_remote_control = false\nallow_appshots = false\n", async (stage) => {
    expect((await load(stage)).permissions.sandbox).toBe("read-only");
  });
  await under('allowed_sandbox_modes = "read-only"\n', async (stage) => {
    expect(await failureOf(stage)).toContain("must be a list");
  });
});
