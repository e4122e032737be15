import type { Config } from "../../config/config.ts";
import { commandEnvironment, networkVariables } from "../../tools/exec/environment.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import type { TrialReport } from "../../protocol/trial.ts";
import type { System } from "../../system/ports.ts";
import { AgentError } from "../../protocol/errors.ts";
import { CommandWalls, sandboxSettings, surroundings } from "../walls/command-walls.ts";
import { Guard } from "../guard/guard.ts";
import { configure } from "../configure.ts";
import { environmentPolicy } from "../thread-tools.ts";
import type { WalledCommand } from "../walls/walled-command.ts";
import { openTrial, type Trial } from "./trial.ts";

/** One command in a trial, without a thread. */
export interface TriedCommand extends WalledCommand {
  readonly trial: Trial;
  /** Why rules, or the protection of files, would not have its changes carried over unasked; `deny`: nor asked. Null: they would. */
  objection(report: TrialReport): Promise<{ decision: "ask" | "deny"; reason: string } | null>;
}

/** @throws AgentError `sandbox_unavailable` where nothing can be tried. */
export async function openTried(options: ThreadOptions, system: System): Promise<TriedCommand> {
  const config = await configure(options, system);
  const machine = new CommandWalls(system);
  const place = { config, surroundings: surroundings(config, system), walls: machine, system };
  const trial = await openTrial(place);
  if (typeof trial === "string") {
    await machine.close();
    throw new AgentError("sandbox_unavailable", `the command cannot be tried: ${trial}`);
  }
  const base = { ...config.environment, CODEX_HOME: config.homes.codex };
  const permissions = { ...config.permissions, networkAccess: false };
  return {
    cwd: config.cwd,
    environment: {
      ...commandEnvironment(base, environmentPolicy(config), [...config.secretNames]),
      ...networkVariables(permissions),
    },
    permissions,
    walls: null,
    trial,
    enclose: (argv) => trial.enclose(argv, config.cwd),
    objection: (report) => objectionTo(report, config, system),
    async close() {
      await trial.close();
      await machine.close();
    },
  };
}

async function objectionTo(
  { changes, folders }: TrialReport,
  config: Config,
  system: System,
): Promise<{ decision: "ask" | "deny"; reason: string } | null> {
  const paths = [...changes, ...folders].map(({ path }) => path);
  if (paths.length === 0) return null;
  // Rule files are about commands, not about files.
  const guard = new Guard({ system, codexRules: () => null });
  // Whoever runs the command is there, and asked.
  const { granular: _granular, ...held } = config.permissions;
  const permissions = { ...held, approvalPolicy: "on-request", askFirst: false, mode: "auto" } as const;
  const around = {
    ...surroundings(config, system),
    permissions,
    standing: { sandbox: null, why: "" },
    required: sandboxSettings(config).require,
  };
  const { verdict } = await guard.judge({ kind: "write", paths }, config, around);
  return verdict.decision === "allow"
    ? null
    : { decision: verdict.decision, reason: `${verdict.reason} (${verdict.rule})` };
}
