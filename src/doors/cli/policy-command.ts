import { Option, type Command } from "commander";
import { modes } from "../../protocol/modes.ts";
import { addWallFlags, threadOptions, type CommonFlags } from "./options.ts";
import type { Work } from "./mcp-command.ts";

interface ExplainFlags extends CommonFlags {
  cwd?: string;
}

/** What stands below `policy`: why a command may run, or may not. */
export function addPolicyCommands(policy: Command, does: (work: Work) => void): void {
  policy.action(() => policy.help({ error: true }));
  addWallFlags(
    policy
      .command("explain")
      .description("say what would be decided about a command, by which rule, and what it would touch")
      .argument("[command...]", "one text: a line for the shell; several words: a program and its arguments; after --"),
  )
    .addOption(new Option("--mode <mode>", "how much runs unasked").choices([...modes]))
    .addOption(new Option("--cwd <dir>", "the same as -C"))
    .option("--ignore-rules", "leave rule files unread")
    .action((words: string[], { cwd, ...flags }: ExplainFlags, self: Command) => {
      if (words.length === 0) {
        self.error('error: there is no command; give one: codex-agent policy explain -- "ls | wc"');
      }
      // As the terminal has it: a person is there, and it is no surface of Codex.
      const { unattended: _, ...options } = threadOptions({ ...flags, ...(cwd !== undefined && { cd: cwd }) });
      does(async () => {
        const { explain } = await import("../guard/policy-explain.ts");
        return explain(words, { ...options, defaultMode: "auto" }, flags.json === true);
      });
    });
}
