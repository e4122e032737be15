import { lstat, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "codex-output-schema-";
const dayMs = 86_400_000;
let swept = false;

export interface SchemaFile {
  path: string;
  /** Never rejects: what cannot be removed is swept another day. */
  remove(): Promise<void>;
}

/** A file that only this user can read, in a folder of its own. */
export async function writeSchemaFile(json: string): Promise<SchemaFile> {
  // Node makes the folder with mode 0700.
  const folder = await mkdtemp(join(tmpdir(), prefix));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true }).catch(() => {});
  const path = join(folder, "schema.json");
  try {
    await writeFile(path, json, { mode: 0o600, flag: "wx" });
  } catch (error) {
    await remove();
    throw error;
  }
  if (!swept) {
    swept = true;
    void sweepSchemaFiles().catch(() => {});
  }
  return { path, remove };
}

/** Removes what killed processes of this user have left, once it is a day old. */
export async function sweepSchemaFiles(now: number = Date.now()): Promise<void> {
  const user = process.getuid?.();
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    const facts = await lstat(folder).catch(() => null);
    if (facts === null || !facts.isDirectory() || now - facts.mtimeMs < dayMs) continue;
    if (user === undefined || facts.uid === user) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}
