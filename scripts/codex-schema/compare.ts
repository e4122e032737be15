import { clientRequests } from "../../src/protocol/codex-0.169/app-server/client-requests.ts";
import { serverNotifications } from "../../src/protocol/codex-0.169/app-server/server-notifications.ts";
import { serverRequests } from "../../src/protocol/codex-0.169/app-server/server-requests.ts";
import { shapesByName } from "../../src/protocol/codex-0.169/app-server/shape-names.ts";
import type { AnyShape } from "../../src/protocol/shapes/shape.ts";
import { differences } from "./differences.ts";
import type { CodexProtocol } from "./read-codex.ts";

/** How what a Codex speaks differs from what is written down here. Lines are for people. */
export interface Comparison {
  /** Methods and notifications of theirs that are not written down. */
  readonly added: readonly string[];
  /** Those that are written down, and that they do not have. */
  readonly removed: readonly string[];
  /** What is otherwise in params of methods and notifications, and in types. */
  readonly changed: readonly string[];
}

interface Entry {
  readonly params: AnyShape | null;
  readonly experimental?: boolean;
  readonly paramless?: boolean;
}

/** Compares with what a Codex generated, with experimental methods and fields or without them. */
export function compareWith(codex: CodexProtocol, experimental: boolean): Comparison {
  const asShown = (shape: AnyShape): AnyShape => (experimental ? shape : stableOf(shape));
  const result = { added: [] as string[], removed: [] as string[], changed: [] as string[] };

  const compareTable = (what: string, table: Record<string, Entry>, theirs: CodexProtocol["requests"]): void => {
    const ours = Object.entries(table).filter(([, entry]) => experimental || entry.experimental !== true);
    const known = new Set(ours.map(([method]) => method));
    result.added.push(
      ...[...theirs.keys()].filter((method) => !known.has(method)).map((method) => `${what} ${method}`),
    );
    for (const [method, entry] of ours) {
      const params = theirs.get(method);
      if (params === undefined) result.removed.push(`${what} ${method}`);
      else {
        const lines = differences(paramsOf(entry, asShown), params ?? { kind: "nothing" });
        result.changed.push(...lines.map((line) => `${what} ${method}: ${line}`));
      }
    }
  };
  const told = Object.entries(serverNotifications).map(([method, params]): [string, Entry] => [method, { params }]);
  compareTable("request", clientRequests, codex.requests);
  compareTable("notification", Object.fromEntries(told), codex.notifications);
  compareTable("server request", serverRequests, codex.serverRequests);

  for (const [name, shape] of shapesByName) {
    // Types of experimental methods are not among the stable ones.
    if (!Object.hasOwn(codex.definitions, name)) {
      if (experimental) result.removed.push(`type ${name}`);
      continue;
    }
    result.changed.push(...differences(asShown(shape), codex.shape(name)).map((line) => `type ${name}: ${line}`));
  }
  return result;
}

/** Where nothing need be said, null may be. */
function paramsOf({ params, paramless }: Entry, asShown: (shape: AnyShape) => AnyShape): AnyShape {
  if (params === null) return { kind: "nothing" };
  return paramless === true ? { kind: "nullable", of: asShown(params) } : asShown(params);
}

function stableOf(shape: AnyShape): AnyShape {
  if (shape.kind === "union") return { ...shape, of: shape.of.map(stableOf) };
  if (shape.kind === "object") {
    const stable = Object.entries(shape.fields).filter(
      ([, field]) => field.kind !== "field" || field.experimental !== true,
    );
    return { ...shape, fields: Object.fromEntries(stable.map(([name, field]) => [name, stableOf(field)])) };
  }
  return "of" in shape ? { ...shape, of: stableOf(shape.of) } : shape;
}
