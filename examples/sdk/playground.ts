/** A folder to work in, and an environment in which nothing is configured: what an example does stays its own. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Playground {
  folder: string;
  env: Record<string, string>;
  leave(): Promise<void>;
}

/** Files are given by their names. */
export async function playground(files: Record<string, string> = {}): Promise<Playground> {
  const root = await mkdtemp(join(tmpdir(), "codex-agent-example-"));
  const [folder, home] = [join(root, "work"), join(root, "home")];
  for (const each of [folder, home]) await mkdir(each);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const env = { HOME: home, PATH: process.env["PATH"] ?? "" };
  return { folder, env, leave: () => rm(root, { recursive: true, force: true }) };
}
