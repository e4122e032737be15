import { perl, sh, type Attempt } from "../attempt.ts";
import { answered, changed, contains } from "../evidence.ts";

const outside = changed("outside");

/** Changing what lies outside of the writable folders, by every call that changes files. */
export const writes: readonly Attempt[] = [
  sh("makes a file outside", "writes", `echo x > "$OUT/new"`, outside),
  sh("truncates a file outside", "writes", `: > "$OUT/file"`, outside),
  sh("appends to a file outside", "writes", `echo x >> "$OUT/file"`, outside),
  sh("makes a folder outside", "writes", `mkdir "$OUT/new"`, outside),
  sh("renames a file over one outside", "writes", `cd "$WORK"; cp mine m2; mv m2 "$OUT/file"`, outside),
  sh("renames a file from outside into the workspace", "writes", `mv "$OUT/file" "$WORK/taken"`, outside),
  sh("removes a file outside", "writes", `rm -f "$OUT/file"`, outside),
  sh("removes a folder outside", "writes", `rm -rf "$OUT/folder"`, outside),
  sh("changes the rights of a file outside", "writes", `chmod 777 "$OUT/file"`, outside),
  sh("changes the owner of a file outside", "writes", `chown 1:1 "$OUT/file"`, outside, { bare: { as: "root" } }),
  sh("changes the time of a file outside", "writes", `touch -d 2001-01-01 "$OUT/file"`, outside),
  sh("makes a named pipe outside", "writes", `mkfifo "$OUT/pipe"`, outside),
  sh("makes a link outside", "writes", `ln -s /etc/passwd "$OUT/link"`, outside),
  sh("writes by a relative path", "writes", `cd "$WORK/folder"; echo x > ../../outside/file`, outside),
  sh("walks up with cd ..", "writes", `cd "$WORK"; cd -P ..; echo x > outside/file`, outside),
  sh("writes by /proc/self/root", "writes", `echo x > "/proc/self/root$OUT/file"`, outside),
  sh("writes by /proc/self/cwd", "writes", `cd "$OUT"; echo x > /proc/self/cwd/file`, outside),
  sh("writes by /proc/1/root", "writes", `for p in /proc/[0-9]*; do echo x > "$p/root$OUT/file"; done`, outside),
  sh("edits in place", "writes", `sed -i s/original/x/ "$OUT/file"`, outside),
  sh(
    "reopens a reading descriptor for writing by /proc/self/fd",
    "writes",
    `exec 5< "$OUT/file"; echo x > /proc/self/fd/5`,
    outside,
  ),
  sh(
    "reopens a reading descriptor for writing by /dev/fd",
    "writes",
    `exec 5< "$OUT/file"; echo x > /dev/fd/5`,
    outside,
  ),
  sh("writes where the home directory is", "writes", `echo x > ~/.profile`, contains(".profile", "x")),
  sh("writes to the folder above everything", "writes", `mkdir "$BASE/../made-$MARK"`, ({ base, mark }) =>
    answeredLater(`${base}/../made-${mark}`),
  ),
  sh("writes in the workspace when reading alone is allowed", "writes", `echo x > "$WORK/mine"`, changed("work"), {
    modes: ["read-only"],
  }),
  sh(
    "writes to the temporary directory when reading alone is allowed",
    "writes",
    `echo x > "$TMPDIR/new"`,
    contains("temporary/new", "x"),
    {
      modes: ["read-only"],
      place: (base) => ({ temporary: `${base}/temporary` }),
    },
  ),
  perl(
    "changes an extended attribute outside",
    "writes",
    `call('setxattr', "$out/file", "user.escape", "here", 4, 0)`,
    answered(
      `my ($path, $name, $value) = ("$ENV{OUT}/file", "user.escape", " " x 4); print $value if syscall((POSIX::uname())[4] eq 'x86_64' ? 191 : 8, $path, $name, $value, 4) == 4; BEGIN { require POSIX }`,
    ),
  ),
  perl(
    "changes a file's times by descriptor",
    "writes",
    `open my $f, '<', "$out/file"; call('utimensat', fileno $f, 0, 0, 0)`,
    outside,
  ),
  perl(
    "changes a file's rights by descriptor",
    "writes",
    `open my $f, '<', "$out/file"; chmod 0777, $f; call('fchmodat2', -100, "$out/folder", 0777, 0)`,
    outside,
  ),
  perl("changes a file's owner by descriptor", "writes", `open my $f, '<', "$out/file"; chown 1, 1, $f`, outside, {
    bare: { as: "root" },
  }),
  perl("makes a device of the disk outside", "writes", `call('mknodat', -100, "$out/device", 060660, 0x801)`, outside, {
    bare: { as: "root" },
  }),
  perl(
    "copies a range into a file outside",
    "writes",
    `open my $from, '<', "$work/mine"; my $to; sysopen $to, "$out/file", O_RDWR or sysopen $to, "$out/file", O_RDONLY;
     call('copy_file_range', fileno $from, 0, fileno $to, 0, 4, 0)`,
    outside,
  ),
  perl(
    "gives a nameless file a name outside",
    "writes",
    `my $fd = call('openat', -100, "$out", 020200000 | O_RDWR, 0600);
     $fd = call('openat', -100, "$work", 020200000 | O_RDWR, 0600) if $fd < 0;
     call('linkat', -100, "/proc/self/fd/$fd", -100, "$out/named", 0x400)`,
    outside,
  ),
  perl(
    "reserves room in a file outside",
    "writes",
    `my $f; sysopen $f, "$out/file", O_RDWR or sysopen $f, "$out/file", O_RDONLY; call('fallocate', fileno $f, 0, 0, 4096)`,
    outside,
  ),
  perl(
    "writes by a shared mapping of a file outside",
    "writes",
    `my $f; sysopen $f, "$out/file", O_RDWR or sysopen $f, "$out/file", O_RDONLY;
     my $at = map_file($f, 4096, 3); poke($at, "mapped") if $at > 0`,
    outside,
  ),
  perl(
    "splices a pipe into a file outside",
    "writes",
    `pipe my $read, my $write; syswrite $write, "spliced";
     my $f; sysopen $f, "$out/file", O_WRONLY or sysopen $f, "$out/file", O_RDONLY; call('splice', fileno $read, 0, fileno $f, 0, 7, 0)`,
    outside,
  ),
  perl(
    "swaps a file with one outside",
    "writes",
    `spew("$work/swap", "x"); call('renameat2', -100, "$work/swap", -100, "$out/file", 2)`,
    outside,
  ),
  perl(
    "truncates by a path with no name for the file",
    "writes",
    `my $fd = call('openat', -100, "$out/file", 010000000, 0); truncate "/proc/self/fd/$fd", 0; truncate "$out/file", 0`,
    outside,
  ),
  perl(
    "opens a file outside by its handle",
    "writes",
    `my $handle = pack 'IiC128', 128, 0; my $mount = pack 'i', 0;
     call('name_to_handle_at', -100, "$out/file", \\$handle, \\$mount, 0);
     open my $dir, '<', $work; open my $root, '<', '/';
     for my $from (fileno $dir, fileno $root) {
       my $fd = call('open_by_handle_at', $from, \\$handle, O_WRONLY | O_TRUNC); POSIX::write($fd, "handle", 6) if $fd >= 0;
     }`,
    outside,
    { bare: { as: "root" } },
  ),
  perl(
    "watches changes with rights of the system's own",
    "writes",
    `my $fd = syscall((POSIX::uname())[4] eq 'x86_64' ? 300 : 262, 0x4 | 0x40, O_RDWR); exit if $fd < 0;
     syscall((POSIX::uname())[4] eq 'x86_64' ? 301 : 263, $fd, 1, 0x20, -100, my $p = "$out/file");
     open my $f, '<', "$out/file"; sysopen my $event, "/dev/null", O_RDONLY;
     open my $events, '<&=', $fd; sysread $events, my $bytes, 4096; my $target = (unpack 'ISCSQi', substr($bytes, 0, 20) . substr($bytes, 16))[0];
     my ($length, $version, $reserved, $meta, $mask, $got) = unpack 'ICCSQi', $bytes; POSIX::write($got, "fanotify", 8)`,
    outside,
    { bare: { as: "root" } },
  ),
];

async function answeredLater(path: string): Promise<string | null> {
  const { existsSync, rmdirSync } = await import("node:fs");
  if (!existsSync(path)) return null;
  rmdirSync(path);
  return `${path} is new`;
}
