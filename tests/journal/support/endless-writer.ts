// Started as a process of its own, to be killed: appends for ever and prints what it appended, one number a line.
import { writeSync } from "node:fs";
import { RolloutStore } from "../../../src/journal/store.ts";
import { answer, ids, newThread, prompt, started, system } from "./journals.ts";

const [home = "", id = ""] = process.argv.slice(2);
const journal = new RolloutStore(system, home).create(newThread(id));
journal.append([started("t1"), prompt("t1", "go", 0)]);
for (let count = 1; ; count++) {
  journal.append([answer("t1", `answer ${count} ${"x".repeat(5000)}`, journal.nextSequence() - 1)]);
  writeSync(1, `${ids.hex(2)} ${count}\n`);
}
