import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { findProgram } from "./find-program.ts";
import { nodeFiles } from "./node-files.ts";

/**
 * Shows a page in the user's browser, where there is one; else nothing happens, and the address that was printed does. The opener
 * is never one from where commands of a model may write: the folder that the user stands in, and temporary ones.
 */
export function openPage(page: string): void {
  const name = process.platform === "darwin" ? "open" : "xdg-open";
  const folders = (process.env["PATH"] ?? "").split(":");
  const program = findProgram(name, folders, [process.cwd(), tmpdir(), "/tmp"], nodeFiles);
  if (program === null) return;
  const child = spawn(program, [page], { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
}
