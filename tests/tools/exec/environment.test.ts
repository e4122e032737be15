import { describe, expect, test } from "vitest";
import {
  commandEnvironment,
  defaultEnvironmentPolicy,
  type EnvironmentPolicy,
} from "../../../src/tools/exec/environment.ts";
import { openHarness, textOf } from "./harness.ts";

const base = {
  PATH: "/bin",
  HOME: "/h",
  USER: "u",
  USERNAME: "n",
  MY_X: "1",
  MY_TOKEN: "t",
  A_KEY: "k",
  ABC: "1",
  xqx: "1",
  TZ: "UTC",
};
const names = (policy: Partial<EnvironmentPolicy>, secrets: string[] = []): string =>
  Object.entries(commandEnvironment(base, { ...defaultEnvironmentPolicy, ...policy }, secrets))
    .map(([name, value]) => (base[name as keyof typeof base] === value ? name : `${name}=${value}`))
    .sort()
    .join(" ");

/** Each outcome was seen on the real Codex. */
describe("the environment policy", () => {
  test.each([
    [{}, "ABC A_KEY HOME MY_TOKEN MY_X PATH TZ USER USERNAME xqx"],
    [{ inherit: "core" as const }, "HOME PATH USER"],
    [{ inherit: "none" as const }, ""],
    [{ exclude: ["MY_*"] }, "ABC A_KEY HOME PATH TZ USER USERNAME xqx"],
    [{ exclude: ["A?C", "*Q*"] }, "A_KEY HOME MY_TOKEN MY_X PATH TZ USER USERNAME"],
    [{ includeOnly: ["PATH", "my_x", "CODEX_*"] }, "MY_X PATH"],
    [{ ignoreDefaultExcludes: false }, "ABC HOME MY_X PATH TZ USER USERNAME xqx"],
    [{ ignoreDefaultExcludes: false, inherit: "none" as const, set: { NN_KEY: "2" } }, "NN_KEY=2"],
    [{ inherit: "core" as const, includeOnly: ["HOME"], set: { B: "2" }, exclude: ["B"] }, "HOME"],
    [{ inherit: "none" as const, set: { B: "2" }, exclude: ["B"] }, "B=2"],
    [{ exclude: ["A.C", "(", "[A]*"] }, "ABC A_KEY HOME MY_TOKEN MY_X PATH TZ USER USERNAME xqx"],
  ])("%j gives %s", (policy, expected) => expect(names(policy)).toBe(expected));

  test("lets secrets through only when it sets them", () => {
    expect(names({ inherit: "all", includeOnly: ["A_*", "MY_*"] }, ["A_KEY"])).toBe("MY_TOKEN MY_X");
    expect(names({ inherit: "none", set: { A_KEY: "mine" } }, ["A_KEY"])).toBe("A_KEY=mine");
  });
});

describe("the environment of a command", () => {
  test("has Codex's variables, over what the policy sets", async () => {
    const harness = openHarness({
      baseEnvironment: { PATH: "/usr/bin:/bin", FAKE_KEY: "k", OTHER: "o" },
      environmentPolicy: { ...defaultEnvironmentPolicy, set: { TERM: "xterm", A: "1", CODEX_CI: "no" } },
      secretNames: ["FAKE_KEY"],
      codexHome: "/codex-home",
    });
    const text = textOf(
      await harness.run("exec_command", { cmd: "env", login: false }, { callId: "call_9", threadId: "t-1" }),
    );
    const lines = text.split("\n").filter((line) => !/^(|_=.*|SHLVL=.*)$/.test(line));
    expect(lines.sort()).toEqual(
      [
        "A=1",
        "CODEX_APPLY_PATCH_PRESERVE_LINE_ENDINGS=1",
        "CODEX_CI=1",
        "CODEX_HOME=/codex-home",
        "CODEX_SESSION_ID=t-1",
        "CODEX_THREAD_ID=t-1",
        "CODEX_TOOL_CALL_ID=call_9",
        "CODEX_VERSION=0.169.0",
        "COLORTERM=",
        "GH_PAGER=cat",
        "GIT_PAGER=cat",
        "LANG=C.UTF-8",
        "LC_ALL=C.UTF-8",
        "LC_CTYPE=C.UTF-8",
        "NO_COLOR=1",
        "OTHER=o",
        "PAGER=cat",
        "PATH=/usr/bin:/bin",
        `PWD=${harness.work}`,
        "TERM=dumb",
      ].sort(),
    );
  });

  test("says that there is no network when the sandbox has none", async () => {
    const harness = openHarness();
    const offline = {
      sandbox: "workspace-write",
      networkAccess: false,
      writableRoots: [],
      excludeTmpdir: false,
      excludeSlashTmp: false,
      approvalPolicy: "never",
    } as const;
    const cmd = "echo ${CODEX_SANDBOX_NETWORK_DISABLED-unset}";
    expect(textOf(await harness.run("exec_command", { cmd }, { permissions: offline }))).toBe("1\n");
    expect(
      textOf(await harness.run("exec_command", { cmd }, { permissions: { ...offline, networkAccess: true } })),
    ).toBe("unset\n");
    expect(textOf(await harness.run("exec_command", { cmd }))).toBe("unset\n");
  });
});
