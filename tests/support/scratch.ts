/**
 * Where tests make their folders: not below /tmp, which Codex takes for writable. The folder of this run
 * (global-setup.ts), or what every system has where a script is run by itself.
 */
export const scratchFolder = process.env["CODEX_AGENT_TEST_SCRATCH"] ?? "/var/tmp";

/**
 * What Node has compiled of our program, for all of its starts in this run: each has a home of its own, where it would
 * find nothing. Empty where a script is run by itself.
 */
export const compiled: Readonly<Record<string, string>> =
  scratchFolder === "/var/tmp" ? {} : { NODE_COMPILE_CACHE: `${scratchFolder}/compiled` };
