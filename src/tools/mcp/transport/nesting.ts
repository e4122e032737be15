import type { Transport } from "@modelcontextprotocol/client";
import { maxLevels, nestsTooDeep } from "../../../protocol/nested-json.ts";

const message = `it nests deeper than ${maxLevels} levels, which is the most that is taken`;

/** A message of a server that nests too deep fails the one call that it answers, or is refused where it asks. */
export function limitNesting(transport: Transport): void {
  const take = transport.onmessage;
  const onmessage: typeof take = (said, extra) => {
    if (!nestsTooDeep(said)) return take?.(said, extra);
    if (!("id" in said) || said.id === undefined) return;
    const refused = { jsonrpc: "2.0" as const, id: said.id, error: { code: -32000, message } };
    if ("method" in said) void transport.send(refused).catch(() => undefined);
    else take?.(refused, extra);
  };
  Object.assign(transport, { onmessage });
}
