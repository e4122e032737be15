import { isIP } from "node:net";

const unbracketed = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");

/** Whether an IP address is reached from this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  const plain = unbracketed(address);
  if (isIP(plain) === 4) return plain.startsWith("127.");
  return isIP(plain) === 6 && /^(0*:)*0*1$/.test(plain);
}

/** Whether a host's name can only be this machine: a page cannot give it a name of these. */
export function isLoopbackName(name: string): boolean {
  const plain = name.toLowerCase();
  return plain === "localhost" || plain.endsWith(".localhost") || isLoopbackAddress(plain);
}

/** Whether what is sent to a URL stays on this machine. Names below `localhost` may be looked up elsewhere. */
export function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || isLoopbackAddress(hostname);
}
