import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { AgentError, messageOf } from "../../../protocol/errors.ts";
import { isLoopbackAddress } from "../../../system/loopback.ts";
import type { Accept } from "../wire.ts";
import type { Serving } from "./serving.ts";
import { serving, WebSocketDoor, type WebSocketOptions } from "./websocket.ts";

export interface Place {
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
}

/**
 * WebSockets at an address of this machine; says where on standard error, as Codex does.
 * @throws AgentError `config` where the address cannot be listened at, or others could reach it without a token.
 */
export async function serveTcp(
  accept: Accept,
  place: Place,
  options: Omit<WebSocketOptions, "hosts">,
): Promise<Serving> {
  const isLocal = isLoopbackAddress(place.address);
  if (!isLocal && options.authorize === null) {
    throw new AgentError(
      "config",
      `refusing to start non-loopback websocket listener ${written(place)} without auth; configure \`--ws-auth capability-token\` or \`--ws-auth signed-bearer-token\``,
    );
  }
  // Where there is a token, no page knows it, whatever name it came by.
  const hosts = options.authorize === null ? [place.address] : null;
  const door = await WebSocketDoor.open(accept, { ...options, hosts });
  try {
    const listening = once(door.http, "listening");
    door.http.listen(place.port, place.address);
    await listening;
  } catch (error) {
    throw new AgentError("config", `cannot listen on ws://${written(place)}: ${messageOf(error)}`, { cause: error });
  }
  const { port } = door.http.address() as AddressInfo;
  const at = written({ ...place, port });
  options.tell(
    [
      "codex app-server (WebSockets)",
      `  listening on: ws://${at}`,
      `  readyz: http://${at}/readyz`,
      `  healthz: http://${at}/healthz`,
      isLocal
        ? "  note: binds localhost only (use SSH port-forwarding for remote access)"
        : "  note: websocket auth is required for non-localhost listeners",
    ].join("\n"),
  );
  return serving(() => door.close());
}

const written = ({ address, port }: Place): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
