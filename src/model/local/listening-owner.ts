import type { System } from "../../system/ports.ts";

/** Whose a listening socket is. `unknown`: this system does not tell. */
export type Owner =
  | { readonly type: "self" | "root" | "unknown" }
  | { readonly type: "other"; readonly userId: number; readonly name: string | null };

/** Addresses that take what is sent to 127.0.0.1, as /proc/net writes them. */
const addresses = new Set([
  "00000000",
  "0100007F",
  "00000000000000000000000000000000",
  "0000000000000000FFFF000000000000",
  "0000000000000000FFFF00000100007F",
]);
const listening = "0A";

/** The users that listen on the port of 127.0.0.1, by the tables `/proc/net/tcp` and `tcp6`. */
export function listeners(tables: readonly string[], port: number): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const users = tables.flatMap((table) =>
    table
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [, local = "", , state, , , , user] = line.trim().split(/\s+/);
        const [address = "", place] = local.split(":");
        return place === wanted && state === listening && addresses.has(address) ? [Number(user)] : [];
      }),
  );
  return [...new Set(users)];
}

/** Whose server a request to that port of this machine would reach. Several may listen: the worst of them counts. */
export function listeningOwner(port: number, { files, processes }: System): Owner {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) => {
    try {
      return [files.readText(file)];
    } catch {
      return [];
    }
  });
  const users = listeners(tables, port);
  if (users.length === 0 || processes.userId === null) return { type: "unknown" };
  const other = users.find((user) => user !== processes.userId && user !== 0);
  if (other !== undefined) return { type: "other", userId: other, name: userName(other, files) };
  return { type: users.includes(processes.userId) ? "self" : "root" };
}

function userName(userId: number, files: System["files"]): string | null {
  try {
    const line = files
      .readText("/etc/passwd")
      .split("\n")
      .find((entry) => entry.split(":")[2] === String(userId));
    return line?.split(":")[0] ?? null;
  } catch {
    return null;
  }
}
