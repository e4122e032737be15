import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import type { Stage } from "./stage.ts";

export type SubjectName = "ours" | "codex" | "bare";

export interface Task {
  /** A name that streams.ts knows. */
  task: string;
  /** Null: the subject's own default. The bare loop has none. */
  sandbox: "danger-full-access" | "workspace-write" | null;
  /** A thread that lies in the stage already. */
  resume: string | null;
}

export interface Subject {
  name: SubjectName;
  /** The argument list, the program first. */
  command(stage: Stage, baseUrl: string, task: Task): string[];
  /** The same for its app-server; null: it has none. */
  server: string[] | null;
}

const repository = dirname(import.meta.dirname);

export const codexPath = join(
  repository,
  "tests/oracle/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
);

const agent = (name: SubjectName, program: string): Subject => ({
  name,
  server: [program, "app-server"],
  command: (_stage, _baseUrl, { sandbox, resume }) => [
    program,
    "exec",
    "--json",
    "--skip-git-repo-check",
    ...(sandbox === null ? [] : ["-s", sandbox]),
    ...(resume === null ? [] : ["resume", resume]),
    "hi",
  ],
});

/**
 * The three that are compared. Ours is built now and copied to `root`, so that an edit of the sources during the run
 * changes nothing; the bare loop is translated once, so that it starts as plain JavaScript.
 */
export async function makeSubjects(root: string): Promise<Record<SubjectName, Subject>> {
  if (!existsSync(codexPath)) throw new Error(`the real Codex is not at ${codexPath}; npm test installs it`);
  const product = join(root, "product");
  mkdirSync(product);
  execFileSync("npm", ["run", "build"], { cwd: repository, stdio: ["ignore", "ignore", "inherit"] });
  for (const part of ["bin", "dist", "package.json"]) {
    cpSync(join(repository, part), join(product, part), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(product, "node_modules"));
  const bareLoop = join(root, "bare-loop.mjs");
  const source = readFileSync(join(import.meta.dirname, "bare-loop.ts"), "utf8");
  writeFileSync(bareLoop, (await transform(source, { loader: "ts", format: "esm", target: "node22" })).code);
  return {
    ours: agent("ours", join(product, "bin", "codex-agent")),
    codex: agent("codex", codexPath),
    bare: {
      name: "bare",
      server: null,
      command: (stage, baseUrl) => [process.execPath, bareLoop, baseUrl, stage.journal, "hi"],
    },
  };
}
