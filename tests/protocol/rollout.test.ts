import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Permissions } from "../../src/protocol/permissions.ts";
import {
  formatRolloutLine,
  type JsonObject,
  mergePatch,
  parseRolloutLine,
  peekLine,
} from "../../src/protocol/codex-0.169/rollout.ts";
import { threadItemOf, turnItemOf } from "../../src/protocol/codex-0.169/rollout-items.ts";
import {
  sessionMetaPayload,
  settingsPayload,
  taskCompletePayload,
  turnContextPayload,
} from "../../src/protocol/codex-0.169/rollout-payloads.ts";
import { permissionFields, sandboxFields } from "../../src/protocol/codex-0.169/rollout-permissions.ts";

const names = [
  "rollout-typical",
  "rollout-interrupted",
  "rollout-compacted-resumed",
  "fork-parent",
  "fork-child",
  "review-parent-rollout",
  "review-child-rollout",
];
const textOf = (name: string): string =>
  readFileSync(new URL(`../fixtures/codex/${name}.jsonl`, import.meta.url), "utf8");
const allLines = names.flatMap((name) =>
  textOf(name)
    .split("\n")
    .filter((line) => line !== ""),
);
const payloadOf = (name: string, type: string): JsonObject =>
  textOf(name)
    .split("\n")
    .map((line) => parseRolloutLine(line))
    .find((line) => line && (line.type === type || line.payload["type"] === type))!.payload;

const readOnly: Permissions = {
  sandbox: "read-only",
  networkAccess: false,
  writableRoots: [],
  excludeTmpdir: false,
  excludeSlashTmp: false,
  approvalPolicy: "never",
};
const workspace: Permissions = { ...readOnly, sandbox: "workspace-write" };

describe("a line", () => {
  it("is written byte for byte as Codex writes it", () => {
    for (const text of allLines) {
      const line = parseRolloutLine(text)!;
      expect(formatRolloutLine(line.timestamp, line.ordinal, line.type, line.payload, line.metadata ?? undefined)).toBe(
        `${text}\n`,
      );
    }
  });

  it("of Codex's holds no halves of characters, and one of ours those that stand for bytes of paths", () => {
    const [first = "", second = "", third = ""] = ["\ud83d\n", "a\ude00b", '\\ud83d \\\\ud83d \\\ud83d "😀"'];
    const line = formatRolloutLine(null, 1, "event_msg", { first, second }, { third });
    expect(parseRolloutLine(line)).toMatchObject({
      payload: { first: "\ufffd\n", second: "a\ufffdb" },
      metadata: { third: '\\ud83d \\\\ud83d \\\ufffd "😀"' },
    });
    const own = formatRolloutLine(null, null, "codex_agent", { type: "trial", files: ["a\udcff"] });
    expect(parseRolloutLine(own)!.payload["files"]).toEqual(["a\udcff"]);
  });

  it("is known by its first bytes", () => {
    for (const text of allLines) {
      const line = parseRolloutLine(text)!;
      const first = Object.keys(line.payload)[0] === "type" ? line.payload["type"] : null;
      expect(peekLine(text)).toEqual({ ordinal: line.ordinal, type: line.type, payloadType: first });
    }
    expect(peekLine('{"type":"event_msg","payload":{}}')).toBeNull();
    const own = formatRolloutLine(null, null, "codex_agent", { type: "call_started" });
    expect(peekLine(own)).toEqual({ ordinal: null, type: "codex_agent", payloadType: "call_started" });
  });

  it("that is none is no line", () => {
    for (const text of ["", "{", "[]", "1", '{"type":1}', '{"payload":{}}']) expect(parseRolloutLine(text)).toBeNull();
    expect(parseRolloutLine('{"type":"x"}')).toEqual({
      timestamp: "",
      ordinal: null,
      type: "x",
      payload: {},
      metadata: null,
    });
  });
});

describe("payloads", () => {
  it("permissions stand as Codex writes them", () => {
    const typical = payloadOf("rollout-typical", "turn_context");
    expect(permissionFields("/workspace/project", workspace)).toEqual(
      pick(typical, ["approval_policy", "approvals_reviewer", "permission_profile"]),
    );
    expect(sandboxFields("/workspace/project", workspace)).toEqual(
      pick(typical, ["sandbox_policy", "file_system_sandbox_policy"]),
    );
    const reading = payloadOf("fork-parent", "turn_context");
    expect({
      ...permissionFields("/workspace/project", readOnly),
      ...sandboxFields("/workspace/project", readOnly),
    }).toEqual(
      pick(reading, [
        "approval_policy",
        "approvals_reviewer",
        "permission_profile",
        "active_permission_profile",
        "sandbox_policy",
      ]),
    );
    expect(permissionFields("/w", { ...readOnly, sandbox: "danger-full-access" })).toMatchObject({
      permission_profile: { type: "disabled" },
    });
  });

  it("extra roots, network and the excluded folders are told once each", () => {
    const wide: Permissions = {
      ...workspace,
      networkAccess: true,
      writableRoots: ["/opt", "/w", "/opt"],
      excludeTmpdir: true,
      excludeSlashTmp: true,
    };
    expect(sandboxFields("/w", wide)["sandbox_policy"]).toEqual({
      type: "workspace-write",
      writable_roots: ["/opt"],
      network_access: true,
      exclude_tmpdir_env_var: true,
      exclude_slash_tmp: true,
    });
    const text = JSON.stringify(permissionFields("/w", wide));
    expect(text).toContain('"network":"enabled"');
    expect(text).not.toMatch(/slash_tmp|tmpdir/);
    expect(text.match(/"access":"write"/g)).toHaveLength(2);
    expect(text.match(/"access":"read"/g)).toHaveLength(9);
  });

  it("context and settings have the keys of Codex, in its order", () => {
    const values = { model: "gpt-5.5", cwd: "/workspace/project", permissions: workspace, effort: null };
    const context = payloadOf("rollout-typical", "turn_context");
    const made = turnContextPayload({
      ...values,
      turnId: String(context["turn_id"]),
      rootTurnId: String(context["turn_id"]),
      summary: null,
      compactionHash: "2911",
    });
    expect(JSON.stringify(made)).toBe(JSON.stringify(context));
    const settings = payloadOf("rollout-typical", "thread_settings_applied");
    expect(
      JSON.stringify(settingsPayload({ ...values, threadId: String(settings["thread_id"]), provider: "fake" })),
    ).toBe(JSON.stringify(settings));
  });

  it("the head of a thread and of a fork too", () => {
    for (const name of ["rollout-typical", "fork-child"]) {
      const head = payloadOf(name, "session_meta");
      const base = head["history_base"] as
        | { thread_id: string; end_ordinal_exclusive: number; end_byte_offset: number }
        | undefined;
      const made = sessionMetaPayload({
        id: String(head["id"]),
        createdAtMs: Date.parse(String(head["timestamp"])),
        cwd: "/workspace/project",
        originator: "codex_exec",
        source: "exec",
        modelProvider: "fake",
        baseInstructions: { text: "<text>", model: "gpt-5.5" },
        windowId: (head["context_window"] as { window_id: string }).window_id,
        git: {},
        legacy: false,
        fork: base
          ? {
              sourceId: base.thread_id,
              base: {
                segmentId: base.thread_id,
                endOrdinal: base.end_ordinal_exclusive,
                endByte: base.end_byte_offset,
              },
            }
          : null,
      });
      expect(JSON.stringify(made)).toBe(JSON.stringify(head));
    }
  });

  it("an error that Codex has no word for is another one to it", () => {
    const values = {
      turnId: "t",
      rootTurnId: "t",
      lastMessage: null,
      startedAtMs: 1999,
      completedAtMs: 3000,
      durationMs: 1.4,
      firstTokenMs: null,
    };
    expect(taskCompletePayload({ ...values, error: { message: "m", code: "response_incomplete" } })).toEqual({
      type: "task_complete",
      root_turn_id: "t",
      turn_id: "t",
      last_agent_message: null,
      error: { message: "m", codex_error_info: "other" },
      started_at: 1,
      completed_at: 3,
      duration_ms: 1,
    });
  });
});

describe("thread items", () => {
  it("of Codex that we know become what they were again", () => {
    let known = 0;
    for (const text of allLines) {
      const { payload } = parseRolloutLine(text)!;
      const item = payload["item"] as JsonObject | undefined;
      const read = item && threadItemOf(item);
      if (!read) continue;
      known++;
      expect(turnItemOf(read)).toEqual(
        read.type === "commandExecution" ? { ...item, duration: expect.anything() } : item,
      );
    }
    expect(known).toBeGreaterThan(15);
  });

  it("paths of every kind survive as file URLs", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const item = { type: "imageView" as const, id: "i", path: `/w/${name}` };
        expect(threadItemOf(turnItemOf(item))).toEqual(item);
      }),
    );
  });

  it("of kinds that we do not show are left out", () => {
    expect(threadItemOf({ type: "Something", id: "x" })).toBeNull();
    expect(threadItemOf({})).toBeNull();
  });
});

describe("a merge patch", () => {
  it("changes what it names, removes what is null, and keeps the rest", () => {
    const target = { agents: { directory: "/a", text: "x" }, tools: { t: "1" }, list: [1, 2], kept: true };
    const patch = {
      agents: { directory: null, text: "y" },
      tools: null,
      list: [3],
      fresh: { deep: { gone: null, here: 1 } },
    };
    expect(mergePatch(target, patch)).toEqual({
      agents: { text: "y" },
      list: [3],
      kept: true,
      fresh: { deep: { here: 1 } },
    });
    expect(target.agents).toEqual({ directory: "/a", text: "x" });
  });
});

function pick(from: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]]));
}
