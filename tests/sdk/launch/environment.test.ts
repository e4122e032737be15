import { expect, it } from "vitest";
import { childEnvironment, withPathFolders } from "../../../src/sdk/launch/environment.ts";

const host = { PATH: "/bin", SECRET: "s", GONE: undefined };

it("inherits the host's variables when none are given, and nothing when there are, even none", () => {
  expect(childEnvironment({ originator: "me" }, host)).toEqual({
    PATH: "/bin",
    SECRET: "s",
    CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "me",
  });
  expect(childEnvironment({ originator: "me", env: {} }, host)).toEqual({ CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "me" });
  expect(childEnvironment({ originator: "me", env: { A: "1" }, inheritEnv: true }, host)).toMatchObject({
    SECRET: "s",
    A: "1",
  });
});

it("keeps an originator that is there, and puts the key where no process list shows it", () => {
  const variable = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE";
  expect(childEnvironment({ originator: "me", env: { [variable]: "theirs" }, apiKey: "k" }, host)).toEqual({
    [variable]: "theirs",
    CODEX_API_KEY: "k",
  });
  expect(childEnvironment({ originator: "me", env: { [variable]: "" } }, host)[variable]).toBe("me");
});

it("puts folders first on the search path, each once", () => {
  expect(withPathFolders({ PATH: "/a:/tools::/b" }, ["/tools"], "linux")).toEqual({ PATH: "/tools:/a:/b" });
  expect(withPathFolders({}, ["/tools"], "linux")).toEqual({ PATH: "/tools" });
  expect(withPathFolders({ PATH: "/a" }, [], "linux")).toEqual({ PATH: "/a" });
});

it("leaves one spelling of the search path on Windows", () => {
  expect(withPathFolders({ PATH: "C:\\x", Path: "C:\\a;C:\\b", pAtH: "y" }, ["C:\\t"], "win32")).toEqual({
    Path: "C:\\t;C:\\a;C:\\b",
  });
  expect(withPathFolders({ Path: "/p", PATH: "/a" }, ["/t"], "linux")).toEqual({ Path: "/p", PATH: "/t:/a" });
});
