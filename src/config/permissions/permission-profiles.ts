import type { Permissions } from "../../protocol/permissions.ts";
import { configError } from "../config-error.ts";
import { emptyTable, isTable, valueAt, type TomlTable, type TomlValue } from "../toml/toml-values.ts";

/** What a profile of `permissions` gives; the approval policy is no part of it. */
export type ProfilePermissions = Omit<Permissions, "approvalPolicy" | "mode" | "reviewer">;

export interface ProfileSource {
  readonly settings: TomlTable;
  readonly cwd: string;
  /** A path of a profile as an absolute one. */
  absolute(path: string, key: string): string;
}

const builtIn: Readonly<Record<string, ProfilePermissions>> = {
  ":read-only": profile("read-only"),
  ":workspace": profile("workspace-write"),
  ":danger-full-access": profile("danger-full-access"),
};

export const builtInProfiles: readonly string[] = Object.keys(builtIn);

function profile(sandbox: Permissions["sandbox"]): ProfilePermissions {
  return { sandbox, networkAccess: false, writableRoots: [], excludeTmpdir: false, excludeSlashTmp: false };
}

/** What the entries of a profile and of those that it extends add up to. */
interface Grants {
  readonly files: Map<string, { access: TomlValue; key: string }>;
  network: boolean;
}

/**
 * The permissions of a profile (`default_permissions`). A profile of one's own is taken where these walls can hold
 * exactly what it says; else it is refused by the entry that they cannot hold.
 */
export function resolveProfile(name: string, source: ProfileSource): ProfilePermissions {
  if (name.startsWith(":")) {
    const found = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
    if (found !== undefined) return found;
    const all = Object.keys(builtIn).join(", ");
    throw configError(`\`default_permissions\` names \`${name}\`, which is no built-in profile; there are: ${all}`);
  }
  const grants: Grants = { files: new Map(), network: false };
  addProfile(name, source, grants, []);
  return mapped(name, source, grants);
}

function addProfile(name: string, source: ProfileSource, grants: Grants, above: readonly string[]): void {
  const key = `permissions.${name}`;
  if (above.includes(name)) throw configError(`\`permissions.${above[0]}\` extends itself, by way of \`${name}\``);
  const table = valueAt(source.settings, ["permissions", name]);
  if (!isTable(table)) {
    const asking = above.length === 0 ? "`default_permissions` names" : `\`permissions.${above.at(-1)}\` extends`;
    throw configError(`${asking} the profile \`${name}\`, which is not defined; define it as [permissions.${name}]`);
  }
  const { extends: base, filesystem, network, workspace_roots: roots, description: _description, ...others } = table;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refused(`${key}.${unknown}`, "cannot be enforced by this version");
  if (base !== undefined) addBase(String(base), key, source, grants, [...above, name]);
  for (const [path, access] of Object.entries(isTable(filesystem) ? filesystem : emptyTable())) {
    grants.files.set(path, { access, key: `${key}.filesystem.${JSON.stringify(path)}` });
  }
  for (const [path, wanted] of Object.entries(isTable(roots) ? roots : emptyTable())) {
    if (wanted === true) grants.files.set(path, { access: "write", key: `${key}.workspace_roots` });
  }
  addNetwork(isTable(network) ? network : emptyTable(), key, grants);
}

function addBase(base: string, key: string, source: ProfileSource, grants: Grants, above: readonly string[]): void {
  if (!base.startsWith(":")) return addProfile(base, source, grants, above);
  if (base !== ":read-only" && base !== ":workspace")
    throw configError(
      `\`${key}.extends\` is "${base}"; of the built-in profiles only :read-only and :workspace can be extended`,
    );
  grants.files.set(":root", { access: "read", key });
  if (base === ":read-only") return;
  for (const place of [":workspace_roots", ":tmpdir", ":slash_tmp"]) grants.files.set(place, { access: "write", key });
}

function addNetwork(network: TomlTable, key: string, grants: Grants): void {
  const { enabled, ...rules } = network;
  if (typeof enabled === "boolean") grants.network = enabled;
  const [rule] = Object.keys(rules);
  // Rules narrow a network that is on; where it is off there is nothing that they could narrow.
  if (rule !== undefined && grants.network)
    throw refused(
      `${key}.network.${rule}`,
      "cannot be enforced by this version, which lets the network through or not",
    );
}

const refused = (entry: string, why: string): Error =>
  configError(`\`${entry}\` ${why}; leave it out or choose another profile`);

function mapped(name: string, source: ProfileSource, { files, network }: Grants): ProfilePermissions {
  const root = files.get(":root");
  if (root?.access === "write") {
    const limited = [...files].find(([path, { access }]) => path !== ":root" && access !== "write");
    if (limited !== undefined) throw refused(limited[1].key, "limits what `:root` may write, which these walls cannot");
    if (!network)
      throw refused(root.key, "lets everything be written with the network off, which these walls cannot hold");
    return profile("danger-full-access");
  }
  if (root?.access !== "read")
    throw refused(`permissions.${name}`, 'limits what may be read: only profiles with ":root" = "read" can be kept');
  const writable: string[] = [];
  const special = new Set<string>();
  for (const [path, { access, key }] of files) {
    if (path === ":root" || access === "read") continue;
    if (isTable(access)) addWorkspaceTable(path, access, key, special);
    else if (access !== "write")
      throw refused(key, `is ${JSON.stringify(access)}: these walls hide no single files or folders`);
    else if (path.startsWith(":")) special.add(path);
    else writable.push(source.absolute(path, key));
  }
  for (const path of special)
    if (!specialPlaces.has(path))
      throw refused(`permissions.${name}.filesystem.${JSON.stringify(path)}`, "is not known");
  refuseReadOnlyIslands(files, writable, source);
  const inWorkspace = special.has(":workspace_roots") || special.has(":cwd") || writable.includes(source.cwd);
  const anything = writable.length > 0 || special.size > 0;
  if (anything && !inWorkspace)
    throw refused(
      `permissions.${name}`,
      "lets something be written but not the working directory, which these walls cannot hold",
    );
  if (!anything && network)
    throw refused(
      `permissions.${name}.network.enabled`,
      "opens the network for commands that may write nothing, which these walls cannot hold",
    );
  return {
    sandbox: anything ? "workspace-write" : "read-only",
    networkAccess: network,
    writableRoots: writable.filter((path) => path !== source.cwd),
    excludeTmpdir: anything && !special.has(":tmpdir"),
    excludeSlashTmp: anything && !special.has(":slash_tmp"),
  };
}

const specialPlaces = new Set([":workspace_roots", ":cwd", ":tmpdir", ":slash_tmp", ":minimal"]);

/** `":workspace_roots" = {"." = "write", ...}`: only the folder itself can be told from the rest. */
function addWorkspaceTable(path: string, entries: TomlTable, key: string, special: Set<string>): void {
  for (const [inner, access] of Object.entries(entries)) {
    if (inner === "." && access === "write") special.add(path);
    else if (access !== "read" || inner !== ".")
      throw refused(
        `${key}.${JSON.stringify(inner)}`,
        "is an exception inside of a folder, which these walls cannot hold",
      );
  }
}

/** A place that may only be read must not lie in one that may be written. */
function refuseReadOnlyIslands(files: Grants["files"], writable: readonly string[], source: ProfileSource): void {
  for (const [path, { access, key }] of files) {
    if (access !== "read" || path.startsWith(":")) continue;
    const place = source.absolute(path, key);
    if ([source.cwd, ...writable].some((root) => place === root || place.startsWith(`${root}/`)))
      throw refused(key, "is to stay unwritten inside of a folder that may be written, which these walls cannot hold");
  }
}
