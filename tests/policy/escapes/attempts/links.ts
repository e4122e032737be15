import * as fs from "node:fs";
import { join } from "node:path";
import { perl, perlCommand, sh, shell, type Attempt } from "../attempt.ts";
import { changed, contains, printed } from "../evidence.ts";

const outside = changed("outside");

/** Links of both kinds, also when they change while somebody looks. */
export const links: readonly Attempt[] = [
  sh("writes through a link to a file outside", "writes", `cd "$WORK"; ln -s "$OUT/file" l; echo x > l`, outside),
  sh("writes through a link to a folder outside", "writes", `cd "$WORK"; ln -s ../outside l; echo x > l/file`, outside),
  sh(
    "writes through a link that was there before",
    "writes",
    `echo x > "$WORK/old"; echo x > "$WORK/oldfolder/new"`,
    outside,
    {
      prepare: ({ work, outside: target }) => {
        fs.symlinkSync(join(target, "file"), join(work, "old"));
        fs.symlinkSync(target, join(work, "oldfolder"));
      },
    },
  ),
  sh(
    "writes through a chain of links",
    "writes",
    `cd "$WORK"; ln -s ../outside a; ln -s a/folder b; echo x > b/inner`,
    outside,
  ),
  sh("makes a file through a link that dangles", "writes", `cd "$WORK"; ln -s "$OUT/born" l; echo x > l`, outside),
  perl(
    "swaps a link while another process writes through it",
    "writes",
    `mkdir "$work/real"; symlink "$out", "$work/evil"; mkdir "$work/gate";
     my $child = fork;
     if (!$child) { while (racing(sub { 0 })) { for my $to ('real', 'evil') { unlink "$work/l"; symlink $to, "$work/l" } } POSIX::_exit(0) }
     while (racing(sub { slurp("$out/file") eq 'raced' })) { spew("$work/l/file", "raced") } kill 'KILL', $child; waitpid $child, 0`,
    outside,
  ),
  perl(
    "exchanges a folder and a link while another process writes through them",
    "writes",
    `mkdir "$work/a"; symlink "../outside", "$work/b"; my $child = fork;
     if (!$child) { call('renameat2', -100, "$work/a", -100, "$work/b", 2) while racing(sub { 0 }); POSIX::_exit(0) }
     while (racing(sub { slurp("$out/file") eq 'raced' })) { spew("$work/a/file", "raced") } kill 'KILL', $child; waitpid $child, 0`,
    outside,
  ),
  perl(
    "swaps a writable folder while another command starts",
    "writes",
    `my $end = ticks() + 40; while (ticks() < $end) {
       rename "$work/sub", "$work/away"; symlink "../outside", "$work/sub"; select undef, undef, undef, 0.001;
       unlink "$work/sub"; rename "$work/away", "$work/sub" }`,
    outside,
    {
      place: (base) => ({ writableRoots: [`${base}/work/sub`] }),
      prepare: ({ work }) => fs.mkdirSync(join(work, "sub")),
      meanwhile: shell(`echo x > "$WORK/sub/file"; echo x > "$OUT/file"`),
    },
  ),
  perl(
    "swaps a folder above a writable one while another command starts",
    "writes",
    `my $end = ticks() + 40; while (ticks() < $end) {
       rename "$work/deep", "$work/away"; symlink "../outside", "$work/deep"; select undef, undef, undef, 0.001;
       unlink "$work/deep"; rename "$work/away", "$work/deep" }`,
    outside,
    {
      place: (base) => ({ writableRoots: [`${base}/work/deep/folder`] }),
      prepare: ({ work }) => fs.mkdirSync(join(work, "deep/folder"), { recursive: true }),
      meanwhile: shell(`echo x > "$WORK/deep/folder/inner"; echo x > "$OUT/folder/inner"`),
    },
  ),
  sh(
    "puts a link where a writable folder is to be",
    "writes",
    [`ln -s ../outside "$WORK/later"`, `echo x > "$WORK/later/file"; echo x > "$OUT/file"`],
    outside,
    { place: (base) => ({ writableRoots: [`${base}/work/later`] }) },
  ),
  sh(
    "replaces a writable folder by a link for the next command",
    "writes",
    [
      `cd "$WORK"; rmdir sub; rm -rf sub; mv sub away; ln -s ../outside sub`,
      `echo x > "$WORK/sub/file"; echo x > "$OUT/file"`,
    ],
    outside,
    {
      place: (base) => ({ writableRoots: [`${base}/work/sub`] }),
      prepare: ({ work }) => fs.mkdirSync(join(work, "sub")),
    },
  ),
  sh(
    "makes the temporary directory a link for the next command",
    "writes",
    [`cd "$WORK"; mv tmp away; ln -s ../outside tmp`, `echo x > "$TMPDIR/file"; echo x > "$OUT/file"`],
    outside,
    { place: (base) => ({ temporary: `${base}/work/tmp` }) },
  ),
  sh(
    "makes the missing temporary directory a link",
    "writes",
    [`cd "$WORK"; ln -s ../outside tmp`, `echo x > "$TMPDIR/file"; echo x > "$OUT/file"`],
    outside,
    {
      place: (base) => ({ temporary: `${base}/work/tmp` }),
      prepare: ({ temporary }) => fs.rmdirSync(temporary),
    },
  ),
  sh(
    "writes through a hard link that it makes",
    "writes",
    `ln "$OUT/file" "$WORK/hard" && echo x > "$WORK/hard"`,
    outside,
  ),
  perl(
    "hard links an open descriptor of a file outside",
    "writes",
    `open my $f, '<', "$out/file"; call('linkat', -100, "/proc/self/fd/" . fileno $f, -100, "$work/hard", 0x400); spew("$work/hard", "x") if -e "$work/hard"`,
    outside,
  ),
  sh(
    "hard links a hook and writes to it",
    "guarded",
    `cd "$WORK"; ln .git/hooks/pre-commit h && echo x > h`,
    changed("guarded"),
  ),
  sh("hard links a secret and reads it", "secrets", [`ln "$CODEX/auth.json" "$WORK/h"`, `cat "$WORK/h"`], printed),
  sh(
    "moves the folder of the workspace away and puts another in its place",
    ["writes", "guarded"],
    `cd "$TMPDIR"; mv p q; mkdir -p p/work/.git/hooks; echo evil > p/work/.git/hooks/post-checkout`,
    contains("temporary/p/work/.git/hooks/post-checkout", "evil"),
    { place: nested },
  ),
  sh(
    "exchanges the folder above the workspace",
    ["writes", "guarded"],
    `cd "$TMPDIR"; mkdir -p q/work/.git; echo evil > q/work/.git/config; mv -T --exchange p q 2>/dev/null || { mv p r; mv q p; }`,
    contains("temporary/p/work/.git/config", "evil"),
    { place: nested },
  ),
  sh(
    "moves a folder between the workspace and a home in it",
    ["secrets", "guarded"],
    [`cd "$WORK"; mv a b; mkdir -p a/codex; echo evil > a/codex/config.toml`, `cat "$WORK/b/codex/auth.json"`],
    contains("work/a/codex/config.toml", "evil"),
    { place: (base) => ({ codex: `${base}/work/a/codex` }) },
  ),
  sh(
    "replaces a link that names the home",
    "guarded",
    `cd "$WORK"; rm home; mkdir home; echo evil > home/config.toml`,
    contains("work/home/config.toml", "evil"),
    {
      place: (base) => ({ codex: `${base}/work/home` }),
      prepare: linkHome,
    },
  ),
  {
    ...sh(
      "replaces a link above the home",
      "guarded",
      `cd "$WORK"; rm way; mkdir -p way/codex; echo evil > way/codex/config.toml`,
      contains("work/way/codex/config.toml", "evil"),
      {
        place: (base) => ({ codex: `${base}/work/way/codex` }),
        prepare: ({ work, base }) => {
          fs.renameSync(join(work, "way"), join(base, "real-way"));
          fs.symlinkSync("../real-way", join(work, "way"));
        },
      },
    ),
  },
  {
    name: "swaps a link to a secret while another command reads",
    walls: ["secrets"],
    commands: [
      perlCommand(`my $end = ticks() + 40; while (ticks() < $end) { unlink "$work/l"; symlink "$codex/auth.json", "$work/l"; unlink "$work/l"; symlink "mine", "$work/l"; print slurp("$work/l") }
      symlink "$codex/auth.json", "$work/k"; print slurp("$work/k")`),
    ],
    reached: printed,
  },
];

function nested(base: string): { temporary: string; work: string } {
  return { temporary: `${base}/temporary`, work: `${base}/temporary/p/work` };
}

function linkHome({ work, base }: { work: string; base: string }): void {
  fs.renameSync(join(work, "home"), join(base, "real-home"));
  fs.symlinkSync("../real-home", join(work, "home"));
}
