import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadAssessor } from "../../../src/policy/effects/assessor.ts";
import type { Assessment, Place } from "../../../src/policy/effects/assessment.ts";
import { nodeSystem } from "../../../src/system/node.ts";

const system = nodeSystem();
const assessor = await loadAssessor(system.grammars);

const settings = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n";
const bare = { HEAD: "ref: refs/heads/main\n", "objects/": "", "refs/": "" };

/** Files of the workspace; a name that ends in `/` is a folder. */
const files: Readonly<Record<string, string>> = {
  "a.txt": "a\n",
  "b.txt": "b\n",
  "src/x.ts": "",
  "dashes/-o": "",
  "dashes/-v": "",
  "dashes/a[$(touch x)]": "",
  "dashes/plain": "",
  ".git/config": settings,
  ".git/hooks/pre-commit.sample": "",
  "hostile/.git/config": `${settings}\tfsmonitor = touch x\n`,
  "hooked/.git/config": settings,
  "hooked/.git/hooks/pre-commit": "",
  "submodules/.git/config": settings,
  "submodules/.git/modules/one/config": `${settings}\tfsmonitor = touch x\n`,
  "bare/config": `${settings}\tfsmonitor = touch x\n`,
  "dotted/.git/config": `${settings}[diff.x] textconv = touch x\n`,
  "quoted/.git/config": `${settings}[diff "a\\"b"] textconv = touch x\n`,
  "lazy/.git/config": `${settings}[remote "origin"]\n\tpromisor = true\n\turl = ext::sh -c touch% x\n`,
  "worktree/.git": "gitdir: ../main/.git/worktrees/one\n",
  "main/.git/config": settings,
  "main/.git/worktrees/one/config.worktree": "[core]\n\tfsmonitor = touch x\n",
  "common/.git/config": settings,
  "common/.git/commondir": "../../hostile/.git\n",
  "commonbare/HEAD": "ref: refs/heads/main\n",
  "commonbare/commondir": "../bare\n",
  ...Object.fromEntries(Object.entries(bare).map(([name, text]) => [`bare/${name}`, text])),
};

export interface Scene {
  readonly place: Place;
  readonly root: string;
  assess(line: string, more?: Partial<Place>): Assessment;
  assessArguments(argv: readonly string[], place?: Place): Assessment;
  remove(): void;
}

/** A workspace of real files, and an assessor that sees it. */
export function makeScene(): Scene {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "codex-agent-effects-")));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(name.endsWith("/") ? join(root, name) : dirname(join(root, name)), { recursive: true });
    if (!name.endsWith("/")) writeFileSync(join(root, name), text);
  }
  symlinkSync("/etc", join(root, "link"));
  symlinkSync("/nowhere/at/all", join(root, "broken"));
  const place: Place = {
    cwd: root,
    home: "/home/person",
    files: system.files,
    variables: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/home/person", USER: "person" },
  };
  return {
    place,
    root,
    assess: (line, more = {}) => assessor.assess(["bash", "-lc", line], { ...place, ...more }),
    assessArguments: (argv, at = place) => assessor.assess(argv, at),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
