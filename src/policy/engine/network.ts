/**
 * Which hosts may be reached, `[codex_agent.network]`. Patterns: a name, `*.name` for everything below a name, or an address, each
 * with `:port` where one is meant. What is on neither list may not be reached.
 */
export interface NetworkRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

interface HostPattern {
  /** Lower case, without brackets. */
  readonly host: string;
  /** Only what lies below `host`. */
  readonly below: boolean;
  readonly port: number | null;
}

const label = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/** Null for what is no pattern of a host. */
export function parseHostPattern(text: string): HostPattern | null {
  const parts = splitHost(text.toLowerCase());
  if (parts === null) return null;
  const below = parts.host.startsWith("*.");
  const host = below ? parts.host.slice(2) : parts.host;
  if (host.includes(":")) return below || !/^[0-9a-f:.]+$/.test(host) ? null : { ...parts, host, below };
  const labels = host.split(".");
  return host.length <= 253 && labels.every((each) => label.test(each)) ? { ...parts, host, below } : null;
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`; a bare IPv6 address has no port. */
function splitHost(text: string): { host: string; port: number | null } | null {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  const plain = text.split(":").length > 2 ? [text, text] : /^([^:]*)(?::(\d{1,5}))?$/.exec(text);
  const [, host, digits] = bracketed ?? plain ?? [];
  if (host === undefined || host === "") return null;
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  return { host: host.endsWith(".") ? host.slice(0, -1) : host, port };
}

/**
 * Whether a host (`name`, `name:port`, `*` for any) is one that a pattern means. Addresses and `localhost` are meant by nothing
 * but themselves. A host without a port is met only by patterns without one.
 */
export function matchesHost(target: string, pattern: string): boolean {
  const wanted = parseHostPattern(pattern);
  const asked = splitHost(target.toLowerCase());
  if (wanted === null || asked === null) return false;
  if (wanted.port !== null && wanted.port !== asked.port) return false;
  return wanted.below ? asked.host.endsWith(`.${wanted.host}`) : asked.host === wanted.host;
}

/** Whether it is meant, as far as the host goes: its port is only known when it is reached. */
export function mayMatchHost(target: string, pattern: string): boolean {
  const port = parseHostPattern(pattern)?.port ?? null;
  const bare = splitHost(target.toLowerCase());
  if (bare === null || bare.port !== null || port === null) return matchesHost(target, pattern);
  return matchesHost(bare.host.includes(":") ? `[${bare.host}]:${port}` : `${bare.host}:${port}`, pattern);
}

/** What the rules say of a host; null where they do not name it. */
export function judgeHost(target: string, { allow, deny }: NetworkRules): "allow" | "deny" | null {
  if (deny.some((pattern) => matchesHost(target, pattern))) return "deny";
  return allow.some((pattern) => matchesHost(target, pattern)) ? "allow" : null;
}
