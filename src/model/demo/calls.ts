import { resolve } from "node:path";
import { shellWord } from "./request.ts";

/** A call that the demo model wants made. */
export type Wanted =
  | { type: "function"; name: string; arguments: Record<string, unknown> }
  | { type: "custom"; name: string; input: string };

/** How the demo model does things with what it is offered. Each gives null when no offered tool can do it. */
export interface Hands {
  list(path: string | null): Wanted | null;
  read(path: string, offset: number, limit: number): Wanted | null;
  search(expression: string, path: string | null, include: string | null): Wanted | null;
  run(command: string): Wanted | null;
  /** Waits for a command that still runs. */
  wait(sessionId: number): Wanted | null;
  patch(lines: readonly string[]): Wanted | null;
}

export const listLimit = 200;

export function createHands(tools: readonly string[], cwd: string | null): Hands {
  const has = (name: string): boolean => tools.includes(name);
  const call = (name: string, args: Record<string, unknown>): Wanted => ({ type: "function", name, arguments: args });
  const absolute = (path: string | null): string => (cwd === null ? (path ?? "/") : resolve(cwd, path ?? "."));

  const run = (command: string): Wanted | null => {
    if (has("exec_command")) return call("exec_command", { cmd: command, yield_time_ms: 10_000 });
    if (has("shell_command")) return call("shell_command", { command });
    return has("shell") ? call("shell", { command: ["bash", "-lc", command] }) : null;
  };
  return {
    run,
    list: (path) =>
      has("list_dir")
        ? call("list_dir", { dir_path: absolute(path), depth: 1, limit: listLimit })
        : run(`ls -Ap -- ${shellWord(path ?? ".")}`),
    read: (path, offset, limit) =>
      has("read_file")
        ? call("read_file", { file_path: absolute(path), offset, limit })
        : run(`awk 'NR >= ${offset} && NR < ${offset + limit} { print "L" NR ": " $0 }' ${shellWord(path)}`),
    search: (expression, path, include) =>
      has("grep_files")
        ? call("grep_files", {
            pattern: expression,
            ...(path === null ? {} : { path }),
            ...(include === null ? {} : { include }),
          })
        : run(
            `grep -rIlE --exclude-dir=.git ${include === null ? "" : `--include=${shellWord(include)} `}-e ${shellWord(expression)} -- ${shellWord(path ?? ".")}`,
          ),
    wait: (sessionId) =>
      has("write_stdin") ? call("write_stdin", { session_id: sessionId, chars: "", yield_time_ms: 10_000 }) : null,
    patch(lines) {
      const patch = ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");
      return has("apply_patch")
        ? { type: "custom", name: "apply_patch", input: patch }
        : run(`apply_patch <<'EOF'\n${patch}\nEOF`);
    },
  };
}
