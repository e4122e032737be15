import type { Architecture } from "../seccomp.ts";
import { attributesPart } from "./attributes-part.ts";
import { commonPart } from "./common.ts";
import { gateMainPart, gatePart } from "./gate-part.ts";
import { landlockMainPart } from "./landlock-main-part.ts";
import { landlockPart } from "./landlock-part.ts";
import { namespacesPart } from "./namespaces-part.ts";
import { numbersFor } from "./numbers.ts";
import { upperPart } from "./upper-part.ts";

/** `gate`: what bubblewrap starts, where the command has a gate. `upper`: lists what a command has written to its view. */
export type EncloseMode = "namespaces" | "landlock" | "gate" | "upper";

const parts: Readonly<Record<EncloseMode, string>> = {
  namespaces: commonPart + landlockPart + gatePart + namespacesPart,
  landlock: commonPart + landlockPart + attributesPart + landlockMainPart,
  gate: commonPart + gatePart + gateMainPart,
  upper: upperPart,
};

/**
 * The Perl program of a rung. It is called with the process id of the agent, the file of the seccomp filter, the folder of
 * the command, an option of the mode (`offline` or `online`; the highest version of Landlock to use), pairs of a kind and a
 * path (`gate`: a folder; `limit`: a number of RLIMIT_*, `=`, and its value), `--`, and the command. `version` alone prints the version of Landlock in the landlock mode. Its code is the command's, or 125 when the walls could not be built.
 */
export function encloseScript(mode: EncloseMode, architecture: Architecture): string {
  const body = parts[mode];
  return `${numbersFor(body, architecture)}${body}`;
}
