// Asked for where this Node can (entry.mjs says why); the setup of a clone runs on older ones, too.
const builtin = async (name) => process.getBuiltinModule?.(name) ?? import(name);
const { existsSync, readdirSync, statSync } = await builtin("node:fs");
const { join } = await builtin("node:path");

/** The newest modification below a path, directories included: a file that was removed or renamed shows in its directory. */
function newestChange(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let newest = stat.mtimeMs;
  for (const name of readdirSync(path)) newest = Math.max(newest, newestChange(join(path, name)));
  return newest;
}

/** Whether `dist/` is to be used: always in a published package, in a clone only while it is newer than its sources. */
export function distIsCurrent(root) {
  const built = join(root, "dist", "cli.js");
  if (!existsSync(built)) return false;
  const sources = join(root, "src");
  if (!existsSync(sources)) return true;
  const newest = Math.max(newestChange(sources), statSync(join(root, "package.json")).mtimeMs);
  return statSync(built).mtimeMs > newest;
}
