/**
 * The process of one cell: takes a script from its standard input, runs it as a module in a context of its own, and tells
 * on its standard output what the script says and calls. Started with Node's permission model and code from strings off in
 * its own world; what it tells is read with distrust all the same.
 */
import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { createContext, constants, runInContext, SourceTextModule, type Context } from "node:vm";
import { realm, type Post, type Realm } from "./realm.ts";

const { stdin } = process;
const exit: (code: number) => never = process.exit;

const lineOf = (...message: readonly unknown[]): string => `${JSON.stringify(message)}\n`;

function write(text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}

/** Calls of the script that have not gone out. */
let calls = "";
/** Characters of them that are kept together. */
const callsKept = 65_536;

/** A call goes out when the script waits for something. One that ends instead has nobody who waits for its calls: none of them begins. */
function call(line: string): void {
  if (calls === "") setImmediate(sendCalls);
  calls += line;
  if (calls.length > callsKept) sendCalls();
}

function sendCalls(): void {
  const lines = calls;
  calls = "";
  write(lines);
}

function end(error: string | null): never {
  write(lineOf("end", error));
  exit(0);
}

const timers = new Map<number, NodeJS.Timeout>();

function openRealm(context: Context): Realm {
  // Whatever this throws stays within `send` of the realm.
  const post: Post = (kind, ...values) => {
    if (kind === "end") end(null);
    if (kind === "timer") startTimer(Number(values[0]), Number(values[1]));
    else if (kind === "untimer") {
      clearTimeout(timers.get(Number(values[0])));
      timers.delete(Number(values[0]));
    } else if (kind === "call") call(lineOf(kind, ...values));
    else write(lineOf(kind, ...values));
  };
  const install = runInContext(`(${realm.toString()})`, context, { filename: helpers }) as typeof realm;
  return install(post);
}

function startTimer(id: number, milliseconds: number): void {
  const fire = (): void => {
    timers.delete(id);
    const error = world.fire(id);
    if (typeof error === "string") end(ownFrames(error));
  };
  timers.set(id, setTimeout(fire, milliseconds));
}

const helpers = "code-mode-helpers";
const ownFile = "exec_main.mjs";

/** The lines of a stack that are the script's: none of Node's, and none of files, which ours are by path or by URL. */
const ownFrames = (text: string): string =>
  text
    .split("\n")
    .filter(
      (line) => !/^ {4}at .*(?:node:|file:|[( ]\/|code-mode-helpers|(?:stringify|parse) \(<anonymous>\)$)/.test(line),
    )
    .join("\n");

/** What `import()` rejects with. The script gets it: it must not be an object of this world. */
const unsupported: unknown = "unsupported import in exec";

/** Errors of this world are put into words here: the realm never sees them. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}

async function run(source: string, context: Context): Promise<void> {
  let module: SourceTextModule;
  try {
    module = new SourceTextModule(source, {
      context,
      identifier: ownFile,
      initializeImportMeta: () => {},
      importModuleDynamically: () => {
        throw unsupported;
      },
    });
    await module.link((name) => {
      throw new Error(`Unsupported import in exec: ${name}`);
    });
  } catch (error) {
    return end(inWords(error));
  }
  try {
    await module.evaluate();
  } catch (error) {
    const text: unknown = world.describe(error);
    return end(ownFrames(typeof text === "string" ? text : ""));
  }
  end(null);
}

/** What only this world has is taken from it, should a script ever find a way here. */
function strip(names: ReadonlySet<string>): void {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!names.has(name)) Reflect.deleteProperty(globalThis, name);
  }
}

const context = createContext(constants.DONT_CONTEXTIFY, { codeGeneration: { strings: true, wasm: false } });
const world = openRealm(context);

let started = false;
let pieces: string[] = [];

function take(line: string): void {
  if (started) return world.settle(line);
  started = true;
  const { source, plan } = JSON.parse(line) as { source: string; plan: string };
  world.begin(plan);
  void run(source, context);
}

// A promise that the script forgot is its own affair.
process.on("unhandledRejection", () => {});
process.on("uncaughtException", (error) => end(inWords(error)));
stdin.setEncoding("utf8");
stdin.on("data", (chunk: string) => {
  let from = 0;
  for (let at = chunk.indexOf("\n"); at !== -1; at = chunk.indexOf("\n", from)) {
    pieces.push(chunk.slice(from, at));
    take(pieces.join(""));
    pieces = [];
    from = at + 1;
  }
  if (from < chunk.length) pieces.push(chunk.slice(from));
});
stdin.on("end", () => exit(0));
const language = new Set(runInContext("Object.getOwnPropertyNames(globalThis)", context) as string[]);
strip(language);
write(lineOf("ready"));
