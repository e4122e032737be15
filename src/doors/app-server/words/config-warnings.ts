import { dirname } from "node:path";
import type { NotificationParams } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { messageOf } from "../../../protocol/errors.ts";
import type { ConfigSource, ConfigView } from "../../../protocol/settings.ts";
import type { AppServer } from "../app-server.ts";
import { configOf } from "./which-config.ts";

type Warning = NotificationParams<"configWarning">;

/** What a client should know of the configuration before its first thread: what cannot be used, and what has no effect. */
export async function configWarnings(server: AppServer): Promise<Warning[]> {
  const { cwd, codexHome } = server.surroundings;
  let view: ConfigView;
  try {
    view = await server.client.call("config/read", configOf(server, cwd));
  } catch (error) {
    const summary = "The configuration cannot be read; no thread starts until it is repaired.";
    return [{ summary, details: messageOf(error) }];
  }
  const untrusted = view.layers.flatMap(({ untrusted: aside, source }) =>
    aside && source.type === "project" ? [source.folder] : [],
  );
  return [
    ...(view.unknown.length === 0 ? [] : [unknownKeys(view)]),
    ...(untrusted.length === 0 ? [] : [untrustedFolders(untrusted, codexHome)]),
  ];
}

const fileOf = (source: ConfigSource): string =>
  source.type === "flags"
    ? "the command line"
    : source.type === "project"
      ? `${source.folder}/config.toml`
      : source.file;

const unknownKeys = ({ unknown }: ConfigView): Warning => ({
  summary: [
    `${unknown.length === 1 ? "One setting means" : `${unknown.length} settings mean`} nothing here and ${unknown.length === 1 ? "has" : "have"} no effect:`,
    ...unknown.map(({ source, key }) => `  ${fileOf(source)}: \`${key}\``),
  ].join("\n"),
  details: null,
});

const untrustedFolders = (folders: readonly string[], codexHome: string): Warning => ({
  summary: [
    "Settings and hooks of these folders are left aside, for nobody has said that the project is trusted (its skills are there all the same):",
    ...folders.map((folder) => `  ${folder}`),
    `To use them, write trust_level = "trusted" for ${JSON.stringify(dirname(folders[0]!))} under [projects] in ${codexHome}/config.toml.`,
  ].join("\n"),
  details: null,
});
