import { resolve } from "node:path";
import { diffToRemote } from "../git/diff-to-remote.ts";
import { refused } from "../request-error.ts";
import type { Handlers } from "./handlers.ts";

export const git: Handlers<"gitDiffToRemote"> = {
  async gitDiffToRemote({ cwd }, { server }) {
    const { cwd: base, variables } = server.surroundings;
    const found = cwd === "" ? null : await diffToRemote(resolve(base, cwd), variables);
    if (found === null) throw refused(`failed to compute git diff to remote for cwd: ${JSON.stringify(cwd)}`);
    return found;
  },
};
