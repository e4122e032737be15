import { Option, type Command } from "commander";
import type { DemoMode } from "../sdk-demo/demo-cases.ts";
import type { Work } from "./mcp-command.ts";

interface Flags {
  mode: DemoMode;
  model?: string;
  strict?: boolean;
  showEvents?: boolean;
  promptCreate?: string;
  promptEvents?: string;
  promptStream?: string;
  useRealHome?: boolean;
  json?: boolean;
}

/** `codex-agent sdk-demo`: what the app-server client of the SDK does, tried on a server. */
export function addSdkDemoCommand(command: Command, does: (work: Work) => void): void {
  command
    .addOption(
      new Option("--mode <mode>", "how much: one answer; everything that is harmless; with reviews and reverts too")
        .choices(["smoke", "demo", "full"])
        .default("smoke"),
    )
    .option("-m, --model <model>", "the model of the threads")
    .option("--strict", "end with the first failure")
    .option("--show-events", "show the events of the turn whose events are streamed")
    .option("--prompt-create <prompt>", "what is said for the whole answer")
    .option("--prompt-events <prompt>", "what is said for the events")
    .option("--prompt-stream <prompt>", "what is said for the text as it comes")
    .option("--use-real-home", "write configuration into the home of the user; default: into one that is thrown away")
    .option("--json", "one object on stdout")
    .action((flags: Flags) => {
      does(async () => {
        const { sdkDemo } = await import("../sdk-demo/sdk-demo.ts");
        return sdkDemo({
          mode: flags.mode,
          model: flags.model ?? null,
          strict: flags.strict === true,
          showEvents: flags.showEvents === true,
          prompts: {
            create: flags.promptCreate ?? null,
            events: flags.promptEvents ?? null,
            stream: flags.promptStream ?? null,
          },
          useRealHome: flags.useRealHome === true,
          json: flags.json === true,
        });
      });
    });
}
