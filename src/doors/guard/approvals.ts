import type { ApprovalInfo, ProjectContent } from "../../protocol/approvals.ts";
import { AgentError } from "../../protocol/errors.ts";
import { cleanLine, visibleText } from "../../system/terminal-text.ts";
import { keyWithHash, requireShown, splitKey } from "../../host/guard/shown-key.ts";
import { cleaned, withClient } from "./with-client.ts";

/** `codex-agent approvals list`. */
export function listDoor(all: boolean, json: boolean): Promise<number> {
  return withClient(async (client) => {
    const { approvals } = await cleaned(await client.call("approval/list", { all }));
    if (json) process.stdout.write(`${JSON.stringify({ approvals })}\n`);
    else if (approvals.length === 0) process.stdout.write("Nothing is allowed for longer than one call.\n");
    else process.stdout.write(approvals.map((each) => `${describe(each)}\n`).join(""));
    return 0;
  });
}

/** `codex-agent approvals revoke ID|--all`. */
export function revokeDoor(id: string | null, json: boolean): Promise<number> {
  return withClient(async (client) => {
    const { revoked } = await client.call("approval/revoke", id === null ? { all: true } : { id });
    if (json) process.stdout.write(`${JSON.stringify({ revoked })}\n`);
    else if (revoked.length === 0) process.stdout.write("Nothing was allowed for longer than one call.\n");
    else process.stdout.write(revoked.map((each) => `revoked ${each.id}: ${visibleText(each.what)}\n`).join(""));
    return 0;
  });
}

/** `codex-agent approvals trust`: trusts each as it was shown by this very run. */
export function trustDoor(keys: readonly string[], all: boolean, json: boolean): Promise<number> {
  return withClient(async (client) => {
    const { content } = await client.call("content/list", {});
    const open = content.filter(({ state }) => state !== "trusted");
    const chosen = all ? open : keys.map((key) => shownAs(key, content));
    const trusted: ProjectContent[] = [];
    for (const { key, hash } of chosen) trusted.push((await client.call("content/trust", { key, hash })).content);
    if (json) process.stdout.write(`${JSON.stringify({ content: keys.length === 0 && !all ? content : trusted })}\n`);
    else if (trusted.length > 0) {
      process.stdout.write(trusted.map((each) => `trusted ${contentText(each)}\n`).join(""));
    } else if (open.length === 0) {
      process.stdout.write("This project brings nothing that waits to be trusted.\n");
    } else {
      const way =
        "To trust one as it is shown here, give its key with the letters behind #; --all trusts every one of these.";
      process.stdout.write(`${open.map((each) => `${contentText(each)}\n`).join("\n")}\n${way}\n`);
    }
    return 0;
  });
}

/** Content whose text somebody has read: the letters behind `#` say which it was. */
function shownAs(given: string, content: readonly ProjectContent[]): ProjectContent {
  const [key, hash] = splitKey(given);
  const found = content.find((each) => each.key === key);
  const list = "`codex-agent approvals trust` shows what it brings";
  if (found === undefined) {
    throw new AgentError("usage", `this project brings nothing with the key ${cleanLine(key)}; ${list}`);
  }
  requireShown(key, hash, found.hash, list);
  return found;
}

const states = { trusted: "trusted", untrusted: "not trusted", changed: "changed since it was trusted" } as const;

/** What somebody decides by: nothing in it may hide. */
export function contentText({ key, hash, source, does, state }: ProjectContent): string {
  const head = `${visibleText(keyWithHash(key, hash))} (${states[state]}), in ${visibleText(source)}`;
  return [head, ...does.map((line) => `  ${visibleText(line)}`)].join("\n");
}

function describe({ id, kind, scope, what, threadId, folder, grantedAtMs, expiresAtMs, state }: ApprovalInfo): string {
  const where =
    scope === "folder"
      ? `in ${folder ?? "?"}`
      : scope === "everywhere"
        ? "everywhere"
        : `in ${scope} ${threadId ?? "?"}`;
  const time = (ms: number): string => new Date(ms).toISOString().replace("T", " ").slice(0, 19);
  const parts = [
    kind === "content" ? "trusted content" : kind === "rule" ? "rules/default.rules" : "approval",
    where,
    ...(grantedAtMs === null ? [] : [`since ${time(grantedAtMs)} UTC`]),
    ...(expiresAtMs === null ? [] : [`until ${time(expiresAtMs)} UTC`]),
    ...(state === "held" ? [] : [state]),
  ];
  return `${id}  ${visibleText(what).replaceAll("\n", "\\n")}\n  ${visibleText(parts.join(", "))}`;
}
