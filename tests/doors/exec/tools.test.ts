import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  call,
  customCall,
  message,
  respond,
  type ModelItem,
  type RecordedRequest,
  type Script,
} from "../../support/fake-model.ts";
import type { Stage } from "../../support/run.ts";
import { both, end, itemsOf, json, outputs, patch, rolloutLines, type Case } from "./both.ts";

const calls =
  (...items: ModelItem[]): (() => Script) =>
  () => [respond(items), end];
const command = (cmd: string): ModelItem => call("1", "exec_command", { cmd });
const patching = (...lines: string[]): (() => Script) => calls(customCall("1", "apply_patch", patch(...lines)));
const shown = (lines: string[]): ModelItem => command(`${lines.join("\n")}\nEOF`);

async function files(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => !name.startsWith(".")).sort();
}

const readOnly = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "go"];

describe("a patch", () => {
  it("onto its own file keeps it", async () => {
    const seen = await both(
      {
        files: { "a.txt": "one\n" },
        script: patching("*** Update File: a.txt", "*** Move to: a.txt", "@@", "-one", "+two"),
      },
      ({ stage }) => files(stage.workspace),
    );
    expect(seen).toEqual({ codex: [], ours: ["a.txt"] });
  });

  it("that moves a script leaves it a script", async () => {
    const moved = {
      files: { "a.sh": "one\n" },
      script: patching("*** Update File: a.sh", "*** Move to: b.sh", "@@", "-one", "+two"),
    };
    const seen = await both(
      moved,
      async ({ stage }) => ((await stat(join(stage.workspace, "b.sh"))).mode & 0o111) !== 0,
    );
    expect(seen).toEqual({ codex: false, ours: true });
  });

  it("that fails halfway has changed nothing", async () => {
    const seen = await both(
      {
        files: { "a.txt": "one\n" },
        script: patching("*** Add File: new.txt", "+one", "*** Add File: a.txt/inner.txt", "+two"),
      },
      async (act) => [itemsOf(act, "file_change")[0]?.["status"], await files(act.stage.workspace)],
    );
    expect(seen).toEqual({ codex: ["failed", ["a.txt", "new.txt"]], ours: ["failed", ["a.txt"]] });
  });

  it("may work on one file several times", async () => {
    const twice = {
      files: { "a.txt": "one\n" },
      script: patching(
        "*** Update File: a.txt",
        "@@",
        "-one",
        "+two",
        "*** Update File: a.txt",
        "@@",
        "-two",
        "+three",
      ),
    };
    const seen = await both(twice, ({ stage }) => readFile(join(stage.workspace, "a.txt"), "utf8"));
    expect(seen).toEqual({ codex: "one\n", ours: "three\n" });
  });

  it("may delete a file that is no text", async () => {
    const seen = await both(
      { files: { "a.bin": new Uint8Array([0, 255, 254]) }, script: patching("*** Delete File: a.bin") },
      ({ stage }) => files(stage.workspace),
    );
    expect(seen).toEqual({ codex: ["a.bin"], ours: [] });
  });

  it("names files as they are, tabs included", async () => {
    const seen = await both({ script: patching("*** Add File: a\tb.txt", "+one") }, ({ stage }) =>
      files(stage.workspace),
    );
    expect(seen).toEqual({ codex: ["ab.txt"], ours: ["a\tb.txt"] });
  });

  it("does not write to a device", async () => {
    const seen = await both(
      { script: patching("*** Add File: /dev/null", "+one") },
      (act) => itemsOf(act, "file_change")[0]?.["status"],
    );
    expect(seen).toEqual({ codex: "completed", ours: "failed" });
  });

  it("in a command goes where the shell would go", async () => {
    const lines = ["cd ~ && apply_patch <<'EOF'", ...patch("*** Add File: new.txt", "+one").trimEnd().split("\n")];
    const seen = await both({ script: calls(shown(lines)) }, async ({ stage }) => [
      await files(stage.workspace),
      await files(stage.home),
    ]);
    expect(seen).toEqual({ codex: [["~", "~/new.txt"], []], ours: [[], ["new.txt"]] });
  });

  it("in a command makes no folder that the shell would not have found", async () => {
    const lines = [
      "cd missing && apply_patch <<'EOF'",
      ...patch("*** Add File: new.txt", "+one").trimEnd().split("\n"),
    ];
    const seen = await both({ script: calls(shown(lines)) }, ({ stage }) => files(stage.workspace));
    expect(seen).toEqual({ codex: ["missing", "missing/new.txt"], ours: [] });
  });
});

describe("a command", () => {
  it("does not get the provider's key, neither from the environment nor from a profile", async () => {
    const profile = (stage: Stage): Promise<void> =>
      writeFile(join(stage.home, ".bash_profile"), "export CODEX_API_KEY=sk-profile\n");
    const seen = await both(
      { setup: profile, script: calls(command("echo [$FAKE_KEY$CODEX_API_KEY]")) },
      (act) => itemsOf(act, "command_execution")[0]?.["aggregated_output"],
    );
    expect(seen).toEqual({ codex: "[sk-fakesk-profile]\n", ours: "[]\n" });
  });

  it("has the environment's variables, not those of .env in their place", async () => {
    const seen = await both(
      {
        homeFiles: { ".env": "PLACE=file\n" },
        variables: { PLACE: "environment" },
        script: calls(command("echo $PLACE")),
      },
      (act) => itemsOf(act, "command_execution")[0]?.["aggregated_output"],
    );
    expect(seen).toEqual({ codex: "file\n", ours: "environment\n" });
  });

  it("that pauses within a character is shown the whole character", async () => {
    const first = call("1", "exec_command", {
      cmd: "printf 'a\\303'; until [ -e go ]; do sleep 0.05; done; printf '\\251b'",
      yield_time_ms: 3000,
    });
    const session = ({ rawBody }: RecordedRequest): number => Number(/session ID (\d+)/.exec(rawBody)?.[1]);
    const script = (): Script => [
      respond([first]),
      (request) =>
        respond([
          call("2", "exec_command", { cmd: "touch go" }),
          call("3", "write_stdin", { session_id: session(request), chars: "", yield_time_ms: 60_000 }),
        ]),
      end,
    ];
    const said = await both({ script }, (act) => outputs(act).map((text) => /Output:\n([^]*)$/.exec(text)?.[1]));
    expect(said).toEqual({ codex: ["a\ufffd", "", "\ufffdb"], ours: ["a", "", "éb"] });
  });

  it("finds the programs of the user's own PATH", async () => {
    const first = { script: calls(command('echo "${PATH%%:*}"')) };
    // The real one puts its own folder first, but on a busy machine, where the login shell answers too late, it is gone again.
    const codex: boolean[] = [];
    for (let tries = 0; tries < 5 && codex.at(-1) !== true; tries++) {
      const seen = await both(first, (act) =>
        String(itemsOf(act, "command_execution")[0]?.["aggregated_output"]).endsWith("/codex-path\n"),
      );
      expect(seen.ours).toBe(false);
      codex.push(seen.codex);
    }
    expect(codex.at(-1)).toBe(true);
  });

  it("runs within walls in the modes that need them", async () => {
    const seen = await both({ argv: readOnly, script: calls(command("echo ran; echo more > kept")) }, (act) => [
      outputs(act)[0]?.includes("ran\n"),
      outputs(act)[0]?.includes("Read-only file system"),
    ]);
    expect(seen).toEqual({ codex: [true, true], ours: [true, true] });
  });

  it("that is interrupted has its end recorded within its turn", async () => {
    const seen = await both(interrupted("SIGINT"), async ({ stage }) =>
      (await rolloutLines(stage))
        .map(({ payload }) => payload.item?.type ?? payload.type)
        .filter((type) => type === "CommandExecution" || type === "turn_aborted"),
    );
    // The real one may have closed the file before it comes to the command.
    expect(seen.codex).toContain("turn_aborted");
    expect(seen.ours).toEqual(["CommandExecution", "turn_aborted"]);
  });
});

/** A signal while a command runs. */
const interrupted = (signal: "SIGINT" | "SIGTERM"): Case => ({
  signal,
  script: calls(message("msg_1", "before"), command("touch started; sleep 60")),
});

it("SIGTERM leaves the turn recorded as ended, and the process ended by that signal", async () => {
  const seen = await both(interrupted("SIGTERM"), async ({ stage, signal }) => [
    signal,
    (await rolloutLines(stage)).some(({ payload }) => payload.type === "turn_aborted"),
  ]);
  expect(seen).toEqual({ codex: ["SIGTERM", false], ours: ["SIGTERM", true] });
});

it("an argument of a wrong type is named", async () => {
  const seen = await both({ script: calls(call("1", "exec_command", { cmd: 7 })) }, (act) =>
    /cmd/.test(outputs(act)[0] ?? ""),
  );
  expect(seen).toEqual({ codex: false, ours: true });
});

it("a file that holds credentials is not read for the model in a sandboxed mode", async () => {
  const pixel = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  const secret = {
    argv: readOnly,
    homeFiles: { "auth.json": pixel },
    script: calls(call("1", "view_image", { path: "../codex-home/auth.json" })),
  };
  const seen = await both(secret, ({ model }) => JSON.stringify(model.requests.at(-1)?.body).includes("data:image"));
  expect(seen).toEqual({ codex: true, ours: false });
});

it("our own table is known under --strict-config", async () => {
  const own = { argv: json("--strict-config", "go"), provider: "[codex_agent.tools]\nenable = []" };
  expect(await both(own, ({ code }) => code)).toEqual({ codex: 1, ours: 0 });
});
