import { isAbsolute, resolve } from "node:path";
import { refused } from "./request-error.ts";

/** The path without `.` and `..`, links left as they are. @throws RequestError for one that is not absolute. */
export function absolutePath(path: string): string {
  if (isAbsolute(path)) return resolve(path);
  throw refused("Invalid request: AbsolutePathBuf deserialized without a base path", { path });
}
