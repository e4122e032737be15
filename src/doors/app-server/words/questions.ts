import { resolve } from "node:path";
import type { AdditionalFileSystemPermissions } from "../../../protocol/codex-0.169/app-server/common.ts";
import type {
  CommandExecutionRequestApprovalResponse,
  DynamicToolCallResponse,
  McpServerElicitationRequestResponse,
  PermissionsRequestApprovalResponse,
  ToolRequestUserInputResponse,
} from "../../../protocol/codex-0.169/app-server/requests.ts";
import type { ServerMethod, ServerParamsOf } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { shellJoin } from "../../../protocol/codex-0.169/shell-join.ts";
import type { CollaborationMode } from "../../../protocol/collaboration-mode.ts";
import { isCovered, type Answer, type Question, type RequestedRights } from "../../../protocol/questions.ts";
import { isWithin } from "../../../policy/paths.ts";
import { contentOf } from "./client-tools.ts";
import { commandActions } from "./command-actions.ts";

/** A question of ours as a request to clients, and what they may reply as an answer to it. */
export type Asking = {
  [M in ServerMethod]: {
    method: M;
    params: ServerParamsOf<M>;
    /** The reply has been checked against the shape of the method's result. `warn` tells what of it does not count. */
    answer(reply: unknown, warn: (message: string) => void): Answer;
    /** What a reply means that does not fit; otherwise that nobody could answer. */
    misfit?: Answer;
    /** Nobody is told when it needs no reply any more. */
    quiet?: boolean;
  };
}[ServerMethod];

interface Place {
  mode: CollaborationMode;
  threadId: string;
  turnId: string;
  cwd: string;
  startedAtMs: number;
}

export function asking(question: Question, place: Place): Asking {
  const { threadId, turnId, startedAtMs } = place;
  switch (question.type) {
    case "command":
      return commandAsking(question, place);
    case "patch":
      return {
        method: "item/fileChange/requestApproval",
        params: { threadId, turnId, itemId: question.callId, startedAtMs, reason: question.reason, grantRoot: null },
        answer: (reply) => decided((reply as { decision: string }).decision),
      };
    case "mcpCall":
      return mcpAsking(question, place);
    case "choices":
      return {
        method: "item/tool/requestUserInput",
        params: {
          threadId,
          turnId,
          itemId: question.callId,
          questions: question.questions.map((each) => ({ ...each, isOther: true, isSecret: false })),
          // A turn of the default mode could go on without an answer.
          isBlocking: place.mode === "plan",
          autoResolutionMs: question.resolveAfterMs,
        },
        answer: (reply) => ({ type: "choices", answers: answersOf(reply, question) }),
      };
    case "rights":
      return {
        method: "item/permissions/requestApproval",
        params: {
          threadId,
          turnId,
          itemId: question.callId,
          environmentId: "local",
          startedAtMs,
          cwd: place.cwd,
          reason: question.reason,
          permissions: wireRights(question.rights),
        },
        answer: (reply) => rightsOf(reply as PermissionsRequestApprovalResponse),
      };
    case "toolCall":
      return {
        method: "item/tool/call",
        params: {
          threadId,
          turnId,
          callId: question.callId,
          namespace: question.namespace,
          tool: question.tool,
          arguments: question.arguments,
        },
        answer(reply) {
          const { success: ok, contentItems } = reply as DynamicToolCallResponse;
          return { type: "toolResult", ok, content: contentOf(contentItems) };
        },
        misfit: { type: "deny", message: "dynamic tool response was invalid" },
        quiet: true,
      };
    case "elicitation":
      return elicitationAsking(question, place);
  }
}

function commandAsking(question: Extract<Question, { type: "command" }>, place: Place): Asking {
  const { threadId, turnId, startedAtMs } = place;
  const prefix = question.prefixRule;
  const amendment = prefix && { acceptWithExecpolicyAmendment: { execpolicy_amendment: prefix } };
  return {
    method: "item/commandExecution/requestApproval",
    params: {
      kind: question.sessionId === undefined ? "command" : "writeStdin",
      threadId,
      turnId,
      itemId: question.callId,
      startedAtMs,
      environmentId: "local",
      ...(question.reason !== null && { reason: question.reason }),
      command: shellJoin(question.argv),
      cwd: question.cwd,
      commandActions: commandActions(question.argv, question.cwd),
      ...(prefix && { proposedExecpolicyAmendment: prefix }),
      availableDecisions: ["accept", ...(amendment ? [amendment] : []), "cancel"],
    },
    answer(reply, warn) {
      const { decision } = reply as CommandExecutionRequestApprovalResponse;
      if (typeof decision === "string") return decided(decision);
      // Hosts are let through by the gate's own list alone.
      if (!("acceptWithExecpolicyAmendment" in decision)) return once;
      const words = decision.acceptWithExecpolicyAmendment.execpolicy_amendment;
      if (prefix !== null && isCovered(words, prefix)) return { type: "allow", scope: "always", words };
      const proposed =
        prefix === null ? "none was proposed" : `it does not begin with ${JSON.stringify(prefix)}, which was proposed`;
      warn(`The command was allowed once. No rule was kept for ${JSON.stringify(words)}: ${proposed}.`);
      return once;
    },
  };
}

const once: Answer = { type: "allow", scope: "once" };

function decided(decision: string): Answer {
  if (decision === "accept") return once;
  if (decision === "acceptForSession") return { type: "allow", scope: "session" };
  return decision === "cancel" ? { type: "cancel" } : { type: "deny" };
}

function mcpAsking(question: Extract<Question, { type: "mcpCall" }>, { threadId, turnId }: Place): Asking {
  return {
    method: "mcpServer/elicitation/request",
    params: {
      threadId,
      turnId,
      serverName: question.server,
      mode: "form",
      message: `Allow the ${question.server} MCP server to run tool "${question.tool}"?`,
      requestedSchema: { type: "object", properties: {} },
      _meta: {
        codex_approval_kind: "mcp_tool_call",
        persist: ["session", "always"],
        tool_name: question.tool,
        ...(question.reason !== null && { tool_description: question.reason }),
        tool_params: question.arguments,
        tool_params_display: shownParams(question.arguments),
      },
    },
    answer(reply) {
      const { action, _meta: meta } = reply as McpServerElicitationRequestResponse;
      // Here both are about the one call: the turn goes on.
      if (action !== "accept") return { type: "deny" };
      const persist = (meta as { persist?: unknown } | null | undefined)?.persist;
      return persist === "session" || persist === "always" ? { type: "allow", scope: "session" } : once;
    },
  };
}

const shownParams = (args: unknown): { name: string; display_name: string; value: unknown }[] =>
  typeof args === "object" && args !== null
    ? Object.entries(args).map(([name, value]) => ({ name, display_name: name, value: value as unknown }))
    : [];

function elicitationAsking(
  { server, message, schema, url }: Extract<Question, { type: "elicitation" }>,
  { threadId, turnId }: Place,
): Asking {
  const place = { threadId, turnId, serverName: server, message, _meta: null };
  return {
    method: "mcpServer/elicitation/request",
    params:
      url === null
        ? { ...place, mode: "form", requestedSchema: (schema ?? { type: "object", properties: {} }) as never }
        : { ...place, mode: "url", url, elicitationId: url },
    answer(reply) {
      const { action, content } = reply as McpServerElicitationRequestResponse;
      if (action !== "accept") return action === "cancel" ? { type: "cancel" } : { type: "deny" };
      return url === null ? { type: "content", content: (content ?? {}) as Record<string, unknown> } : once;
    },
  };
}

/** What was not asked is left out: the kernel would take none of the answers. */
const answersOf = (reply: unknown, { questions }: Extract<Question, { type: "choices" }>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries((reply as ToolRequestUserInputResponse).answers)
      .filter(([id]) => questions.some((question) => question.id === id))
      .map(([id, { answers }]) => [id, answers]),
  );

type Entry = NonNullable<AdditionalFileSystemPermissions["entries"]>[number];

const entriesOf = ({ read = [], write = [] }: NonNullable<RequestedRights["file_system"]>): Entry[] => [
  ...read.map((path): Entry => ({ path: { type: "path", path }, access: "read" })),
  ...write.map((path): Entry => ({ path: { type: "path", path }, access: "write" })),
];

export const wireRights = ({
  network,
  file_system,
}: RequestedRights): ServerParamsOf<"item/permissions/requestApproval">["permissions"] => ({
  network: network === undefined ? null : { enabled: network.enabled ?? null },
  fileSystem:
    file_system === undefined
      ? null
      : { read: file_system.read ?? null, write: file_system.write ?? null, entries: entriesOf(file_system) },
});

function rightsOf({ permissions, scope }: PermissionsRequestApprovalResponse): Answer {
  const { network, fileSystem } = permissions;
  return {
    type: "rights",
    scope: scope ?? "turn",
    rights: {
      ...(network != null && { network: { enabled: network.enabled === true } }),
      ...(fileSystem != null && { file_system: foldersOf(fileSystem) }),
    },
  };
}

/** Where there are entries, they alone count, as in Codex. */
function foldersOf(given: AdditionalFileSystemPermissions): NonNullable<RequestedRights["file_system"]> {
  const { read, write, entries } = given;
  if (entries == null) return { ...(read != null && { read }), ...(write != null && { write }) };
  return { read: keptPaths(entries, "read"), write: keptPaths(entries, "write") };
}

const ranks: Record<Entry["access"], number> = { deny: 0, read: 1, write: 2 };

/** The paths with this access, without those in which another entry gives less: a right here is one to a whole folder. */
const keptPaths = (entries: readonly Entry[], access: "read" | "write"): string[] => {
  const less = entries.filter((entry) => ranks[entry.access] < ranks[access]).map(placeOf);
  return entries.flatMap((entry) => {
    const place = entry.access === access ? placeOf(entry) : null;
    return place === null || less.some((other) => other === null || isWithin(other, place)) ? [] : [place];
  });
};

/** Null: a pattern or a name of a place, which may be anywhere. */
const placeOf = ({ path }: Entry): string | null => (path.type === "path" ? resolve("/", path.path) : null);
