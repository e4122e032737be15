/** The host of a URL, with its port where it names one; the scheme may be missing. `*` where it cannot be told. */
export function hostOf(text: string): string {
  const authority = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/)?([^/?#]*)/.exec(text)?.[1] ?? "";
  // Behind the last @: what stands before it is a name and a password, which are shown to nobody.
  const host = authority.slice(authority.lastIndexOf("@") + 1).toLowerCase();
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.test(host) ? host : "*";
}

/** The host of `user@host:path`, `host:path` or a URL; null for a path of this machine. */
export function hostOfRemote(text: string): string | null {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return text.startsWith("file://") ? null : hostOf(text);
  const [, host] = /^(?:[^/@]*@)?([^/:@]+):/.exec(text) ?? [];
  return host === undefined ? null : hostOf(host);
}
