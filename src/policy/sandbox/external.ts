import type { Sandbox } from "./sandbox.ts";
import { strengthBut, wallNames } from "./strength.ts";

const why = "left to what codex-agent runs in, as configured";

/** No walls of ours: the user has said that a container or a virtual machine is the wall. */
export const external: Sandbox = {
  rung: "external",
  strength: strengthBut(Object.fromEntries(wallNames.map((name) => [name, why]))),
  views: [],
  enclose: (argv) => ({ argv, release: () => {} }),
  close: () => {},
};
