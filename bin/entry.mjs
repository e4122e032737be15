// The first file that runs, in plain JavaScript, so that a Node that is too old can still say so.
import { mkdirSync, statSync } from "node:fs";
import module from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { distIsCurrent } from "./built.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function runsThis(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** Node calls its TypeScript and SQLite support experimental on stderr; a user of this program can do nothing with that. */
function hideExperimentalWarnings() {
  const emitWarning = process.emitWarning;
  process.emitWarning = function (warning, ...rest) {
    const type = rest[0] !== null && typeof rest[0] === "object" ? rest[0].type : rest[0];
    if (type === "ExperimentalWarning" || (warning && warning.name === "ExperimentalWarning")) return;
    emitWarning.call(process, warning, ...rest);
  };
}

/** Compiled code is run as it is found, so the cache is used only where nobody else can write. */
function useCompileCache() {
  const home = process.env.HOME || process.env.USERPROFILE;
  const runtime = process.env.AGENT_RUNTIME_DIR || (home ? join(home, ".agent_runtime") : "");
  if (runtime === "" || typeof module.enableCompileCache !== "function") return;
  const directory = join(resolve(runtime), "cache", "compile");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const stat = statSync(directory);
    const ours = process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0);
    if (ours) module.enableCompileCache(directory);
  } catch {
    // No home, a read-only one, a file in its place: the program runs as well without.
  }
}

function fail(message) {
  process.stderr.write(`codex-agent: ${message}\n`);
  process.exitCode = 1;
}

function explain(error) {
  if (error && error.code === "ERR_MODULE_NOT_FOUND") {
    return `a part is missing (${error.message}); in a clone, \`npm start -- --version\` in ${root} installs what is missing`;
  }
  return `internal error: ${error instanceof Error ? error.message : String(error)}`;
}

async function start() {
  hideExperimentalWarnings();
  useCompileCache();
  const file = distIsCurrent(root) ? join(root, "dist", "cli.js") : join(root, "src", "doors", "cli", "main.ts");
  const { main } = await import(pathToFileURL(file).href);
  return main(process.argv.slice(2));
}

/** What SIGTERM ended is seen as ended by it: whoever watches tells a stop from a failure. */
function end(code) {
  if (code === 143 && process.platform !== "win32") {
    process.removeAllListeners("SIGTERM");
    process.kill(process.pid, "SIGTERM");
  } else {
    process.exit(code);
  }
}

if (runsThis(process.versions.node)) {
  start().then(
    (code) => {
      // An open handle (an idle connection, a timer) must not keep a finished command alive; what was written goes out first.
      process.stdout.write("", () => process.stderr.write("", () => end(code)));
    },
    (error) => fail(explain(error)),
  );
} else {
  fail(
    `Node 22.18 or newer is needed, this is ${process.versions.node}; ` +
      "in a clone, `npm start` installs the right one beside it, else take one from your system's packages or nodejs.org",
  );
}
