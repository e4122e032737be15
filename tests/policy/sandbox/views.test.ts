import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { View } from "../../../src/policy/sandbox/walls.ts";
import { accounts } from "../escapes/account.ts";
import { createRig, type Rig } from "./rig.ts";

/** Every path below a folder with what it holds. */
function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, name);
    const stat = fs.lstatSync(path);
    found[name] = stat.isFile() ? fs.readFileSync(path, "utf8") : stat.isDirectory() ? "/" : "?";
  }
  return found;
}

describe.each(accounts)("views as $name", (account) => {
  const rigs: Partial<Record<"helper" | "bubblewrap", Rig>> = {};
  beforeAll(async () => {
    for (const rung of ["helper", "bubblewrap"] as const) rigs[rung] = await createRig(rung, account);
  });
  afterAll(() => Object.values(rigs).forEach((rig) => rig.close()));

  function stage(rig: Rig, type: View["type"], name: string): { work: string; view: View; written: string } {
    rig.make(`work/${name}/kept/file`, "kept");
    rig.make(`work/${name}/folder/inner`, "inner");
    rig.make(`work/${name}/gone`, "gone");
    rig.make(`work/${name}/guarded/rule`, "rule");
    const work = rig.path("work", name);
    const upper = rig.make(`private/${name}/upper/`);
    const scratch = rig.make(`private/${name}/work/`);
    if (type === "overlay") return { work, view: { type, path: work, upper, work: scratch }, written: upper };
    fs.cpSync(work, upper, { recursive: true });
    rig.make(`private/${name}/done`);
    return { work, view: { type, path: work, source: upper }, written: upper };
  }

  const ways = [
    { rung: "helper", type: "overlay" },
    { rung: "helper", type: "copy" },
    { rung: "bubblewrap", type: "copy" },
  ] as const;

  test.each(ways)("$type of $rung: the command sees its changes, and nobody else does", async ({ rung, type }) => {
    const rig = rigs[rung]!;
    const { work, view, written } = stage(rig, type, `${rung}-${type}`);
    const before = contents(work);
    const script =
      "rm gone && rm -r folder && mkdir folder && echo new > folder/new && echo more >> kept/file && mv kept kept2 && cat kept2/file folder/new && echo x > guarded/rule; ls";
    const walls = { writable: [work], guarded: [join(work, "guarded")], hidden: [rig.path("private")], views: [view] };
    const { output, errors } = await rig.run(script, walls, { cwd: work });
    expect(output).toBe("keptmore\nnew\nfolder\nguarded\nkept2\n");
    expect(errors).toMatch(/guarded\/rule.*Read-only/);
    expect(contents(work)).toEqual(before);
    expect(contents(written)).toMatchObject({ "folder/new": "new\n", "kept2/file": "keptmore\n" });
    expect(fs.readFileSync(join(work, "guarded/rule"), "utf8")).toBe("rule");
  });

  test("a path with letters that mean something to mount is only a path", async () => {
    const rig = rigs.helper!;
    const { work, view } = stage(rig, "overlay", "a:b,c=d\\e");
    const run = await rig.run(
      "cat kept/file && echo x > y && cat y",
      { writable: [work], views: [view] },
      { cwd: work },
    );
    expect(run).toEqual({ code: 0, output: "keptx\n", errors: "" });
    expect(fs.existsSync(join(work, "y"))).toBe(false);
  });

  test("where there is only Landlock, nothing is promised", async () => {
    const rig = await createRig("landlock", account);
    expect(rig.sandbox.views).toEqual([]);
    rig.close();
  });
});
