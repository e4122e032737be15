import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AnyShape } from "../../src/protocol/shapes/shape.ts";
import { shapeOfSchema, type Definitions } from "./shape-of-schema.ts";

/** What a Codex says that its app-server speaks. */
export interface CodexProtocol {
  /** Params by method; null: none. */
  readonly requests: ReadonlyMap<string, AnyShape | null>;
  readonly notifications: ReadonlyMap<string, AnyShape | null>;
  readonly serverRequests: ReadonlyMap<string, AnyShape | null>;
  readonly definitions: Definitions;
  /** @throws Error for a name that is not defined. */
  shape(name: string): AnyShape;
}

/** Has a Codex generate its schemas. @throws Error where it cannot. */
export function readCodexProtocol(codex: string, experimental: boolean): CodexProtocol {
  // Elsewhere it warns of its home.
  const folder = mkdtempSync("/var/tmp/codex-schema-");
  try {
    const flags = experimental ? ["--experimental"] : [];
    execFileSync(codex, ["app-server", "generate-json-schema", "--out", folder, ...flags], {
      env: { ...process.env, CODEX_HOME: folder },
      stdio: ["ignore", "ignore", "pipe"],
    });
    return protocolOf(JSON.parse(readFileSync(join(folder, "codex_app_server_protocol.schemas.json"), "utf8")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Bundle {
  readonly definitions: Definitions & { readonly v2: Definitions };
}

function protocolOf({ definitions: { v2, ...others } }: Bundle): CodexProtocol {
  const definitions: Definitions = { ...others, ...v2 };
  const shape = (name: string): AnyShape => {
    const schema = definitions[name];
    if (schema === undefined) throw new Error(`Codex has no type ${name}`);
    return shapeOfSchema(schema, definitions);
  };
  const table = (name: string): Map<string, AnyShape | null> => {
    const { oneOf, anyOf } = definitions[name] as Record<string, unknown>;
    const options = (oneOf ?? anyOf) as Record<string, Record<string, Record<string, unknown>>>[];
    return new Map(
      options.map(({ properties }) => {
        const params = properties!["params"];
        const method = (properties!["method"]!["enum"] as string[])[0]!;
        return [method, params === undefined ? null : shapeOfSchema(params, definitions)];
      }),
    );
  };
  return {
    requests: table("ClientRequest"),
    notifications: table("ServerNotification"),
    serverRequests: table("ServerRequest"),
    definitions,
    shape,
  };
}
