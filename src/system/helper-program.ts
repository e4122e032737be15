import { findProgram } from "./find-program.ts";
import { nodeFiles } from "./node-files.ts";

const ofTheSystem = new Set(["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]);
const found = new Map<string, string | null>();

/**
 * Where a helper of ours lies on PATH, folders of the system first; null where it is not. No workspace is known
 * here, whose folders could be left out.
 */
export function helperProgram(name: string): string | null {
  const searchPath = process.env["PATH"] ?? "";
  const key = `${name}:${searchPath}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const folders = searchPath.split(":");
  const sorted = [
    ...folders.filter((each) => ofTheSystem.has(each)),
    ...folders.filter((each) => !ofTheSystem.has(each)),
  ];
  const program = findProgram(name, sorted, [], nodeFiles);
  found.set(key, program);
  return program;
}
