import type { AgentEvent } from "./events.ts";

/** What people read of a model that stands in for another. */
export const fallbackText = ({ from, to, cause }: Extract<AgentEvent, { type: "model.fell_back" }>): string =>
  `${from} cannot be used (${cause}); ${to} goes on`;
