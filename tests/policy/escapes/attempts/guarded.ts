import * as fs from "node:fs";
import { join } from "node:path";
import { perl, sh, shell, type Attempt } from "../attempt.ts";
import { changed, contains } from "../evidence.ts";

const guarded = changed("guarded");
const homes = changed("homes");

/** Folders of the workspace that make somebody outside run or believe something, and homes that lie in it. */
export const guardedFolders: readonly Attempt[] = [
  sh(
    "makes a git hook",
    "guarded",
    `printf '#!/bin/sh\\nid' > "$WORK/.git/hooks/post-checkout"; chmod +x "$WORK/.git/hooks/post-checkout"`,
    guarded,
  ),
  sh("changes a git hook", "guarded", `echo evil >> "$WORK/.git/hooks/pre-commit"`, guarded),
  sh(
    "sets a file system monitor in git's configuration",
    "guarded",
    `cd "$WORK"; printf '[core]\\n\\tfsmonitor = evil\\n' >> .git/config`,
    guarded,
  ),
  sh(
    "sets it with git itself",
    "guarded",
    `cd "$WORK"; mkdir -p .git/objects .git/refs; git config core.fsmonitor evil`,
    guarded,
  ),
  sh(
    "moves .git away and makes another",
    "guarded",
    `cd "$WORK"; mv .git old; mkdir -p .git/hooks; echo evil > .git/hooks/pre-commit`,
    guarded,
  ),
  sh("removes .git", "guarded", `rm -rf "$WORK/.git"`, guarded),
  sh(
    "makes .git a link",
    "guarded",
    `cd "$WORK"; mv .git old; ln -s old .git; echo evil > .git/config; echo evil > old/config`,
    guarded,
  ),
  sh(
    "makes .git where none is",
    "guarded",
    `cd "$WORK"; mkdir -p .git/hooks; echo evil > .git/hooks/pre-commit; echo "gitdir: /tmp" > .git`,
    guarded,
    {
      prepare: ({ work }) => fs.rmSync(join(work, ".git"), { recursive: true }),
    },
  ),
  sh(
    "moves a folder to where .git is missing",
    "guarded",
    `cd "$WORK"; mkdir -p g/hooks; echo evil > g/hooks/pre-commit; mv -T g .git`,
    guarded,
    {
      prepare: ({ work }) => fs.rmSync(join(work, ".git"), { recursive: true }),
    },
  ),
  sh(
    "writes where the .git file of a worktree points",
    "guarded",
    `cd "$WORK"; echo evil > gits/main/worktrees/one/config; echo evil > gits/main/hooks/pre-commit`,
    contains("work/gits/main/hooks/pre-commit", "evil"),
    { prepare: makeWorktree },
  ),
  sh(
    "moves the folder that the .git file of a worktree points to",
    "guarded",
    `cd "$WORK"; mv gits away; mkdir -p gits/main/hooks gits/main/worktrees/one; echo evil > gits/main/hooks/pre-commit`,
    contains("work/gits/main/hooks/pre-commit", "evil"),
    { prepare: makeWorktree },
  ),
  sh(
    "changes the .git file of a worktree",
    "guarded",
    `cd "$WORK"; echo "gitdir: /tmp/evil" > .git; mv .git x; echo "gitdir: /tmp/evil" > .git`,
    guarded,
    { prepare: makeWorktree },
  ),
  sh(
    "replaces a .git that is a link",
    "guarded",
    `cd "$WORK"; rm .git; mkdir -p .git/hooks; echo evil > .git/hooks/x`,
    guarded,
    {
      prepare: ({ work }) => {
        fs.renameSync(join(work, ".git"), join(work, "real"));
        fs.symlinkSync("real", join(work, ".git"));
      },
    },
  ),
  sh(
    "writes where a .git that is a link leads",
    "guarded",
    `echo evil > "$WORK/real/hooks/pre-commit"`,
    contains("work/real/hooks/pre-commit", "evil"),
    {
      prepare: ({ work }) => {
        fs.renameSync(join(work, ".git"), join(work, "real"));
        fs.symlinkSync("real", join(work, ".git"));
      },
    },
  ),
  ...[".codex", ".agents", ".aws"].flatMap((name) => [
    sh(
      `makes ${name} where none is`,
      "guarded",
      `cd "$WORK"; mkdir -p ${name}; echo evil > ${name}/config.toml; rmdir ${name}; echo evil > ${name}; ln -s folder ${name}`,
      guarded,
    ),
    sh(
      `changes ${name} where there is one`,
      "guarded",
      `cd "$WORK"; echo evil > ${name}/config.toml; mv ${name} away`,
      guarded,
      {
        prepare: ({ work }: { work: string }) => {
          fs.mkdirSync(join(work, name));
          fs.writeFileSync(join(work, name, "config.toml"), "mine");
        },
      },
    ),
  ]),
  sh(
    "makes protected folders in the temporary directory",
    "guarded",
    `cd "$TMPDIR"; for n in .git .codex .agents .aws; do mkdir -p $n; echo evil > $n/config; done`,
    guarded,
    {
      place: (base) => ({ temporary: `${base}/temporary` }),
    },
  ),
  perl(
    "fills a missing folder while other commands come and go",
    "guarded",
    `my $end = ticks() + 40; while (ticks() < $end) { for my $n ('.codex', '.agents') { mkdir "$work/$n"; spew("$work/$n/config.toml", "evil"); symlink "folder", "$work/$n"; rmdir "$work/$n"; rename "$work/folder", "$work/$n" } }
     mkdir "$work/.codex"; spew("$work/.codex/config.toml", "evil")`,
    guarded,
    { meanwhile: shell("true") },
  ),
  perl(
    "keeps a missing folder as its own place while other commands come and go",
    "guarded",
    `while (racing(sub { -d "$work/.codex/inner" })) { if (chdir "$work/.codex") { spew("config.toml", "evil"); mkdir "inner"; open my $d, '<', '.'; chmod 0777, $d; select undef, undef, undef, 0.01; spew("config.toml", "evil") } else { mkdir "$work/.codex" } }`,
    guarded,
    { meanwhile: shell("true") },
  ),
  sh(
    "removes the placeholder of a missing folder",
    "guarded",
    [
      `cd "$WORK"; rmdir .codex; rm -rf .codex; mv .codex x`,
      `cd "$WORK"; mkdir .codex && echo evil > .codex/config.toml`,
    ],
    guarded,
  ),
  sh(
    "makes a missing folder in a workspace of the user's that is closed to writing",
    "guarded",
    `cd "$WORK"; chmod u+w .; mkdir .codex; echo evil > .codex/config.toml`,
    guarded,
    { prepare: ({ work }) => fs.chmodSync(work, 0o555) },
  ),
  sh("changes the settings in a home inside of the workspace", "guarded", `echo evil >> "$CODEX/config.toml"`, homes, {
    place: homeInside,
  }),
  sh(
    "plants settings in a home that does not exist yet",
    "guarded",
    `mkdir -p "$CODEX"; echo evil > "$CODEX/config.toml"`,
    homes,
    { place: homeInside, prepare: ({ codex }) => fs.rmSync(codex, { recursive: true }) },
  ),
  sh(
    "plants settings in a home far below what exists",
    "guarded",
    `cd "$WORK"; mkdir -p x/y; mv x z; mkdir -p "$CODEX"; echo evil > "$CODEX/config.toml"`,
    homes,
    {
      place: (base) => ({ codex: `${base}/work/x/y/home` }),
      prepare: ({ work }) => fs.rmSync(join(work, "x"), { recursive: true }),
    },
  ),
  sh(
    "changes settings where the home is the workspace",
    "guarded",
    `echo evil >> "$WORK/config.toml"; echo evil > "$WORK/new"`,
    changed("homes"),
    {
      place: (base) => ({ codex: `${base}/work` }),
    },
  ),
  sh(
    "changes settings in a home above the workspace",
    "guarded",
    `echo evil >> "$CODEX/config.toml"; echo evil >> ../config.toml; echo evil > ../.env`,
    changed("homes"),
    {
      place: (base) => ({ codex: `${base}/home`, work: `${base}/home/work` }),
      // The workspace is part of this home; only what lies beside it counts.
      prepare: ({ work }) => fs.chmodSync(work, 0o755),
    },
  ),
  sh(
    "moves a home inside of the workspace away",
    ["guarded", "secrets"],
    [`mv "$CODEX" "$WORK/away"; mkdir "$CODEX"; echo evil > "$CODEX/config.toml"`],
    homes,
    { place: homeInside },
  ),
  sh("changes a thread of the user", "writes", `echo '{}' >> "$CODEX/sessions/thread.jsonl"`, homes),
  sh("changes settings in a home apart", "writes", `echo evil >> "$CODEX/config.toml"`, homes),
  sh(
    "poisons the compile cache",
    ["writes", "secrets"],
    `echo evil > "$RUNTIME/cache/compiled"; mkdir -p "$RUNTIME/cache"; echo evil > "$RUNTIME/cache/new"`,
    homes,
  ),
  sh(
    "poisons the compile cache of a runtime inside of the workspace",
    ["guarded", "secrets"],
    `echo evil > "$RUNTIME/cache/compiled"; mkdir -p "$RUNTIME/cache"; echo evil > "$RUNTIME/cache/new"`,
    homes,
    {
      place: (base) => ({ runtime: `${base}/work/runtime` }),
    },
  ),
  sh("poisons the login snapshot", ["writes", "secrets"], `echo evil >> "$RUNTIME/snapshots/login.sh"`, homes),
  sh(
    "replaces the filter of system calls and the notes on placeholders",
    ["writes", "secrets"],
    `for f in "$LADDER"/* "$LADDER"/placeholders/*; do [ -f "$f" ] && printf "$MARK" > "$f.$MARK"; done; mkdir -p "$LADDER/$MARK" "$LADDER/placeholders/$MARK"`,
    ({ ladder, mark }) => {
      const names = fs.readdirSync(ladder, { recursive: true, encoding: "utf8" }).filter((name) => name.includes(mark));
      for (const name of names) fs.rmSync(join(ladder, name), { recursive: true, force: true });
      return names.length === 0 ? null : names.join(", ");
    },
  ),
];

function homeInside(base: string): { codex: string } {
  return { codex: `${base}/work/house` };
}

/** A workspace whose `.git` is a file, and whose repository lies in a writable folder. */
function makeWorktree({ work }: { work: string }): void {
  fs.rmSync(join(work, ".git"), { recursive: true });
  fs.mkdirSync(join(work, "gits/main/worktrees/one"), { recursive: true });
  fs.mkdirSync(join(work, "gits/main/hooks"));
  fs.writeFileSync(join(work, ".git"), `gitdir: ${work}/gits/main/worktrees/one\n`);
  fs.writeFileSync(join(work, "gits/main/worktrees/one/commondir"), "../..\n");
  fs.writeFileSync(join(work, "gits/main/hooks/pre-commit"), "mine");
}
