/** What has the system's loader and C library, or the perl that builds walls, run code or read files of somebody's choice. */
const pattern = /^(?:LD_.*|GCONV_PATH|LOCPATH|GLIBC_TUNABLES|PERL.*)$/;

/**
 * The walls are built by programs that start outside of them. Where the user's variables have the loader look into a folder that
 * commands may write to, these programs must not have them: the command gets them from a program within.
 */
export function carryLoaderVariables(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const names = Object.keys(env).filter((name) => pattern.test(name));
  if (names.length === 0) return { argv, env };
  const assignments = names.map((name) => `${name}=${env[name]}`);
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !pattern.test(name)));
  return { argv: ["/usr/bin/env", ...assignments, ...argv], env: rest };
}
