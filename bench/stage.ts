import { cpSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** The folders of one sample, all fresh. Names have the same length in every sample: paths are part of what a model is sent. */
export interface Stage {
  codexHome: string;
  workspace: string;
  /** Where the bare loop writes, and where it reads a thread to go on with. */
  journal: string;
  env: Record<string, string>;
  /** Bytes of all journals that lie here. */
  journalBytes(): number;
  remove(): void;
}

let count = 0;

export interface Settings {
  model?: string;
  /** TOML that stands before the first table, and after the last one. */
  keys?: string;
  tables?: string;
}

/** `warmRuntime`: a folder whose compile cache is copied, as every start but the first finds one. */
export function makeStage(root: string, baseUrl: string, warmRuntime: string | null, settings: Settings = {}): Stage {
  const folder = join(root, `stage-${String(count++).padStart(6, "0")}`);
  const [codexHome, home, runtime, temporary, workspace] = ["codex-home", "home", "runtime", "tmp", "workspace"].map(
    (name) => join(folder, name),
  ) as [string, string, string, string, string];
  for (const each of [codexHome, home, runtime, temporary, workspace])
    mkdirSync(each, { recursive: true, mode: 0o700 });
  const cache = join("cache", "compile");
  if (warmRuntime !== null) cpSync(join(warmRuntime, cache), join(runtime, cache), { recursive: true });
  writeFileSync(join(codexHome, "config.toml"), configuration(baseUrl, settings));
  const journal = join(folder, "bare.jsonl");
  return {
    codexHome,
    workspace,
    journal,
    env: {
      PATH: [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
      HOME: home,
      CODEX_HOME: codexHome,
      AGENT_RUNTIME_DIR: runtime,
      TMPDIR: temporary,
      TZ: "Etc/UTC",
      LANG: "C.UTF-8",
      SHELL: "/bin/bash",
      FAKE_KEY: "sk-fake",
    },
    journalBytes: () =>
      [...globSync(join(codexHome, "sessions/**/*.jsonl")), ...globSync(journal)].reduce(
        (sum, path) => sum + statSync(path).size,
        0,
      ),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** `gpt-5.5` is the one stock model for which Codex sends its classic tools. */
function configuration(baseUrl: string, { model = "gpt-5.5", keys = "", tables = "" }: Settings): string {
  return [
    `model = "${model}"`,
    keys,
    `model_provider = "fake"`,
    `[model_providers.fake]`,
    `name = "fake"`,
    `base_url = "${baseUrl}"`,
    `wire_api = "responses"`,
    `env_key = "FAKE_KEY"`,
    tables,
    "",
  ].join("\n");
}
