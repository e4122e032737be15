import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clientRequests } from "../../protocol/codex-0.169/app-server/client-requests.ts";
import type { ClientMethod } from "../../protocol/codex-0.169/app-server/methods.ts";
import { serverNotifications } from "../../protocol/codex-0.169/app-server/server-notifications.ts";
import { serverRequests } from "../../protocol/codex-0.169/app-server/server-requests.ts";
import { nameOfShape } from "../../protocol/codex-0.169/app-server/shape-names.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { jsonSchemaBody, type JsonSchema, type PrintOptions } from "../../protocol/shapes/json-schema.ts";
import { integer, literal, object, optional, string, union, type AnyShape } from "../../protocol/shapes/shape.ts";
import { namesWithin, typescriptBody } from "../../protocol/shapes/typescript.ts";
import { handlerOf } from "./handlers/handlers.ts";

/** What is printed: types by name, of which the roots get files of their own. */
interface Printed {
  readonly options: PrintOptions;
  readonly roots: ReadonlyMap<string, AnyShape>;
  readonly types: ReadonlyMap<string, AnyShape>;
}

const draft = "http://json-schema.org/draft-07/schema#";
const RequestId = union(string, integer);

/** Writes a file per type, and `index.ts`. Resolves to the exit code. @throws AgentError `storage_failed` */
export async function writeTypescript(directory: string, experimental: boolean): Promise<number> {
  const { options, types } = await whatIsServed(experimental);
  const files = [...types].map(([name, shape]): [string, string] => {
    const imports = [...namesWithin(shape, options).keys()]
      .filter((each) => each !== name)
      .toSorted()
      .map((each) => `import type { ${each} } from "./${each}";\n`);
    const head = imports.length > 0 ? `${imports.join("")}\n` : "";
    return [`${name}.ts`, `${generated}${head}export type ${name} = ${typescriptBody(shape, options)};\n`];
  });
  const index = [...types.keys()].map((name) => `export type { ${name} } from "./${name}";\n`).join("");
  return write(directory, [...files, ["index.ts", `${generated}${index}`]]);
}

const generated = "// Printed by codex-agent app-server generate-ts.\n\n";

/** Writes one file with all types, and one for each that is sent by itself. Resolves to the exit code. @throws AgentError `storage_failed` */
export async function writeJsonSchemas(directory: string, experimental: boolean): Promise<number> {
  const { options, roots, types } = await whatIsServed(experimental);
  const bundle = {
    $schema: draft,
    title: "CodexAppServerProtocol",
    type: "object",
    definitions: definitions(types, options),
  };
  const files = [...roots].map(([name, shape]): [string, string] => {
    const within = reachable(new Map([[name, shape]]), options);
    within.delete(name);
    const schema = jsonSchemaBody(shape, options);
    return [
      `${name}.json`,
      asText({
        $schema: draft,
        title: name,
        ...(typeof schema === "object" && schema),
        ...(within.size > 0 && { definitions: definitions(within, options) }),
      }),
    ];
  });
  return write(directory, [...files, ["codex_app_server_protocol.schemas.json", asText(bundle)]]);
}

const asText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const definitions = (types: ReadonlyMap<string, AnyShape>, options: PrintOptions): Record<string, JsonSchema> =>
  Object.fromEntries([...types].map(([name, shape]) => [name, jsonSchemaBody(shape, options)]));

async function whatIsServed(experimental: boolean): Promise<Printed> {
  const served = await servedRequests();
  const requests = entriesOf(clientRequests, experimental).filter(([method]) => served.has(method));
  const questions = entriesOf(serverRequests, experimental);
  const notifications: [string, AnyShape][] = Object.entries(serverNotifications);

  const named = new Map<string, AnyShape>();
  const take = (shape: AnyShape | null): void => {
    const name = shape === null ? null : nameOfShape(shape);
    if (name !== null) named.set(name, shape!);
  };
  for (const [, { params, result }] of [...requests, ...questions]) [params, result].forEach(take);
  for (const [, params] of notifications) take(params);
  const whole = new Map<AnyShape, string>();
  const root = (name: string, shape: AnyShape): void => {
    whole.set(shape, name);
    named.set(name, shape);
  };
  root("RequestId", RequestId);
  root("ClientRequest", union(...requests.map(([method, { params }]) => requestShape(method, params))));
  root("ClientNotification", union(object({ method: literal("initialized") })));
  root("ServerRequest", union(...questions.map(([method, { params }]) => requestShape(method, params))));
  root(
    "ServerNotification",
    union(...notifications.map(([method, params]) => object({ method: literal(method), params }))),
  );

  const options: PrintOptions = { nameOf: (shape) => whole.get(shape) ?? nameOfShape(shape), experimental };
  const sorted = (shapes: ReadonlyMap<string, AnyShape>): Map<string, AnyShape> =>
    new Map([...shapes].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return { options, roots: sorted(named), types: sorted(reachable(named, options)) };
}

interface Entry {
  readonly params: AnyShape | null;
  readonly result: AnyShape;
  readonly experimental?: boolean;
}

const entriesOf = (table: Readonly<Record<string, Entry>>, experimental: boolean): [string, Entry][] =>
  Object.entries(table).filter(([, entry]) => experimental || entry.experimental !== true);

const requestShape = (method: string, params: AnyShape | null): AnyShape =>
  object({
    id: RequestId,
    method: literal(method),
    ...(params === null ? { params: optional(object({})) } : { params }),
  });

/** The methods that something answers. */
async function servedRequests(): Promise<Set<string>> {
  const served = new Set<string>();
  for (const method of Object.keys(clientRequests) as ClientMethod[]) {
    try {
      await handlerOf(method);
      served.add(method);
    } catch {
      // It would be refused.
    }
  }
  return served;
}

/** The shapes themselves, and all that they name. */
function reachable(shapes: ReadonlyMap<string, AnyShape>, options: PrintOptions): Map<string, AnyShape> {
  const found = new Map<string, AnyShape>();
  const look = (within: ReadonlyMap<string, AnyShape>): void => {
    for (const [name, shape] of within) {
      if (found.has(name)) continue;
      found.set(name, shape);
      look(namesWithin(shape, options));
    }
  };
  look(shapes);
  return found;
}

function write(directory: string, files: readonly (readonly [string, string])[]): number {
  try {
    mkdirSync(directory, { recursive: true });
    for (const [name, text] of files) writeFileSync(join(directory, name), text);
  } catch (error) {
    throw new AgentError("storage_failed", `${directory} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  return 0;
}
