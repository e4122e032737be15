/**
 * Children must not outlive their host, however it ends. What a process can do in its last moments is not enough, since a crash has none:
 * a small shell beside it holds the other end of a pipe, and when that closes it ends the groups that it was told of. There is one for
 * all children of a host, and it goes with the last of them.
 */
import { spawn, type ChildProcess } from "node:child_process";

const script = `groups=' '
while read -r change group; do
  case $change in
    add) groups="$groups$group " ;;
    drop) groups="\${groups%% "$group" *} \${groups#* "$group" }" ;;
  esac
done
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
for second in 1 2; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive=yes; done
  [ -n "$alive" ] || exit 0
  sleep 1
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done`;

const guarded = new Set<number>();
let guardian: ChildProcess | null = null;

/** Has the guardian stand by before a child is started: it takes longer to start than a child may need to be at work. */
export function standBy(): void {
  guardian ??= started();
}

/** There is no child after all: where there is no other either, nobody has to stand by. */
export function standDown(): void {
  if (guarded.size > 0) return;
  guardian?.stdin?.end();
  guardian = null;
}

/** Ends the group when this process ends. Returns what takes that back, to be called once the group is gone. */
export function guard(group: number): () => void {
  if (guarded.size === 0) process.on("exit", endAll);
  guarded.add(group);
  standBy();
  tell(`add ${group}`);
  return () => {
    if (!guarded.delete(group)) return;
    tell(`drop ${group}`);
    if (guarded.size > 0) return;
    process.off("exit", endAll);
    standDown();
  };
}

/** Null where there is no shell; then only an orderly end of this process is seen. */
function started(): ChildProcess | null {
  if (process.platform === "win32") return null;
  try {
    const child = spawn("/bin/sh", ["-c", script], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env: { PATH: "/usr/bin:/bin" },
      cwd: "/",
    });
    child.on("error", ignore);
    child.stdin.on("error", ignore);
    child.unref();
    (child.stdin as typeof child.stdin & { unref?: () => void }).unref?.();
    return child;
  } catch {
    return null;
  }
}

function tell(line: string): void {
  guardian?.stdin?.write(`${line}\n`);
}

function endAll(): void {
  for (const group of guarded) signalGroup(group, "SIGTERM");
}

/** False when there is no such group any more. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(process.platform === "win32" ? group : -group, signal);
    return true;
  } catch {
    return false;
  }
}

function ignore(): void {}
