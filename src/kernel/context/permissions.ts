import { granularFlags, type Granular, type Permissions } from "../../protocol/permissions.ts";
import { sha1 } from "../../system/hash.ts";
import type { ContextBlock } from "./context.ts";

export interface RightsFacts {
  cwd: string;
  permissions: Permissions;
  /** First words of commands that the user has let out of the sandbox for good, or for this thread. */
  approvedPrefixes?: readonly Prefix[];
}

type Prefix = readonly string[];

/** More of them than this are not listed to the model; they hold all the same. */
const maxListed = 100;

function listOf(prefixes: readonly Prefix[]): string {
  const lines = prefixes.map((words) => `- [${words.map((word) => JSON.stringify(word)).join(", ")}]`);
  const left = lines.length - maxListed;
  return [...lines.slice(0, maxListed), ...(left > 0 ? [`(and ${left} more)`] : [])].join("\n");
}

function wallsText({ cwd, permissions }: RightsFacts): string {
  const roots = [cwd, ...permissions.writableRoots].map((root) => `\`${root}\``).join(", ");
  return {
    "read-only": "Files can be read, none can be written.",
    "workspace-write": `Files can be read; they can be written below ${roots}${permissions.excludeSlashTmp ? "" : " and the temporary directories"}, but not in \`.git\`, \`.codex\`, \`.agents\` or \`.aws\` there.`,
    "danger-full-access": "There is no file sandbox: commands reach everything that the user can.",
  }[permissions.sandbox];
}

const reviewed =
  " Another model decides about such a request in the user's place, by what the user has asked for and by what could be lost. Where it says no, do not reach for the same by another way: take a way that risks less, or end your turn and ask the user.";

const questions: Readonly<Record<keyof Granular, string>> = {
  sandbox_approval: "what leaves the sandbox or its folders (`sandbox_permissions`)",
  rules: "what a rule wants to ask about",
  mcp_elicitations: "questions of MCP servers",
  skill_approval: "scripts of skills",
  request_permissions: "`request_permissions`",
};

/** What is refused without a question; empty where there is nothing. */
function refusedText(granular: Granular | undefined): string {
  const refused = granular === undefined ? [] : granularFlags.filter((flag) => !granular[flag]);
  if (refused.length === 0) return "";
  return ` The user is not asked about these, which are refused at once: ${refused.map((flag) => questions[flag]).join("; ")}.`;
}

function approvalsText({ approvalPolicy, mode, reviewer, granular }: Permissions): string {
  if (approvalPolicy === "never")
    return "Nobody is there to approve anything: do not ask for more rights (`sandbox_permissions`), and finish with what you have.";
  const words =
    mode === "ask"
      ? "The user is asked before each command and patch that could have an effect; what only reads runs unasked. Where a command needs more than the sandbox gives, ask with `sandbox_permissions: require_escalated` and a `justification`."
      : "What the sandbox holds runs unasked. Where a command needs more, ask with `sandbox_permissions: require_escalated` and a `justification`.";
  const all = words + refusedText(granular);
  return reviewer === undefined ? all : all + reviewed;
}

interface Told {
  instructions?: string;
  approved_command_prefixes?: readonly Prefix[];
}

/** What the model may do: told whole at first and when it changes; of prefixes that only were added, these alone. */
export function permissionsBlock(facts: RightsFacts): ContextBlock {
  const { permissions, approvedPrefixes = [] } = facts;
  const network = permissions.sandbox === "danger-full-access" || permissions.networkAccess ? "enabled" : "restricted";
  const wrapped = (more: string): string =>
    ["<permissions instructions>", ...instructions, `${more}</permissions instructions>`].join("\n");
  const instructions = [
    `Sandbox mode: \`${permissions.sandbox}\`. ${wallsText(facts)} Network access: ${network}.`,
    `Approval policy: \`${permissions.approvalPolicy}\`. ${approvalsText(permissions)}`,
  ];
  const state = { instructions: sha1(wrapped("")), approved_command_prefixes: approvedPrefixes };
  const allowed = `Commands that begin with one of these run outside of the sandbox unasked:\n${listOf(approvedPrefixes)}\n`;
  /** Null where the whole has to be told. */
  const added = (told: Told | undefined): readonly Prefix[] | null => {
    if (told?.instructions !== state.instructions) return null;
    const before = new Set((told.approved_command_prefixes ?? []).map((words) => JSON.stringify(words)));
    const fresh = approvedPrefixes.filter((words) => !before.has(JSON.stringify(words)));
    return fresh.length > 0 && before.size + fresh.length === approvedPrefixes.length ? fresh : null;
  };
  return {
    key: "permissions",
    role: "developer",
    kind: (told) =>
      added(told as Told | undefined) === null
        ? "permissions.instructions"
        : "permissions.approved_command_prefix_saved",
    state,
    render(told) {
      const fresh = added(told as Told | undefined);
      // Codex knows the message by these words.
      return fresh === null
        ? wrapped(approvedPrefixes.length === 0 ? "" : allowed)
        : `Approved command prefix saved:\n${listOf(fresh)}`;
    },
  };
}
