import { processStreams } from "./streams.ts";
import { applyPatchCommand } from "../../tools/apply-patch/command.ts";

/** Applies one patch in the current directory, with the texts and exit codes of Codex's own program. */
export async function applyPatchDoor(argument: string | undefined): Promise<number> {
  const streams = processStreams();
  const patch =
    argument === undefined || argument === "-" ? new TextDecoder().decode(await streams.stdin.readAll()) : argument;
  const { exitCode, stdout, stderr } = applyPatchCommand(patch, process.cwd());
  streams.stdout(stdout);
  streams.stderr(stderr);
  return exitCode;
}
