import { joinTables, type Program } from "../program.ts";

/** Of everything that shows differences; what runs programs (`--ext-diff`, `--textconv`) or writes (`--output`) is left out. */
const diff =
  "-puUsbwaRBMCDlSGOXqz0 -U=t -S=t -G=t -O=r -l=t -M[=t] -C[=t] -# --patch --no-patch --unified=t --raw --patch-with-raw --indent-heuristic --no-indent-heuristic --minimal --patience --histogram --anchored=t --diff-algorithm=t --stat[=t] --compact-summary --numstat --shortstat --dirstat[=t] --cumulative --summary --patch-with-stat --name-only --name-status --submodule[=t] --color[=t] --no-color --color-moved[=t] --color-words[=t] --word-diff[=t] --word-diff-regex=t --no-renames --rename-empty --check --full-index --binary --abbrev[=t] --break-rewrites[=t] --find-renames[=t] --find-copies[=t] --find-copies-harder --irreversible-delete --diff-filter=t --pickaxe-all --pickaxe-regex --no-prefix --src-prefix=t --dst-prefix=t --relative[=t] --text --ignore-cr-at-eol --ignore-space-at-eol --ignore-space-change --ignore-all-space --ignore-blank-lines --inter-hunk-context=t --function-context --exit-code --quiet --no-ext-diff --no-textconv --ignore-submodules[=t] --line-prefix=t --cc -c -m --combined-all-paths --cached --staged --merge-base --no-index -W";
const log =
  "-n=t -i -E -F -P -g -L=t -t -r --follow --no-decorate --decorate[=t] --decorate-refs=t --source --mailmap --full-diff --log-size --max-count=t --skip=t --since=t --after=t --until=t --before=t --author=t --committer=t --grep=t --grep-reflog=t --all-match --invert-grep --regexp-ignore-case --basic-regexp --extended-regexp --fixed-strings --perl-regexp --remove-empty --merges --no-merges --min-parents=t --max-parents=t --first-parent --not --all --branches[=t] --tags[=t] --remotes[=t] --glob=t --exclude=t --reflog --ignore-missing --boundary --simplify-by-decoration --full-history --dense --sparse --simplify-merges --ancestry-path --show-pulls --date-order --author-date-order --topo-order --reverse --no-walk --pretty[=t] --format=t --abbrev-commit --no-abbrev-commit --oneline --encoding=t --notes[=t] --no-notes --show-signature --relative-date --date=t --parents --children --left-right --graph --no-graph --cherry --cherry-pick --cherry-mark --left-only --right-only --count --walk-reflogs --stdin --root --always --summary -e -s --numbered --email --no-expand-tabs --expand-tabs[=t]";

const history: Program = { options: `${diff} ${log}`, operands: "t*" };
const lists = (options: string): Program => ({ options, operands: "t*" });
const changes = (options: string, why: string): Program => ({ options, operands: "t*", danger: "changes", why });

const merging =
  "-nqvse -X=t -s=t -m=t -F=r --no-commit --commit --ff --no-ff --ff-only --squash --stat --no-stat --abort --continue --quit --quiet --verbose --no-edit --strategy=t --strategy-option=t --message=t --allow-unrelated-histories --skip --no-verify --signoff --log[=t]";
const network = "-qvp46fjn -j=t --quiet --verbose --progress --no-progress --dry-run --ipv4 --ipv6 --atomic";

const table = {
  "log show shortlog whatchanged diff diff-tree diff-index diff-files rev-list": history,
  status: lists(
    "-sbvz -u[=t] -M[=t] --short --branch --show-stash --porcelain[=t] --long --verbose --untracked-files[=t] --ignore-submodules[=t] --ignored[=t] --column[=t] --no-column --ahead-behind --no-ahead-behind --renames --no-renames --find-renames[=t]",
  ),
  "blame annotate": lists(
    "-bwcltfnspeM -L=t -S=r -C[=t] --root --show-stats --reverse --porcelain --line-porcelain --incremental --date=t --since=t --ignore-rev=t --ignore-revs-file=r --abbrev=t --show-email --show-name --show-number --color-lines",
  ),
  branch: lists(
    "-arvqilt -f! -u=~ -c~ -C! -m~ -M! -d~ -D! --all --remotes --verbose --list --show-current --contains[=t] --no-contains[=t] --merged[=t] --no-merged[=t] --points-at=t --sort=t --format=t --color[=t] --no-color --column[=t] --no-column --abbrev=t --no-abbrev --ignore-case --delete~ --move~ --copy~ --force! --set-upstream-to=~ --unset-upstream~ --track[=t] --no-track",
  ),
  tag: lists(
    "-lian -m=t -F=r -n[=t] -d! -f! --list --sort=t --format=t --contains[=t] --no-contains[=t] --merged[=t] --no-merged[=t] --points-at=t --column[=t] --color[=t] --annotate --message=t --delete! --force! --ignore-case",
  ),
  remote: {
    options: "-v --verbose",
    subcommands: {
      "": {},
      "get-url": lists("--push --all"),
      "add rename set-head set-branches": changes(
        "-t=t -m=t -a -d --tags --no-tags --mirror[=t]",
        "changes the repository's settings",
      ),
      "set-url": changes("--push --add --delete", "changes where the repository is pushed to"),
      "remove rm": { operands: "t", danger: "destructive", why: "forgets a remote and its branches" },
      show: { options: "-n", operands: "t*", host: "*" },
    },
  },
  "rev-parse merge-base name-rev show-ref for-each-ref describe cherry ls-tree ls-files check-ignore check-attr count-objects check-ref-format show-branch merge-tree patch-id get-tar-commit-id column stripspace":
    { looks: true, options: "-X=r --exclude-from=r", operands: "t*" },
  "symbolic-ref": lists("-q --quiet --short --recurse -d! --delete!"),
  "cat-file": lists(
    "-tspe --batch[=t] --batch-check[=t] --batch-all-objects --unordered --buffer --follow-symlinks --allow-unknown-type",
  ),
  reflog: lists(`${log} --expire=! --updateref~ --rewrite~`),
  grep: lists(
    "-aIirvwnlLcohHEGPFqpWz -e=t -f=r -A=t -B=t -C=t -# -m=t --cached --no-index --untracked --no-exclude-standard --exclude-standard --recurse-submodules --text --ignore-case --max-depth=t --recursive --no-recursive --word-regexp --invert-match --full-name --extended-regexp --basic-regexp --perl-regexp --fixed-strings --line-number --column --files-with-matches --name-only --files-without-match --null --only-matching --count --color[=t] --no-color --break --heading --show-function --context=t --after-context=t --before-context=t --function-context --max-count=t --threads=t --and --or --not --all-match --quiet",
  ),
  config: lists(
    "-lz -f=r --get --get-all --get-regexp --get-urlmatch --list --local --global --system --worktree --file=r --null --name-only --show-origin --show-scope --type=t --bool --int --path --default=t --includes --no-includes --all --fixed-value --add --replace-all --unset~ --unset-all~ --remove-section~ --rename-section~",
  ),
  stash: {
    subcommands: {
      list: { options: `${log} ${diff}`, operands: "t*" },
      show: { options: `${diff} --include-untracked --only-untracked`, operands: "t*" },
      "drop clear": {
        options: "-q --quiet",
        operands: "t*",
        danger: "destructive",
        why: "throws away work that was put aside",
      },
      "": changes("", "puts the work aside"),
      "push save": changes(
        "-kuaqSp -m=t --keep-index --include-untracked --all --quiet --message=t --staged",
        "puts the work aside",
      ),
      "pop apply branch": changes("-q --index --quiet", "changes files of the work tree"),
    },
  },
  worktree: {
    subcommands: {
      list: lists("-vz --porcelain --verbose"),
      add: {
        options: "-d -b=t -B=t --detach --checkout --no-checkout --lock --quiet --track --guess-remote",
        operands: "w t",
        danger: "changes",
        why: "makes a work tree",
      },
      remove: { options: "-f --force", operands: "w", danger: "destructive", why: "deletes a work tree" },
      prune: changes("-nv --dry-run --verbose --expire=t", "forgets work trees"),
    },
  },
  submodule: {
    options: "-q --quiet",
    subcommands: { "": {}, status: lists("--cached --recursive"), summary: lists("--cached --files -n=t") },
  },
  notes: { subcommands: { "": {}, "list show": lists("") } },
  bisect: { subcommands: { "log view visualize": { danger: "unknown", why: "may open a program" } } },
  "ls-remote": {
    options: "-hqt --heads --branches --tags --refs --quiet --exit-code --get-url --sort=t --symref",
    operands: "t*",
  },
  "version var fsck verify-pack verify-commit verify-tag": lists(
    "-v --verbose --build-options --full --no-dangling --strict --connectivity-only",
  ),
  add: changes(
    "-AufvniN --all --update --force --verbose --dry-run --intent-to-add --refresh --ignore-errors --renormalize --no-all --chmod=t",
    "puts files into the index",
  ),
  commit: changes(
    "-avqsnoi -m=t -F=r -C=t -S[=t] -u[=t] --all --message=t --file=r --quiet --verbose --signoff --no-verify --allow-empty --allow-empty-message --no-gpg-sign --author=t --date=t --no-edit --dry-run --trailer=t --fixup=t --squash=t --only --include --short --porcelain --branch --no-status --reuse-message=t --amend!",
    "makes a commit",
  ),
  mv: { options: "-fknv --force --dry-run --verbose", operands: "w*", danger: "changes", why: "renames files" },
  rm: {
    options: "-fnqr --force --dry-run --quiet --cached --ignore-unmatch",
    operands: "w*",
    danger: "destructive",
    why: "deletes files",
  },
  "checkout switch": changes(
    "-bBqtlmd -c=t -b=t -B=! -C=! -f! --force! --discard-changes! --quiet --detach --track[=t] --no-track --guess --no-guess --create=t --orphan=t --merge --progress --no-progress --recurse-submodules[=t] --ours! --theirs! -p? --overlay --no-overlay",
    "changes files of the work tree",
  ),
  restore: changes(
    "-SWqm -s=t --source=t --staged --worktree --quiet --progress --ours --theirs --merge --overlay --no-overlay",
    "changes files of the work tree",
  ),
  reset: changes(
    "-qN --quiet --soft --mixed --hard! --merge! --keep! -p? --intent-to-add --no-refresh",
    "moves the branch or the index",
  ),
  clean: {
    options: "-dxXfqn -e=t --force --quiet --dry-run --exclude=t",
    operands: "t*",
    danger: "destructive",
    why: "deletes files that are not committed",
  },
  "merge cherry-pick revert": changes(merging, "changes the branch and files of the work tree"),
  pull: changes(
    `${network} ${merging} -r! --rebase[=t]! --no-rebase --all --tags --prune --depth=t --autostash --no-recurse-submodules`,
    "changes the branch and files of the work tree",
  ),
  fetch: changes(
    `${network} -atkPpu -o=t --all --tags --no-tags --prune --prune-tags --depth=t --deepen=t --shallow-since=t --unshallow --multiple --keep --jobs=t --no-recurse-submodules --force --filter=t`,
    "changes the repository",
  ),
  push: changes(
    "-qvnu -o=t --quiet --verbose --dry-run --set-upstream --all --branches --tags --follow-tags --porcelain --progress --no-progress --atomic --no-verify --signed[=t] --push-option=t -f! --force! --force-with-lease[=t]! --force-if-includes --delete! -d! --mirror! --prune!",
    "sends commits to others",
  ),
  clone: changes(
    `${network} -lsn -o=t -b=t --local --no-hardlinks --shared --no-checkout --bare --mirror --origin=t --branch=t --depth=t --shallow-since=t --single-branch --no-single-branch --no-tags --filter=t --sparse --jobs=t --no-local`,
    "makes a repository",
  ),
  init: {
    options: "-q -b=t --quiet --bare --initial-branch=t --object-format=t",
    operands: "w",
    otherwise: { kind: "w", path: ".git/HEAD" },
  },
  apply: {
    options:
      "-vR3 -p=t -C=t --check --stat --numstat --summary --cached --index --3way --reverse --reject --verbose --recount --whitespace=t --directory=t --include=t --exclude=t",
    operands: "r*",
    danger: "changes",
    why: "changes files of the work tree",
  },
  am: {
    options: "-3skq --signoff --keep --3way --abort --continue --skip --quit",
    operands: "r*",
    danger: "changes",
    why: "changes the branch and files of the work tree",
  },
  "rebase filter-branch filter-repo replace": {
    looks: true,
    operands: "t*",
    danger: "destructive",
    why: "rewrites history",
  },
  "gc prune repack update-ref prune-packed": {
    looks: true,
    operands: "t*",
    danger: "destructive",
    why: "may delete what nothing points to any more",
  },
} satisfies Record<string, Program>;

/** Subcommands of git. */
export const gitCommands = joinTables(table);

/** Those that write into the repository, and mostly into its work tree. */
export const writingCommands: ReadonlySet<string> = new Set(
  "add commit mv rm checkout switch restore reset clean merge cherry-pick revert pull fetch apply am rebase filter-branch stash gc prune repack update-ref".split(
    " ",
  ),
);

/** Those that run hooks where there are some. */
export const hookedCommands: ReadonlySet<string> = new Set(
  "commit checkout switch merge cherry-pick revert pull push rebase am reset worktree stash gc add apply update-ref fetch".split(
    " ",
  ),
);
