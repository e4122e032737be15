import * as fs from "node:fs";
import { join } from "node:path";
import { climb } from "../../../src/policy/sandbox/ladder.ts";
import type { RungName, Sandbox } from "../../../src/policy/sandbox/sandbox.ts";
import type { Walls } from "../../../src/policy/sandbox/walls.ts";
import { launch, type RunningProcess } from "../../../src/tools/exec/process/launch.ts";
import { PipePool } from "../../../src/tools/exec/process/pipe-pool.ts";
import { ProcessGroups } from "../../../src/tools/exec/process/process-group.ts";
import { becoming, giveAll, systemFor, type Account } from "../escapes/account.ts";
import { scratchFolder } from "../../support/scratch.ts";

export const openWalls: Walls = { writable: [], guarded: [], hidden: [], shown: [], network: false };

export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  /** Called with everything that was written so far whenever more comes. */
  readonly onOutput?: (output: string, running: Promise<RunningProcess>) => void;
}

/** A rung that stands, for one account, with a folder of its own to play in. */
export class Rig {
  readonly sandbox: Sandbox;
  readonly account: Account;
  /** Holds `work`, `outside` and `private`; the last is the rung's own. */
  readonly scratch: string;
  readonly #pipes: PipePool;
  readonly #groups = new ProcessGroups();

  constructor(sandbox: Sandbox, account: Account, scratch: string) {
    this.sandbox = sandbox;
    this.account = account;
    this.scratch = scratch;
    this.#pipes = new PipePool(join(scratch, "pipes"));
  }

  path(...names: string[]): string {
    return join(this.scratch, ...names);
  }

  /** Makes a file of the account, with the folders above it; a path that ends in a slash is a folder. */
  make(name: string, content = ""): string {
    const path = this.path(name);
    fs.mkdirSync(name.endsWith("/") ? path : join(path, ".."), { recursive: true });
    if (!name.endsWith("/")) fs.writeFileSync(path, content);
    giveAll(this.scratch, this.account);
    return path.replace(/\/$/, "");
  }

  /** Runs a command, or a script of the shell. */
  async run(command: string | readonly string[], walls: Partial<Walls> = {}, options: RunOptions = {}): Promise<Ended> {
    const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
    let output = "";
    let errors = "";
    const running = launch(this.#pipes, this.#groups, {
      argv,
      cwd: options.cwd ?? this.path("work"),
      env: { PATH: process.env["PATH"] ?? "", ...options.env },
      terminal: options.terminal === true,
      enclose: (inner, cwd) => {
        const enclosed = this.sandbox.enclose(inner, cwd, { ...openWalls, ...walls });
        return { ...enclosed, argv: [...becoming(this.account), ...enclosed.argv] };
      },
      onStart: () => {},
      onOutput: (bytes) => {
        output += Buffer.from(bytes).toString();
        options.onOutput?.(output, running);
      },
      ...(options.terminal !== true && {
        onErrors: (bytes) => {
          errors += Buffer.from(bytes).toString();
        },
      }),
    });
    const code = await (await running).ended;
    return { code, output, errors };
  }

  close(): void {
    this.sandbox.close();
    this.#groups.killAll();
    this.#pipes.close();
    fs.rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** @throws when the rung does not stand here: every one must where these tests run. */
export async function createRig(rung: RungName, account: Account): Promise<Rig> {
  const scratch = fs.mkdtempSync(`${scratchFolder}/walls-`);
  fs.chmodSync(scratch, 0o755);
  for (const name of ["work", "outside", "private"]) fs.mkdirSync(join(scratch, name));
  giveAll(scratch, account);
  const standing = await climb({ rung, directory: join(scratch, "private"), distrusted: [] }, systemFor(account));
  if (standing.sandbox === null) throw new Error(`${rung} does not stand: ${standing.why}`);
  return new Rig(standing.sandbox, account, scratch);
}
