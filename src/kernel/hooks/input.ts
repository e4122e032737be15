import { configName } from "../../config/hooks/events.ts";
import { encodeUsage } from "../../protocol/codex-0.169/usage.ts";
import type { HookEventName } from "../../protocol/hooks.ts";
import type { HookEvent, HookScene } from "./hooks.ts";

/** The sub-agent that a thread is. */
export interface HookAgent {
  readonly id: string;
  readonly type: string;
  /** The rollout file of the thread that has started it; null: it keeps none. */
  readonly parentTranscript: string | null;
}

/** What stays the same over the events of a thread. */
export interface HookThread {
  /** Of a sub-agent, that of the thread at the root. */
  readonly sessionId: string;
  /** Null: the thread keeps none. */
  readonly transcript: string | null;
  readonly agent: HookAgent | null;
}

/** The event that hooks of a thread get for one of the kernel's: in a sub-agent, its start and its stop. */
export function hookNameOf(event: HookEvent, agent: HookAgent | null): HookEventName {
  if (agent === null) return event.name;
  return event.name === "sessionStart" ? "subagentStart" : event.name === "stop" ? "subagentStop" : event.name;
}

/** What a hook reads on its standard input: Codex's members, in Codex's order. */
export function hookInput(event: HookEvent, scene: HookScene, thread: HookThread): Record<string, unknown> {
  const { agent, transcript } = thread;
  const name = hookNameOf(event, agent);
  const session = { session_id: thread.sessionId };
  const named = { hook_event_name: configName(name) };
  const turn = { turn_id: scene.turnId };
  const place = { transcript_path: transcript, cwd: scene.cwd };
  const model = { model: scene.model };
  const mode = { permission_mode: permissionMode(scene) };
  const who = agent === null ? {} : { agent_id: agent.id, agent_type: agent.type };
  const common = { ...session, ...turn, ...who, ...place, ...named, ...model, ...mode };
  const modelRequest = { ...session, ...turn, ...who, cwd: scene.cwd, transcript_path: transcript, ...model, ...named };
  switch (event.name) {
    case "sessionStart":
      if (agent !== null) return { ...session, ...turn, ...place, ...named, ...model, ...mode, ...who };
      return { ...session, ...place, ...named, ...model, ...mode, source: event.source };
    case "sessionEnd":
      return { ...session, ...place, ...named, reason: event.reason };
    case "userPromptSubmit":
      return { ...common, prompt: event.prompt };
    case "preModelRequest":
      return modelRequest;
    case "postModelRequest": {
      const status = event.error === null ? "completed" : "failed";
      return { ...modelRequest, status, error: event.error, token_usage: event.usage && encodeUsage(event.usage) };
    }
    case "preToolUse":
      return { ...common, tool_name: event.tool, tool_input: event.input, tool_use_id: event.callId };
    case "permissionRequest":
      return { ...common, tool_name: event.tool, tool_input: event.input };
    case "postToolUse": {
      const { tool, input, response, callId } = event;
      return { ...common, tool_name: tool, tool_input: input, tool_response: response, tool_use_id: callId };
    }
    case "preCompact":
    case "postCompact":
      return { ...session, ...turn, ...who, ...place, ...named, ...model, trigger: event.trigger };
    case "stop":
      return stopInput(event, scene, thread, { common, who });
    case "interrupt":
      return common;
  }
}

function permissionMode({ planning, permissions }: HookScene): string {
  if (planning) return "plan";
  return permissions.approvalPolicy === "never" ? "bypassPermissions" : "default";
}

function stopInput(
  { active, lastMessage }: Extract<HookEvent, { name: "stop" }>,
  { turnId, cwd, model }: HookScene,
  { sessionId, transcript, agent }: HookThread,
  { common, who }: { common: Record<string, unknown>; who: Record<string, unknown> },
): Record<string, unknown> {
  const last = { last_assistant_message: lastMessage };
  if (agent === null) return { ...common, stop_hook_active: active, ...last };
  return {
    session_id: sessionId,
    turn_id: turnId,
    transcript_path: agent.parentTranscript,
    agent_transcript_path: transcript,
    cwd,
    hook_event_name: "SubagentStop",
    model,
    permission_mode: common["permission_mode"],
    stop_hook_active: active,
    ...who,
    ...last,
  };
}

/** What a matcher is held against. */
export function matchedName(event: HookEvent, agent: HookAgent | null): string {
  switch (event.name) {
    case "preToolUse":
    case "permissionRequest":
    case "postToolUse":
      return event.tool;
    case "sessionStart":
      return agent === null ? event.source : agent.type;
    case "preCompact":
    case "postCompact":
      return event.trigger;
    case "sessionEnd":
      return event.reason;
    case "stop":
      return agent?.type ?? "";
    default:
      return "";
  }
}
