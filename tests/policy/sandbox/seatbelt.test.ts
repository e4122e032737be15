import { expect, test } from "vitest";
import { climb } from "../../../src/policy/sandbox/ladder.ts";
import { seatbeltProfile } from "../../../src/policy/sandbox/seatbelt.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { System } from "../../../src/system/ports.ts";
import { openWalls } from "./rig.ts";

/** The rules in their order, with the paths in the place of their parameters. */
function rules(walls: Partial<typeof openWalls>): string[] {
  const { text, parameters } = seatbeltProfile({ ...openWalls, ...walls });
  const paths = new Map(
    parameters.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
  );
  const named = text.replaceAll(/\(param "([^"]+)"\)/g, (_, name: string) => paths.get(name) ?? "missing");
  return named.split("\n");
}

/** What the last rule that fits says of a path. */
function verdict(walls: Partial<typeof openWalls>, right: "file-read*" | "file-write*", path: string): string {
  let said = "deny";
  for (const rule of rules(walls)) {
    const [, outcome, rights = "", kind, where = ""] =
      /^\((allow|deny) ([a-z* -]+)(?: \((subpath|literal) ([^)]*)\))?\)$/.exec(rule) ?? [];
    if (outcome === undefined || !rights.split(" ").includes(right)) continue;
    const fits =
      kind === undefined || (kind === "literal" ? path === where : path === where || path.startsWith(`${where}/`));
    if (fits) said = outcome;
  }
  return said;
}

test("everything is denied that no rule allows, and files are read", () => {
  expect(rules({}).slice(0, 2)).toEqual(["(version 1)", "(deny default)"]);
  expect(verdict({}, "file-read*", "/etc/passwd")).toBe("allow");
  expect(verdict({}, "file-write*", "/etc/passwd")).toBe("deny");
});

test("writable folders are written, but for what is guarded in them", () => {
  const walls = { writable: ["/work", "/private/tmp"], guarded: ["/work/.git", "/work/sub/.codex"] };
  for (const path of ["/work/file", "/work/.github/file", "/private/tmp/x"])
    expect(verdict(walls, "file-write*", path)).toBe("allow");
  for (const path of ["/work/.git", "/work/.git/hooks/x", "/work/sub/.codex/x", "/workshop/x"])
    expect(verdict(walls, "file-write*", path)).toBe("deny");
  // A folder above what is guarded cannot be moved away with it.
  expect(rules(walls)).toContain("(deny file-write-unlink (literal /work/sub))");
  expect(rules(walls)).toContain("(deny file-write-unlink (literal /work))");
});

test("homes are hidden, but for what is shown of them, wherever they lie", () => {
  const apart = { writable: ["/work"], hidden: ["/home/.codex"], shown: ["/home/.codex/config.toml"] };
  expect(verdict(apart, "file-read*", "/home/.codex/auth.json")).toBe("deny");
  expect(verdict(apart, "file-read*", "/home/.codex/config.toml")).toBe("allow");
  expect(verdict(apart, "file-write*", "/home/.codex/config.toml")).toBe("deny");
  const inside = { writable: ["/work"], hidden: ["/work/home"], shown: ["/work/home/config.toml"] };
  expect(verdict(inside, "file-write*", "/work/home/new")).toBe("deny");
  expect(verdict(inside, "file-read*", "/work/home/auth.json")).toBe("deny");
  const around = {
    writable: ["/home/project"],
    guarded: ["/home/project/.git"],
    hidden: ["/home", "/home/project/inner"],
    shown: [],
  };
  expect(verdict(around, "file-read*", "/home/secret")).toBe("deny");
  expect(verdict(around, "file-write*", "/home/project/file")).toBe("allow");
  expect(verdict(around, "file-write*", "/home/project/.git/config")).toBe("deny");
  expect(verdict(around, "file-read*", "/home/project/inner/secret")).toBe("deny");
});

test("there is no network unless it is on", () => {
  expect(rules({}).filter((rule) => rule.includes("network"))).toEqual([]);
  expect(rules({ network: true })).toContain("(allow network*)");
});

test("no path can become a rule", () => {
  const path = '/work") (allow default) (subpath "/';
  const { text, parameters } = seatbeltProfile({ ...openWalls, writable: [path] });
  expect(text).not.toContain("allow default");
  expect(parameters).toEqual([`WRITABLE_0=${path}`]);
});

test("the ladder has it on macOS alone, by the system's own program, when a trial runs", async () => {
  const own = nodeSystem();
  const ran: (readonly string[])[] = [];
  const mac = (there: boolean, code: number): System => ({
    ...own,
    environment: { ...own.environment, platform: "darwin", architecture: "arm64" },
    files: {
      ...own.files,
      stat: (path) => (there && path === "/usr/bin/sandbox-exec" ? own.files.stat("/bin/sh") : null),
    },
    processes: {
      ...own.processes,
      run: async (argv) => {
        ran.push(argv);
        return { code, stdout: "", stderr: code === 7 ? "" : "refused" };
      },
    },
  });
  const options = { rung: "auto", directory: "/nowhere", distrusted: [] } as const;
  const { sandbox } = await climb(options, mac(true, 7));
  expect(sandbox?.rung).toBe("seatbelt");
  expect(ran[0]?.slice(0, 2)).toEqual(["/usr/bin/sandbox-exec", "-p"]);
  expect(ran[0]?.slice(-4)).toEqual(["--", "/bin/sh", "-c", "exit 7"]);
  const limited = sandbox?.enclose(["make"], "/", { ...openWalls, limits: { openFiles: 9, processes: 5, seconds: 3 } });
  expect(limited?.argv.slice(-4)).toEqual(["/bin/sh", "-c", 'ulimit -n 9 && exec "$0" "$@"', "make"]);
  expect(limited?.seconds).toBe(3);
  expect(await climb(options, mac(false, 7))).toEqual({ sandbox: null, why: "/usr/bin/sandbox-exec is missing" });
  expect(await climb(options, mac(true, 1))).toEqual({ sandbox: null, why: "seatbelt: refused" });
  expect(await climb({ ...options, rung: "landlock" }, mac(true, 7))).toEqual({
    sandbox: null,
    why: "macOS has no landlock",
  });
  expect(await climb({ ...options, rung: "seatbelt" }, own)).toEqual({
    sandbox: null,
    why: "seatbelt is of macOS alone",
  });
});
