/**
 * The seccomp filter of a sandboxed command: classic BPF over `struct seccomp_data` (linux/seccomp.h), as the
 * bytes of a `struct sock_filter` array, which both bubblewrap's `--seccomp` and our helper take.
 */

export type Architecture = "x64" | "arm64";

/** `gated`: as `offline`, but for TCP, in a namespace where that leads to a gate alone. */
export type NetworkKind = "offline" | "gated" | "online";

export interface SeccompOptions {
  readonly architecture: Architecture;
  /** Unless `online`, sockets that could lead outside are refused. */
  readonly network: NetworkKind;
  /**
   * Without namespaces: memory and queues shared by number are refused, so are further attributes of files, and calls that
   * change modes, owners and times of files go to a listener.
   */
  readonly bare?: boolean;
}

interface Machine {
  /** AUDIT_ARCH_* (linux/audit.h). */
  readonly audit: number;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Refused whatever they are asked for: they reach into other processes, around the filter, or into the kernel. */
const refused =
  "ptrace process_vm_readv process_vm_writev pidfd_getfd process_madvise kcmp io_uring_setup io_uring_enter io_uring_register userfaultfd bpf perf_event_open keyctl add_key request_key mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr setns open_by_handle_at fanotify_init kexec_load kexec_file_load init_module finit_module delete_module swapon swapoff reboot acct quotactl quotactl_fd syslog settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname".split(
    " ",
  );
const ports = ["iopl", "ioperm"];
const peers = "connect bind listen accept accept4".split(" ");
const shared = "shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open mq_unlink".split(
  " ",
);
const extended =
  "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr setxattrat removexattrat file_setattr".split(" ");
const attributes =
  "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat".split(" ");

/** System call numbers: asm/unistd_64.h, and asm-generic/unistd.h. Those from 424 on are the same everywhere. */
const common = {
  pidfd_getfd: 438,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  clone3: 435,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  fchmodat2: 452,
  setxattrat: 463,
  removexattrat: 466,
  file_setattr: 469,
};

const machines: Readonly<Record<Architecture, Machine>> = {
  x64: {
    audit: 0xc000003e,
    numbers: {
      ...common,
      chmod: 90,
      fchmod: 91,
      chown: 92,
      fchown: 93,
      lchown: 94,
      utime: 132,
      setxattr: 188,
      lsetxattr: 189,
      fsetxattr: 190,
      removexattr: 197,
      lremovexattr: 198,
      fremovexattr: 199,
      utimes: 235,
      fchownat: 260,
      futimesat: 261,
      fchmodat: 268,
      utimensat: 280,
      ioctl: 16,
      shmget: 29,
      shmat: 30,
      shmctl: 31,
      socket: 41,
      connect: 42,
      accept: 43,
      bind: 49,
      listen: 50,
      socketpair: 53,
      clone: 56,
      semget: 64,
      semop: 65,
      semctl: 66,
      msgget: 68,
      msgsnd: 69,
      msgrcv: 70,
      msgctl: 71,
      ptrace: 101,
      syslog: 103,
      pivot_root: 155,
      adjtimex: 159,
      chroot: 161,
      acct: 163,
      settimeofday: 164,
      mount: 165,
      umount2: 166,
      swapon: 167,
      swapoff: 168,
      reboot: 169,
      sethostname: 170,
      setdomainname: 171,
      iopl: 172,
      ioperm: 173,
      init_module: 175,
      delete_module: 176,
      quotactl: 179,
      semtimedop: 220,
      clock_settime: 227,
      mq_open: 240,
      mq_unlink: 241,
      kexec_load: 246,
      add_key: 248,
      request_key: 249,
      keyctl: 250,
      unshare: 272,
      accept4: 288,
      perf_event_open: 298,
      fanotify_init: 300,
      open_by_handle_at: 304,
      clock_adjtime: 305,
      setns: 308,
      process_vm_readv: 310,
      process_vm_writev: 311,
      kcmp: 312,
      finit_module: 313,
      kexec_file_load: 320,
      bpf: 321,
      userfaultfd: 323,
    },
  },
  arm64: {
    audit: 0xc00000b7,
    numbers: {
      ...common,
      setxattr: 5,
      lsetxattr: 6,
      fsetxattr: 7,
      removexattr: 14,
      lremovexattr: 15,
      fremovexattr: 16,
      fchmod: 52,
      fchmodat: 53,
      fchownat: 54,
      fchown: 55,
      utimensat: 88,
      ioctl: 29,
      umount2: 39,
      mount: 40,
      pivot_root: 41,
      chroot: 51,
      quotactl: 60,
      acct: 89,
      unshare: 97,
      kexec_load: 104,
      init_module: 105,
      delete_module: 106,
      clock_settime: 112,
      syslog: 116,
      ptrace: 117,
      reboot: 142,
      sethostname: 161,
      setdomainname: 162,
      settimeofday: 170,
      adjtimex: 171,
      mq_open: 180,
      mq_unlink: 181,
      msgget: 186,
      msgctl: 187,
      msgrcv: 188,
      msgsnd: 189,
      semget: 190,
      semctl: 191,
      semtimedop: 192,
      semop: 193,
      shmget: 194,
      shmctl: 195,
      shmat: 196,
      socket: 198,
      socketpair: 199,
      bind: 200,
      listen: 201,
      accept: 202,
      connect: 203,
      add_key: 217,
      request_key: 218,
      keyctl: 219,
      clone: 220,
      swapon: 224,
      swapoff: 225,
      perf_event_open: 241,
      accept4: 242,
      fanotify_init: 262,
      open_by_handle_at: 265,
      clock_adjtime: 266,
      setns: 268,
      process_vm_readv: 270,
      process_vm_writev: 271,
      kcmp: 272,
      finit_module: 273,
      bpf: 280,
      userfaultfd: 282,
      kexec_file_load: 294,
    },
  },
};

const EPERM = 1;
const ENOSYS = 38;
const EOPNOTSUPP = 95;
/** CLONE_NEW* for cgroup, uts, ipc, user, pid, net, mount and time namespaces. */
const newNamespaces = 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000 | 0x00020000 | 0x80;
/** In `clone` the lowest byte is the signal at exit: the time namespace (0x80) exists for `unshare` alone. */
const newNamespacesOfClone = newNamespaces & ~0xff;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/** FS_IOC_SETFLAGS of both widths, FS_IOC_SETVERSION, FS_IOC_FSSETXATTR: more attributes of a file, also of one open for reading. */
const flagRequests = [0x40086602, 0x40046602, 0x40087602, 0x401c5820];
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const equals = (value: number, yes: number, no: number): Instruction => [0x15, yes, no, value >>> 0];
const atLeast = (value: number, yes: number, no: number): Instruction => [0x35, yes, no, value >>> 0];
const anyBit = (mask: number, yes: number, no: number): Instruction => [0x45, yes, no, mask >>> 0];
const and = (mask: number): Instruction => [0x54, 0, 0, mask >>> 0];
const allow: Instruction = [0x06, 0, 0, 0x7fff0000];
const notify: Instruction = [0x06, 0, 0, 0x7fc00000];
const fail = (error: number): Instruction => [0x06, 0, 0, 0x00050000 | error];
const number = load(0);
const architectureOf = load(4);
/** The lower half of an argument; what the kernel reads of the arguments that are looked at here. */
const argument = (index: number): Instruction => load(16 + 8 * index);

/** Code, jump when true, jump when false, constant. */
type Instruction = readonly [number, number, number, number];

/** The filter for one kind of walls. Whoever runs under it needs `no_new_privs`. */
export function seccompFilter({ architecture, network, bare }: SeccompOptions): Uint8Array {
  const { audit, numbers } = machines[architecture];
  const program: Instruction[] = [architectureOf, equals(audit, 1, 0), fail(EPERM), number];
  // The x32 calls of x86-64 would go past every number below.
  if (architecture === "x64") program.push(atLeast(0x40000000, 0, 1), fail(ENOSYS));
  const when = (name: string, then: readonly Instruction[]): void => {
    const value = numbers[name];
    if (value !== undefined) program.push(equals(value, 0, then.length), ...then);
  };
  const plain = [...refused, ...ports, ...(network === "offline" ? peers : []), ...(bare === true ? shared : [])];
  for (const name of plain) when(name, [fail(EPERM)]);
  when("unshare", [argument(0), anyBit(newNamespaces, 0, 1), fail(EPERM), allow]);
  when("clone", [argument(0), anyBit(newNamespacesOfClone, 0, 1), fail(EPERM), allow]);
  // Its flags lie behind a pointer; without it the C library falls back to clone.
  when("clone3", [fail(ENOSYS)]);
  if (bare === true) {
    for (const name of attributes) when(name, [notify]);
    // What a file system says that has none: programs that only copy them along go on.
    for (const name of extended) when(name, [fail(EOPNOTSUPP)]);
  }
  const requests = [TIOCSTI, TIOCLINUX, ...(bare === true ? flagRequests : [])];
  const refusals = requests.map((request, index) => equals(request, requests.length - index, 0));
  when("ioctl", [argument(1), ...refusals, allow, fail(EPERM)]);
  if (network !== "online") {
    // Datagrams can be sent to an address without connecting; the other kinds cannot, and connecting is refused.
    const onlyStreams: readonly Instruction[] = [
      argument(0),
      equals(AF_UNIX, 0, 4),
      argument(1),
      and(0xf),
      equals(SOCK_STREAM, 2, 0),
      equals(SOCK_SEQPACKET, 1, 0),
      fail(EPERM),
      allow,
    ];
    // Where connecting is allowed, no unix socket may be made: a path or name leads out of the namespace.
    when("socket", network === "gated" ? onlyTcp : onlyStreams);
    when("socketpair", onlyStreams);
  }
  program.push(allow);
  return assemble(program);
}

const onlyTcp: readonly Instruction[] = [
  argument(0),
  equals(AF_INET, 1, 0),
  equals(AF_INET6, 0, 3),
  argument(1),
  and(0xf),
  equals(SOCK_STREAM, 1, 0),
  fail(EPERM),
  allow,
];

/** `struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }`, little-endian as both architectures are. */
function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(([code, yes, no, value], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, yes);
    view.setUint8(index * 8 + 3, no);
    view.setUint32(index * 8 + 4, value, true);
  });
  return bytes;
}
