import type { Call } from "../call.ts";
import { copy, dd, remoteCopy, tar } from "./copies.ts";
import { awk, sed } from "./editors.ts";
import { find } from "./find.ts";
import { git } from "./git.ts";
import { shell, shellNames, su } from "./shells.ts";
import { killByName } from "./signals.ts";
import { ssh } from "./ssh.ts";
import { wrapperPrograms } from "./wrappers.ts";

const programs: Readonly<Record<string, (call: Call) => void>> = {
  ...wrapperPrograms,
  [shellNames]: shell,
  su,
  find,
  sed,
  "awk gawk mawk nawk": awk,
  "cp mv ln install": copy,
  "rsync scp": remoteCopy,
  tar,
  dd,
  "pkill killall": killByName,
  ssh,
  git,
};

/** Programs whose arguments are more than options and operands. */
export const specialPrograms: ReadonlyMap<string, (call: Call) => void> = new Map(
  Object.entries(programs).flatMap(([names, judge]) => names.split(" ").map((name) => [name, judge] as const)),
);
