import type { ThreadTokenUsageUpdatedNotification } from "../../../protocol/codex-0.169/app-server/thread-notifications.ts";
import type { TokenUsage } from "../../../protocol/usage.ts";

type WireUsage = ThreadTokenUsageUpdatedNotification["tokenUsage"];

export const wireUsage = (total: TokenUsage, last: TokenUsage, contextWindow: number | null): WireUsage => ({
  total: { ...total },
  last: { ...last },
  modelContextWindow: contextWindow,
});
