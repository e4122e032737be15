import type { Command } from "commander";

/** The flags of a command and of those that it stands behind: lists add up, of the rest the last one that was given counts. */
export function flagsInForce<Flags extends object>(command: Command): Flags {
  const flags: Record<string, unknown> = command.parent === null ? {} : { ...flagsInForce<object>(command.parent) };
  for (const [name, value] of Object.entries(command.opts<Record<string, unknown>>())) {
    const before = flags[name];
    if (before !== undefined && command.getOptionValueSource(name) === "default") continue;
    const adds = Array.isArray(value) && Array.isArray(before);
    if (value !== undefined) flags[name] = adds ? [...(before as unknown[]), ...(value as unknown[])] : value;
  }
  return flags as Flags;
}
