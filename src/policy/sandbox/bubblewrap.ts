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
}

/**
 * Opens the filter for bubblewrap and lets no signal end the watching process: signals to the group are for the
 * command, and its death ends the rest. `env` undoes that for the command itself.
 */
const watch = `trap "" INT TERM QUIT HUP; exec 3<"$0"; exec "$@"`;
const signalled = "INT,TERM,QUIT,HUP";

/** Bubblewrap, of the path `program`: namespaces for files, processes, shared memory and network, and a filter. */
export function createBubblewrap(program: string, { files, placeholders, filters }: RungParts): Sandbox {
  return {
    rung: "bubblewrap",
    strength: strengthBut({ limits: "bubblewrap sets none" }),
    enclose(argv, cwd, walls) {
      const { mounts, held } = planMounts(walls, files, placeholders);
      return {
        argv: [
          ...["/bin/sh", "-c", watch, walls.network ? filters.online : filters.offline],
          ...[program, "--die-with-parent", "--unshare-user", "--unshare-pid", "--unshare-ipc"],
          ...(walls.network ? [] : ["--unshare-net"]),
          ...["--ro-bind", "/", "/", ...mounts.filter(isRoot).flatMap(mountFlags)],
          ...["--dev", "/dev", ...mounts.filter((mount) => !isRoot(mount)).flatMap(mountFlags)],
          ...mounts.filter(({ kind }) => kind === "empty").flatMap(({ path }) => ["--remount-ro", path]),
          ...["--proc", "/proc", "--cap-drop", "ALL", "--seccomp", "3", "--chdir", cwd, "--"],
          ...["/usr/bin/env", `--default-signal=${signalled}`, ...argv],
        ],
        release: () => placeholders.release(held),
      };
    },
    close: () => placeholders.close(),
  };
}

const isRoot = ({ path }: Mount): boolean => path === "/";

function mountFlags({ kind, path }: Mount): string[] {
  switch (kind) {
    case "writable":
      return ["--bind", path, path];
    case "read-only":
      return ["--ro-bind", path, path];
    case "empty":
      return ["--perms", "0555", "--tmpfs", path];
  }
}
