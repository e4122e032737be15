import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compareWith } from "../../scripts/codex-schema/compare.ts";
import { readCodexProtocol } from "../../scripts/codex-schema/read-codex.ts";
import { isOnPurpose } from "../../scripts/codex-schema/unsaid.ts";
import { clientRequests } from "../../src/protocol/codex-0.169/app-server/client-requests.ts";
import { shapesByName } from "../../src/protocol/codex-0.169/app-server/shape-names.ts";
import { oracle } from "../support/run.ts";
import { scratchFolder } from "../support/scratch.ts";

const folder = mkdtempSync(join(scratchFolder, "app-server-schema-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["stable", false],
  ["experimental", true],
])("what is written down of the app-server is what the real one generates: %s", (_what, experimental) => {
  const real = readCodexProtocol(oracle().path, experimental);
  const { added, removed, changed } = compareWith(real, experimental);
  const news = (lines: readonly string[]): string[] => lines.filter((line) => !isOnPurpose(line));
  expect({ added: news(added), removed: news(removed), changed: news(changed) }).toEqual({
    added: [],
    removed: [],
    changed: [],
  });
  // The comparison is of something.
  expect(real.requests.size).toBeGreaterThan(100);
  expect([...shapesByName.keys()].filter((name) => name in real.definitions).length).toBeGreaterThan(400);
});

test("methods that are experimental are those that are not among the stable ones", () => {
  const stable = readCodexProtocol(oracle().path, false).requests;
  for (const [method, entry] of Object.entries(clientRequests)) {
    const marked = "experimental" in entry && entry.experimental === true;
    expect({ method, marked }).toEqual({ method, marked: !stable.has(method) });
  }
});

type Json = ReturnType<typeof JSON.parse>;

/** A Codex whose schema was changed on the way. */
function altered(change: (definitions: Json) => void): string {
  execFileSync(oracle().path, ["app-server", "generate-json-schema", "--out", folder, "--experimental"], {
    env: { ...process.env, CODEX_HOME: folder },
    stdio: "ignore",
  });
  const file = join(folder, "codex_app_server_protocol.schemas.json");
  const bundle = JSON.parse(readFileSync(file, "utf8"));
  change({ ...bundle.definitions, ...bundle.definitions.v2 });
  const changed = join(folder, "changed.json");
  writeFileSync(changed, JSON.stringify(bundle));
  const program = join(folder, "codex");
  writeFileSync(
    program,
    `#!/bin/sh\nwhile [ "$1" != --out ]; do shift; done\ncp ${changed} "$2/codex_app_server_protocol.schemas.json"\n`,
  );
  chmodSync(program, 0o755);
  return program;
}

const compare = (codex: string) =>
  spawnSync(process.execPath, ["scripts/compare-codex-schema.ts", codex], {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
  });

test("the script says of another Codex which methods, fields, types and values changed", () => {
  const codex = altered((all) => {
    const method = {
      properties: { method: { enum: ["thread/new"] }, params: { $ref: "#/definitions/v2/TurnStartParams" } },
    };
    all["ClientRequest"].oneOf.push(method);
    all["ClientRequest"].oneOf = all["ClientRequest"].oneOf.filter(
      ({ properties }: Json) => properties.method.enum[0] !== "thread/archive",
    );
    const turn = all["TurnStartParams"];
    turn.properties.fresh = { type: "string" };
    delete turn.properties.model;
    turn.properties.threadId = { type: "integer", format: "int64" };
    all["InitializeCapabilities"].required = ["experimentalApi"];
    turn.properties.input.items = { type: ["string", "null"] };
    all["TurnStatus"].enum.push("sleeping");
    all["ReviewTarget"].oneOf.push({
      type: "object",
      required: ["type"],
      properties: { type: { type: "string", enum: ["everything"] } },
    });
  });
  const { stdout, status } = compare(codex);
  expect(status).toBe(1);
  const lines = stdout.slice(0, stdout.indexOf("known,")).split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "new, or never written down:",
    "  request thread/new",
    "gone:",
    "  request thread/archive",
  ]);
  for (const line of [
    "fresh: new field",
    "model: no such field any more",
    "threadId: was string, is integer",
    "input[]: may be null now",
  ]) {
    expect(lines).toContain(`  type TurnStartParams: ${line}`);
    expect(lines).toContain(`  request turn/start: ${line}`);
  }
  expect(lines).toContain("  type InitializeCapabilities: experimentalApi: must be there now");
  expect(lines).toContain('  type TurnStatus: new value "sleeping"');
  expect(lines).toContain('  type Turn: status: new value "sleeping"');
  expect(lines).toContain('  type ReviewTarget: new variant "everything"');
});

test("of the Codex that is written down the script has no news", () => {
  const { stdout, status } = compare(oracle().path);
  expect(stdout).toMatch(/^known, and left out on purpose:\n/);
  expect(status).toBe(0);
});
