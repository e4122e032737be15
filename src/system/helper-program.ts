import { accessSync, constants, statSync } from "node:fs";

const ofTheSystem = new Set(["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]);
const found = new Map<string, string | null>();

/**
 * Where a helper of ours lies on PATH, folders of the system first; null where it is not. A folder that is not absolute could be
 * anything in a workspace, and is passed over.
 */
export function helperProgram(name: string): string | null {
  const searchPath = process.env["PATH"] ?? "";
  const key = `${name}:${searchPath}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const folders = searchPath.split(":").filter((folder) => folder.startsWith("/"));
  const sorted = [
    ...folders.filter((each) => ofTheSystem.has(each)),
    ...folders.filter((each) => !ofTheSystem.has(each)),
  ];
  const program = sorted.map((folder) => `${folder}/${name}`).find(isProgram) ?? null;
  found.set(key, program);
  return program;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
