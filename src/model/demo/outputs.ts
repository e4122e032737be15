/** What a tool's output says, as far as the demo model understands outputs. */
export interface Outcome {
  /** Whether what was asked was done. */
  ok: boolean;
  /** Policy or the user said no. */
  refused: boolean;
  /** The text without the header of commands. */
  text: string;
  exitCode: number | null;
  /** Session of a command that still runs. */
  running: number | null;
}

const header =
  /^(?:Chunk ID: .*\n)?(?:Wall time: .*\n|Exit code: -?\d+\n|Process (?:exited|running) .*\n|Original token count: .*\n|Total output lines: .*\n)*Output:\n?/;
const refusalWords = /\b(?:refus|reject|declin|forbid|denied by|not allowed|blocked by|escalated permissions)/i;

export function readOutput(output: string): Outcome {
  const head = header.exec(output)?.[0] ?? "";
  const exit = /(?:Process exited with code|Exit code:) (-?\d+)/.exec(head)?.[1];
  const running = /Process running with session ID (\d+)/.exec(head)?.[1];
  const exitCode = exit === undefined ? null : Number(exit);
  const failed =
    head === "" &&
    /^(?:Error:|failed to parse|unsupported |\w+ (?:failed|rejected|verification failed)\b|Wall time: .*\naborted|aborted)/.test(
      output,
    );
  const refused =
    head === "" && output.length < 4000 && (failed || output.startsWith("patch rejected")) && refusalWords.test(output);
  return {
    ok: !failed && !refused && (exitCode === null || exitCode === 0),
    refused,
    text: output.slice(head.length).trimEnd(),
    exitCode,
    running: running === undefined ? null : Number(running),
  };
}

/** The reason inside of the wrappings that tools put around it. */
export function plainReason(text: string): string {
  const inner = /Rejected\(\\?"(.*?)\\?"\)/s.exec(text)?.[1];
  return (inner?.replace(/\\+(["'])/g, "$1").replace(/\\+n/g, "\n") ?? text.replace(/^Error: /, "")).trim();
}

/** The sentence about what would allow it: a flag that the refusal names, or else the mode that its sandbox suggests. */
export function permissionHint(text: string): string {
  const flags = [
    ...new Set(text.match(/(?<![\w-])--?[a-z][\w-]*(?:[ =](?:read-only|workspace-write|danger-full-access))?/g) ?? []),
  ];
  if (flags.length > 0) return `It can be allowed with ${flags.map((flag) => `\`${flag}\``).join(" or ")}.`;
  if (/read-only/.test(text))
    return "The sandbox is read-only: `--sandbox workspace-write` would let me change files here.";
  return "";
}

/** Numbered lines of a `read_file` output; null when something was cut out of it. */
export function numberedLines(text: string): { lines: { number: number; text: string }[]; more: number } | null {
  const lines: { number: number; text: string }[] = [];
  let more = 0;
  for (const line of text === "(empty file)" || text === "" ? [] : text.split("\n")) {
    const found = /^L(\d+): (.*)$/s.exec(line);
    const rest = /^… (\d+) more lines$/.exec(line);
    if (found !== null) lines.push({ number: Number(found[1]), text: found[2]! });
    else if (rest !== null) more = Number(rest[1]);
    else return null;
  }
  const whole = lines.every(({ number }, index) => number === lines[0]!.number + index);
  return whole && !/…\d+ tokens truncated…/.test(text) ? { lines, more } : null;
}

/** Names in a `list_dir` or `ls` output. */
export function listedNames(text: string): { names: string[]; more: boolean } {
  const lines = text.split("\n").filter((line) => line !== "");
  const isNote = (line: string): boolean =>
    /^(?:Absolute path: |More than \d+ entries found|\(empty directory\))/.test(line);
  return {
    names: lines.filter((line) => !isNote(line)).map((line) => line.replace(/@$/, "").trimStart()),
    more: lines.some((line) => line.startsWith("More than ")),
  };
}
