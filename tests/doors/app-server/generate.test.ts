import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientRequests } from "../../../src/protocol/codex-0.169/app-server/client-requests.ts";
import { handlerOf } from "../../../src/doors/app-server/handlers/handlers.ts";
import { writeJsonSchemas, writeTypescript } from "../../../src/doors/app-server/generate.ts";
import { scratchFolder } from "../../support/scratch.ts";

const root = join(import.meta.dirname, "../../..");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(scratchFolder, "generated-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const compiler = join(root, "node_modules/typescript/bin/tsc");
const flags = ["--noEmit", "--strict", "--target", "es2024", "--module", "preserve", "--types", "", "--ignoreConfig"];

function compile(files: string[]): string {
  try {
    return execFileSync(process.execPath, [compiler, ...flags, "--allowImportingTsExtensions", ...files], {
      encoding: "utf8",
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test.each([false, true])(
  "the TypeScript compiles (experimental: %s), and says of a turn what the server takes",
  async (experimental) => {
    const out = join(folder, `ts-${experimental}`);
    expect(await writeTypescript(out, experimental)).toBe(0);
    const program = join(folder, `program-${experimental}.ts`);
    const source = join(root, "src/protocol/codex-0.169/app-server");
    writeFileSync(
      program,
      `import type * as Printed from "./ts-${experimental}/index";
import type { Turn } from "${source}/common.ts";
import type { ThreadStartResponse } from "${source}/threads.ts";
import type { TurnStartParams } from "${source}/turns.ts";
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Fits<A, B> = [A] extends [B] ? true : false;
type Both<A, B> = Same<[Fits<A, B>, Fits<B, A>], [true, true]>;
export const turn: Both<Printed.Turn, Turn> = true;
export const start: Fits<TurnStartParams, Printed.TurnStartParams> = true;
export const reply: Fits<ThreadStartResponse, Printed.ThreadStartResponse> = true;
export const known: "turn/start" extends Printed.ClientRequest["method"] ? true : false = true;
export const later: "collaborationMode" extends keyof Printed.TurnStartParams ? true : false = ${experimental};
`,
    );
    expect(compile([join(out, "index.ts"), program])).toBe("");
  },
);

test("requests are those that something answers; experimental ones only when asked for", async () => {
  const methodsOf = (name: string): string[] => {
    const schema = JSON.parse(readFileSync(join(folder, name, "ClientRequest.json"), "utf8"));
    return schema.anyOf.map((each: { properties: { method: { enum: string[] } } }) => each.properties.method.enum[0]);
  };
  await writeJsonSchemas(join(folder, "stable"), false);
  await writeJsonSchemas(join(folder, "all"), true);
  const answered: string[] = [];
  for (const method of Object.keys(clientRequests) as (keyof typeof clientRequests)[]) {
    const handler = await handlerOf(method).catch(() => null);
    if (handler !== null) answered.push(method);
  }
  const isStable = (method: string): boolean =>
    !("experimental" in clientRequests[method as keyof typeof clientRequests]);
  expect(methodsOf("all")).toEqual(answered);
  expect(methodsOf("stable")).toEqual(answered.filter(isStable));
  expect(answered).toContain("turn/start");
});

test("each file of a schema is whole: what it refers to is in it", async () => {
  const out = join(folder, "whole");
  await writeJsonSchemas(out, true);
  const files = readdirSync(out);
  expect(files).toContain("codex_app_server_protocol.schemas.json");
  expect(files).toContain("TurnStartParams.json");
  for (const file of files) {
    const text = readFileSync(join(out, file), "utf8");
    const schema = JSON.parse(text);
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
    const meant = [...text.matchAll(/"\$ref": "#\/definitions\/(\w+)"/g)].map(([, name]) => name!);
    expect({ file, missing: meant.filter((name) => schema.definitions?.[name] === undefined) }).toEqual({
      file,
      missing: [],
    });
  }
});

test("a folder that cannot be made is named", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  await expect(writeTypescript(join(file, "out"), false)).rejects.toThrow(`${file}/out cannot be written`);
});
