import type { Architecture } from "../seccomp.ts";

/**
 * System calls: asm/unistd_64.h, and asm-generic/unistd.h. Those from 424 on are the same
 * everywhere. Below zero: the machine has none.
 */
const calls: Readonly<Record<string, readonly [x64: number, arm64: number]>> = {
  close: [3, 57],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  ioctl: [16, 29],
  sendmsg: [46, 211],
  recvmsg: [47, 212],
  execve: [59, 221],
  chmod: [90, -1],
  fchmod: [91, 52],
  chown: [92, -2],
  fchown: [93, 55],
  lchown: [94, -3],
  capset: [126, 91],
  utime: [132, -4],
  rt_sigpending: [127, 136],
  prctl: [157, 167],
  dup3: [292, 24],
  prlimit64: [302, 261],
  exit_group: [231, 94],
  lgetxattr: [192, 9],
  llistxattr: [195, 12],
  utimes: [235, -5],
  openat: [257, 56],
  fchownat: [260, 54],
  futimesat: [261, -6],
  fchmodat: [268, 53],
  utimensat: [280, 88],
  unshare: [272, 97],
  seccomp: [317, 277],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  pidfd_open: [434, 434],
  close_range: [436, 436],
  openat2: [437, 437],
  mount_setattr: [442, 442],
  landlock_create_ruleset: [444, 444],
  landlock_add_rule: [445, 445],
  landlock_restrict_self: [446, 446],
  fchmodat2: [452, 452],
};

/** linux/fcntl.h, linux/openat2.h, linux/mount.h, linux/sched.h, linux/prctl.h, linux/seccomp.h, asm-generic/errno-base.h. */
const constants: Readonly<Record<string, number | readonly [x64: number, arm64: number]>> = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EBADF: 9,
  EINTR: 4,
  EAGAIN: 11,
  EACCES: 13,
  EFAULT: 14,
  EINVAL: 22,
  SIGFPE: 8,
  SIGKILL: 9,
  SIG_BLOCK: 0,
  SIG_SETMASK: 2,
  AT_FDCWD: -100,
  AT_SYMLINK_NOFOLLOW: 0x100,
  AT_EMPTY_PATH: 0x1000,
  AT_RECURSIVE: 0x8000,
  O_RDWR: 2,
  O_NONBLOCK: 0x800,
  F_SETFL: 4,
  SIOCSIFFLAGS: 0x8914,
  IFF_UP: 1,
  O_NOFOLLOW: [0x20000, 0x8000],
  O_PATH: 0x200000,
  O_CLOEXEC: 0x80000,
  RESOLVE_NO_SYMLINKS: 4,
  OPEN_TREE_CLONE: 1,
  MOVE_MOUNT_F_EMPTY_PATH: 4,
  MOVE_MOUNT_T_EMPTY_PATH: 0x40,
  MOUNT_ATTR_RDONLY: 1,
  MOUNT_ATTR_NOSUID: 2,
  MOUNT_ATTR_NODEV: 4,
  MOUNT_ATTR_NOEXEC: 8,
  MS_PRIVATE: 0x40000,
  FSCONFIG_SET_FLAG: 0,
  FSCONFIG_SET_STRING: 1,
  FSCONFIG_CMD_CREATE: 6,
  /** For mounts, shared memory, user and processes. */
  NEW_NAMESPACES: 0x00020000 | 0x08000000 | 0x10000000 | 0x20000000,
  CLONE_NEWNET: 0x40000000,
  PR_SET_PDEATHSIG: 1,
  PR_SET_DUMPABLE: 4,
  PR_CAPBSET_DROP: 24,
  PR_SET_CHILD_SUBREAPER: 36,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_CAP_AMBIENT: 47,
  PR_CAP_AMBIENT_CLEAR_ALL: 4,
  SECCOMP_SET_MODE_FILTER: 1,
  SECCOMP_FILTER_FLAG_NEW_LISTENER: 8,
  SECCOMP_IOCTL_NOTIF_RECV: 0xc0502100,
  SECCOMP_IOCTL_NOTIF_SEND: 0xc0182101,
  SECCOMP_IOCTL_NOTIF_ID_VALID: 0x40082102,
};

/** Perl that names the numbers which `text` uses. */
export function numbersFor(text: string, architecture: Architecture): string {
  const column = architecture === "x64" ? 0 : 1;
  const named = [
    ...Object.entries(calls).map(([name, value]) => [`nr_${name}`, value] as const),
    ...Object.entries(constants),
  ];
  const used = new Set(text.match(/\b[A-Za-z]\w+/g));
  return named
    .filter(([name]) => used.has(name))
    .map(([name, value]) => `sub ${name} () { ${typeof value === "number" ? value : value[column]} }\n`)
    .join("");
}
