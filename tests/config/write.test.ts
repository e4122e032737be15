import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findHomes } from "../../src/config/homes.ts";
import { emptyTable } from "../../src/config/toml/toml-values.ts";
import { parseTomlFile } from "../../src/config/toml/toml.ts";
import { versionOf, viewConfig, type ViewRequest } from "../../src/config/view.ts";
import { keyPathOf, writeConfig, type WriteRequest } from "../../src/config/write.ts";
import type { ConfigEdit } from "../../src/protocol/settings.ts";
import type { Stage } from "../support/run.ts";
import { put, trusted, withStage } from "./place.ts";

const text = `# mine
model = "gpt-5.5"   # for now

[model_providers.own] # the one at home
name = "own"
base_url = "http://127.0.0.1:9"
`;

const viewOf = (stage: Stage, more: Partial<ViewRequest> = {}): ViewRequest => ({
  homes: findHomes(stage.env),
  cwd: null,
  systemDirectory: join(stage.root, "etc"),
  overrides: [],
  profile: null,
  ...more,
});

const edit = (key: string, value: unknown, merge: ConfigEdit["merge"] = "replace"): ConfigEdit => ({
  path: keyPathOf(key),
  value,
  merge,
});

const request = (edits: readonly ConfigEdit[], more: Partial<WriteRequest> = {}): WriteRequest => ({
  edits,
  expectedVersion: null,
  file: null,
  ...more,
});

const fileOf = (stage: Stage): string => readFileSync(join(stage.codexHome, "config.toml"), "utf8");

const withFile = <Value>(use: (stage: Stage) => Promise<Value>): Promise<Value> =>
  withStage({ homeFiles: { "config.toml": text } }, use);

describe("versions", () => {
  it("are those of Codex", async () => {
    expect(versionOf(emptyTable())).toBe("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    expect(versionOf({ model_reasoning_effort: "low" })).toBe(
      "sha256:8a72c132bcc47a8953a3d0c0be8effc34ee23be9c521e9e58db368c906103c4b",
    );
  });

  it("are of what is said, whatever the order and the comments", async () => {
    const one = await parseTomlFile("one", `a = 1\n[b]\nc = [1, { d = "x", e = true }]\n`);
    const other = await parseTomlFile("other", `b.c = [1, { e = true, d = 'x' }] # the same\na = 0x1\n`);
    const third = await parseTomlFile("third", `b.c = [{ e = true, d = 'x' }, 1]\na = 1\n`);
    expect(versionOf(one)).toBe(versionOf(other));
    expect(versionOf(third)).not.toBe(versionOf(one));
  });
});

describe("writing the user's file", () => {
  it("puts a table into one that is there, beside what it holds, and keeps the comments", () =>
    withFile(async (stage) => {
      await writeConfig(
        request([edit("model_providers.own", { base_url: "http://127.0.0.1:8", http_headers: { a: "b" } }, "upsert")]),
        viewOf(stage),
      );
      expect(fileOf(stage)).toBe(`# mine
model = "gpt-5.5"   # for now

[model_providers.own] # the one at home
name = "own"
base_url = "http://127.0.0.1:8"

[model_providers.own.http_headers]
a = "b"
`);
    }));

  it("makes a file where there is none, for its owner alone", () =>
    withStage({}, async (stage) => {
      const { version } = await writeConfig(request([edit("model", "x")]), viewOf(stage));
      expect(fileOf(stage)).toBe(`model = "x"\n`);
      expect(version).toBe(versionOf({ model: "x" }));
    }));

  it("makes its edits in what another program has written meanwhile", () =>
    withFile(async (stage) => {
      let looked = 0;
      const late: ConfigEdit = {
        path: ["model_verbosity"],
        merge: "replace",
        get value() {
          // The file was read, and is not written yet.
          if (++looked === 1)
            writeFileSync(join(stage.codexHome, "config.toml"), `${text}\n[features]\ngoals = false\n`);
          return "low";
        },
      };
      await writeConfig(request([late]), viewOf(stage));
      expect(fileOf(stage)).toContain("goals = false");
      expect(fileOf(stage)).toContain(`model_verbosity = "low"`);
    }));

  it("loses nothing when many write at once, in this process and in others", () =>
    withFile(async (stage) => {
      const root = join(import.meta.dirname, "../../src");
      const script = `
        const { createHost } = await import(${JSON.stringify(join(root, "host/host.ts"))});
        const { Client } = await import(${JSON.stringify(join(root, "client/client.ts"))});
        const { inMemory } = await import(${JSON.stringify(join(root, "client/in-memory.ts"))});
        const { nodeSystem } = await import(${JSON.stringify(join(root, "system/node.ts"))});
        const caller = { originator: "t", client: "t", source: "t", demoWhenUnconfigured: false };
        const client = new Client(inMemory(createHost(nodeSystem(), caller)));
        const name = process.argv[1];
        await Promise.all(Array.from({ length: 8 }, (_, index) => client.call("config/write", {
          cwd: null, edits: [{ path: ["desktop", name + index], value: index, merge: "replace" }],
        })));
        await client.close();`;
      const children = ["a", "b", "c"].map((name) =>
        spawn(process.execPath, ["--input-type=module", "-e", script, name], { env: stage.env, stdio: "inherit" }),
      );
      const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number));
      expect(codes).toEqual([0, 0, 0]);
      const { desktop } = await parseTomlFile("config.toml", fileOf(stage));
      expect(Object.keys(desktop as object)).toHaveLength(24);
      expect(fileOf(stage)).toContain("# the one at home");
    }));

  it.each([
    ["sandbox_mode", "sometimes", "invalid"],
    ["model.inner", 1, "invalid"],
    ["notice", { a: null }, "invalid"],
    ["desktop.big", 1e20, "invalid"],
    ["profile", "x", "invalid"],
    ["model_providers.openai", { name: "x", base_url: "http://x" }, "invalid"],
    ["mcp_servers.none", { args: [] }, "invalid"],
    ["codex_agent.budget", { turn_tokns: 1 }, "invalid"],
  ])("refuses %s = %j, and writes nothing of what came with it", (key, value, reason) =>
    withFile(async (stage) => {
      const written = writeConfig(request([edit("model", "lost"), edit(key, value)]), viewOf(stage));
      await expect(written).rejects.toMatchObject({ code: "config", details: { reason } });
      expect(fileOf(stage)).toBe(text);
    }),
  );

  it("takes a version once", () =>
    withFile(async (stage) => {
      const expectedVersion = versionOf(await parseTomlFile("config.toml", text));
      const both = await Promise.allSettled([
        writeConfig(request([edit("model", "one")], { expectedVersion }), viewOf(stage)),
        writeConfig(request([edit("model", "two")], { expectedVersion }), viewOf(stage)),
      ]);
      expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      expect(fileOf(stage)).toContain(`model = "one"`);
    }));

  it("writes the user's file alone", () =>
    withFile(async (stage) => {
      const written = writeConfig(
        request([edit("model", "x")], { file: join(stage.root, "other.toml") }),
        viewOf(stage),
      );
      await expect(written).rejects.toMatchObject({ details: { reason: "read_only" } });
    }));

  it("says what stands above a value that was written", () =>
    withFile(async (stage) => {
      const flags = viewOf(stage, { overrides: ["model=flagged"] });
      const { overridden } = await writeConfig(request([edit("web_search", "live"), edit("model", "x")]), flags);
      expect(overridden).toMatchObject({ layer: { source: { type: "flags" } }, value: "flagged" });
      expect((await writeConfig(request([edit("model", "flagged")]), flags)).overridden).toBeNull();
    }));
});

describe("what the layers say", () => {
  it("shows an untrusted project as a layer that has no say, and a trusted one above the user's", () =>
    withFile(async (stage) => {
      await put(stage, "workspace/.git/HEAD", "ref: refs/heads/main\n");
      await put(stage, "workspace/.codex/config.toml", `model = "project"\nlog_dir = "logs"\n`);
      const before = await viewConfig(viewOf(stage, { cwd: stage.workspace }));
      expect(before.layers.map(({ source, untrusted }) => [source.type, untrusted])).toEqual([
        ["project", true],
        ["user", false],
        ["system", false],
      ]);
      expect(before.settings["model"]).toBe("gpt-5.5");
      await put(stage, "codex-home/config.toml", `${text}\n${trusted(stage.workspace)}`);
      const after = await viewConfig(viewOf(stage, { cwd: stage.workspace }));
      expect(after.settings).toMatchObject({ model: "project", log_dir: join(stage.workspace, ".codex/logs") });
      expect(after.layers[after.origins["model"]!]!.source).toEqual({
        type: "project",
        folder: join(stage.workspace, ".codex"),
      });
      expect((await viewConfig(viewOf(stage))).settings["model"]).toBe("gpt-5.5");
    }));

  it("names keys that mean nothing, by their file", () =>
    withStage({ homeFiles: { "config.toml": `modle = "x"\n[features]\ngaols = true\n` } }, async (stage) => {
      const { unknown } = await viewConfig(viewOf(stage));
      expect(unknown.map(({ key }) => key)).toEqual(["modle", "features.gaols"]);
    }));
});

it("key paths are split at dots outside of quotes", () => {
  expect(keyPathOf(`a.b`)).toEqual(["a", "b"]);
  expect(keyPathOf(`projects."/a/b.c".trust_level`)).toEqual(["projects", "/a/b.c", "trust_level"]);
  expect(keyPathOf(String.raw`a."x\"y"`)).toEqual(["a", `x"y`]);
  for (const wrong of ["", " ", "a..b", ".a", "a.", `a."b`, `a.""`])
    expect(() => keyPathOf(wrong), wrong).toThrow(/keyPath/);
});
