import type { OwnRuleSource } from "../../config/layers.ts";
import { AgentError } from "../../protocol/errors.ts";
import { parseHostPattern } from "../engine/network.ts";
import { compileGlob, type GlobPlace, type PathGlob } from "./path-globs.ts";
import { shellWords } from "./shell-words.ts";

/** A rule of `[[codex_agent.rules]]`. All that it names has to hold. */
export interface OwnRule {
  /** Where it stands, for verdicts: `config:codex_agent.rules[2]`. */
  readonly name: string;
  /** The file or flag that it comes from. */
  readonly source: string;
  /** Names of tools, `*` for any letters; null: any tool. */
  readonly tool: RegExp | null;
  /** First words of a command. */
  readonly command: readonly string[] | null;
  readonly paths: readonly PathGlob[] | null;
  /** What is done to the paths. */
  readonly access: "read" | "write" | "any";
  readonly hosts: readonly string[] | null;
  readonly decision: "allow" | "ask" | "deny";
  /** Only with `allow`: outside of the sandbox. */
  readonly outside: boolean;
  readonly reason: string | null;
}

const keys = ["tool", "command", "path", "access", "host", "decision", "reason", "outside"] as const;
const decisions = ["allow", "ask", "deny"] as const;
const accesses = ["read", "write"] as const;

/** @throws AgentError `config` that names key, value and file of the first rule that means nothing. */
export function readOwnRules(sources: readonly OwnRuleSource[], place: GlobPlace): OwnRule[] {
  return sources.map((source) => readRule(source, place));
}

function readRule({ value, source, index }: OwnRuleSource, place: GlobPlace): OwnRule {
  const name = `codex_agent.rules[${index}]`;
  const wrong = (message: string): never => {
    throw new AgentError("config", `${name}${message} (${source})`);
  };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return wrong(" is not a table; write [[codex_agent.rules]] above each rule");
  }
  const table = value as Record<string, unknown>;
  const unknown = Object.keys(table).find((key) => !(keys as readonly string[]).includes(key));
  if (unknown !== undefined) wrong(`.${unknown} is not known; there are ${keys.join(", ")}`);
  const said = (key: string, what: string): never => wrong(`.${key} is ${JSON.stringify(table[key])}; it is ${what}`);
  const string = (key: string): string | null => {
    const found = table[key];
    if (found === undefined) return null;
    return typeof found === "string" && found !== "" ? found : said(key, "a text that is not empty");
  };
  const oneOf = <Word extends string>(key: string, words: readonly Word[]): Word | null => {
    if (table[key] === undefined) return null;
    return words.find((word) => word === table[key]) ?? said(key, `one of ${words.join(", ")}`);
  };
  const strings = (key: string): readonly string[] | null => {
    const found = table[key];
    if (found === undefined) return null;
    const list: readonly unknown[] = Array.isArray(found) ? found : [found];
    const texts = list.filter((each): each is string => typeof each === "string" && each !== "");
    return list.length > 0 && texts.length === list.length ? texts : said(key, "a text or a list of texts");
  };
  const tool = string("tool");
  const command =
    typeof table["command"] === "string" ? shellWords(table["command"]) : (strings("command") as string[] | null);
  if (table["command"] !== undefined && (command === null || command.length === 0)) {
    said("command", "the first words of a command, as one text or as a list");
  }
  const paths = strings("path");
  const hosts = strings("host");
  if (tool === null && command === null && paths === null && hosts === null) {
    wrong(" names no tool, command, path or host; it would mean everything");
  }
  const host = hosts?.find((each) => parseHostPattern(each) === null);
  if (host !== undefined)
    wrong(`.host is ${JSON.stringify(host)}; it is NAME, *.NAME or an address, with :PORT or without`);
  const decision = oneOf("decision", decisions) ?? wrong(`.decision is missing; it is one of ${decisions.join(", ")}`);
  const access = oneOf("access", accesses);
  if (access !== null && paths === null) wrong(".access needs a path");
  const outside = table["outside"] ?? false;
  if (typeof outside !== "boolean") said("outside", "true or false");
  if (outside === true && decision !== "allow") wrong('.outside needs decision = "allow"');
  return {
    name: `config:${name}`,
    source,
    tool: tool === null ? null : new RegExp(`^${tool.split("*").map(escape).join(".*")}$`),
    command,
    paths: paths?.map((path) => compileGlob(path, place)) ?? null,
    access: access ?? "any",
    hosts,
    decision,
    outside: outside === true,
    reason: string("reason"),
  };
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
