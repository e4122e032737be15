import { resolve } from "node:path";
import type { Answer, RequestedRights } from "../../protocol/questions.ts";
import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import { CallError, type CallContext, type Tool, type ToolResult } from "../tool.ts";

const folders = (what: string): JsonSchema => ({
  type: "array",
  description: `Absolute paths that may be ${what}.`,
  items: { type: "string" },
});

const parameters: JsonSchema = {
  type: "object",
  properties: {
    environment_id: {
      type: "string",
      description: "The environment, by its id in environment_context. Default: the first.",
    },
    permissions: {
      type: "object",
      description: "What is asked for.",
      properties: {
        file_system: {
          type: "object",
          description: "Access to files and folders.",
          properties: { read: folders("read"), write: folders("written to") },
          additionalProperties: false,
        },
        network: {
          type: "object",
          description: "Access to the network.",
          properties: { enabled: { type: "boolean", description: "True asks for it." } },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    reason: { type: "string", description: "Why it is needed, for the user." },
  },
  required: ["permissions"],
  additionalProperties: false,
};

/** Makes what the user allowed hold for calls that follow, and returns what of it really does. */
export type Grant = (context: CallContext, rights: RequestedRights, scope: "turn" | "session") => RequestedRights;

/** Asks the user for rights beyond the sandbox's. */
export function createRequestPermissions(grant: Grant): Tool {
  return {
    name: "request_permissions",
    spec: {
      type: "function",
      name: "request_permissions",
      description:
        "Asks the user for access to more files or to the network than the sandbox gives, and waits. What is granted holds for the commands that follow in this turn, or in the whole session when the user says so.",
      strict: false,
      parameters,
    },
    parallel: false,
    prepare(input, context) {
      const asked = parseArguments<{ permissions: RequestedRights; reason?: string }>(input, parameters);
      const known = Object.keys(asked.permissions);
      const foreign = known.find((name) => name !== "network" && name !== "file_system");
      if (foreign !== undefined) {
        throw new CallError(
          `failed to parse function arguments: unknown field \`${foreign}\`, expected \`network\` or \`file_system\``,
        );
      }
      const rights = absolute(asked.permissions, context.cwd);
      if (rights.network === undefined && rights.file_system === undefined) {
        throw new CallError("request_permissions requires at least one permission");
      }
      const question = { type: "rights", callId: context.callId, rights, reason: asked.reason ?? null } as const;
      return {
        effect: "none",
        action: { kind: "none" },
        refusal: ({ message }) => message,
        // Where nothing is to be asked, nothing more is granted.
        run: async () => {
          const { approvalPolicy, granular } = context.permissions;
          const never = approvalPolicy === "never" || granular?.request_permissions === false;
          const answer: Answer = never ? { type: "deny" } : await context.ask(question);
          return resultOf(answer, rights, (...given) => grant(context, ...given));
        },
      };
    },
  };
}

function absolute({ network, file_system: files }: RequestedRights, cwd: string): RequestedRights {
  const paths = (list: string[] | undefined): string[] => [...new Set((list ?? []).map((path) => resolve(cwd, path)))];
  const [read, write] = [paths(files?.read), paths(files?.write)];
  return {
    ...(network?.enabled !== undefined && { network: { enabled: network.enabled } }),
    ...(read.length + write.length > 0 && {
      file_system: { ...(read.length > 0 && { read }), ...(write.length > 0 && { write }) },
    }),
  };
}

const isWithin = (path: string, root: string): boolean =>
  path === root || path.startsWith(root === "/" ? "/" : `${root}/`);

/** Nobody grants more than was asked for. */
function within(granted: RequestedRights, asked: RequestedRights): RequestedRights {
  const paths = (list: string[] | undefined, limit: string[] | undefined): string[] =>
    (list ?? []).filter((path) => (limit ?? []).some((root) => isWithin(path, root)));
  const read = paths(granted.file_system?.read, asked.file_system?.read);
  const write = paths(granted.file_system?.write, asked.file_system?.write);
  const network = granted.network?.enabled === true && asked.network?.enabled === true;
  return {
    ...(network && { network: { enabled: true } }),
    ...(read.length + write.length > 0 && {
      file_system: { ...(read.length > 0 && { read }), ...(write.length > 0 && { write }) },
    }),
  };
}

function resultOf(
  answer: Answer,
  asked: RequestedRights,
  grant: (rights: RequestedRights, scope: "turn" | "session") => RequestedRights,
): ToolResult {
  if (answer.type === "cancel") {
    return { output: "request_permissions was cancelled before receiving a response.", ok: false };
  }
  const given = answer.type === "rights" ? within(answer.rights, asked) : {};
  const scope = answer.type === "rights" && Object.keys(given).length > 0 ? answer.scope : "turn";
  const held = Object.keys(given).length > 0 ? grant(given, scope) : {};
  const permissions = { network: held.network ?? null, file_system: held.file_system ?? null };
  const data = { permissions, scope };
  return { output: JSON.stringify(data), ok: true, data };
}
