import { readArguments } from "../arguments.ts";
import type { Call } from "../call.ts";

/** `pkill`, `killall`: every process of a name. */
export function killByName(call: Call): void {
  const words = call.args.filter(({ text }) => !/^-[A-Z0-9]+$/.test(text ?? ""));
  const { operands, options } = readArguments(
    call,
    {
      options:
        "-efinovxlqwrIz -u=t -U=t -g=t -G=t -P=t -s=t -t=t -F=r --signal=t --exact --full --newest --oldest --list --parent=t --euid=t --uid=t",
    },
    words,
  );
  if (options.has("--list") || (call.name === "killall" && options.has("-l"))) return;
  for (const { text } of operands) call.line.findings.add("signals", text ?? "*");
  if (operands.length === 0) call.line.findings.add("signals", "*");
  call.raise("destructive", "signals every process of a name");
}
