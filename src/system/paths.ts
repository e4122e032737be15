/** Paths as text: nothing here touches a disk. */
export { basename as baseName, dirname as parentOf, join as joinPath, resolve as resolvePath } from "node:path";
