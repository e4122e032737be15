import type { RungParts } from "./bubblewrap.ts";
import { planMounts, type Mount } from "./mount-plan.ts";
import type { Sandbox } from "./sandbox.ts";
import { perlArguments, type Perl } from "./perl.ts";
import { limitPlan, rootUncounted, timeOf } from "./limits.ts";
import { strengthBut } from "./strength.ts";

/**
 * Namespaces laid out by a script of ours, and Landlock where the kernel has it. `agent` is who the command dies with;
 * `landlock` is the kernel's version of it, 0 where there is none.
 */
export function createHelper(
  perl: Perl,
  agent: number,
  landlock: number,
  { files, placeholders, filters, asRoot }: RungParts,
): Sandbox {
  return {
    rung: "helper",
    views: ["overlay", "copy"],
    strength: strengthBut({
      ...(landlock === 0 && { pipes: "it takes Landlock, which this kernel has not" }),
      ...(asRoot && { limits: rootUncounted }),
    }),
    enclose(argv, cwd, walls) {
      const { mounts, held } = planMounts(walls, files, placeholders);
      const plan = [
        ...mounts.flatMap(mountSteps),
        ...(walls.gate === undefined ? [] : ["gate", walls.gate]),
        ...limitPlan(walls.limits),
      ];
      const network = walls.network ? "online" : "offline";
      const filter = filters[walls.gate === undefined ? network : "gated"];
      return {
        argv: [...perlArguments(perl), String(agent), filter, cwd, network, ...plan, "--", ...argv],
        ...timeOf(walls.limits),
        release: () => placeholders.release(held),
      };
    },
    close: () => placeholders.close(),
  };
}

function mountSteps({ kind, path, view }: Mount): string[] {
  if (view === undefined) return [kind, path];
  if (view.type === "copy") return ["copied", path, "source", view.source];
  return ["view", path, "upper", view.upper, "work", view.work];
}
