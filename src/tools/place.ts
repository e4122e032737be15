import { readlinkSync } from "node:fs";
import { realTarget } from "../policy/paths.ts";
import { nodeFiles } from "../system/node-files.ts";
import { fileProblem } from "./results.ts";

/**
 * A path that a call names, and where it led when the call was prepared; null when that cannot be known. Policy judges where it
 * led, and a command in the background may change links at any time: nothing else is opened.
 */
export interface Place {
  readonly path: string;
  readonly real: string | null;
}

export const placeOf = (path: string): Place => ({ path, real: realTarget(path, nodeFiles) });

/** What policy has to judge. */
export const judged = ({ path, real }: Place): string => real ?? path;

/** It no longer leads where it was judged to. */
export class PlaceChanged extends Error {}

/** What is to be opened. Throws the system's reason where the path leads nowhere. */
export function leadsTo({ path, real }: Place): string {
  if (real !== null) return real;
  nodeFiles.realPath(path);
  throw new PlaceChanged();
}

/** Where an opened file lies, links resolved; where the system does not show that, where its path leads now. */
export const openedPath = (descriptor: number, path: string): string =>
  process.platform === "linux" ? readlinkSync(`/proc/self/fd/${descriptor}`) : nodeFiles.realPath(path);

/** Why a place cannot be opened, in words. */
export function placeProblem(error: unknown, { real }: Place): string {
  // There was no link left in it.
  const linked = real !== null && (error as NodeJS.ErrnoException).code === "ELOOP";
  return linked || error instanceof PlaceChanged ? "it changed while it was looked at" : fileProblem(error);
}
