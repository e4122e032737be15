import { AgentError, messageOf } from "../../protocol/errors.ts";

/** Runs one command line and returns the exit code: 0 done, 1 the work failed, 2 wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  // Else the system lists this process under Node's name for its main thread, also in the message about a locked thread.
  process.title = "codex-agent";
  try {
    const { runProgram } = await import("./program.ts");
    return await runProgram(argv);
  } catch (error) {
    // It may hold the words of a server or of a file, of a line with a key for example, or of a file's name.
    const [{ cleanText }, { redact }, { knownSecrets }] = await Promise.all([
      import("../../system/terminal-text.ts"),
      import("../../protocol/secrets/redact.ts"),
      import("../../config/secrets/known-secrets.ts"),
    ]);
    const known = knownSecrets({ variables: { ...process.env } as Record<string, string> });
    process.stderr.write(`${cleanText(redact(errorText(error), known))}\n`);
    return error instanceof AgentError && error.code === "not_supported" ? 2 : 1;
  }
}

/** Usage and configuration errors say themselves what they are about; the rest is headed as Codex heads it. */
function errorText(error: unknown): string {
  const message = messageOf(error);
  const whole = error instanceof AgentError && error.code === "usage";
  return whole || message.startsWith("Error") ? message : `Error: ${message}`;
}
