import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RungName } from "../../../src/policy/sandbox/sandbox.ts";
import { accounts } from "../escapes/account.ts";
import { createRig, type Rig } from "./rig.ts";

const rungs: readonly RungName[] = ["bubblewrap", "helper", "landlock"];

describe.each(rungs)("libraries of the user's choice within %s", (rung) => {
  let rig: Rig;
  beforeAll(async () => void (rig = await createRig(rung, accounts[0]!)));
  afterAll(() => rig.close());

  test.each([false, true])(
    "are looked for by the command alone, never by what builds its walls (terminal: %s)",
    async (terminal) => {
      // The loader complains once of each program that it starts with them.
      const env = { LD_PRELOAD: rig.path("work/planted.so"), LD_LIBRARY_PATH: ":relative", GCONV_PATH: "." };
      const script = `echo "$LD_PRELOAD $LD_LIBRARY_PATH $GCONV_PATH"`;
      const { output, errors } = await rig.run(["/bin/sh", "-c", script], {}, { env, terminal });
      expect(output).toContain(`${env.LD_PRELOAD} :relative .`);
      expect((output + errors).match(/ld\.so: object/g)).toHaveLength(1);
    },
  );
});
