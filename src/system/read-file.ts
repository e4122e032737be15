import * as fs from "node:fs";

/**
 * All bytes of a regular file, links followed. @throws Node's errors, and EINVAL for a named pipe or a device: it could keep the reader for
 * ever, or never end, and a repository may bring one, or a link to it.
 */
export function readFile(path: string): Buffer {
  // A named pipe would wait for a writer for ever.
  const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const stats = fs.fstatSync(descriptor);
    // Of a folder, reading says what it is.
    if (!stats.isFile() && !stats.isDirectory() && !isNullDevice(stats)) {
      throw Object.assign(new Error(`EINVAL: not a regular file, read '${path}'`), { code: "EINVAL" });
    }
    return fs.readFileSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Files are masked with it: they are then empty. */
const isNullDevice = (stats: fs.Stats): boolean =>
  stats.isCharacterDevice() && stats.rdev === fs.statSync("/dev/null").rdev;
