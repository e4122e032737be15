import type { RungParts } from "./bubblewrap.ts";
import { planMounts } from "./mount-plan.ts";
import type { Sandbox } from "./sandbox.ts";
import { strengthBut } from "./strength.ts";

/** How one of our scripts is run. */
export interface Perl {
  readonly program: string;
  readonly script: string;
}

/**
 * Starts a script so that nothing but itself decides what runs: no options, modules or encodings from the environment. Perl
 * complains of locales that are not installed on the standard error of every command, unless told not to.
 */
export const perlArguments = ({ program, script }: Perl): readonly string[] => [
  "/usr/bin/env",
  "PERL_BADLANG=0",
  program,
  "-C0",
  "-T",
  script,
];

/**
 * Namespaces laid out by a script of ours, and Landlock where the kernel has it. `agent` is who the command dies with;
 * `landlock` is the kernel's version of it, 0 where there is none.
 */
export function createHelper(
  perl: Perl,
  agent: number,
  landlock: number,
  { files, placeholders, filters }: RungParts,
): Sandbox {
  return {
    rung: "helper",
    strength: strengthBut({
      ...(landlock === 0 && { pipes: "it takes Landlock, which this kernel has not" }),
      limits: "the helper sets none",
    }),
    enclose(argv, cwd, walls) {
      const { mounts, held } = planMounts(walls, files, placeholders);
      const [filter, network] = walls.network ? [filters.online, "online"] : [filters.offline, "offline"];
      const plan = mounts.flatMap(({ kind, path }) => [kind, path]);
      return {
        argv: [...perlArguments(perl), String(agent), filter, cwd, network, ...plan, "--", ...argv],
        release: () => placeholders.release(held),
      };
    },
    close: () => placeholders.close(),
  };
}
