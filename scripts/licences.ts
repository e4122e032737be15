import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Metafile } from "esbuild";

const packages = join(dirname(import.meta.dirname), "node_modules");
const ofPackage = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * The licences of all packages of which something is in the output: they ask to come along.
 * @throws Error for a package without one.
 */
export function licencesOf(outputs: Metafile["outputs"]): string {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const names = new Set(inputs.map((input) => ofPackage.exec(input)?.[1]).filter((name) => name !== undefined));
  return [...names].toSorted().map(licenceOf).join("\n");
}

function licenceOf(name: string): string {
  const folder = join(packages, name);
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trimEnd()}\n`;
}
