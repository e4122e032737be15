import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { becoming, giveAll, type Account } from "./account.ts";
import type { Harbour } from "./harbour.ts";
import { differences, snapshot, type Snapshot } from "./snapshot.ts";

/** Where things lie; absolute. */
export interface Places {
  readonly work: string;
  /** A folder that no command may change. */
  readonly outside: string;
  readonly codex: string;
  readonly runtime: string;
  /** `$TMPDIR`; empty for none. */
  readonly temporary: string;
  readonly writableRoots: readonly string[];
}

/** What is looked at before and after. `guarded`: the protected folders of the writable roots. */
export type Area = "outside" | "guarded" | "homes" | "work";

/** One attempt's own corner of the machine. */
export interface Scene extends Places {
  readonly base: string;
  readonly account: Account;
  readonly harbour: Harbour;
  /** The directory of the ladder. */
  readonly ladder: string;
  /** The folder of a gate's socket. */
  readonly gate: string;
  /** Found in every process of the attempt, and in what it sends. */
  readonly mark: string;
  /** In every file of the homes that is secret, and in the environment of the agent. */
  readonly secret: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Remembers how everything looks now. */
  watch(): void;
  /** What has changed since in these areas; null when nothing has. */
  changes(...areas: Area[]): string | null;
  /** What a Perl script prints, run outside as the account. */
  ask(script: string): string;
  remove(): void;
}

const protectedNames = [".git", ".codex", ".agents", ".aws"];

export interface Surroundings {
  readonly base: string;
  readonly account: Account;
  readonly harbour: Harbour;
  readonly ladder: string;
  readonly gate: string;
  /** A program that runs as root whoever starts it, and a folder for root alone; empty where the tests cannot make them. */
  readonly suid: string;
  readonly rootOnly: string;
}

export function createScene(
  name: string,
  place: ((base: string) => Partial<Places>) | undefined,
  around: Surroundings,
): Scene {
  const { account, harbour, ladder, gate } = around;
  const mark = `mark-${randomBytes(8).toString("hex")}`;
  const secret = `secret-${randomBytes(8).toString("hex")}`;
  const base = join(around.base, `scene-${mark.slice(-8)}`);
  const places: Places = {
    work: join(base, "work"),
    outside: join(base, "outside"),
    codex: join(base, "homes", "codex"),
    runtime: join(base, "homes", "runtime"),
    temporary: "",
    writableRoots: [],
    ...place?.(base),
  };
  const { work, outside, codex, runtime, temporary } = places;
  for (const folder of [work, outside, ...(temporary === "" ? [] : [temporary])])
    fs.mkdirSync(folder, { recursive: true });
  write(outside, { file: "original", "folder/inner": "original", "program.sh": "#!/bin/sh\necho original" });
  write(work, {
    mine: "mine",
    "folder/inner": "mine",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".git/config": "[core]\n\tbare = false\n",
    ".git/hooks/pre-commit": "#!/bin/sh\nexit 0\n",
  });
  write(codex, { "auth.json": secret, ".env": secret, "config.toml": "# settings\n", "sessions/thread.jsonl": "{}\n" });
  write(runtime, { token: secret, "ledger.sqlite": secret, "cache/compiled": secret, "snapshots/login.sh": secret });
  fs.chmodSync(join(outside, "program.sh"), 0o755);
  giveAll(base, account);

  const areas: Record<Area, string[]> = {
    outside: [outside],
    guarded: [work, ...(temporary === "" ? [] : [temporary])].flatMap((root) =>
      protectedNames.map((each) => join(root, each)),
    ),
    homes: [codex, runtime],
    work: [work],
  };
  const seen = new Map<Area, Snapshot>();
  const scene: Scene = {
    ...places,
    base,
    account,
    harbour,
    ladder,
    gate,
    mark,
    secret,
    variables: {
      ...harbour.variables,
      PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
      HOME: base,
      ATTEMPT: name,
      BASE: base,
      WORK: work,
      OUT: outside,
      CODEX: codex,
      RUNTIME: runtime,
      LADDER: ladder,
      SUID: around.suid,
      ROOTONLY: around.rootOnly,
      MARK: mark,
      ...(temporary !== "" && { TMPDIR: temporary }),
    },
    watch() {
      giveAll(base, account);
      for (const area of Object.keys(areas) as Area[]) seen.set(area, snapshot(areas[area]));
    },
    changes(...wanted) {
      const found = wanted.flatMap((area) => differences(seen.get(area) ?? new Map(), snapshot(areas[area])));
      return found.length === 0 ? null : found.join(", ");
    },
    ask: (script) => {
      const [program = "", ...before] = [...becoming(account), "/usr/bin/perl"];
      return execFileSync(program, [...before, "-e", script], { encoding: "utf8", env: scene.variables });
    },
    remove: () => fs.rmSync(base, { recursive: true, force: true }),
  };
  return scene;
}

/** Writes files below a folder, which may be missing. */
export function write(folder: string, contents: Readonly<Record<string, string>>): void {
  const paths = Object.keys(contents).map((name) => join(folder, name));
  for (const each of new Set(paths.map((path) => dirname(path)))) fs.mkdirSync(each, { recursive: true });
  for (const [name, text] of Object.entries(contents)) fs.writeFileSync(join(folder, name), text);
}
