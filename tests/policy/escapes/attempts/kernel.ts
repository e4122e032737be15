import * as fs from "node:fs";
import { join } from "node:path";
import { perl, sh, type Attempt } from "../attempt.ts";
import { answered, changed, holds, printed } from "../evidence.ts";
import type { Scene } from "../scene.ts";

/** Whether a file that belongs to the machine was changed; put back as it was. */
function machineFile(path: string): Pick<Attempt, "prepare" | "reached" | "alone"> {
  let before = "";
  return {
    alone: true,
    prepare: () => void (before = fs.existsSync(path) ? fs.readFileSync(path, "utf8") : ""),
    reached: () => {
      const after = fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
      if (after !== before) fs.writeFileSync(path, before);
      return after === before ? null : `${path} has changed`;
    },
  };
}

const writableHere = (path: string) => (): boolean => {
  try {
    fs.closeSync(fs.openSync(path, "r+"));
    return true;
  } catch {
    return false;
  }
};

/** Whether a path outside of the scene came to be; removed again. */
const made =
  (path: (scene: Scene) => string): Attempt["reached"] =>
  (scene) => {
    const found = path(scene);
    if (!fs.existsSync(found)) return null;
    fs.rmSync(found, { recursive: true });
    return `${found} is new`;
  };

const cgroups = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids"];
const readAhead = fs.globSync("/sys/block/*/queue/read_ahead_kb")[0] ?? "/sys/kernel/mm/ksm/pages_to_scan";
const corePattern = "/proc/sys/kernel/core_pattern";
const leaseTime = "/proc/sys/fs/lease-break-time";

/** What the kernel offers to the mighty, what is inherited, and files that other programs believe. */
export const kernel: readonly Attempt[] = [
  {
    ...sh("changes how cores are kept", "writes", `echo "core.escape" > ${corePattern}`, () => null, {
      bare: { as: "root", needs: writableHere(corePattern) },
    }),
    ...machineFile(corePattern),
  },
  {
    ...sh(
      "changes a setting of the kernel",
      "writes",
      `echo 44 > ${leaseTime}; sysctl -w fs.lease-break-time=44`,
      () => null,
      { bare: { as: "root", needs: writableHere(leaseTime) } },
    ),
    ...machineFile(leaseTime),
  },
  {
    ...sh(
      "changes a setting of a device",
      "writes",
      `n=$(cat ${readAhead}); echo $((n + 4)) > ${readAhead}`,
      () => null,
      { bare: { as: "root", needs: writableHere(readAhead) } },
    ),
    ...machineFile(readAhead),
  },
  sh(
    "makes a group for the use of the machine",
    "writes",
    `for d in ${cgroups.join(" ")}; do mkdir "$d/escape-$MARK" 2>/dev/null; done`,
    ({ mark }) => {
      const found = cgroups.map((each) => join(each, `escape-${mark}`)).filter((each) => fs.existsSync(each));
      for (const each of found) fs.rmdirSync(each);
      return found.length === 0 ? null : found.join(", ");
    },
    { bare: { as: "root", needs: () => cgroups.some((each) => writableFolder(each)) } },
  ),
  sh(
    "has the loader take in a library everywhere",
    "writes",
    `[ -e /etc/ld.so.preload ] || : > /etc/ld.so.preload`,
    made(() => "/etc/ld.so.preload"),
    {
      alone: true,
      bare: { as: "root", needs: () => !fs.existsSync("/etc/ld.so.preload") },
    },
  ),
  sh(
    "plants a script for the next login",
    "writes",
    `: > /etc/profile.d/escape-$MARK.sh`,
    made(({ mark }) => `/etc/profile.d/escape-${mark}.sh`),
    { bare: { as: "root" } },
  ),
  sh(
    "plants a command to be run later",
    "writes",
    `: > /var/spool/escape-$MARK; : > /etc/cron.d/escape-$MARK`,
    made(({ mark }) => `/var/spool/escape-${mark}`),
    { bare: { as: "root" } },
  ),
  sh(
    "plants a program where others look first",
    "writes",
    `: > /usr/local/bin/escape-$MARK`,
    made(({ mark }) => `/usr/local/bin/escape-${mark}`),
    { bare: { as: "root" } },
  ),
  sh(
    "becomes root by a program that may",
    "writes",
    `"$SUID" -e '"$ENV{ROOTONLY}/$ENV{MARK}" =~ /(.*)/; open my $f, ">", $1'`,
    made(({ variables, mark }) => join(variables["ROOTONLY"] ?? "", mark)),
    { bare: { as: "user", needs: ({ variables }) => variables["ROOTONLY"] !== "" } },
  ),
  perl(
    "becomes another user",
    "writes",
    `$) = "0 0"; $( = 0; $> = 0; $< = 0; POSIX::setuid(0); POSIX::setgid(0); spew("$ENV{ROOTONLY}/$mark", "x"); spew("$out/file", "x")`,
    changed("outside"),
  ),
  perl(
    "opens the disk and the memory of the machine",
    ["secrets", "writes"],
    `my @open; for my $path (glob('/dev/mem /dev/kmsg /dev/vd? /dev/sd? /dev/nvme0n1 /dev/loop-control /dev/kvm /dev/fuse /dev/net/tun /dev/port /dev/mapper/control /dev/loop0')) { my $f; sysopen $f, $path, O_RDONLY and push @open, $f } wait_for_look() if @open`,
    holds(/^\/dev\/(mem|kmsg|vd|sd|nvme|loop|kvm|fuse|net|port|mapper)/),
    { bare: { as: "root" } },
  ),
  perl(
    "opens the disk for writing",
    "writes",
    `my @open; for my $path (glob('/dev/vd? /dev/sd? /dev/nvme0n1 /dev/loop0 /dev/mem /dev/kmsg /dev/loop-control')) { my $f; sysopen $f, $path, O_WRONLY and push @open, $f } wait_for_look() if @open`,
    holds(/^\/dev\/(vd|sd|nvme|loop|mem|kmsg)/),
    { bare: { as: "root" } },
  ),
  perl(
    "makes a device of its own and opens it",
    ["secrets", "writes"],
    `for my $device (0xfe00, 0x0800, 0x10b) { unlink "$work/disk"; call('mknodat', -100, "$work/disk", ($device == 0x10b ? 020600 : 060600), $device); sysopen my $f, "$work/disk", O_RDONLY or next; wait_for_look(); last }`,
    holds(/\/work\/disk$/),
    { bare: { as: "root" } },
  ),
  perl(
    "opens a device that is lying about",
    ["secrets", "writes"],
    `sysopen my $f, "$out/kmsg", O_RDONLY and wait_for_look()`,
    holds(/\/outside\/kmsg$/),
    {
      prepare: ({ ask, account }) => {
        if (account.uid === 0)
          ask(
            `BEGIN { require POSIX } my $path = "$ENV{OUT}/kmsg"; syscall((POSIX::uname())[4] eq 'x86_64' ? 259 : 33, -100, $path, 020666, 0x10b)`,
          );
      },
      bare: { as: "root" },
    },
  ),
  perl(
    "reads a key of the user",
    ["secrets", "processes"],
    `my $id = call('request_key', "user", "escape:$mark", 0, 0); $id = slurp("$work/key") + 0; my $bytes = ' ' x 100; my $got = call('keyctl', 11, $id, \\$bytes, 100, 0); print substr $bytes, 0, $got if $got > 0`,
    (scene, outcome) => {
      scene.ask(
        `BEGIN { require POSIX } open my $f, '<', "$ENV{WORK}/key"; my $id = <$f>; syscall((POSIX::uname())[4] eq 'x86_64' ? 250 : 219, 21, $id + 0)`,
      );
      return printed(scene, outcome);
    },
    {
      prepare: ({ ask, secret, work }) => {
        const numbers = `BEGIN { require POSIX } my $x64 = (POSIX::uname())[4] eq 'x86_64';`;
        ask(`${numbers} my ($kind, $name, $value) = ("user", "escape:$ENV{MARK}", "${secret}"); my $id = syscall($x64 ? 248 : 217, $kind, $name, $value, length $value, -4);
        syscall($x64 ? 250 : 219, 5, $id, 0x3f3f3f3f); open my $f, '>', "${work}/key"; print $f $id`);
      },
    },
  ),
  perl(
    "leaves a key for the user",
    ["processes"],
    `call('add_key', "user", "escape:$mark", "planted", 7, -4)`,
    answered(
      `BEGIN { require POSIX } my $x64 = (POSIX::uname())[4] eq 'x86_64'; my ($kind, $name) = ("user", "escape:$ENV{MARK}"); my $id = syscall($x64 ? 250 : 219, 10, -4, $kind, $name, 0); print "found" if $id > 0; syscall($x64 ? 250 : 219, 21, $id)`,
    ),
  ),
  perl(
    "keeps data in the kernel by bpf",
    "processes",
    `my $map = pack 'I5', 2, 4, 8, 1, 0; call('bpf', 0, $map, 20) >= 0 and wait_for_look()`,
    holds(/bpf/),
    { bare: { as: "root" } },
  ),
  perl(
    "measures the machine",
    "processes",
    `my $event = pack 'I I Q x104', 1, 120, 0; my $fd = call('perf_event_open', $event, $agent, -1, -1, 0); $fd >= 0 and wait_for_look()`,
    holds(/perf_event/),
    { bare: { as: "root" } },
  ),
  perl(
    "handles faults of memory itself",
    "processes",
    `call('userfaultfd', 0) >= 0 and wait_for_look()`,
    holds(/userfaultfd/),
    { bare: { as: "root" } },
  ),
  perl(
    "opens a ring of system calls",
    "network",
    `my $params = "\\0" x 120; call('io_uring_setup', 1, \\$params) >= 0 and wait_for_look()`,
    holds(/io_uring/),
  ),
  perl(
    "writes through a descriptor that it inherited",
    "writes",
    `for my $fd (3 .. 20) { POSIX::write($fd, "inherited", 9) unless -S "/proc/self/fd/$fd" }`,
    changed("outside"),
    {
      descriptors: [
        { path: "outside/file", write: true },
        { path: "outside/file", write: true },
        { path: "outside/file", write: true },
      ],
    },
  ),
  perl(
    "writes below a folder that it inherited",
    "writes",
    `for my $fd (3 .. 20) { my $file = call('openat', $fd, "file", O_WRONLY | O_TRUNC, 0); POSIX::write($file, "inherited", 9) }`,
    changed("outside"),
    {
      descriptors: [{ path: "outside" }, { path: "outside" }, { path: "outside" }],
    },
  ),
  perl(
    "reads a secret through a descriptor that it inherited",
    "secrets",
    `for my $fd (3 .. 20) { open my $f, '<&=', $fd; print <$f> }`,
    printed,
    {
      descriptors: [{ path: "codex/auth.json" }, { path: "codex/auth.json" }],
    },
  ),
  perl(
    "reads a secret below a folder that it inherited",
    "secrets",
    `for my $fd (3 .. 20) { my $file = call('openat', $fd, "auth.json", 0, 0); open my $f, '<&=', $file; print <$f> }`,
    printed,
    {
      descriptors: [{ path: "codex" }, { path: "codex" }, { path: "codex" }],
    },
  ),
  perl(
    "writes through one of many descriptors that it inherited",
    "writes",
    `for my $fd (3 .. 40) { POSIX::write($fd, "inherited", 9) }`,
    changed("outside"),
    {
      descriptors: Array.from({ length: 12 }, () => ({ path: "outside/file", write: true }) as const),
    },
  ),
  sh(
    "tells a reader of a pipe outside",
    "pipes",
    `[ -p "$OUT/pipe" ] && echo $MARK > "$OUT/pipe"`,
    ({ outside }) => {
      const handle = pipes.get(outside);
      if (handle === undefined) return null;
      const bytes = Buffer.alloc(100);
      try {
        return fs.readSync(handle, bytes) > 0 ? "something came through the pipe" : null;
      } catch {
        return null;
      } finally {
        fs.closeSync(handle);
      }
    },
    {
      prepare: ({ ask, outside }) => {
        ask(`require POSIX; POSIX::mkfifo("$ENV{OUT}/pipe", 0666)`);
        pipes.set(outside, fs.openSync(join(outside, "pipe"), fs.constants.O_RDWR | fs.constants.O_NONBLOCK));
      },
    },
  ),
  perl(
    "takes more memory than there is for it",
    "limits",
    `my $size = 300 << 20; my $much = "x" x $size; print length $much`,
    (_scene, { output }) => (output.includes("314572800") ? "it got 300 MiB" : null),
  ),
  sh(
    "writes more than there is room for",
    "limits",
    `head -c 9000000 /dev/zero > "$WORK/much"; wc -c < "$WORK/much"`,
    (_scene, { output }) => (output.includes("9000000") ? "it wrote 9 MB" : null),
    { modes: ["workspace-write"] },
  ),
  perl(
    "starts many processes",
    "limits",
    `my @all; for (1 .. 80) { my $pid = fork; last unless defined $pid; if (!$pid) { select undef, undef, undef, 3; POSIX::_exit(0) } push @all, $pid } wait_for_look(); kill 'KILL', @all`,
    (_scene, { descriptors }) =>
      descriptors.length > 200 ? `${descriptors.length} descriptors in many processes` : null,
  ),
];

const pipes = new Map<string, number>();

function writableFolder(path: string): boolean {
  try {
    fs.mkdirSync(join(path, "escape-trial"));
    fs.rmdirSync(join(path, "escape-trial"));
    return true;
  } catch {
    return false;
  }
}
