import type { FileSystem } from "../../system/ports.ts";
import { planMounts, type Mount } from "./mount-plan.ts";
import type { Placeholders } from "./placeholders.ts";
import type { Sandbox } from "./sandbox.ts";
import { strengthBut } from "./strength.ts";

/** What the rungs that lay out mounts are made from. */
export interface RungParts {
  readonly files: FileSystem;
  readonly placeholders: Placeholders;
  /** Files with the seccomp filter for walls without and with network. */
  readonly filters: { readonly offline: string; readonly online: string };
  /** Commands run as user 0. */
  readonly asRoot: boolean;
}

/**
 * Opens the filter for bubblewrap, closes what else was left open, and lets no signal end the watching process: signals to the
 * group are for the command, and its death ends the rest. `env` undoes that for the command itself.
 */
const watch = [
  `trap "" INT TERM QUIT HUP; exec 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-`,
  `for far in /proc/self/fd/??*; do [ ! -e "$far" ] || exec /bin/bash -p -c "$1" "$0" "\${SHLVL-}" "$@" 9>&2 2>/dev/null; done`,
  `shift; exec 3<"$0"; exec "$@"`,
].join("; ");

/**
 * The plain shell of Debian can close descriptors of one digit alone. Node hands on those from 16 on that it was started
 * with. `-p` keeps Bash from running what the environment names; it counts its own depth in there, and complains of locales.
 */
const closeFar = [
  `for far in /proc/self/fd/??*; do far="\${far##*/}"; eval "exec $far>&-"; done`,
  `level=$1; shift 2; exec 3<"$0" 2>&9 9>&-`,
  `[ -z "$level" ] || exec /usr/bin/env "SHLVL=$level" "$@"; exec /usr/bin/env -u SHLVL "$@"`,
].join("; ");
const signalled = "INT,TERM,QUIT,HUP";

/** What user 0 may write to without a capability: settings of the machine. */
const settings = ["sys", "sysrq-trigger", "irq", "bus", "fs", "mtrr", "pressure", "acpi", "scsi"].map(
  (name) => `/proc/${name}`,
);

/** Bubblewrap, of the path `program`: namespaces for files, processes, shared memory and network, and a filter. */
export function createBubblewrap(program: string, { files, placeholders, filters, asRoot }: RungParts): Sandbox {
  return {
    rung: "bubblewrap",
    strength: strengthBut({
      pipes: "what is mounted read-only still takes what is written to a named pipe",
      limits: "bubblewrap sets none",
    }),
    enclose(argv, cwd, walls) {
      const { mounts, held } = planMounts(walls, files, placeholders);
      return {
        argv: [
          "/bin/sh",
          "-c",
          watch,
          walls.network ? filters.online : filters.offline,
          closeFar,
          program,
          ...bubblewrapFlags(mounts, walls.network, asRoot),
          "--chdir",
          cwd,
          "--",
          "/usr/bin/env",
          `--default-signal=${signalled}`,
          ...argv,
        ],
        release: () => placeholders.release(held),
      };
    },
    close: () => placeholders.close(),
  };
}

const bubblewrapFlags = (mounts: readonly Mount[], network: boolean, asRoot: boolean): string[] => [
  "--die-with-parent",
  "--unshare-user",
  "--unshare-pid",
  "--unshare-ipc",
  ...(network ? [] : ["--unshare-net"]),
  ...flags("--ro-bind", "/", "/"),
  ...mounts.filter(isRoot).flatMap(mountFlags),
  ...flags("--dev", "/dev"),
  ...mounts.filter((mount) => !isRoot(mount)).flatMap(mountFlags),
  ...flags("--proc", "/proc"),
  ...(asRoot ? settings.flatMap((path) => ["--ro-bind-try", path, path]) : []),
  ...flags("--cap-drop", "ALL", "--seccomp", "3"),
];

const flags = (...words: string[]): string[] => words;

const isRoot = ({ path }: Mount): boolean => path === "/";

function mountFlags({ kind, path }: Mount): string[] {
  switch (kind) {
    case "writable":
      return ["--bind", path, path];
    case "read-only":
      return ["--ro-bind", path, path];
    case "empty":
      // Its owner could make it writable, and would write to what only this command sees and nobody keeps.
      return ["--perms", "0555", "--tmpfs", path];
  }
}
