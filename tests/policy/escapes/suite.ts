import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { external } from "../../../src/policy/sandbox/external.ts";
import { climb } from "../../../src/policy/sandbox/ladder.ts";
import type { RungName, Sandbox } from "../../../src/policy/sandbox/sandbox.ts";
import type { WallName } from "../../../src/policy/sandbox/strength.ts";
import { gateRules } from "../../../src/host/walls/command-gate.ts";
import { openGate } from "../../../src/system/gate/gate.ts";
import type { Gate } from "../../../src/system/ports.ts";
import { accounts, giveAll, isOwn, systemFor, type Account } from "./account.ts";
import { sh, type Attempt, type Outcome } from "./attempt.ts";
import { attempts } from "./attempts/index.ts";
import { changed } from "./evidence.ts";
import { takeMachine } from "./machine-lock.ts";
import { openHarbour } from "./harbour.ts";
import { runAttempt, type Mode } from "./run-attempt.ts";
import { createScene, type Surroundings } from "./scene.ts";
import { scratchFolder } from "../../support/scratch.ts";

interface Stage extends Surroundings {
  readonly opened: Gate;
  readonly sandbox: Sandbox | null;
  readonly why: string;
}

async function setStage(rung: RungName, account: Account): Promise<Stage> {
  // Not below /tmp, which a workspace may write to.
  const base = realpathSync(mkdtempSync(`${scratchFolder}/escapes-`));
  chmodSync(base, 0o755);
  const ladder = join(base, "ladder");
  mkdirSync(ladder, { mode: 0o700 });
  giveAll(base, account);
  const [suid, rootOnly] = isOwn(account) ? ["", ""] : [join(base, "suid"), join(base, "root-only")];
  if (suid !== "") {
    copyFileSync("/usr/bin/perl", suid);
    chmodSync(suid, 0o4755);
    mkdirSync(rootOnly);
  }
  const harbour = await openHarbour(base, account);
  const standing = await climb({ rung, directory: ladder, distrusted: [] }, systemFor(account));
  const { sandbox } = standing;
  const gate = join(ladder, "gate");
  const lists = { allow: ["allowed.test", "rebound.test"], deny: [] };
  const rules = gateRules(
    () => lists,
    () => {},
  );
  const opened = await openGate(gate, rules, async () => ["127.0.0.1"]);
  giveAll(ladder, account);
  return {
    opened,
    base,
    account,
    harbour,
    ladder,
    gate,
    suid,
    rootOnly,
    sandbox,
    why: sandbox === null ? standing.why : "",
  };
}

async function strike({ harbour, base, opened }: Stage): Promise<void> {
  harbour.close();
  await opened.close();
  rmSync(base, { recursive: true, force: true });
}

type Result = { reached: string | null; outcome: Outcome };

/** Null where the machine lacks what the attempt is shown with. */
async function reach(attempt: Attempt, stage: Stage, sandbox: Sandbox, mode: Mode): Promise<Result | null> {
  const release = attempt.alone === true ? await takeMachine() : () => {};
  const scene = createScene(attempt.name, attempt.place, stage);
  try {
    if (sandbox.rung === "external" && attempt.bare?.needs?.(scene) === false) return null;
    attempt.prepare?.(scene);
    scene.watch();
    const outcome = await runAttempt(attempt, scene, sandbox, mode);
    return { reached: await attempt.reached(scene, outcome), outcome };
  } finally {
    scene.remove();
    release();
  }
}

/** What stops everything would stop every attempt too. */
const control = sh("works", [], `echo ran; echo x > "$WORK/made"`, changed("work"));

/** What read-only changes: where may be written, and with it what needs to be guarded and hidden. The other walls are put up by the same steps in every mode. */
const readOnlyWalls: ReadonlySet<WallName> = new Set(["writes", "guarded", "pipes", "secrets"]);

function isMeantFor(mode: Mode, { modes, walls }: Attempt): boolean {
  if (modes !== undefined) return modes.includes(mode);
  return mode === "workspace-write" || walls.some((wall) => readOnlyWalls.has(wall));
}

/** Every attempt against a rung as every account; read-only, where it makes a difference, as an ordinary user. */
export function holdsAgainstAttempts(rung: RungName): void {
  describe.each(accounts)(`${rung} as $name`, (account) => {
    const modes: Mode[] = account.uid === 0 ? ["workspace-write"] : ["read-only", "workspace-write"];
    let stage: Stage;
    beforeAll(async () => void (stage = await setStage(rung, account)));
    afterAll(() => strike(stage));

    test("stands on this machine", () => {
      expect(stage.why).toBe("");
    });

    test("is tried by enough attempts in every mode", () => {
      for (const mode of modes)
        expect(attempts.filter((attempt) => isMeantFor(mode, attempt)).length).toBeGreaterThan(150);
    });

    describe.each(modes)("%s", (mode) => {
      test("a command runs, and writes where it may", async () => {
        const result = stage.sandbox && (await reach(control, stage, stage.sandbox, mode));
        expect(result?.outcome.output).toContain("ran\n");
        expect(result?.reached === null).toBe(mode === "read-only");
      });

      const meant = attempts.filter((attempt) => isMeantFor(mode, attempt));
      test.concurrent.for(meant)("$name", async (attempt) => {
        const { sandbox } = stage;
        if (sandbox === null) throw new Error(`${rung} does not stand here: ${stage.why}`);
        const open = attempt.walls.some((wall) => !sandbox.strength[wall].held);
        const result = await reach(attempt, stage, sandbox, mode);
        expect(open ? null : result?.reached, result?.outcome.output).toBeNull();
      });
    });
  });
}

/** Shows of every attempt that it comes through, and is seen to, where there is no wall. */
export function comesThroughWithoutWalls(): void {
  describe.each(accounts)("without walls as $name", (account) => {
    let stage: Stage;
    beforeAll(async () => void (stage = await setStage("external", account)));
    afterAll(() => strike(stage));
    const able = attempts.filter(
      ({ bare }) => bare?.never === undefined && (bare?.as === undefined || bare.as === account.name),
    );
    test.concurrent.for(able)("$name", async (attempt, { skip }) => {
      const result = await reach(attempt, stage, external, "workspace-write");
      if (result === null) return skip("this machine lacks what it uses");
      expect(result.reached, `${result.outcome.output}${result.outcome.agentLog}`).not.toBeNull();
    });
  });
}
