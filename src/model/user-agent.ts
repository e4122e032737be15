import { codexVersion } from "../protocol/codex-0.169/version.ts";
import type { System } from "../system/ports.ts";

function osRelease(system: System): { name: string; version: string } {
  try {
    const text = system.files.readText("/etc/os-release");
    const field = (key: string): string | undefined => new RegExp(`^${key}=(?:"([^"]*)"|(.*))$`, "m").exec(text)?.slice(1).find((value) => value !== undefined);
    const version = field("VERSION_ID") ?? "unknown";
    return { name: field("NAME") ?? "Linux", version: /^\d+$/.test(version) ? `${version}.0.0` : /^\d+\.\d+$/.test(version) ? `${version}.0` : version };
  } catch {
    return { name: system.environment.platform === "darwin" ? "Mac OS" : "Linux", version: "unknown" };
  }
}

const architectureNames: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** `<originator>/<version> (<OS> <version>; <arch>) <terminal> (<client>; <version>)`, header-safe. */
export function userAgent(originator: string, client: string, system: System): string {
  const os = osRelease(system);
  const { variables, architecture } = system.environment;
  const program = variables["TERM_PROGRAM"];
  const terminal = program === undefined || program === "" ? (variables["TERM"] ?? "unknown") : program;
  const arch = architectureNames[architecture] ?? architecture;
  const text = `${originator}/${codexVersion} (${os.name} ${os.version}; ${arch}) ${terminal || "unknown"} (${client}; ${codexVersion})`;
  return text.replace(/[^\x20-\x7e]/g, "_");
}
