import { isBuiltin } from "node:module";

/**
 * Importing one of Node's own modules makes Node read every property of it, so that each can be a named export. Some of
 * them are loaded at that moment: the fetch and the WebSocket that nobody wanted come along with `node:http` and take
 * 20 to 50 ms. Asking for the module itself loads nothing that is not used.
 */
const statement = /^import\s+(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s+|\{([^}]*)\}\s*)?from\s*"(node:[\w/]+)";\n/gm;
const call = /\bimport\("(node:[\w/]+)"\)/g;
/** How esbuild writes what a library in the old form requires; it would look for a `require` that modules do not have. */
const required = /\b__require\d*\("(?:node:)?([\w/]+)"\)/g;
const left = /^(?:import|export)\b[^\n;]*"node:[\w/]+";/m;

const taken = (name: string): string => `process.getBuiltinModule("${name}")`;

/**
 * Rewrites the imports of Node's modules in a file that esbuild wrote (not minified), at its head: functions of a module
 * may be called before the place where esbuild left its imports.
 * @throws Error for a form that is not known.
 */
export function takeBuiltins(text: string): string {
  const heads: string[] = [];
  const body = text
    .replaceAll(statement, (_all, byDefault?: string, whole?: string, names?: string, module = "") => {
      // It is there under this name, and would hide itself from the lines that ask it.
      if (byDefault === "process" && module === "node:process") return "";
      for (const name of [byDefault, whole]) if (name !== undefined) heads.push(`const ${name} = ${taken(module)};\n`);
      if (names !== undefined) heads.push(`const {${names.replaceAll(/\s+as\s+/g, ": ")}} = ${taken(module)};\n`);
      return "";
    })
    .replaceAll(call, (_all, module: string) => `Promise.resolve(${taken(module)})`)
    .replaceAll(required, (all, module: string) => (isBuiltin(module) ? taken(`node:${module}`) : all));
  const strange = left.exec(body);
  if (strange !== null) throw new Error(`cannot rewrite: ${strange[0]}`);
  return heads.join("") + body;
}
