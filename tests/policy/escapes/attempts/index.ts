import type { Attempt } from "../attempt.ts";
import { guardedFolders } from "./guarded.ts";
import { kernel } from "./kernel.ts";
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
];
