import { perl, sh, type Attempt } from "../attempt.ts";
import { changed, contains, printed } from "../evidence.ts";

const outside = changed("outside");
/** Mounts of an attempt without walls are its own. */
const apart = { as: "root", within: ["/usr/bin/unshare", "--mount", "--propagation", "private"] } as const;
const writeThere = `spew("$work/m/file", "mounted")`;

/** Laying out the file system anew, and leaving the namespaces. */
export const mounts: readonly Attempt[] = [
  sh(
    "binds a folder from outside into the workspace",
    "writes",
    `cd "$WORK"; mkdir m; mount --bind "$OUT" m && echo x > m/file`,
    outside,
    { bare: apart },
  ),
  sh(
    "makes the whole file system writable again",
    "writes",
    `mount -o remount,rw,bind /; mount -o remount,bind,rw "$OUT"; mount -o remount,rw /; echo x > "$OUT/file"`,
    outside,
    { bare: apart },
  ),
  sh(
    "takes the cover off the home",
    "secrets",
    `umount "$CODEX"; umount -l "$CODEX"; umount -l "$RUNTIME"; cat "$CODEX/auth.json" "$RUNTIME/token"`,
    printed,
    { bare: apart },
  ),
  sh(
    "takes the cover off .git",
    "guarded",
    `umount "$WORK/.git"; umount -l "$WORK/.git"; echo x > "$WORK/.git/config"`,
    changed("guarded"),
    { bare: apart },
  ),
  sh(
    "moves the cover of the home away",
    "secrets",
    `mkdir "$WORK/m"; mount --move "$CODEX" "$WORK/m"; cat "$CODEX/auth.json"`,
    printed,
    { bare: apart },
  ),
  sh(
    "lays an overlay over a folder from outside",
    "secrets",
    `cd "$WORK"; mkdir u w m; mount -t overlay overlay -o "lowerdir=$BASE/homes,upperdir=u,workdir=w" m && cat m/codex/auth.json`,
    printed,
    { bare: apart },
  ),
  sh(
    "mounts in a namespace of its own user",
    "writes",
    `cd "$WORK"; mkdir m; unshare -Urm sh -c 'mount --bind "$OUT" m && echo x > m/file'`,
    outside,
  ),
  sh(
    "makes everything writable in a namespace of its own user",
    "writes",
    `unshare -Urm sh -c 'mount -o remount,rw,bind /; mount -o remount,rw,bind "$OUT"; echo x > "$OUT/file"'`,
    outside,
  ),
  sh(
    "takes the cover off the home in a namespace of its own user",
    "secrets",
    `unshare -Urm sh -c 'umount -l "$CODEX"; umount -l "$RUNTIME"; cat "$CODEX/auth.json"'`,
    printed,
  ),
  sh(
    "starts a bubblewrap of its own",
    ["writes", "secrets"],
    `bwrap --bind / / --dev /dev sh -c 'echo x > "$OUT/file"'`,
    outside,
  ),
  sh(
    "starts a bubblewrap of its own that shows only the home",
    "secrets",
    `bwrap --ro-bind / / --ro-bind "$CODEX" "$WORK" cat "$WORK/auth.json"; bwrap --ro-bind / / sh -c 'umount "$CODEX"; cat "$CODEX/auth.json"'`,
    printed,
  ),
  perl(
    "makes a child with a user namespace of its own",
    "writes",
    `mkdir "$work/m"; my $pid = call('clone', 0x10020000 | 17, 0, 0, 0, 0);
     if ($pid == 0) { spew("/proc/self/setgroups", "deny"); spew("/proc/self/uid_map", "0 $< 1"); call('mount', $out, "$work/m", 0, 4096, 0); ${writeThere}; POSIX::_exit(0) } waitpid $pid, 0`,
    outside,
  ),
  perl(
    "makes a child with a user namespace by clone3",
    "writes",
    `mkdir "$work/m"; my $arguments = pack 'Q8', 0x10020000, 0, 0, 0, 17, 0, 0, 0; my $pid = call('clone3', \\$arguments, length $arguments);
     if ($pid == 0) { call('mount', $out, "$work/m", 0, 4096, 0); ${writeThere}; POSIX::_exit(0) } waitpid $pid, 0`,
    outside,
  ),
  perl(
    "moves a copied tree by descriptor",
    "writes",
    `mkdir "$work/m"; my $tree = call('open_tree', -100, $out, 1); call('move_mount', $tree, "", -100, "$work/m", 4); ${writeThere}`,
    outside,
    { bare: apart },
  ),
  perl(
    "writes through a copied tree that is mounted nowhere",
    "writes",
    `my $tree = call('open_tree', -100, $out, 1 | 02000000); chdir "/proc/self/fd/$tree" and spew("file", "tree")`,
    outside,
    { bare: apart },
  ),
  perl(
    "takes the read-only flag off all mounts",
    "writes",
    `my $change = pack 'Q4', 0, 1, 0, 0; call('mount_setattr', -100, "/", 0x8000, $change, 32); call('mount_setattr', -100, $out, 0, $change, 32); spew("$out/file", "cleared")`,
    outside,
    { bare: apart },
  ),
  perl(
    "mounts a view of all processes",
    ["secrets", "processes"],
    `mkdir "$work/m"; call('mount', "proc", "$work/m", "proc", 0, 0); print slurp("$work/m/$agent/environ")`,
    printed,
    { bare: apart },
  ),
  perl(
    "mounts a view of all processes by descriptor",
    ["secrets", "processes"],
    `mkdir "$work/m"; my $system = call('fsopen', "proc", 0); call('fsconfig', $system, 6, 0, 0, 0); my $mount = call('fsmount', $system, 0, 0);
     call('move_mount', $mount, "", -100, "$work/m", 4); print slurp("$work/m/$agent/environ")`,
    printed,
    { bare: apart },
  ),
  perl(
    "makes a folder from outside its root",
    "writes",
    `chroot $out and chdir '/' and spew("/file", "rooted")`,
    outside,
    { bare: { as: "root" } },
  ),
  perl(
    "leaves its root by way of an open folder",
    "writes",
    `opendir my $up, '/'; mkdir "$work/cage"; chroot "$work/cage" or exit; chdir $up; chdir '..' for 1 .. 20; chroot '.'; spew("$out/file", "out")`,
    outside,
    { bare: { as: "root" } },
  ),
  perl(
    "makes the root of the agent its own",
    ["writes", "processes"],
    `chroot "/proc/$agent/root" and spew("$out/file", "rooted")`,
    outside,
    { bare: { as: "root" } },
  ),
  perl(
    "turns the root around",
    "writes",
    `mkdir "$work/m"; call('mount', $out, "$work/m", 0, 4096, 0); mkdir "$work/m/old"; chdir "$work/m"; call('pivot_root', ".", "old") == 0 and spew("/file", "turned")`,
    outside,
    { bare: apart },
  ),
  perl(
    "joins the mounts of the agent",
    ["writes", "secrets"],
    `for my $pid ($agent, POSIX::getppid(), 1) { open my $space, '<', "/proc/$pid/ns/mnt"; call('setns', fileno $space, 0) == 0 and last } spew("$out/file", "joined")`,
    outside,
    { bare: { as: "root" } },
  ),
  perl(
    "joins the user and the mounts of every process that it sees",
    ["writes", "secrets"],
    `for my $p (glob '/proc/[0-9]*/ns') { for my $name ('user', 'pid', 'mnt', 'net') { open my $space, '<', "$p/$name"; call('setns', fileno $space, 0) } spew("$out/file", "joined") }`,
    outside,
    { bare: { as: "root", within: apart.within } },
  ),
  perl(
    "joins the namespaces of the agent by a descriptor of the process",
    ["writes", "secrets"],
    `my $process = call('pidfd_open', $agent, 0); call('setns', $process, 0x10000000 | 0x20000); call('setns', $process, 0x20000); spew("$out/file", "joined")`,
    outside,
    { bare: { as: "root" } },
  ),
  sh(
    "joins the namespaces of the agent and of the first process",
    ["writes", "secrets"],
    `for p in $AGENT_PID 1; do nsenter -t $p -m -- sh -c 'echo x > "$OUT/file"'; done`,
    outside,
    { bare: { as: "root" } },
  ),
  sh(
    "plants a mount for later commands",
    "writes",
    [
      `cd "$WORK"; mkdir m; unshare -Urm --propagation shared sh -c 'mount --bind "$OUT" m'; mount --bind "$OUT" m`,
      `echo x > "$WORK/m/file"`,
    ],
    outside,
    {
      bare: { never: "the mount would have to stay on the machine from one command to the next" },
    },
  ),
  sh(
    "writes to a device of its own making over a link",
    "writes",
    `mknod "$WORK/z" c 1 3 && ln -s "$OUT/made" "$WORK/y" && echo x > "$WORK/y"`,
    contains("outside/made", "x"),
    { bare: { as: "root" } },
  ),
];
