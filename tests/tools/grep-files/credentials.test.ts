import { spawn } from "node:child_process";
import { chmodSync, readFileSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createGrepFilesTool } from "../../../src/tools/grep-files/grep-files.ts";
import { call, message, respond, type Reply } from "../../support/fake-model.ts";
import { startLiveThread } from "../../support/live-thread.ts";
import { until } from "../../support/until.ts";
import { callTool, recordedContext } from "../call.ts";
import { temporaryDirectory, type TemporaryDirectory } from "../temporary-directory.ts";

const sandboxed = recordedContext("/").context.permissions;

/** A stand-in that finds what ripgrep would, of what is asked here. */
const ripgrep =
  '#!/bin/sh\nwhile [ "$1" != --regexp ]; do shift; done\nexec grep -rlE --exclude=rg -- "$2" "$4" | sort\n';

/** What is found of a home, as paths below the place, by a search with and without ripgrep. */
async function found(folder: TemporaryDirectory, args: Record<string, unknown>, permissions = sandboxed) {
  const except = ["auth.json", "snapshots", "not-there", "link"].map((name) => join(folder.path, "home", name));
  const results: Record<string, string[]> = {};
  for (const [name, searchPath] of [
    ["built in", ""],
    ["ripgrep", join(folder.path, "bin")],
  ] as const) {
    const tool = createGrepFilesTool({ searchPath, except });
    const { output } = await callTool(tool, args, recordedContext(folder.path, { permissions }).context);
    results[name] = String(output).replaceAll(`${folder.path}/`, "").split("\n").sort();
  }
  expect(results["ripgrep"]).toEqual(results["built in"]);
  return results["built in"];
}

function home(): TemporaryDirectory {
  const folder = temporaryDirectory();
  for (const name of ["auth.json", "config.toml", "snapshots/deep/one", "deep/two"])
    folder.write(`home/${name}`, "sk-abc\n");
  folder.write("elsewhere/behind", "sk-abc\n");
  utimesSync(join(folder.path, "home", "config.toml"), 1000, 1000);
  symlinkSync("../elsewhere", join(folder.path, "home", "link"));
  chmodSync(folder.write("bin/rg", ripgrep), 0o755);
  return folder;
}

test("a search of the folder that holds credentials finds what else is in it", async () => {
  using folder = home();
  expect(await found(folder, { path: "home", pattern: "sk-[a-m]" })).toEqual(["home/config.toml", "home/deep/two"]);
  expect(await found(folder, { path: "home", pattern: "sk-[n-z]" })).toEqual(["No matches found."]);
});

test("credentials are not found from further above either, or where a link leads to them", async () => {
  using folder = home();
  expect(await found(folder, { pattern: "sk-" })).toEqual(["home/config.toml", "home/deep/two"]);
});

test("credentials do not count toward the limit", async () => {
  using folder = home();
  expect(await found(folder, { path: "home", pattern: "sk-", include: "*.{json,toml}", limit: 1 })).toEqual([
    "home/config.toml",
  ]);
});

test("the environment of a process is not found from further above either", async () => {
  using folder = temporaryDirectory();
  // Of what it is asked to search it finds this alone.
  chmodSync(
    folder.write(
      "bin/rg",
      '#!/bin/sh\nwhile [ "$1" != --regexp ]; do shift; done\nexec grep -laE -- "$2" "$4/environ"\n',
    ),
    0o755,
  );
  const process = spawn("/bin/sleep", ["60"], { env: { KEY: "sk-abc" }, stdio: "ignore" });
  try {
    await until(() => readFileSync(`/proc/${process.pid}/environ`, "utf8").includes("sk-abc"));
    const tool = createGrepFilesTool({ searchPath: join(folder.path, "bin"), except: [] });
    const search = async (permissions: typeof sandboxed): Promise<unknown> => {
      const { context } = recordedContext(folder.path, { permissions });
      return (await callTool(tool, { path: `/proc/${process.pid}`, pattern: "sk-[a-m]" }, context)).output;
    };
    expect(await search(sandboxed)).toBe("No matches found.");
    expect(await search({ ...sandboxed, sandbox: "danger-full-access" })).toBe(`/proc/${process.pid}/environ`);
  } finally {
    process.kill("SIGKILL");
  }
});

test("without a sandbox everything is found", async () => {
  using folder = home();
  const permissions = { ...sandboxed, sandbox: "danger-full-access" } as const;
  expect(await found(folder, { path: "home", pattern: "sk-" }, permissions)).toEqual([
    "home/auth.json",
    "home/config.toml",
    "home/deep/two",
    "home/snapshots/deep/one",
  ]);
});

test("a thread's search of the agent's home does not say what its login holds", async () => {
  const steps: ((home: string) => Reply)[] = [
    (path) => respond([call("1", "grep_files", { path, pattern: "sk-", include: "*.{json,toml}" })]),
    () => respond([message("m", "done")]),
  ];
  const live = await startLiveThread(() => steps.shift()!(live.stage.codexHome), {
    stage: {
      config: '# sk-\n[codex_agent.tools]\nenable = ["grep_files"]',
      homeFiles: { "auth.json": '{"OPENAI_API_KEY":"sk-secret"}' },
    },
    thread: { sandbox: "read-only", approvalPolicy: "never" },
  });
  try {
    expect((await live.say("go")).type).toBe("turn.completed");
    const { input } = live.model.requests.at(-1)!.body as { input: { type: string; output?: string }[] };
    const output = input.find(({ type }) => type === "function_call_output")?.output;
    expect(output).toBe(join(live.stage.codexHome, "config.toml"));
  } finally {
    await live.close();
  }
});
