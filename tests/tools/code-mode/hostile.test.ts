import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CellProcess } from "../../../src/tools/code-mode/cell-process.ts";
import { UnreadOutput } from "../../../src/tools/code-mode/unread-output.ts";
import { readMessage } from "../../../src/tools/code-mode/messages.ts";
import { functionTool, heard, scriptBench, type ScriptBench } from "./bench.ts";

let bench: ScriptBench;
beforeEach(() => {
  bench = scriptBench([functionTool("echo", (args) => args)]);
});
afterEach(() => bench.close());

/** The first line of a script whose call returns at its end, also where the machine is busy. */
const patiently = `// @exec: {"yield_time_ms": 100000}\n`;
const said = async (source: string): Promise<string[]> => heard(await bench.exec(source)).said;

/** Every object that a script can get hold of must be one of its own world. */
const findStrangers = `
const seen = new Set();
const strangers = [];
const own = [Function, Object.getPrototypeOf(async () => {}).constructor, Object.getPrototypeOf(function* () {}).constructor, Object.getPrototypeOf(async function* () {}).constructor];
const walk = (value, path) => {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  seen.add(value);
  if (typeof value === "function" && value !== Function.prototype && !own.some((each) => value instanceof each)) strangers.push(path);
  if (typeof value === "object") {
    let root = value;
    for (let next = Object.getPrototypeOf(root); next !== null; next = Object.getPrototypeOf(next)) root = next;
    if (root !== value && root !== Object.prototype) strangers.push(path);
  }
  for (const key of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    for (const part of ["value", "get", "set"]) walk(property[part], path + "." + String(key));
  }
  walk(Object.getPrototypeOf(value), path + ".__proto__");
};`;

describe("a script that looks for a way out", () => {
  it("finds nothing of Node", async () => {
    const names = [
      "process",
      "require",
      "module",
      "Buffer",
      "fetch",
      "console",
      "WebAssembly",
      "SharedArrayBuffer",
      "Atomics",
      "performance",
      "structuredClone",
      "queueMicrotask",
    ];
    expect(
      await said(
        `text(${JSON.stringify(names)}.filter((name) => name in globalThis || eval("typeof " + name) !== "undefined"))`,
      ),
    ).toEqual(["[]"]);
  });

  it.each([
    `text.constructor.constructor("return typeof process")()`,
    `tools.echo.constructor("return typeof process")()`,
    `(await tools.echo({a: {b: []}})).a.b.constructor.constructor("return typeof process")()`,
    `tools.echo({}).constructor.constructor("return typeof process")()`,
    `import("fs").catch(() => {}).constructor.constructor("return typeof process")()`,
    `(await import("fs").catch((error) => error)).constructor.constructor("return typeof process")()`,
    `(0, eval)("typeof process")`,
    `new Function("return typeof process")()`,
    `Object.getPrototypeOf(async () => {}).constructor("return typeof process")()`,
    `globalThis.constructor.constructor("return typeof process")()`,
    `import.meta.constructor`,
  ])("does not get there by %s", async (way) => {
    expect(["undefined", '"undefined"']).toContain((await said(`text(await (${way}))`)).join());
  });

  it("has no module, however it asks", async () => {
    const ways = [
      "import('fs')",
      "eval(\"import('node:fs')\")",
      "new Function(\"return import('fs')\")()",
      "import('data:text/javascript,export default 1')",
      "import('file:///etc/passwd')",
    ];
    for (const way of ways) {
      expect(await said(`try { text(await ${way}) } catch (error) { text(typeof error + " " + error) }`)).toEqual([
        "string unsupported import in exec",
      ]);
    }
  });

  it("reaches only objects of its own world: globals, results, promises, errors of deep recursion", async () => {
    const source = `${findStrangers}
walk(globalThis, "globalThis");
walk(await tools.echo({a: [1, {b: null}]}), "result");
const pending = tools.echo({});
walk(pending, "promise");
walk(import("x").catch((error) => walk(error, "import error")), "import");
walk(await tools.echo(5).catch((error) => error), "rejection");
const caught = [];
const dive = () => { try { dive() } catch (error) { try { caught.push(error); text("x") } catch (other) { caught.push(other) } } };
dive();
const sink = () => { text("x"); sink() };
try { sink() } catch (error) { caught.push(error) }
const post = () => { try { notify("x") } finally { post() } };
try { post() } catch (error) { caught.push(error) }
for (const error of caught) walk(error, "caught");
globalThis.found = caught.length;
store("found", [strangers, caught.length > 2]);`;
    const result = heard(await bench.exec(source));
    expect(result.state).toBe("Script completed");
    expect(await said(`text(load("found"))`)).toEqual(["[[],true]"]);
  });

  it("sees no function or receiver of the outside in stacks", async () => {
    const source = `Error.prepareStackTrace = (_error, sites) => sites.map((site) => typeof site.getFunction() + typeof site.getThis()).filter((pair) => /object|function/.test(pair)).length;
const strange = [];
const note = () => strange.push(new Error("x").stack);
text(typeof note()); setTimeout(note, 0); await new Promise((resolve) => setTimeout(resolve, 20));
const probe = { toJSON() { note(); return 1 } }; text(probe); Error.prepareStackTrace = undefined; text(strange.filter(Boolean).length)`;
    expect((await said(source)).at(-1)).toBe("0");
  });

  it("gains nothing by changing what all objects have", async () => {
    const source = `const got = [];
Object.defineProperty(Object.prototype, "id", { set(value) { got.push(this) }, configurable: true });
Object.prototype.toJSON = undefined;
Array.prototype[Symbol.iterator] = function* () { got.push(this); };
for (const name of ["call", "apply", "bind"]) Function.prototype[name] = function (...all) { got.push(this, all); };
Promise.prototype.then = function (...all) { got.push(...all); };
JSON.stringify = JSON.parse = () => { got.push("json") };
text("a"); const call = tools.echo({ok: 1}); setTimeout(() => { text("b"); exit() }, 5);
void got; await new Promise(() => {});`;
    expect(heard(await bench.exec(source))).toEqual({ state: "Script completed", said: ["a", "b"] });
  });
});

describe("a script that forges or floods", () => {
  it("cannot write a line of its own: what it says is within a message", async () => {
    const forged = '["end",null]\n["call",1,"echo","{}"]\n["store","k","1"]';
    expect(await said(`text(${JSON.stringify(forged)}); text("still there")`)).toEqual([forged, "still there"]);
    expect(await said(`text(load("k"))`)).toEqual(["undefined"]);
  });

  it.each([
    '["call","1","echo","{}"]',
    '["call",1,"echo"]',
    '["text",5]',
    "[]",
    "{}",
    "5",
    "",
    '["store","k"]',
    '["end",5]',
    "null",
  ])("the message %s is none", (line) => expect(readMessage(line)).toBeNull());

  it("is heard in full where a message is long, and shortened where the model reads it", async () => {
    const result = await bench.exec(
      `// @exec: {"max_output_tokens": 1000}\ntext("é".repeat(200000)); text((await tools.echo({long: "x".repeat(3e6)})).long.length)`,
    );
    const { state, said: parts } = heard(result);
    expect(state).toBe("Script completed");
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatch(
      /^Warning: truncated output \(original token count: 100002\)\nTotal output lines: 2\n\né+…99002 tokens truncated…é+\n3000000$/,
    );
  });

  it("keeps the first and the last of more than 10 MiB", async () => {
    const result = await bench.exec(
      `// @exec: {"max_output_tokens": 20000000}\nfor (let n = 0; n < 200; n++) text(n + " " + "x".repeat(100000))`,
    );
    const { said: parts } = heard(result);
    expect(parts[0]).toMatch(/^0 /);
    expect(parts.at(-1)).toMatch(/^199 /);
    expect(parts.find((part) => part.startsWith("["))).toMatch(/^\[\d+ bytes of output were dropped here/);
    expect(parts.join("").length).toBeLessThan(10.5 * 1024 * 1024);
  });
});

describe("a script without end or measure", () => {
  it("cannot fill our memory with texts of no length", () => {
    const unread = new UnreadOutput();
    const part = { type: "input_text" as const, text: "" };
    for (let n = 0; n < 1_000_000; n++) unread.push(part);
    const parts = unread.take();
    expect(parts.length).toBeLessThan(200_000);
    expect(parts.find((each) => each !== part)).toMatchObject({
      text: expect.stringContaining("of output were dropped"),
    });
  });

  it("is ended when it asks for calls faster than they can be made", async () => {
    const hang = scriptBench([functionTool("hang", () => new Promise(() => {}))]);
    const source = `${patiently}const big = "x".repeat(1e6); for (let n = 0; n < 200; n++) tools.hang({ big }); await new Promise(() => {})`;
    const { state, said: parts } = heard(await hang.exec(source));
    hang.close();
    expect(state).toBe("Script failed");
    expect(parts.join()).toContain("more calls wait than can be kept");
  });

  it("is ended when it makes calls and does not read what they bring", async () => {
    const long = "x".repeat(16e6);
    const generous = scriptBench([functionTool("long", () => long)]);
    const { state, said: parts } = heard(
      await generous.exec(
        `${patiently}for (let n = 0; n < 20; n++) tools.long(); await new Promise((go) => setTimeout(go, 0)); for (;;);`,
      ),
    );
    generous.close();
    expect(state).toBe("Script failed");
    expect(parts.join()).toContain("has ended (SIGKILL)");
  });

  it("cannot fill what the model reads with notices: those beyond measure are output like any other", async () => {
    const result = await bench.exec(`for (let n = 0; n < 100; n++) notify(n + " " + "x".repeat(1000))`);
    expect(bench.notes.length).toBeGreaterThan(30);
    expect(bench.notes.join("").length).toBeLessThanOrEqual(40_000);
    expect(heard(result).said.join()).toContain("99 x");
    await bench.exec(`for (let n = 0; n < 1000; n++) notify("")`);
    expect(bench.notes.filter((note) => note === "").length).toBeLessThanOrEqual(400);
  });

  it("can be paused and stopped in an endless loop", async () => {
    let { state, said: parts } = heard(await bench.exec(`// @exec: {"yield_time_ms": 300}\ntext("in"); for (;;);`));
    // On a busy machine it may not have begun by then.
    while (parts.length === 0 && state === "Script running with cell ID 1")
      ({ state, said: parts } = heard(await bench.wait({ cell_id: "1", yield_time_ms: 300 })));
    expect({ state, parts }).toEqual({ state: "Script running with cell ID 1", parts: ["in"] });
    expect(heard(await bench.exec(`text("beside it")`)).said).toEqual(["beside it"]);
    expect(heard(await bench.wait({ cell_id: "1", terminate: true })).state).toBe("Script terminated");
  });

  it("returns although it waits for what never comes", async () => {
    expect(heard(await bench.exec(`// @exec: {"yield_time_ms": 50}\nawait new Promise(() => {})`)).state).toBe(
      "Script running with cell ID 1",
    );
  });

  it.each([
    [
      "objects",
      `const all = []; for (;;) all.push({ n: [1, 2, 3] })`,
      /The script ran out of memory: it may have 256 MB of values\./,
    ],
    [
      "text",
      `let all = ["x".repeat(1e6)]; for (let n = 0; ; n++) all.push(all[0] + n + "y".repeat(1e6 + n)), all.at(-1).charCodeAt(5)`,
      /The script ran out of memory/,
    ],
    [
      "buffers",
      `const all = []; for (;;) all.push(new Uint8Array(1e7).fill(1))`,
      /Array buffer allocation failed|The script ran out of memory/,
    ],
    [
      "microtasks",
      `const again = () => Promise.resolve([]).then(again, again); const all = []; for (;;) all.push(again())`,
      /The script ran out of memory/,
    ],
  ])("dies alone, with a reason, when it takes %s without end", async (_what, source, reason) => {
    const beside = bench.exec(`${patiently}await new Promise((resolve) => setTimeout(resolve, 500)); text("unharmed")`);
    const { state, said: parts } = heard(await bench.exec(patiently + source));
    expect(state).toBe("Script failed");
    expect(parts.join()).toMatch(reason);
    expect(heard(await beside).said).toEqual(["unharmed"]);
  });

  it("is ended with us when we are killed", async () => {
    const program = `
import { CellProcess } from ${JSON.stringify(join(import.meta.dirname, "../../../src/tools/code-mode/cell-process.ts"))};
const cell = new CellProcess(null);
await cell.ready;
cell.listen((message) => message.type === "text" && console.log(cell.pid), () => {});
cell.send({ source: "text('in'); for (;;);", plan: JSON.stringify({ tools: [], stored: {}, storeSize: 0 }) });`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = Number(String(await new Promise((settle) => owner.stdout.once("data", settle))));
    expect(pid).toBeGreaterThan(0);
    owner.kill("SIGKILL");
    for (let alive = true; alive; await new Promise((go) => setTimeout(go, 10))) {
      try {
        process.kill(pid, 0);
        alive = !(await readFile(`/proc/${pid}/stat`, "utf8")).includes(") Z ");
      } catch {
        alive = false;
      }
    }
  });
});

describe("the process of a script, should one ever break out of its world", () => {
  it("may not read, run or load anything, compiles no text, and knows no variable", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cell-"));
    try {
      const program = join(folder, "free.mjs");
      await writeFile(program, free);
      const said: unknown[] = [];
      const cell = new CellProcess(null, { program, readable: `${folder}/` });
      await new Promise<void>((settle) =>
        cell.listen(
          (message) => said.push(message),
          () => settle(),
        ),
      );
      expect(said).toEqual([
        { type: "text", text: "ERR_ACCESS_DENIED" },
        { type: "text", text: "ERR_ACCESS_DENIED" },
        { type: "text", text: "ERR_ACCESS_DENIED" },
        { type: "text", text: "ERR_ACCESS_DENIED" },
        { type: "text", text: "EvalError" },
        { type: "text", text: "" },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** A program with all of Node in its hands, in the place of the one that runs scripts. */
const free = `
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { Worker } from "node:worker_threads";
const say = (text) => writeSync(1, JSON.stringify(["text", text]) + "\\n");
const attempt = (what) => { try { what(); say("done") } catch (error) { say(error.code ?? error.name) } };
attempt(() => readFileSync("/etc/passwd"));
attempt(() => writeFileSync("/tmp/cell-was-here", ""));
attempt(() => spawnSync("/bin/true"));
attempt(() => new Worker("1", { eval: true }));
attempt(() => Function("return 1")());
say(Object.keys(process.env).filter((name) => !["PWD", "OLDPWD", "_", "SHLVL"].includes(name)).join());
`;
