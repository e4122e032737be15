import type { FunctionSpec } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import type { CallContext, Tool, ToolResult } from "../tool.ts";
import { clamp, requireInteger, type ExecContext } from "./context.ts";
import { budgetOf, reportSession } from "./exec-command.ts";

interface WriteArguments {
  session_id: number;
  chars?: string;
  yield_time_ms?: number;
  max_output_tokens?: number;
}

const spec: FunctionSpec = {
  type: "function",
  name: "write_stdin",
  description:
    "Types into a command that still runs and returns what it has written since. With nothing to type, waits for it.",
  strict: false,
  parameters: {
    type: "object",
    properties: {
      chars: {
        type: "string",
        description: "What to type; empty to wait only. Without a terminal only \\u0003 is taken, as an interrupt.",
      },
      max_output_tokens: { type: "number", description: "Longer output is shortened in the middle." },
      session_id: { type: "number", description: "Session ID that exec_command gave." },
      yield_time_ms: {
        type: "number",
        description:
          "How long to wait, in milliseconds. Typing: default 250, up to 30000. Waiting only: from 5000 to 300000.",
      },
    },
    required: ["session_id"],
    additionalProperties: false,
  },
};

const interruptKey = "\u0003";
const failed = (reason: string): ToolResult => ({ output: `write_stdin failed: ${reason}`, ok: false });

async function write(exec: ExecContext, asked: WriteArguments, context: CallContext): Promise<ToolResult> {
  const session = exec.sessions.find(asked.session_id);
  if (session === undefined) return failed(`Unknown process id ${asked.session_id}`);
  const chars = asked.chars ?? "";
  const since = performance.now();
  if (session.exitCode === null && chars !== "") {
    if (session.terminal) session.write(chars);
    else if (chars === interruptKey) session.interrupt();
    else {
      return failed(`session ${session.id} has no terminal and takes no input; start the command again with tty=true`);
    }
  }
  const waitMs =
    chars === ""
      ? clamp(asked.yield_time_ms ?? 5000, 5000, exec.longestWaitMs)
      : clamp(asked.yield_time_ms ?? 250, 250, 30_000);
  await exec.sessions.wait(session, waitMs, context.signal);
  return reportSession(exec, session, since, budgetOf(asked.max_output_tokens, context));
}

/** An interrupted turn ends the wait of this tool, not the command. */
export function createWriteStdin(exec: ExecContext): Tool {
  return {
    name: spec.name,
    spec,
    hooked: null,
    parallel: true,
    prepare(input, context) {
      const asked = parseArguments<WriteArguments>(input, spec.parameters);
      requireInteger(asked.session_id, "i32");
      requireInteger(asked.yield_time_ms, "u64");
      requireInteger(asked.max_output_tokens, "usize");
      return {
        effect: (asked.chars ?? "") === "" ? "none" : "once",
        action: { kind: "stdin", sessionId: asked.session_id, text: asked.chars ?? "" },
        question: {
          type: "command",
          callId: context.callId,
          argv: [asked.chars ?? ""],
          cwd: context.cwd,
          reason: `Input for the command of session ${asked.session_id}, which runs already`,
          prefixRule: null,
          sandboxed: true,
          sessionId: asked.session_id,
        },
        refusal: (decision) => `write_stdin failed: ${decision.message}`,
        run: () => write(exec, asked, context),
      };
    },
  };
}
