import { spawn } from "node:child_process";
import { findProgram } from "./find-program.ts";
import { nodeFiles } from "./node-files.ts";

/**
 * Shows a page in the user's browser, where there is one; else nothing happens, and the address that was printed does. The opener
 * is never one from the folder that the user stands in.
 */
export function openPage(page: string): void {
  const name = process.platform === "darwin" ? "open" : "xdg-open";
  const folders = (process.env["PATH"] ?? "").split(":");
  const program = findProgram(name, folders, [process.cwd()], nodeFiles);
  if (program === null) return;
  const child = spawn(program, [page], { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
}
