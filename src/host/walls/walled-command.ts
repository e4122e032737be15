import { AgentError } from "../../protocol/errors.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import type { Permissions } from "../../protocol/permissions.ts";
import { decide } from "../../policy/decide.ts";
import type { Enclosed, RungName } from "../../policy/sandbox/sandbox.ts";
import type { Strength } from "../../policy/sandbox/strength.ts";
import type { System } from "../../system/ports.ts";
import { commandEnvironment, networkVariables } from "../../tools/exec/environment.ts";
import { CommandWalls, sandboxSettings, surroundings } from "./command-walls.ts";
import { GatedWalls, type GateTalk } from "./gated-walls.ts";
import { configure } from "../configure.ts";
import { environmentPolicy } from "../thread-tools.ts";

/** One command as a thread with these options would run it, without a thread. */
export interface WalledCommand {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: Permissions;
  /** Null with full access. */
  readonly walls: { readonly rung: RungName; readonly strength: Strength } | null;
  /** `cwd`: where the command runs, when that is not the folder that the walls are for. */
  enclose(argv: readonly string[], cwd?: string): Enclosed;
  close(): Promise<void>;
}

export interface WallsAsked {
  /** Walls that were tried out before and stay; without them some are, for this command. */
  readonly machine?: CommandWalls;
  /** The network is open, whatever the configuration says. */
  readonly network?: boolean;
}

/** @throws AgentError `sandbox_unavailable` when the walls that are asked for cannot be had here. */
export async function openWalls(
  options: ThreadOptions,
  system: System,
  talk: GateTalk,
  { machine: known, network = false }: WallsAsked = {},
): Promise<WalledCommand> {
  const configured = await configure(options, system);
  const granted = network ? { permissions: { ...configured.permissions, granted: { write: [], network } } } : {};
  const config = { ...configured, ...granted };
  const { permissions, cwd } = config;
  const machine = known ?? new CommandWalls(system);
  const full = permissions.sandbox === "danger-full-access";
  const thread = new GatedWalls(machine, system, talk);
  const standing = full ? { sandbox: null, why: "" } : await thread.standing(config, network);
  const decision = decide(
    { kind: "command", argv: [], cwd, escalate: false, justification: null },
    {
      ...surroundings(config, system),
      standing,
      required: sandboxSettings(config).require,
    },
  );
  // Nothing was asked for that goes beyond the walls.
  if (decision.type !== "allow") {
    throw new AgentError("sandbox_unavailable", decision.type === "deny" ? decision.message : "");
  }
  const { enclose } = decision;
  const base = { ...config.environment, CODEX_HOME: config.homes.codex };
  return {
    cwd,
    environment: {
      ...commandEnvironment(base, environmentPolicy(config), [...config.secretNames]),
      ...networkVariables(permissions),
    },
    permissions,
    walls: standing.sandbox && { rung: standing.sandbox.rung, strength: standing.sandbox.strength },
    enclose: (argv, at = cwd) => (enclose === null ? { argv, release: () => {} } : enclose(argv, at)),
    async close() {
      await thread.close();
      if (known === undefined) await machine.close();
    },
  };
}
