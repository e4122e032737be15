import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { SnapshotStore } from "../../../src/tools/exec/login/snapshot.ts";
import { fastest } from "../../support/fastest.ts";
import { until } from "../../support/until.ts";
import { openHarness, searchPath, textOf, type Harness } from "./harness.ts";

const profile = String.raw`
echo noise; echo noise >&2
echo login >> ~/logins
export FROM_PROFILE=$'a "quoted"\nvalue $HOME \x01\xff'
PATH=$HOME/bin:$PATH
PLAIN=unexported
declare -a LIST=(one "t w o")
declare -A MAP=([k]="v v")
export KEY_OF_PROVIDER=secret
export GREETING=hello
greet() { printf '%s %s\n' "$GREETING" "$1"; }
matches() { [[ $1 == @(a|b) ]]; }
shopt -s expand_aliases extglob
alias hi='greet alias'
umask 027
set -o pipefail
unset SHELL
`;

/** Everything that a command can see of its shell, a line each. */
const inspect = String.raw`
printf '%q\n' "$FROM_PROFILE" "$PATH" "$PLAIN" "$LIST" "$GREETING" "$0" "$#" "$-" "$BASH_ENV"
declare -p LIST MAP SHELL 2>&1
greet you; matches b && echo matched
hi
umask; set +o; trap -p; shopt | grep -v login_shell
no_such_command
env | grep -c FROM_PROFILE
env | grep BASH_ENV
exec 2>&1; declare -F
eval 'if'
`;

interface Made {
  harness: Harness;
  store: SnapshotStore;
  env: Record<string, string>;
}

function open(text: string, secretNames: string[] = []): Made {
  const harness = openHarness({ secretNames });
  writeFileSync(join(harness.home, ".bash_profile"), text);
  const env = { PATH: searchPath, HOME: harness.home, SHELL: "/bin/bash" };
  return { harness, store: openStore(join(harness.cache, "login"), secretNames), env };
}

/** Writes nothing any more when the test is over. */
function openStore(directory: string, secretNames: string[]): SnapshotStore {
  const store = new SnapshotStore(directory, secretNames);
  onTestFinished(() => store.close());
  return store;
}

const snapshotFiles = (harness: Harness): string[] => {
  const folder = join(harness.cache, "login");
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
};
/** What those hold that are finished. */
const snapshotsOf = (harness: Harness): string[] =>
  snapshotFiles(harness).flatMap((path) => (path.endsWith(".sh") ? [readFileSync(path, "latin1")] : []));
const logins = (harness: Harness): number => readFileSync(join(harness.home, "logins"), "utf8").split("\n").length - 1;

/** Runs a command by a login shell: no snapshot can be made of it. */
async function runDirect(harness: Harness, cmd: string): Promise<string> {
  mkdirSync(harness.cache, { recursive: true });
  const folder = join(harness.cache, "login");
  writeFileSync(folder, "");
  const text = textOf(await harness.run("exec_command", { cmd }));
  rmSync(folder);
  // Tried again when a start-up file is another one.
  appendFileSync(join(harness.home, ".bash_profile"), "# touched\n");
  return text;
}

/** Runs a command by a plain shell, when the snapshot for it has been made. */
async function runWarm(harness: Harness, cmd: string): Promise<string> {
  const old = snapshotsOf(harness);
  await harness.run("exec_command", { cmd: ":" });
  // A command does not wait for long: where this one ran by a login shell, the snapshot came later.
  await until(() => snapshotsOf(harness).length === 1 && snapshotsOf(harness)[0] !== old[0]);
  const before = logins(harness);
  const text = textOf(await harness.run("exec_command", { cmd }));
  expect(logins(harness)).toBe(before);
  expect(snapshotFiles(harness)).toHaveLength(1);
  return text;
}

describe("a login snapshot", () => {
  test("cannot be told from the login shell by a command", async () => {
    const { harness } = open(profile);
    const direct = await runDirect(harness, inspect);
    expect(direct).toContain("hello you\nmatched\nhello alias\n0027\n");
    const warm = await runWarm(harness, inspect);
    const ownNoise = "noise\nnoise\n";
    expect(direct.startsWith(ownNoise)).toBe(true);
    expect(warm).toBe(direct.slice(ownNoise.length));
    expect(harness.started.every((item) => item.argv[1] === "-lc")).toBe(true);
  });

  test("spares commands the profile, the first ones too", async () => {
    // Where a login takes longer than commands wait for it, each has its own.
    const least = await fastest(2, async () => {
      const { harness } = open(profile);
      const run = async (): Promise<string> => textOf(await harness.run("exec_command", { cmd: "greet you" }));
      for (const text of await Promise.all([run(), run(), run()]))
        expect(text).toMatch(/^(noise\nnoise\n)?hello you\n$/);
      for (let round = 0; round < 3; round++) await run();
      return logins(harness);
    });
    expect(least).toBe(1);
  });

  test("is a private file that holds no secret and nothing inherited", async () => {
    const { store, env, harness } = open(profile, ["KEY_OF_PROVIDER"]);
    await store.warm("/bin/bash", { ...env, INHERITED: "value-of-mine" });
    const path = store.ready("/bin/bash", { ...env, INHERITED: "value-of-mine" })!;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(harness.cache, "login")).mode & 0o777).toBe(0o700);
    const text = readFileSync(path, "utf8");
    expect(text).toContain("GREETING");
    expect(text).not.toMatch(/KEY_OF_PROVIDER|value-of-mine|secret/);
  });

  test("is no way for a secret of the profile to come to a command, nor is the login shell", async () => {
    const { harness } = open(profile, ["KEY_OF_PROVIDER", "not a name"]);
    const cmd = "echo ${KEY_OF_PROVIDER-none}";
    expect(await runDirect(harness, cmd)).toBe("noise\nnoise\nnone\n");
    expect(await runWarm(harness, cmd)).toBe("none\n");
    expect(harness.started[0]!.argv).toEqual(["/bin/bash", "-lc", cmd]);
  });

  test("is taken over by the next process, and only for the same environment", async () => {
    const { store, env, harness } = open(profile);
    await store.warm("/bin/bash", env);
    const path = store.ready("/bin/bash", env);
    const count = logins(harness);
    const next = openStore(join(harness.cache, "login"), []);
    expect(next.ready("/bin/bash", env)).toBe(path);
    expect(logins(harness)).toBe(count);
    expect(next.ready("/bin/bash", { ...env, PATH: "/elsewhere" })).toBeNull();
  });

  test("is made once for threads that begin together, also when the first of them ends meanwhile", async () => {
    const { store, env, harness } = open(profile);
    const directory = join(harness.cache, "login");
    const others = [openStore(directory, []), openStore(directory, [])];
    const made = [store, ...others].map((each) => each.warm("/bin/bash", env));
    store.close();
    await Promise.all(made);
    for (const other of others) expect(other.ready("/bin/bash", env)).not.toBeNull();
    expect(logins(harness)).toBe(1);
  });

  test("is given up when nobody wants it any more", async () => {
    const { store, env, harness } = open("sleep 1000");
    const other = openStore(join(harness.cache, "login"), []);
    const made = [store, other].map((each) => each.warm("/bin/bash", env));
    store.close();
    other.close();
    await Promise.all(made);
    expect(other.ready("/bin/bash", env)).toBeNull();
    expect(snapshotFiles(harness)).toEqual([]);
  });

  test("is made again when a start-up file has changed", async () => {
    const { harness } = open(profile);
    await runWarm(harness, ":");
    appendFileSync(join(harness.home, ".bash_profile"), "export GREETING=changed\n");
    expect(await runWarm(harness, "greet you")).toBe("changed you\n");
  });

  test("is not used when it was tampered with, opened to others or removed", async () => {
    const { store, env, harness } = open(profile);
    await store.warm("/bin/bash", env);
    const path = store.ready("/bin/bash", env)!;
    chmodSync(path, 0o666);
    expect(store.ready("/bin/bash", env)).toBeNull();
    await store.warm("/bin/bash", env);
    appendFileSync(store.ready("/bin/bash", env)!, "echo tampered\n");
    const next = openStore(join(harness.cache, "login"), []);
    expect(next.ready("/bin/bash", env)).toBeNull();
  });
});

describe("a profile that", () => {
  test.each([
    ["ends the shell", "exit 0", /^$/],
    ["fails", "set -e; false", /^$/],
    ["does not parse", "if", /(^|\n)one\n$/],
    ["closes every stream", "exec >&- 2>&- 3>&-", /^$/],
    ["replaces the shell", "exec true", /^$/],
  ])("%s has its way with every command", async (_name, text, expected) => {
    const { store, env, harness } = open(text);
    const run = async (): Promise<string> => textOf(await harness.run("exec_command", { cmd: "echo one" }));
    expect(await run()).toMatch(expected);
    await store.warm("/bin/bash", env);
    expect(await run()).toMatch(expected);
    expect(await run()).toMatch(expected);
  });

  test("hides builtins, sets every flag and leaves a process is read all the same", async () => {
    const text =
      "shopt -s expand_aliases; alias printf='echo aliased' declare=false\nset() { echo mine; }\nIFS=:; builtin set -eu\nsleep 100 & export CHILD=$!\nexport SEEN=yes\n";
    const { store, env, harness } = open(text);
    await store.warm("/bin/bash", env);
    const path = store.ready("/bin/bash", env);
    expect(path).not.toBeNull();
    expect(readFileSync(path!, "utf8")).toContain("SEEN");
    expect(snapshotFiles(harness)).toEqual([path]);
  });

  test("hangs is given up after five seconds, and holds up no command for that long", async () => {
    const { store, env } = open("sleep 1000");
    let isGivenUp = false;
    const since = performance.now();
    const warmed = store.warm("/bin/bash", env).then(() => (isGivenUp = true));
    expect(await store.readySoon("/bin/bash", env)).toBeNull();
    expect(isGivenUp).toBe(false);
    await warmed;
    expect(performance.now() - since).toBeLessThan(100_000);
    expect(store.ready("/bin/bash", env)).toBeNull();
  });
});

test("a missing home and an unusable folder leave commands to the login shell", async () => {
  const harness = openHarness({ baseEnvironment: { PATH: searchPath } });
  harness.exec.warmUp();
  expect(textOf(await harness.run("exec_command", { cmd: "echo ok" }))).toContain("ok\n");
  const file = join(harness.work, "file");
  writeFileSync(file, "");
  const store = openStore(join(file, "login"), []);
  await store.warm("/bin/bash", { PATH: searchPath });
  expect(store.ready("/bin/bash", { PATH: searchPath })).toBeNull();
});

describe("the shell of a command", () => {
  test("is the user's own, one found by its kind, or sh", async () => {
    const harness = openHarness();
    const shellOf = async (shell: string): Promise<string> =>
      textOf(await harness.run("exec_command", { cmd: "echo $0", shell })).trim();
    expect(await shellOf("bash")).toBe("/bin/bash");
    expect(await shellOf("/usr/bin/bash")).toBe("/bin/bash");
    expect(await shellOf("/nonexistent/sh")).toBe("/usr/bin/sh");
    expect(await shellOf("fish")).toBe("/bin/sh");
    expect(await shellOf("/usr/bin/python3")).toBe("/bin/sh");
    expect(harness.started.map((item) => item.argv[0])).toEqual([
      "/bin/bash",
      "/bin/bash",
      "/usr/bin/sh",
      "/bin/sh",
      "/bin/sh",
    ]);
  });

  test("is no login shell when that is not wanted", async () => {
    const { harness } = open(profile);
    expect(textOf(await harness.run("exec_command", { cmd: "echo ${GREETING-none}", login: false }))).toBe("none\n");
    expect(harness.started[0]!.argv).toEqual(["/bin/bash", "-c", "echo ${GREETING-none}"]);
  });
});
