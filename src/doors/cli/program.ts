import { Command, CommanderError } from "commander";
import { AgentError } from "../../protocol/errors.ts";
import { productVersion } from "../../protocol/version.ts";
import type { ExecRequest, ExecTarget } from "../exec/run-exec.ts";
import type { TerminalTarget } from "../terminal/run-terminal.ts";
import { addSessionFlags, addTurnFlags, addWallFlags, notYet, threadOptions, type CommonFlags } from "./options.ts";
import { flagsInForce } from "./flags-in-force.ts";
import { addReviewFlags, reviewTarget, type ReviewFlags } from "./review-command.ts";
import { addSessionsCommands } from "./sessions-commands.ts";
import { addSetupCommands } from "./setup-commands.ts";

/** Commands of the product that are still to come; named, so that they are not taken for prompts. */
const laterCommands = [
  "acp",
  "archive",
  "bootstrap",
  "completion",
  "doctor",
  "eval",
  "install-service",
  "install-system-deps",
  "interrupt",
  "logs",
  "mcp-server",
  "memory",
  "open",
  "plugin",
  "restart",
  "run",
  "start",
  "status",
  "stop",
  "storage-server",
  "text",
  "token",
  "tools",
  "wakeups",
  "worker",
  "workflow",
];

interface ResumeFlags extends CommonFlags {
  last?: boolean;
  all?: boolean;
}

interface SandboxFlags extends CommonFlags {
  selfTest?: boolean;
  trial?: boolean;
  commit?: boolean;
}

function execRequest(target: ExecTarget, prompt: string | undefined, flags: CommonFlags): ExecRequest {
  const later = notYet(flags);
  if (later !== null) throw new AgentError("not_supported", `${later} is not supported yet`);
  return {
    target,
    prompt,
    options: threadOptions(flags),
    images: (flags.image ?? []).flatMap((paths) => paths.split(",")),
    ...(flags.outputSchema !== undefined && { outputSchemaFile: flags.outputSchema }),
    ...(flags.outputLastMessage !== undefined && { lastMessageFile: flags.outputLastMessage }),
    json: flags.json === true || flags.experimentalJson === true,
    quiet: flags.quiet === true,
    colour: flags.color === false ? "never" : (flags.color ?? "auto"),
  };
}

/** Parses a command line and does what it says; resolves to the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let work: () => Promise<number> = async () => 0;
  const exec = (make: () => ExecRequest): void => {
    work = async () => {
      const { execDoor } = await import("./exec-door.ts");
      return execDoor(make());
    };
  };

  const terminal = (target: TerminalTarget, prompt: string | undefined, flags: CommonFlags): void => {
    work = async () => {
      const { terminalDoor } = await import("./terminal-door.ts");
      const { images, json, quiet, colour, options } = execRequest({ type: "new" }, prompt, flags);
      const present = { unattended: false, continueGoals: true, wakeOnExit: true, keepSnapshots: true };
      const attended = { ...options, ...present, requireRepository: false };
      const request = { target, prompt, images, options: attended, quiet };
      return terminalDoor(request, { json, colour });
    };
  };

  const program = new Command("codex-agent")
    .description("An open agent runtime that speaks every surface of Codex, on any model.")
    .version(`codex-agent ${productVersion}`, "-V, --version", "print the version")
    .enablePositionalOptions()
    .argument("[prompt...]", "what to do; without a command, one shot in mode auto");
  addSessionFlags(addTurnFlags(program)).action((words: string[], flags: CommonFlags) => {
    const [first] = words;
    if (first !== undefined && words.length === 1 && laterCommands.includes(first)) {
      throw new AgentError("not_supported", `codex-agent ${first} is not there yet`);
    }
    if (words.length === 0 && process.stdin.isTTY) return terminal({ type: "new" }, undefined, flags);
    const prompt = words.length === 0 ? undefined : words.join(" ");
    exec(() => {
      const request = execRequest({ type: "new" }, prompt, flags);
      return { ...request, options: { ...request.options, defaultMode: "auto", requireRepository: false } };
    });
  });

  const execCommand = program
    .command("exec")
    .alias("e")
    .description("run one turn without a person: prompt in, events or the answer out")
    .argument("[prompt]", "what to do; absent or -: read from stdin");
  addSessionFlags(addTurnFlags(execCommand)).action(
    (prompt: string | undefined, _flags: CommonFlags, self: Command) => {
      exec(() => execRequest({ type: "new" }, prompt, flagsInForce(self)));
    },
  );

  addTurnFlags(
    execCommand
      .command("resume")
      .description("go on with a thread")
      .argument("[session]", "id or name of the thread")
      .argument("[prompt]", "what to do; absent or -: read from stdin")
      .option("--last", "the newest thread of this directory")
      .option("--all", "with --last: of all directories"),
  ).action((session: string | undefined, prompt: string | undefined, _flags: ResumeFlags, command: Command) => {
    const flags = flagsInForce<ResumeFlags>(command);
    const last = flags.last === true || session === undefined;
    const said = last && prompt === undefined && flags.last === true ? session : prompt;
    exec(() => execRequest({ type: "resume", thread: last ? null : session, all: flags.all === true }, said, flags));
  });

  addTurnFlags(
    execCommand
      .command("fork")
      .description("go on with a copy of a thread")
      .argument("<session>", "id or name of the thread")
      .argument("[prompt]", "what to do; absent: only make the fork"),
  ).action((session: string, prompt: string | undefined, _flags: CommonFlags, command: Command) => {
    exec(() => execRequest({ type: "fork", thread: session }, prompt, flagsInForce(command)));
  });

  // Codex knows it by both names.
  for (const command of [execCommand.command("review"), addSessionFlags(program.command("review", { hidden: true }))]) {
    addReviewFlags(addTurnFlags(command)).action((prompt: string | undefined) => {
      const flags = flagsInForce<ReviewFlags>(command);
      const review = reviewTarget(prompt, flags, (message) => command.error(message));
      exec(() => execRequest({ type: "review", review }, prompt, flags));
    });
  }

  for (const name of ["resume", "fork"] as const) {
    const command = program
      .command(name)
      .description(name === "resume" ? "talk on in a thread" : "talk on in a copy of a thread")
      .argument("[session]", "id or name of the thread; absent: pick one from a list")
      .argument("[prompt]", "what to say first")
      .option("--last", "the newest thread of this directory")
      .option("--all", "threads of all directories");
    addSessionFlags(addTurnFlags(command)).action(
      (session: string | undefined, prompt: string | undefined, _flags: ResumeFlags, self: Command) => {
        const flags = flagsInForce<ResumeFlags>(self);
        if (!process.stdin.isTTY) {
          throw new AgentError("usage", `codex-agent ${name} talks at a terminal; codex-agent exec ${name} needs none`);
        }
        const last = flags.last === true;
        const said = last && prompt === undefined ? session : prompt;
        terminal({ type: name, thread: last ? null : (session ?? null), last, all: flags.all === true }, said, flags);
      },
    );
  }

  addSessionsCommands(program, (request) => {
    work = async () => {
      const { sessionsDoor } = await import("./terminal-door.ts");
      return sessionsDoor(request);
    };
  });

  const hooks = program.command("hooks").description("hooks: list them, and trust them");
  if (argv.includes("hooks")) {
    const { addHooksCommands } = await import("./hooks-command.ts");
    addHooksCommands(hooks, (run) => {
      work = run;
    });
  }

  const rewind = program.command("rewind").description("take turns of a thread back: files, conversation or both");
  if (argv.includes("rewind")) {
    const { addRewindCommand } = await import("./rewind-command.ts");
    addRewindCommand(rewind, (run) => {
      work = run;
    });
  }

  const audit = program.command("audit").description("what threads did, who let them, and why");
  if (argv.includes("audit")) {
    const { addAuditCommand } = await import("./audit-command.ts");
    addAuditCommand(audit, (run) => {
      work = run;
    });
  }

  const diff = program.command("diff").description("what a thread changed in files");
  if (argv.includes("diff")) {
    const { addDiffCommand } = await import("./diff-command.ts");
    addDiffCommand(diff, (run) => {
      work = run;
    });
  }

  const policy = program.command("policy").description("what may run, and why");
  if (argv.includes("policy")) {
    const { addPolicyCommands } = await import("./policy-command.ts");
    addPolicyCommands(policy, (run) => {
      work = run;
    });
  }

  const approvals = program.command("approvals").description("what is allowed for longer: list, revoke, trust");
  if (argv.includes("approvals")) {
    const { addApprovalsCommands } = await import("./approvals-command.ts");
    addApprovalsCommands(approvals, (run) => {
      work = run;
    });
  }

  const usage = program.command("usage").description("what threads used, in tokens and dollars, and why");
  if (argv.includes("usage")) {
    const { addUsageCommand } = await import("./usage-command.ts");
    addUsageCommand(usage, (run) => {
      work = run;
    });
  }

  const mcp = program.command("mcp").description("MCP servers: list, get, add, remove, login, logout");
  if (argv.includes("mcp")) {
    const { addMcpCommands } = await import("./mcp-command.ts");
    addMcpCommands(mcp, (run) => {
      work = run;
    });
  }

  const appServer = program
    .command("app-server")
    .description("serve editors, TUIs and programs, as Codex's app-server");
  if (argv.includes("app-server")) {
    const { addAppServerCommand } = await import("./app-server-command.ts");
    addAppServerCommand(appServer, (run) => {
      work = run;
    });
  }

  const serve = program.command("serve").description("serve the Responses API in front of other models");
  if (argv.includes("serve")) {
    const { addServeCommands } = await import("./serve-command.ts");
    addServeCommands(serve, (run) => {
      work = run;
    });
  }

  const sdkDemo = program.command("sdk-demo").description("try the SDK's client of the app-server on a server");
  if (argv.includes("sdk-demo")) {
    const { addSdkDemoCommand } = await import("./sdk-demo-command.ts");
    addSdkDemoCommand(sdkDemo, (run) => {
      work = run;
    });
  }

  addSetupCommands(program, argv, (run) => {
    work = run;
  });

  program
    .command("apply-patch")
    .description("apply a patch in the current directory, whole or not at all")
    .argument("[patch]", "the patch; absent or -: read from stdin")
    .action((patch: string | undefined) => {
      work = async () => {
        const { applyPatchDoor } = await import("./apply-patch-door.ts");
        return applyPatchDoor(patch);
      };
    });

  addWallFlags(
    program
      .command("sandbox")
      .description("run one command in the walls that the agent's commands have")
      .argument("[command...]", "the command; after --")
      .option("--self-test", "say what the walls of this machine hold, and try")
      .option("--trial", "show what the command would change, and ask whether to keep it")
      .option("--commit", "with --trial: keep it without asking"),
  ).action((argv: string[], _flags: SandboxFlags, command: Command) => {
    const flags = flagsInForce<SandboxFlags>(command);
    if (argv.length === 0 && flags.selfTest !== true) {
      command.error("error: there is no command; give one: codex-agent sandbox -- ls");
    }
    if (flags.commit === true && flags.trial !== true) command.error("error: --commit goes with --trial");
    const options = threadOptions(flags);
    work = async () => {
      const { sandboxDoor, selfTestDoor, trialDoor } = await import("./sandbox-door.ts");
      if (flags.selfTest === true) return selfTestDoor(options, flags.json === true);
      if (flags.trial === true) {
        return trialDoor(argv, options, { commit: flags.commit === true, json: flags.json === true });
      }
      return sandboxDoor(argv, options);
    };
  });

  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])]) {
    const usage = command.createHelp().commandUsage(command);
    command.exitOverride().enablePositionalOptions();
    command.showHelpAfterError(`\nUsage: ${usage}\n\nFor more information, try '--help'.`);
  }
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  return work();
}
