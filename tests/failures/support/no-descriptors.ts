import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { nodeProcesses } from "../../../src/system/processes/node-processes.ts";
import { launch } from "../../../src/tools/exec/process/launch.ts";
import { PipePool } from "../../../src/tools/exec/process/pipe-pool.ts";
import { ProcessGroups } from "../../../src/tools/exec/process/process-group.ts";
import { dumpShell } from "../../../src/tools/exec/login/shell-dump.ts";
import { searchWithRipgrep } from "../../../src/tools/grep-files/ripgrep.ts";
import { messageOf } from "../../../src/protocol/errors.ts";

// Takes every descriptor that there is, asks for programs, and prints what came of each.
const folder = process.argv[2]!;
const env = { PATH: "/usr/bin:/bin" };
const groups = new ProcessGroups();
await nodeProcesses.run(["true"]);

const taken: number[] = [];
try {
  for (;;) taken.push(openSync("/dev/null", "r"));
} catch {
  // That was the last one.
}
const limits = { signal: new AbortController().signal, timeLimitMs: 5000, limit: 10 };
const result = {
  run: await nodeProcesses.run(["echo", "x"]),
  lock: await nodeProcesses.lock(join(folder, "x.lock")).then(() => "taken", messageOf),
  search: await searchWithRipgrep("rg", { root: folder, except: [], pattern: "x", include: null }, limits),
  dump: await dumpShell("/bin/bash", "-c", env, groups),
  launch: await launch(new PipePool(join(folder, "pipes")), groups, {
    argv: ["echo", "x"],
    cwd: folder,
    enclose: null,
    env,
    terminal: false,
    onStart: () => {},
    onOutput: () => {},
  }).then(() => "started", messageOf),
};
for (const descriptor of taken) closeSync(descriptor);
process.stdout.write(JSON.stringify({ ...result, afterwards: await nodeProcesses.run(["echo", "back"]) }));
