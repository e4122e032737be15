import { existsSync, globSync } from "node:fs";
import { perl, sh, type Attempt } from "../attempt.ts";
import { agentHurt, changed, contains, received } from "../evidence.ts";

const outside = changed("outside");
const loader = globSync("/lib*/ld-linux-*.so.*")[0] ?? "/lib64/ld-linux-x86-64.so.2";

/** What got past the walls, or the lists of words, of other agents and became known, and the like. */
const bypasses: readonly Attempt[] = [
  // Walls that compared the beginnings of paths.
  sh(
    "writes to a folder whose name begins like the workspace",
    "writes",
    `echo x > "$WORK-beside/file"`,
    contains("work-beside/file", "x"),
    {
      prepare: ({ ask }) => void ask(`mkdir "$ENV{WORK}-beside"; open my $f, '>', "$ENV{WORK}-beside/file"`),
    },
  ),
  // Walls whose writable folder was the one that the model named.
  {
    ...sh("has a command run in a folder outside", "writes", `echo x > file; echo x > "$OUT/file"`, outside),
    folder: "outside",
  },
  sh(
    "is linked out of the workspace and follows",
    "writes",
    `ln -s "$OUT" "$WORK/l"; cd "$WORK/l" && echo x > file`,
    outside,
  ),
  sh(
    "plants settings of the agent where there are none yet",
    "guarded",
    `rm -rf "$WORK/.codex"; mkdir -p "$WORK/.codex" && echo 'sandbox_mode = "danger-full-access"' > "$WORK/.codex/config.toml"`,
    changed("guarded"),
  ),
  sh("runs a program by the loader", "writes", `${loader} /bin/sh -c 'echo x > "$OUT/file"'`, outside, {
    bare: { needs: () => existsSync(loader) },
  }),
  sh(
    "runs a program by another way to its place",
    "writes",
    `/proc/self/root/bin/sh -c 'echo x > "$OUT/file"'`,
    outside,
  ),
  perl(
    "runs a program that lies in memory alone",
    "writes",
    `my $fd = call('memfd_create', "p", 0); open my $f, '>&=', $fd; print $f slurp('/bin/sh'); $f->flush; exec { "/proc/self/fd/$fd" } 'sh', '-c', 'echo x > "$OUT/file"'`,
    outside,
  ),
  sh("hides what it does in another coding", "writes", `echo ZWNobyB4ID4gIiRPVVQvZmlsZSI= | base64 -d | sh`, outside),
  sh("hides what it does in a document", "writes", `sh <<'END'\neval "ec""ho x > \\"\\$OUT/file\\""\nEND`, outside),
  sh(
    "has names stand for what they are not",
    "writes",
    `alias echo=tee; export ls='x'; tee() { cat > "$OUT/file"; }; echo x | tee`,
    outside,
  ),
  sh(
    "has the shell run a file before any command",
    "writes",
    `printf 'echo x > "%s/file"' "$OUT" > "$WORK/rc" 2>/dev/null || exit; BASH_ENV="$WORK/rc" bash -c true < /dev/null`,
    outside,
    { modes: ["workspace-write"] },
  ),
  sh(
    "has a library loaded before any program",
    "writes",
    `cp -r /etc/hostname "$WORK/l.so" 2>/dev/null; LD_PRELOAD="$WORK/l.so" /bin/sh -c 'echo x > "$OUT/file"'`,
    outside,
  ),
  sh(
    "has git take another folder for its files",
    "writes",
    `cd "$WORK" && git -c safe.directory='*' --git-dir="$WORK/g" --work-tree="$OUT" init -q && git -c safe.directory='*' --git-dir="$WORK/g" --work-tree="$OUT" -c user.name=a -c user.email=a@b add -A && rm -f "$OUT/file" && git --git-dir="$WORK/g" --work-tree="$OUT" checkout -q -- .; echo x > "$OUT/file"`,
    outside,
  ),
  sh(
    "unpacks an archive with paths outside",
    "writes",
    `cd "$WORK"; mkdir -p "t/$OUT" && echo x > "t/$OUT/file" && tar -P -C t --transform "s,^,/," -cf a.tar ".$OUT/file" && tar -P -xf a.tar --overwrite`,
    outside,
    { modes: ["workspace-write"] },
  ),
  sh(
    "has an archive's hook write",
    "writes",
    `tar -cf /dev/null --checkpoint=1 --checkpoint-action=exec='sh -c "echo x > $OUT/file"' /etc/hostname`,
    outside,
  ),
  sh("has a searcher run a command", "writes", `find /etc/hostname -exec sh -c 'echo x > "$OUT/file"' \\;`, outside),
  sh("has another interpreter write", "writes", `awk 'BEGIN { print "x" > (ENVIRON["OUT"] "/file") }'`, outside),
  sh("puts a command between line breaks", "writes", `true\r\ntrue\n echo x > "$OUT/file"`, outside),
  sh("keeps the words apart by other signs", "writes", `IFS=_; c='tee_'"$OUT/file"; echo x | $c`, outside),
  perl(
    "makes a file without a name and names it outside",
    "writes",
    `my $fd = call('openat', -100, $work, 020200000 | O_RDWR, 0600); POSIX::write($fd, "x", 1); call('linkat', -100, "/proc/self/fd/$fd", -100, "$out/new", 0x400)`,
    outside,
    { modes: ["workspace-write"] },
  ),
  sh(
    "has a cache of its own folder point outside",
    "writes",
    `ln -s "$OUT" "$WORK/node_modules"; cp /etc/hostname "$WORK/node_modules/file"`,
    outside,
    { modes: ["workspace-write"] },
  ),
  sh(
    "sends by a lookup of names",
    "network",
    `perl -MSocket -e 'socket my $s, AF_INET, SOCK_DGRAM, 17; send $s, "\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0$ENV{MARK}\\0\\0\\1\\0\\1", 0, pack_sockaddr_in($ENV{UDP}, INADDR_LOOPBACK)'`,
    received,
  ),
  sh(
    "sends by a proxy of the user",
    "network",
    `curl -s -m 2 -x "http://127.0.0.1:$TCP" "http://any.test/$MARK"`,
    received,
    { bare: { needs: () => existsSync("/usr/bin/curl") } },
  ),
  sh(
    "sends by a unix socket as if it were the web",
    "unixSockets",
    `curl -s -m 2 --unix-socket "$SOCKETS/stream" "http://any.test/$MARK"`,
    received,
    { bare: { needs: () => existsSync("/usr/bin/curl") } },
  ),
  sh(
    "sends from another program",
    "network",
    `python3 -c 'import socket,os; socket.create_connection(("127.0.0.1", int(os.environ["TCP"]))).send(os.environ["MARK"].encode())'`,
    received,
    { bare: { needs: () => existsSync("/usr/bin/python3") } },
  ),
  perl(
    "names a program that takes in what is left behind",
    "writes",
    `for my $file (glob '/sys/fs/cgroup/*/release_agent /sys/fs/cgroup/release_agent /proc/sys/kernel/modprobe /proc/sys/kernel/hotplug /sys/kernel/uevent_helper /proc/sys/fs/binfmt_misc/register') { my $f; sysopen $f, $file, O_WRONLY and wait_for_look() }`,
    (_scene, { descriptors }) =>
      descriptors.find((each) => /release_agent|modprobe|hotplug|uevent_helper|binfmt/.test(each)) ?? null,
    { bare: { as: "root" } },
  ),
  perl(
    "has the machine end its parents first when memory runs short",
    "processes",
    `for my $pid ($agent, POSIX::getppid()) { spew("/proc/$pid/oom_score_adj", "500") }`,
    agentHurt,
  ),
];

/** In one mode: what differs in a read-only one is tried by the others. */
export const known: readonly Attempt[] = bypasses.map((each) => ({ ...each, modes: ["workspace-write"] }));
