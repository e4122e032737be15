import { readArguments } from "../arguments.ts";
import type { Call } from "../call.ts";
import { hostOfRemote, hostOf } from "../hosts.ts";

/** `ssh`: a host, and what runs there, of which nobody here knows what it does. */
export function ssh(call: Call): void {
  const program = {
    options: "-46ACGKMNTVXYafgknqstvxy -b=t -c=t -l=t -m=t -p=t -i=r -o=? -F=? -D=? -L=? -R=? -W=? -J=?",
  };
  const { operands } = readArguments(call, program, call.args, true);
  const [target, ...words] = operands;
  if (target === undefined) return;
  const text = target.text?.replace(/^ssh:\/\//, "") ?? null;
  call.host(text === null ? "*" : (hostOfRemote(`${text}:`) ?? hostOf(text)));
  const remote = words.every((word) => word.text !== null) ? words.map((word) => word.text!).join(" ") : null;
  call.raise(
    "unknown",
    remote === null || remote === "" ? "opens a shell on another host" : "runs something on another host",
  );
  if (remote !== null && /\b(rm\s+-\w*[rR]|mkfs|dd\s|shutdown|reboot|--force|reset\s+--hard)/.test(remote)) {
    call.raise("destructive", "runs something on another host that takes away what does not come back");
  }
}
