import { codexVersion } from "../protocol/codex-0.169/version.ts";
import type { System } from "../system/ports.ts";

/** Names that Codex gives to systems, by the `ID` of os-release; others by their `NAME`. */
const systemNames: Readonly<Record<string, string>> = {
  alpine: "Alpine Linux",
  arch: "Arch Linux",
  centos: "CentOS",
  debian: "Debian",
  fedora: "Fedora",
  rhel: "Red Hat Enterprise Linux",
  ubuntu: "Ubuntu",
};

function osRelease(system: System): { name: string; version: string } {
  try {
    const text = system.files.readText("/etc/os-release");
    const field = (key: string): string | undefined => new RegExp(`^${key}=["']?([^"'\n]*)`, "m").exec(text)?.[1];
    const version = field("VERSION_ID") ?? "Unknown";
    return { name: systemNames[field("ID") ?? ""] ?? field("NAME") ?? "Linux", version: threeParts(version) };
  } catch {
    return { name: system.environment.platform === "darwin" ? "Mac OS" : "Linux", version: "Unknown" };
  }
}

/** `12` is `12.0.0`, `22.04` is `22.4.0`. */
function threeParts(version: string): string {
  if (!/^\d+(\.\d+)?$/.test(version)) return version;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return `${major}.${minor}.0`;
}

const architectureNames: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** `<originator>/<version> (<OS> <version>; <arch>) <terminal> (<client>; <its version>)`, header-safe. */
export function userAgent(
  originator: string,
  client: string,
  system: System,
  clientVersion: string = codexVersion,
): string {
  const os = osRelease(system);
  const { variables, architecture } = system.environment;
  const program = variables["TERM_PROGRAM"];
  const terminal = program === undefined || program === "" ? (variables["TERM"] ?? "unknown") : program;
  const arch = architectureNames[architecture] ?? architecture;
  const text = `${originator}/${codexVersion} (${os.name} ${os.version}; ${arch}) ${terminal || "unknown"} (${client}; ${clientVersion})`;
  return text.replace(/[^\x20-\x7e]/g, "_");
}
