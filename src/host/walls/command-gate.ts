import type { Config } from "../../config/config.ts";
import { isTable } from "../../config/toml/toml-values.ts";
import { judgeHost, matchesHost, parseHostPattern, type NetworkRules } from "../../policy/engine/network.ts";
import { AgentError } from "../../protocol/errors.ts";
import { joinPath } from "../../system/paths.ts";
import type { Gate, GateRules, HostTry, System } from "../../system/ports.ts";

/**
 * `[codex_agent.network]` of config.toml.
 * @throws AgentError `config` for what is no list of hosts.
 */
export function networkSettings({ codexAgent }: Config): NetworkRules {
  const table = isTable(codexAgent["network"]) ? codexAgent["network"] : {};
  const { allow = [], deny = [] } = table;
  const hosts = (key: string, value: unknown): string[] =>
    (Array.isArray(value) ? value : [value]).map((each) => {
      if (typeof each === "string" && parseHostPattern(each) !== null) return each;
      const shown = JSON.stringify(each);
      throw new AgentError(
        "config",
        `codex_agent.network.${key} has ${shown}, which is no host; write a name, *.NAME or an address, with :PORT where one is meant`,
      );
    });
  return { allow: hosts("allow", allow), deny: hosts("deny", deny) };
}

const isAddress = (host: string): boolean => host.includes(":") || /^[\d.]+$/.test(host);
const named = (host: string, port: number): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** The gate of some lists of hosts, asked for anew at each try. `anyName`: names that are on neither list are let through, too. */
export function gateRules(lists: () => NetworkRules, onHost: (attempt: HostTry) => void, anyName = false): GateRules {
  const allowsAddress = (address: string, port: number): boolean => {
    const { allow, deny } = lists();
    const target = named(address, port);
    // Below an address there is nothing, whatever a pattern says.
    const exact = allow.filter((pattern) => !pattern.startsWith("*"));
    return exact.some((pattern) => matchesHost(target, pattern)) && judgeHost(target, { allow: [], deny }) === null;
  };
  return {
    allowsAddress,
    refusal(host, port) {
      const judged = judgeHost(named(host, port), lists());
      if (judged === "deny") return "codex_agent.network.deny names it";
      if (anyName && !isAddress(host)) return null;
      if (judged === "allow" && (!isAddress(host) || allowsAddress(host, port))) return null;
      return "codex_agent.network.allow does not name it";
    },
    onHost,
  };
}

/** A thread's way out to the hosts that are allowed, opened with the first command that could use it. */
export class CommandGate {
  readonly #system: System;
  readonly #onHost: (attempt: HostTry) => void;
  readonly #anyName: boolean;
  #rules: NetworkRules = { allow: [], deny: [] };
  #open: { folder: string; gate: Promise<Gate> } | null = null;

  /** `anyName`: all that is not denied may be reached by its name. */
  constructor(system: System, onHost: (attempt: HostTry) => void, anyName = false) {
    this.#system = system;
    this.#onHost = onHost;
    this.#anyName = anyName;
  }

  /** The folder of its socket; null where no host is allowed. Lists that have changed hold from here on. */
  async open(config: Config): Promise<string | null> {
    this.#rules = networkSettings(config);
    if (this.#rules.allow.length === 0 && !this.#anyName) return null;
    if (this.#open === null) {
      const { runtime } = config.homes;
      const { random, processes, gates } = this.#system;
      const gatesFolder = joinPath(runtime, "cache", "gates");
      const name = `${processes.pid}-${[...random.bytes(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
      this.#sweep(gatesFolder);
      const folder = joinPath(gatesFolder, name);
      const rules = gateRules(() => this.#rules, this.#onHost, this.#anyName);
      this.#open = { folder, gate: gates.open(folder, rules) };
    }
    await this.#open.gate;
    return this.#open.folder;
  }

  async close(): Promise<void> {
    if (this.#open === null) return;
    const { folder, gate } = this.#open;
    this.#open = null;
    await (await gate).close();
    this.#system.files.removeDirectory(folder);
  }

  /** Takes away what processes left that were killed. */
  #sweep(gatesFolder: string): void {
    const { files, processes } = this.#system;
    if (files.stat(gatesFolder) === null) return;
    for (const name of files.list(gatesFolder)) {
      const pid = Number(name.split("-")[0]);
      if (!Number.isInteger(pid) || processes.isAlive(pid)) continue;
      files.remove(joinPath(gatesFolder, name, "gate"));
      files.removeDirectory(joinPath(gatesFolder, name));
    }
  }
}
