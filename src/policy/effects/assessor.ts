import { AgentError } from "../../protocol/errors.ts";
import { systemShell } from "../../protocol/system-shell.ts";
import type { Grammars } from "../../system/ports.ts";
import { argument } from "../shell/expand.ts";
import { Unreadable } from "../shell/syntax.ts";
import type { Assessment, Assessor, Place } from "./assessment.ts";
import { onlyZsh } from "./programs/shells.ts";
import { ShellState } from "./state.ts";
import { Walk } from "./walk.ts";

/** A shell and its line, as programs start one. */
const lineFlag = /^-(c|lc|cl)$/;

/** Rejects with an {@link AgentError} where the grammar of shell lines is not installed. */
export async function loadAssessor(grammars: Grammars): Promise<Assessor> {
  const parser = await grammars.shell().catch((error: unknown) => {
    throw new AgentError(
      "config",
      `commands cannot be judged, for the grammar of shell lines cannot be loaded (${error instanceof Error ? error.message : String(error)}); in a clone, \`npm start -- --version\` installs what is missing`,
    );
  });
  return {
    assess(argv: readonly string[], place: Place): Assessment {
      const walk = new Walk(place, parser);
      try {
        const where = { standing: [], runBy: null, input: "none", depth: 0 } as const;
        const [program = "", flag = "", line, ...more] = argv;
        // A shell that is only there for its line is not one of the line's commands.
        const plain = lineFlag.test(flag) && line !== undefined && more.length === 0 && systemShell.test(program);
        if (plain) {
          if (program.endsWith("zsh") && onlyZsh.test(line))
            walk.findings.raise(null, "unknown", "uses what only zsh knows");
          walk.script(line, new ShellState(place), where);
        } else if (argv.length > 0) walk.run(argv.map(argument), new ShellState(place), where);
        return walk.findings.assessment();
      } catch (error) {
        if (error instanceof Unreadable) return walk.findings.unreadable(error.message);
        // Whatever went wrong here, nothing is known of the command.
        return walk.findings.unreadable(
          `judging it failed (${error instanceof Error ? error.message : String(error)})`,
        );
      }
    },
  };
}
