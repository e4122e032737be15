import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CellProcess } from "../../../src/tools/code-mode/cell-process.ts";
import { Cells } from "../../../src/tools/code-mode/cells.ts";
import type { Enclose } from "../../../src/policy/sandbox/sandbox.ts";
import { CallError } from "../../../src/tools/tool.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { until } from "../../support/until.ts";
import { functionTool, heard, scriptBench, type ScriptBench } from "./bench.ts";

interface Asked {
  signal: AbortSignal;
  answer(text: string): void;
}

let bench: ScriptBench;
/** Calls of `hold` that have not been answered. */
let held: Asked[];
let arrived: (() => void)[];

const tools = [
  functionTool(
    "hold",
    (_args, signal) =>
      new Promise((answer) => {
        held.push({ signal, answer });
        for (const go of arrived.splice(0)) go();
      }),
  ),
];

beforeEach(() => {
  held = [];
  arrived = [];
  bench = scriptBench(tools);
});
afterEach(() => bench.close());

async function calls(count: number): Promise<Asked[]> {
  while (held.length < count) await new Promise<void>((go) => arrived.push(go));
  return held;
}

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      // A process that has ended and was not waited for yet has a state, and no memory.
      if (!readFileSync(`/proc/${pid}/status`, "utf8").includes("VmRSS")) return;
    } catch {
      return;
    }
    await new Promise((go) => setTimeout(go, 10));
  }
}

it("a call that a script makes and ends without waiting for anything never begins", async () => {
  const ended = await bench.exec(
    `tools.hold().catch(() => {}); const since = Date.now(); while (Date.now() - since < 200); text("not awaited")`,
  );
  expect(heard(ended)).toMatchObject({ said: ["not awaited"] });
  expect(held).toEqual([]);
});

describe("a script that lasts", () => {
  it("returns when its time is over, goes on, and is waited for", async () => {
    const first = await bench.exec(
      `// @exec: {"yield_time_ms": 1}\ntext(await tools.hold()); yield_control(); text(await tools.hold())`,
    );
    expect(heard(first)).toEqual({ state: "Script running with cell ID 1", said: [] });
    (await calls(1))[0]!.answer("one");
    expect(heard(await bench.wait({ cell_id: "1" }))).toEqual({
      state: "Script running with cell ID 1",
      said: ["one"],
    });
    (await calls(2))[1]!.answer("two");
    expect(heard(await bench.wait({ cell_id: "1" }))).toEqual({ state: "Script completed", said: ["two"] });
    expect(heard(await bench.wait({ cell_id: "1" }))).toEqual({
      state: "Script failed",
      said: ["Script error:\nexec cell 1 not found"],
    });
  });

  it("pauses where it says so: what comes after is told later", async () => {
    const result = await bench.exec(`text("a"); yield_control(); text("b"); await tools.hold()`);
    expect(heard(result)).toEqual({ state: "Script running with cell ID 1", said: ["a"] });
    (await calls(1))[0]!.answer("");
    expect(heard(await bench.wait({ cell_id: "1" }))).toEqual({ state: "Script completed", said: ["b"] });
  });

  it("is stopped, and its calls with it", async () => {
    await bench.exec(`// @exec: {"yield_time_ms": 0}\nawait tools.hold()`);
    const [asked] = await calls(1);
    expect(heard(await bench.wait({ cell_id: "1", terminate: true }))).toEqual({
      state: "Script terminated",
      said: [],
    });
    expect(asked!.signal.aborted).toBe(true);
  });

  it("is stopped when its turn is interrupted, also between calls of the model", async () => {
    await bench.exec(`// @exec: {"yield_time_ms": 0}\nawait tools.hold()`);
    const [asked] = await calls(1);
    bench.interrupt.abort(new Error("stop"));
    expect(asked!.signal.aborted).toBe(true);
    expect(bench.cells.find("1")?.state).toEqual({ type: "terminated" });
  });

  it("is stopped when its turn is interrupted while its process starts", async () => {
    const { promise: walls, resolve: build } = Promise.withResolvers<null>();
    const cells = new Cells(() => walls);
    const own = scriptBench([], cells);
    const started = own.exec(`for (;;);`);
    own.interrupt.abort(new Error("stop"));
    build(null);
    await expect(started).rejects.toThrow("stop");
    expect(cells.find("1")?.state).toEqual({ type: "terminated" });
    own.close();
  });

  it("calls nothing while no turn runs", async () => {
    await bench.exec(`// @exec: {"yield_time_ms": 0}\nawait tools.hold(); await tools.hold(); text("both")`);
    const [first] = await calls(1);
    bench.over.abort();
    first!.answer("");
    const later = bench.nextTurn();
    expect(heard(await bench.wait({ cell_id: "1", yield_time_ms: 100 })).state).toBe("Script running with cell ID 1");
    expect(held).toHaveLength(1);
    const waiting = later.wait({ cell_id: "1" });
    (await calls(2))[1]!.answer("");
    expect(heard(await waiting).said).toEqual(["both"]);
  });

  it("cancels what it did not wait for when it ends", async () => {
    const running = bench.exec(`tools.hold(); await tools.hold(); text("done")`);
    const [forgotten, awaited] = await calls(2);
    awaited!.answer("");
    expect(heard(await running)).toEqual({ state: "Script completed", said: ["done"] });
    expect(forgotten!.signal.aborted).toBe(true);
  });

  it("makes its calls side by side, 32 at a time", async () => {
    const running = bench.exec(`await Promise.all(Array.from({length: 40}, () => tools.hold())); text("all")`);
    await calls(32);
    expect(held).toHaveLength(32);
    for (let answered = 0; answered < 40; answered++) (await calls(answered + 1))[answered]!.answer("");
    expect(heard(await running).said).toEqual(["all"]);
  });

  it("is one of eight at most", async () => {
    const start = `// @exec: {"yield_time_ms": 0}\nawait new Promise(() => {})`;
    for (let count = 1; count <= 8; count++) await bench.exec(start);
    await expect(bench.exec(start)).rejects.toThrow("8 scripts are running already (cells 1, 2, 3, 4, 5, 6, 7, 8)");
    await bench.wait({ cell_id: "3", terminate: true });
    expect(heard(await bench.exec(start)).state).toBe("Script running with cell ID 9");
  });

  it("is one of eight at most, also of those that one response starts side by side", async () => {
    const start = `// @exec: {"yield_time_ms": 0}\nawait new Promise(() => {})`;
    const started = await Promise.allSettled(Array.from({ length: 10 }, () => bench.exec(start)));
    const refused = started.flatMap((each) => (each.status === "rejected" ? [String(each.reason)] : []));
    expect(refused).toHaveLength(2);
    expect(refused[0]).toContain("8 scripts are running already (cells 1, 2, 3, 4, 5, 6, 7, 8)");
  });

  it("leaves its place when its process does not come up", async () => {
    const own = scriptBench([], new Cells(() => Promise.resolve(() => ({ argv: ["/bin/false"], release: () => {} }))));
    for (let count = 1; count <= 9; count++) await expect(own.exec(`text("")`)).rejects.toThrow("was not run");
    own.close();
  });
});

describe("the process of a script", () => {
  it("ends with it, open timers or not", async () => {
    const process = new CellProcess(null);
    const ended = new Promise((settle) => process.listen(() => {}, settle));
    const plan = JSON.stringify({ tools: [], stored: {}, storeSize: 0 });
    process.send({ source: "setTimeout(() => {}, 1e6)", plan });
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it("ends with the thread, whatever it does", async () => {
    const { pids, cells } = spied();
    const own = scriptBench([], cells);
    await own.exec(`// @exec: {"yield_time_ms": 200}\nfor (;;);`);
    await until(() => pids().length > 0);
    const running = pids();
    expect(running.length).toBeGreaterThan(0);
    own.close();
    for (const pid of running) await gone(pid);
  });

  it("waits for the next script no longer than a thread does, and keeps nobody from ending", async () => {
    const { pids, cells } = spied();
    await cells.warm();
    await until(() => pids().length > 0);
    expect(pids()).toHaveLength(1);
    cells.close();
    for (const pid of pids()) await gone(pid);
  });
});

describe("the walls around a script's process", () => {
  /** Walls that note what is started within them, as long as they stand. */
  function walls(folder: string): { enclose: Enclose; started(): number; fall(): void; rise(): void; open(): number } {
    const [log, fallen] = [join(folder, "started"), join(folder, "fallen")];
    const build = `[ ! -e "$1" ] || { echo "no walls for you" >&2; exit 9; }; echo >> "$0"; shift; exec "$@"`;
    let open = 0;
    return {
      enclose(argv) {
        open++;
        return { argv: ["/bin/sh", "-c", build, log, fallen, ...argv], release: () => open-- };
      },
      started: () => (existsSync(log) ? readFileSync(log, "utf8").length : 0),
      fall: () => writeFileSync(fallen, ""),
      rise: () => rmSync(fallen),
      open: () => open,
    };
  }
  let folder: string;
  let cells: Cells;
  beforeEach(() => (folder = mkdtempSync(join(scratchFolder, "walls-"))));
  afterEach(() => {
    cells.close();
    rmSync(folder, { recursive: true });
  });

  it("are tried once more when the process ends before it is ready", async () => {
    const stand = walls(folder);
    let tries = 0;
    const enclose: Enclose = (argv, cwd) => {
      tries++;
      return tries === 1 ? { argv: ["/bin/false"], release: () => {} } : stand.enclose(argv, cwd);
    };
    cells = new Cells(() => Promise.resolve(enclose));
    expect(heard(await scriptBench([], cells).exec(`text("within")`)).said).toEqual(["within"]);
    expect(stand.started()).toBeGreaterThan(0);
  });

  it("are not left out where they cannot be put up: the script is refused, and the next one tries them anew", async () => {
    const stand = walls(folder);
    cells = new Cells(() => Promise.resolve(stand.enclose));
    const own = scriptBench([], cells);
    stand.fall();
    const refused = own.exec(`text("without")`);
    await expect(refused).rejects.toThrow(CallError);
    await expect(refused).rejects.toThrow(/exit code 9: no walls for you.*codex_agent\.tools\.mode = "classic"/s);
    expect(stand.started()).toBe(0);
    stand.rise();
    expect(heard(await own.exec(`text("within")`)).said).toEqual(["within"]);
    expect(stand.started()).toBeGreaterThan(0);
  });

  it("are those of the moment: a process that was started before they stood is not used", async () => {
    const stand = walls(folder);
    stand.fall();
    let standing: Enclose | null = null;
    cells = new Cells(() => Promise.resolve(standing));
    await cells.warm();
    standing = stand.enclose;
    await expect(scriptBench([], cells).exec(`text("without")`)).rejects.toThrow("no walls for you");
  });

  it("are put up once where they stay the same: the process that waits is used", async () => {
    const stand = walls(folder);
    cells = new Cells(() => Promise.resolve(stand.enclose));
    await cells.warm();
    await until(() => stand.started() === 1);
    stand.fall();
    expect(heard(await scriptBench([], cells).exec(`text("warm")`)).said).toEqual(["warm"]);
    cells.close();
    await until(() => stand.open() === 0);
  });
});

/** Cells whose processes are known by their ids: they are started through walls that note them and hold nothing. */
function spied(): { pids(): number[]; cells: Cells } {
  const before = new Set(children());
  return {
    cells: new Cells(() => Promise.resolve(null)),
    pids: () => children().filter((pid) => !before.has(pid)),
  };
}

const known = new Set<number>();
/** Children of this process that were ever seen running a cell: the system may leave one out of its list while another one ends. */
function children(): number[] {
  const listed = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  for (const pid of listed === "" ? [] : listed.split(" ").map(Number)) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("cell-main")) known.add(pid);
    } catch {
      // It has just ended.
    }
  }
  return [...known];
}
