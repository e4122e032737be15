import type { FileSystem } from "../../system/ports.ts";
import { planMounts, WallsError, type Mount } from "./mount-plan.ts";
import { limitedShell, limitPlan, rootUncounted, timeOf, type Limits } from "./limits.ts";
import { perlArguments, type Perl } from "./perl.ts";
import type { Placeholders } from "./placeholders.ts";
import type { Sandbox } from "./sandbox.ts";
import type { NetworkKind } from "./seccomp.ts";
import { strengthBut } from "./strength.ts";

/** What the rungs that lay out mounts are made from. */
export interface RungParts {
  readonly files: FileSystem;
  readonly placeholders: Placeholders;
  /** Files with the seccomp filter for walls without and with network. */
  readonly filters: Readonly<Record<NetworkKind, string>>;
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

/** What our script within the walls needs stays open under these numbers; the filter is 3 anyway. */
const openForGate = `exec 4<"$0" 5<"$1"; shift; exec "$@"`;

/** Bubblewrap, of the path `program`: namespaces for files, processes, shared memory and network, and a filter. `gate`: null for none. */
export function createBubblewrap(program: string, gate: Perl | null, parts: RungParts): Sandbox {
  const { files, placeholders, filters, asRoot } = parts;
  return {
    rung: "bubblewrap",
    views: ["copy"],
    strength: strengthBut({
      pipes: "what is mounted read-only still takes what is written to a named pipe",
      ...(asRoot && { limits: rootUncounted }),
      ...(gate === null && { hosts: "perl is not installed, which hands connections on to the gate" }),
    }),
    enclose(argv, cwd, walls) {
      const { mounts, held } = planMounts(walls, files, placeholders);
      const folder = gate === null ? undefined : walls.gate;
      const network = walls.network ? "online" : "offline";
      return {
        argv: [
          "/bin/sh",
          "-c",
          watch,
          filters[folder === undefined ? network : "gated"],
          closeFar,
          ...(folder === undefined || gate === null ? [] : ["/bin/sh", "-c", openForGate, folder, gate.script]),
          program,
          ...bubblewrapFlags(mounts, walls.network, asRoot),
          ...(folder === undefined ? ["--seccomp", "3"] : []),
          "--chdir",
          cwd,
          "--",
          "/usr/bin/env",
          `--default-signal=${signalled}`,
          ...(folder === undefined || gate === null ? limitedShell(walls.limits) : gateScript(gate, cwd, walls.limits)),
          ...argv,
        ],
        ...timeOf(walls.limits),
        release: () => placeholders.release(held),
      };
    },
    close: () => placeholders.close(),
  };
}

/** Its own file is hidden in there, as is the socket. */
const gateScript = ({ program }: Perl, cwd: string, limits: Limits | undefined): string[] => [
  ...perlArguments({ program, script: "/proc/self/fd/5" }),
  "-",
  "/proc/self/fd/3",
  cwd,
  "offline",
  "gate",
  "/proc/self/fd/4",
  ...limitPlan(limits),
  "--",
];

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
  ...flags("--cap-drop", "ALL"),
];

const flags = (...words: string[]): string[] => words;

const isRoot = ({ path }: Mount): boolean => path === "/";

function mountFlags({ kind, path, view }: Mount): string[] {
  switch (kind) {
    case "writable":
      if (view?.type === "overlay") throw new WallsError("bubblewrap of this version lays nothing over a folder");
      return ["--bind", view?.source ?? path, path];
    case "read-only":
      return ["--ro-bind", path, path];
    case "empty":
      // Its owner could make it writable, and would write to what only this command sees and nobody keeps.
      return ["--perms", "0555", "--tmpfs", path];
  }
}
