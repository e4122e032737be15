import { spawn, type ChildProcess } from "node:child_process";

/**
 * A shell that does nothing but read who is alive from a pipe of ours. When the pipe closes because we have died, however
 * that was, it ends them: a script in an endless loop does not notice by itself.
 */
const watch = `
while read -r sign pid; do
  rest=
  for each in $all; do [ "$each" = "$pid" ] || rest="$rest $each"; done
  all=$rest
  [ "$sign" = + ] && all="$all $pid"
done
for each in $all; do kill -9 "-$each"; done
`;

let shell: ChildProcess | null = null;
const alive = new Set<number>();
/** What is alive is ended when this process ends in an orderly way. */
let watching = false;

function open(): ChildProcess {
  const child = spawn("/bin/sh", ["-c", watch], { detached: true, env: {}, stdio: ["pipe", "ignore", "ignore"] });
  child.on("error", () => {});
  child.stdin?.on("error", () => {});
  // It ends with us, so that it must not keep us.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  child.on("exit", () => {
    if (shell === child) shell = null;
  });
  return child;
}

/** The process group is ended when this process ends. */
export function holdLifeline(group: number): void {
  alive.add(group);
  shell ??= open();
  if (!watching) process.once("exit", () => alive.forEach(killGroup));
  watching = true;
  shell.stdin?.write(`+ ${group}\n`);
}

export function dropLifeline(group: number): void {
  if (!alive.delete(group)) return;
  shell?.stdin?.write(`- ${group}\n`);
  if (alive.size > 0) return;
  shell?.stdin?.end();
  shell = null;
}

export function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has ended.
  }
}
