/**
 * Holds the package to what its users get: publint's rules, the list of files, and a tarball that is installed away
 * from this clone, started through its link, and imported and type-checked by a program.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

interface Packed {
  filename: string;
  size: number;
  files: { path: string; size: number }[];
}

interface Manifest {
  version: string;
  exports: Record<string, unknown>;
}

const root = dirname(import.meta.dirname);
const allowed = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|ARCHITECTURE\.md)$/,
  /^bin\/(codex-agent|entry\.mjs|built\.mjs)$/,
  /^dist\/(agent|app-server|cli|chat|code-mode-cell|grep-worker|kernel|messages|proxy|sdk|turn|turn-core|scripts|scripts-core|chunk-[A-Z0-9]+|[a-z-]+-[A-Z0-9]{8})\.js$/,
  /^dist\/(web-tree-sitter|tree-sitter-bash)\.wasm$/,
  /^dist\/[\w-]+\.(js|wasm)\.LEGAL\.txt$/,
  /^dist\/types\/[\w./-]+\.d\.ts$/,
];
const required = [
  "LICENSE",
  "README.md",
  "bin/codex-agent",
  "bin/entry.mjs",
  "bin/built.mjs",
  "dist/agent.js",
  "dist/app-server.js",
  "dist/cli.js",
  "dist/code-mode-cell.js",
  "dist/grep-worker.js",
  "dist/kernel.js",
  "dist/proxy.js",
  "dist/sdk.js",
  "dist/tree-sitter-bash.wasm",
  "dist/web-tree-sitter.wasm",
  "dist/types/agent/index.d.ts",
  "dist/types/doors/app-server/index.d.ts",
  "dist/types/kernel/index.d.ts",
  "dist/types/proxy/index.d.ts",
  "dist/types/sdk/index.d.ts",
];
const largestPacked = 2_000_000;

const manifest: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

function run(command: string, args: string[], cwd: string, env = process.env): string {
  return execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

async function checkRules(): Promise<string[]> {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

function checkFiles({ files, size }: Packed): string[] {
  const paths = files.map(({ path }) => path);
  const foreign = paths.filter((path) => !allowed.some((pattern) => pattern.test(path)));
  const missing = required.filter((path) => !paths.includes(path));
  const problems = [
    ...foreign.map((path) => `${path} is not to be published`),
    ...missing.map((path) => `${path} is not in the package`),
  ];
  if (size > largestPacked) problems.push(`the package has ${size} bytes, more than ${largestPacked}`);
  return problems;
}

/** Installs the tarball as a user would, and uses it. */
function checkInstalled(tarball: string, directory: string): string[] {
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", tarball], directory);
  const problems: string[] = [];
  const program = join(directory, "node_modules", ".bin", "codex-agent");
  // Of whoever runs this, neither the configuration nor the threads.
  const env = { PATH: process.env["PATH"], HOME: join(directory, "home") };
  const version = run(program, ["--version"], directory, env).trim();
  if (!version.includes(manifest.version)) problems.push(`the installed codex-agent says that it is ${version}`);

  // A file of its own is searched in a thread of its own, which the bundle has to have found.
  const found = run(program, ["exec", "--demo", "--skip-git-repo-check", 'search for "user"'], directory, env);
  if (!found.includes("package.json")) problems.push(`the installed codex-agent finds nothing: ${found}`);

  const entries = Object.keys(manifest.exports).filter((name) => name !== "./package.json");
  const imports = entries.map(
    (name, index) => `import * as entry${index} from "codex-agent${name.slice(".".length)}";`,
  );
  const source = [
    ...imports,
    ...entries.map((_, index) => `export const names${index}: string[] = Object.keys(entry${index});`),
    "",
  ].join("\n");
  writeFileSync(join(directory, "program.ts"), source);
  run(process.execPath, ["program.ts"], directory);
  const options = {
    module: "nodenext",
    target: "es2024",
    strict: true,
    noEmit: true,
    typeRoots: [join(root, "node_modules", "@types")],
    types: ["node"],
  };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.ts"] }));
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "."], directory);
  return problems;
}

const directory = mkdtempSync(join(tmpdir(), "codex-agent-package-"));
try {
  run(process.execPath, [join(root, "scripts", "build.ts")], root);
  const packed: Packed[] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", directory], root),
  );
  const [tarball] = packed;
  if (tarball === undefined) throw new Error("npm pack made nothing");
  const user = join(directory, "user");
  mkdirSync(user);
  const problems = [...checkFiles(tarball), ...(await checkRules())];
  if (problems.length === 0) problems.push(...checkInstalled(join(directory, tarball.filename), user));
  for (const problem of problems) process.stderr.write(`package: ${problem}\n`);
  const contents = `${tarball.files.length} files, ${tarball.size} bytes packed`;
  if (problems.length === 0) process.stdout.write(`package: ${contents}, installed and used\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
