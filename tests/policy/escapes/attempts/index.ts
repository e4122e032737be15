import type { Attempt } from "../attempt.ts";
import { daemons } from "./daemons.ts";
import { gate } from "./gate.ts";
import { guardedFolders } from "./guarded.ts";
import { kernel } from "./kernel.ts";
import { known } from "./known.ts";
import { links } from "./links.ts";
import { mounts } from "./mounts.ts";
import { processes } from "./processes.ts";
import { secrets } from "./secrets.ts";
import { sockets } from "./sockets.ts";
import { writes } from "./writes.ts";

export const attempts: readonly Attempt[] = [
  ...writes,
  ...links,
  ...guardedFolders,
  ...secrets,
  ...sockets,
  ...mounts,
  ...processes,
  ...kernel,
  ...daemons,
  ...gate,
  ...known,
];
