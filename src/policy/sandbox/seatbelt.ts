import { parentOf } from "../../system/paths.ts";
import { isWithin } from "../paths.ts";
import { limitedShell, timeOf } from "./limits.ts";
import type { Sandbox } from "./sandbox.ts";
import { strengthBut } from "./strength.ts";
import type { Walls } from "./walls.ts";

/** The one that macOS brings; another one of that name could build anything. */
export const sandboxExec = "/usr/bin/sandbox-exec";

/** What programs need to run at all: themselves, what is said of the machine, their own terminal and a few devices. */
const basis = `(version 1)
(deny default)
(allow process-exec)
(allow process-fork)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow sysctl-read)
(allow user-preference-read)
(allow ipc-posix-sem)
(allow iokit-open (iokit-registry-entry-class "RootDomainUserClient"))
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.membership"))
(allow mach-lookup (global-name "com.apple.PowerManagement.control"))
(allow pseudo-tty)
(allow file-read* file-write* file-ioctl (literal "/dev/ptmx"))
(allow file-read* file-write* (require-all (regex #"^/dev/ttys[0-9]+") (extension "com.apple.sandbox.pty")))
(allow file-ioctl (regex #"^/dev/ttys[0-9]+"))
(allow file-read*)
(allow file-write-data (require-all (vnode-type CHARACTER-DEVICE)
  (require-any (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (regex #"^/dev/fd/[0-2]$"))))`;

/** Whom programs ask for names, routes and certificates. */
const lookups = [
  "mDNSResponder",
  "SystemConfiguration.configd",
  "SecurityServer",
  "networkd",
  "ocspd",
  "trustd.agent",
].map((service) => `(allow mach-lookup (global-name "com.apple.${service}"))`);

/** What a profile says, and the paths that it names by parameters: no sign in a path can then become a rule. */
export interface SeatbeltProfile {
  readonly text: string;
  readonly parameters: readonly string[];
}

/** The walls in the language of macOS's sandbox, where of all rules that fit the last one counts. */
export function seatbeltProfile({ writable, guarded, hidden, shown, network }: Walls): SeatbeltProfile {
  const parameters: string[] = [];
  const rules: string[] = [];
  const add = (kind: string, paths: readonly string[], rule: (parameter: string) => string): void => {
    paths.forEach((path, index) => {
      const name = `${kind}_${index}`;
      parameters.push(`${name}=${path}`);
      rules.push(rule(`(param "${name}")`));
    });
  };
  add("WRITABLE", writable, (path) => `(allow file-write* (subpath ${path}))`);
  add("GUARDED", guarded, (path) => `(deny file-write* (subpath ${path}))`);
  // What lies above them stays where it is, and with it they do.
  const above = foldersAbove([...guarded, ...hidden], writable);
  add("ABOVE", above, (path) => `(deny file-write-unlink (literal ${path}))`);
  add("HIDDEN", hidden, (path) => `(deny file-read* file-write* (subpath ${path}))`);
  add("SHOWN", shown, (path) => `(allow file-read* (subpath ${path}))`);
  // A workspace may lie in what is hidden.
  const inside = writable.filter((path) => hidden.some((home) => isWithin(path, home)));
  add("INSIDE", inside, (path) => `(allow file-read* file-write* (subpath ${path}))`);
  const still = guarded.filter((path) => inside.some((root) => isWithin(path, root)));
  add("STILL", still, (path) => `(deny file-write* (subpath ${path}))`);
  const deeper = hidden.filter((path) => inside.some((root) => path !== root && isWithin(path, root)));
  add("DEEPER", deeper, (path) => `(deny file-read* file-write* (subpath ${path}))`);
  if (network) rules.push("(allow network*)", "(allow system-socket)", ...lookups);
  return { text: [basis, ...rules].join("\n"), parameters };
}

function foldersAbove(paths: readonly string[], roots: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    const root = roots.find((each) => path !== each && isWithin(path, each));
    if (root === undefined) continue;
    for (let folder = parentOf(path); isWithin(folder, root); folder = parentOf(folder)) {
      found.add(folder);
      if (folder === "/") break;
    }
  }
  return [...found].sort();
}

/** macOS's own sandbox. It knows no namespaces: paths are allowed or denied where they lie, and processes stay visible. */
export function createSeatbelt(): Sandbox {
  return {
    rung: "seatbelt",
    strength: strengthBut({
      processes:
        "macOS has no namespaces: other processes are seen, and one that left its session outlives a killed command",
      limits: "processes are not counted command by command; files and time are bounded",
      hosts: "without a network of its own a command could go past the gate: it has no network at all",
    }),
    views: [],
    enclose(argv, _cwd, walls) {
      const { text, parameters } = seatbeltProfile(walls);
      const limited = limitedShell(walls.limits, "everywhere");
      return {
        argv: [sandboxExec, "-p", text, ...parameters.flatMap((each) => ["-D", each]), "--", ...limited, ...argv],
        ...timeOf(walls.limits),
        release: () => {},
      };
    },
    close: () => {},
  };
}
