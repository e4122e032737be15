/** Builds `dist/` for users: the programs, the library entries and their types. */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeBundle } from "./bundle.ts";

const root = dirname(import.meta.dirname);

function writeTypes(directory: string): void {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", join(directory, "types")], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  // The compiler leaves the `.ts` of an import as it is in declarations, where only some settings of a user can follow it.
  for (const name of globSync("**/*.d.ts", { cwd: join(directory, "types") })) {
    const file = join(directory, "types", name);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
  }
}

// Built aside and moved into place whole: a program that starts meanwhile finds the old files or the new ones.
const aside = join(root, `dist.${process.pid}.tmp`);
try {
  mkdirSync(aside, { recursive: true });
  writeTypes(aside);
  await writeBundle(aside);
  rmSync(join(root, "dist"), { recursive: true, force: true });
  renameSync(aside, join(root, "dist"));
} finally {
  rmSync(aside, { recursive: true, force: true });
}
