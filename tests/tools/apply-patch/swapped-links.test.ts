import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { applyPlan } from "../../../src/tools/apply-patch/apply.ts";
import { planPatch } from "../../../src/tools/apply-patch/plan.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** Exchanges a folder and a link to one outside, over and over: a command in the background may do that at any time. */
const swap = `$| = 1; require POSIX; my $number = (POSIX::uname())[4] eq "x86_64" ? 316 : 276;
  my ($one, $two) = ("folder", "link"); print "ready\\n"; while (getppid() > 1) { syscall($number, -100, $one, -100, $two, 2) }`;

const patch = (lines: string): string => `*** Begin Patch\n${lines}*** End Patch\n`;
const add = (count: number): string => patch(`*** Add File: folder/new-${count}.txt\n+planted\n`);
const update = patch("*** Update File: folder/file.txt\n@@\n-old\n+new\n");
const remove = patch("*** Delete File: folder/file.txt\n");

test("a folder that turns into a link while a patch is applied leads no write elsewhere", async () => {
  const base = fs.realpathSync(fs.mkdtempSync(`${scratchFolder}/swapped-`));
  const work = join(base, "work");
  const outside = join(base, "outside");
  for (const folder of [join(work, "folder"), outside]) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(join(folder, "file.txt"), "old\n");
  }
  fs.symlinkSync(outside, join(work, "link"));
  const swapping = spawn("/usr/bin/perl", ["-e", swap], { cwd: work, stdio: ["ignore", "pipe", "ignore"] });
  try {
    await once(swapping.stdout, "data");
    const inside = (name: string): boolean =>
      ["folder", "link"].some(
        (each) => !fs.lstatSync(join(work, each)).isSymbolicLink() && fs.existsSync(join(work, each, name)),
      );
    let applied = 0;
    for (let count = 0; count < 1500; count++) {
      const text = count % 3 === 0 ? add(count) : count % 3 === 1 ? update : remove;
      let plan: ReturnType<typeof planPatch>;
      try {
        plan = planPatch(text, work);
      } catch {
        continue;
      }
      // What policy would allow: as it was judged, nothing led outside.
      if (plan.problems.length > 0 || plan.edits.some(({ path }) => path.startsWith(outside))) continue;
      if (applyPlan(plan).ok) applied++;
      expect(fs.readdirSync(outside)).toEqual(["file.txt"]);
      expect(fs.readFileSync(join(outside, "file.txt"), "utf8")).toBe("old\n");
      if (count % 3 === 2 && !inside("file.txt")) {
        for (const name of ["folder", "link"]) {
          const folder = join(work, name);
          try {
            const held = fs.openSync(
              folder,
              fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_DIRECTORY,
            );
            fs.writeFileSync(`/proc/self/fd/${held}/file.txt`, "old\n");
            fs.closeSync(held);
          } catch {
            continue;
          }
        }
      }
    }
    expect(applied).toBeGreaterThan(0);
  } finally {
    swapping.kill("SIGKILL");
    await once(swapping, "exit");
    fs.rmSync(base, { recursive: true, force: true });
  }
});
