import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Assessment } from "../../../src/policy/effects/assessment.ts";

/** Programs that only note how they were called. */
const noting =
  "awk base64 cargo cat chmod cp curl cut date df diff dig docker du fd file gawk gh git grep head jq kubectl less ln ls md5sum mkdir mv ng node npm perl ping pip ps python3 rg rm rmdir rsync scp sed sleep sort ssh stat sudo systemctl crontab script watch tail tar tee touch tr tree truncate uname uniq unzip wc wget whoami which xxd dd hostname kubectl id evil".split(
    " ",
  );
/** Programs that note it and then run what they are told to, by the same names. */
const running = "bash sh env timeout nice nohup setsid stdbuf xargs find".split(" ");

export interface Stage {
  /** Runs a line in a real bash that finds nothing but stubs; the argument lists of all that it started. */
  run(line: string): Promise<string[][]>;
  remove(): void;
}

/** A folder of stubs. Lines run in `cwd`, which they may change by redirections. */
export function makeStage(cwd: string): Stage {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "codex-agent-stubs-")));
  const programs = join(root, "bin");
  mkdirSync(programs);
  const note = (name: string): string =>
    `#!/bin/bash\nprintf -v call '%s\\036' ${name} "$@"\nprintf '%s\\037' "$call" >> "$STUB_LOG"\n`;
  for (const name of noting) writeFileSync(join(programs, name), note(name));
  for (const name of running) {
    const real = name === "bash" ? "/bin/bash --norc --noprofile" : name;
    writeFileSync(
      join(programs, name),
      `${note(name)}PATH=/usr/bin:/bin real=$(PATH=/usr/bin:/bin command -v ${name})\nexec ${name === "bash" ? real : '"$real"'} "$@"\n`,
    );
  }
  for (const name of [...noting, ...running]) chmodSync(join(programs, name), 0o755);
  let runs = 0;
  return {
    async run(line) {
      const log = join(root, `log-${runs++}`);
      writeFileSync(log, "");
      const child = spawn("/bin/bash", ["--norc", "--noprofile", "-c", line], {
        cwd,
        env: { PATH: programs, HOME: "/home/person", USER: "person", STUB_LOG: log },
        stdio: ["ignore", "ignore", "ignore"],
        detached: true,
      });
      await new Promise<void>((resolve) => {
        const late = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 10_000);
        child.on("close", () => {
          clearTimeout(late);
          resolve();
        });
      });
      const calls = readFileSync(log, "utf8").split("\x1f").slice(0, -1);
      rmSync(log);
      return calls.map((call) => call.split("\x1e").slice(0, -1));
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Calls that the assessment did not foresee: of a program that it does not name, or with words that none of its commands has. */
export function unforeseen(calls: readonly string[][], { commands, effects }: Assessment): string[][] {
  return calls.filter(([name = "", ...args]) => {
    if (!effects.programs.some((program) => program === name || program.endsWith(`/${name}`))) return true;
    return !(commands ?? []).some(({ words, program }) => {
      if (program !== name && program?.endsWith(`/${name}`) !== true) return false;
      return (
        words === null ||
        words.some((word) => /[*?[]/.test(word)) ||
        JSON.stringify(words.slice(1)) === JSON.stringify(args)
      );
    });
  });
}
