// The first file that runs, in plain JavaScript and without imports, so that a Node that is too old can still say so.
// Modules of Node are asked for and not imported: an import reads all of their properties, and loads what lies behind.

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
function useCompileCache({ mkdirSync, statSync }, { join, resolve }) {
  const module = process.getBuiltinModule("node:module");
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

function explain(error, root) {
  if (error && error.code === "ERR_MODULE_NOT_FOUND") {
    return `a part is missing (${error.message}); in a clone, \`npm start -- --version\` in ${root} installs what is missing`;
  }
  return `internal error: ${error instanceof Error ? error.message : String(error)}`;
}

async function start(root, files, paths) {
  hideExperimentalWarnings();
  useCompileCache(files, paths);
  const { main } = (await useBuilt(root, files, paths))
    ? await import("../dist/cli.js")
    : await import("../src/doors/cli/main.ts");
  return main(process.argv.slice(2));
}

/** A published package has no sources, and nothing to compare. */
async function useBuilt(root, { existsSync }, { join }) {
  if (!existsSync(join(root, "src"))) return true;
  const { distIsCurrent } = await import("./built.mjs");
  return distIsCurrent(root);
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

function run() {
  const files = process.getBuiltinModule("node:fs");
  const paths = process.getBuiltinModule("node:path");
  const root = paths.dirname(import.meta.dirname);
  const [argument, ...more] = process.argv.slice(2);
  // What installers and editors ask most often needs nothing else of this program.
  if ((argument === "--version" || argument === "-V") && more.length === 0) {
    const { version } = JSON.parse(files.readFileSync(paths.join(root, "package.json"), "utf8"));
    process.stdout.on("error", () => {});
    process.stdout.write(`codex-agent ${version}\n`);
    return;
  }
  start(root, files, paths).then(
    (code) => {
      // An open handle (an idle connection, a timer) must not keep a finished command alive; what was written goes out first.
      process.stdout.write("", () => process.stderr.write("", () => end(code)));
    },
    (error) => fail(explain(error, root)),
  );
}

if (runsThis(process.versions.node)) {
  run();
} else {
  fail(
    `Node 22.18 or newer is needed, this is ${process.versions.node}; ` +
      "in a clone, `npm start` installs the right one beside it, else take one from your system's packages or nodejs.org",
  );
}
