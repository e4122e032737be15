import { findProgram, trustedFolders } from "../../system/find-program.ts";
import type { System } from "../../system/ports.ts";

type Place = Pick<System, "environment" | "files">;

/** The `git` of PATH; null without. What a repository brings, or a command may have put there, is never run. */
export const findGit = ({ environment, files }: Place, untrusted: readonly string[]): string | null =>
  findProgram("git", foldersOf(environment), [...untrusted, ...ofEverybody(environment)], files);

/** PATH without the folders that no program may be taken from. */
export const searchPath = ({ environment, files }: Place, untrusted: readonly string[]): string =>
  trustedFolders(foldersOf(environment), [...untrusted, ...ofEverybody(environment)], files).join(":");

const foldersOf = ({ variables }: System["environment"]): string[] => (variables["PATH"] ?? "").split(":");

const ofEverybody = ({ temporaryDirectory }: System["environment"]): string[] => [
  "/tmp",
  ...(temporaryDirectory === "" ? [] : [temporaryDirectory]),
];
