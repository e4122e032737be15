import { readdir } from "node:fs/promises";

/** A path as the system has it: names need not be UTF-8. */
export type RawPath = Buffer;

const slash = Buffer.from("/");

export const namesIn = (folder: RawPath): Promise<Buffer[]> => readdir(folder, { encoding: "buffer" });

export const pathOf = (folder: RawPath, name: Buffer): RawPath => Buffer.concat([folder, slash, name]);
