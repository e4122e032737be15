import * as fs from "node:fs";

const lock = "/var/tmp/codex-agent-escapes.lock";

const holderIsGone = (): boolean => {
  try {
    process.kill(Number(fs.readFileSync(lock, "utf8")), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
};

/** Waits until no other process of tests tries something that is there once on the machine. Returns how to let the next one in. */
export async function takeMachine(): Promise<() => void> {
  for (;;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: "wx" });
      return () => fs.rmSync(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (holderIsGone()) fs.rmSync(lock, { force: true });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
