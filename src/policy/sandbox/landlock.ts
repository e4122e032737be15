import type { RungParts } from "./bubblewrap.ts";
import { perlArguments, type Perl } from "./perl.ts";
import { limitPlan, timeOf } from "./limits.ts";
import type { Sandbox } from "./sandbox.ts";
import { strengthBut, type WallName } from "./strength.ts";

/** Files with the seccomp filter for walls without and with network; both refuse objects shared by number. */
export interface LandlockParts {
  readonly filters: Pick<RungParts["filters"], "offline" | "online">;
}

/** Versions of Landlock that brought what a wall needs. */
const truncateSince = 3;

/**
 * Walls without namespaces: Landlock of that `version` and a seccomp filter. Landlock gives rights to whole folders and knows no
 * exceptions, so that a folder above a hidden one can be neither listed nor, when it is writable, given new entries; what is
 * beside the hidden one is read and written as ever. The devices below /dev that are open to a command are `null`, `zero`,
 * `full`, `random`, `urandom` and `tty`: no new terminals, which would open those of others.
 */
export function createLandlock(perl: Perl, agent: number, version: number, { filters }: LandlockParts): Sandbox {
  return {
    rung: "landlock",
    views: [],
    strength: strengthBut(missingAt(version)),
    enclose(argv, cwd, walls) {
      const filter = walls.network ? filters.online : filters.offline;
      const kinds = ["writable", "hidden", "shown"] as const;
      const plan = [
        ...kinds.flatMap((kind) => walls[kind].flatMap((path) => [kind, path])),
        ...limitPlan(walls.limits, "everywhere"),
      ];
      return {
        argv: [...perlArguments(perl), String(agent), filter, cwd, String(version), ...plan, "--", ...argv],
        ...timeOf(walls.limits),
        release: () => {},
      };
    },
    close: () => {},
  };
}

function missingAt(version: number): Partial<Record<WallName, string>> {
  return {
    ...(version < truncateSince && {
      writes: `Landlock ${version} of this kernel cannot keep files elsewhere from being cut off; Linux 6.2 brings it`,
    }),
    guarded: "Landlock has no exceptions below a writable folder",
    processes: "without namespaces other processes are seen, and one that left its session outlives a killed command",
    limits: "without namespaces processes are not counted command by command; memory, files and time are bounded",
    hosts: "without a network of its own a command could go past the gate: it has no network at all",
  };
}
