import { spawn } from "node:child_process";
import { realTarget } from "../../policy/paths.ts";
import { nodeFiles } from "../../system/node-files.ts";
import { includeFilter } from "./glob.ts";
import { isSearched, relativeTo } from "./search-paths.ts";
import type { SearchLimits, SearchReport, SearchRequest } from "./search.ts";

const maxComplaint = 2000;

/**
 * Searches with ripgrep. The include glob is applied to what it prints: handed to ripgrep it would bring back
 * hidden and ignored files. Credentials are taken out of that, too. Its own configuration is not read, since that can
 * name programs to start.
 */
export function searchWithRipgrep(
  program: string,
  { root, except, pattern, include }: SearchRequest,
  limits: SearchLimits,
): Promise<SearchReport> {
  const wanted = include === null ? () => true : includeFilter(include)!;
  const isShown = (path: string): boolean => {
    if (except === null) return true;
    const real = realTarget(path, nodeFiles);
    return real !== null && isSearched(real, { root, except });
  };
  const flags = [
    "--no-config",
    "--no-messages",
    "--color=never",
    "--files-with-matches",
    "--no-require-git",
    "--sortr=modified",
    "--max-filesize=8M",
  ];
  return new Promise((resolve) => {
    const child = spawn(program, [...flags, "--regexp", pattern, "--", root], {
      cwd: "/",
      env: { HOME: process.env["HOME"] ?? "/", LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const paths: string[] = [];
    let partial = "";
    let complaint = "";
    const finish = (report: SearchReport): void => {
      clearTimeout(timer);
      limits.signal.removeEventListener("abort", interrupted);
      resolve(report);
      child.kill("SIGKILL");
    };
    const found = (): void => finish({ type: "found", paths });
    const interrupted = (): void => finish({ type: "interrupted" });
    const timer = setTimeout(() => finish({ type: "timeout" }), limits.timeLimitMs);
    limits.signal.addEventListener("abort", interrupted);

    child.on("error", (error) => finish({ type: "failed", message: error.message }));
    // Out of descriptors, it has no streams either.
    if (child.pid === undefined) return;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (partial + text).split("\n");
      partial = lines.pop()!;
      for (const line of lines) {
        if (paths.length < limits.limit && wanted(relativeTo(root, line)) && isShown(line)) paths.push(line);
      }
      if (paths.length >= limits.limit) found();
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(0, maxComplaint);
    });
    child.on("close", (code) => {
      // 1 is "no match"; 2 may have come after some matches, which are worth more than the complaint.
      if (code === 0 || code === 1 || paths.length > 0 || complaint.trim() === "") found();
      else finish({ type: "failed", message: complaint.trim() });
    });
  });
}
