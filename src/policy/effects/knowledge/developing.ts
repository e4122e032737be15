import type { Program, Table } from "../program.ts";

const runs = (why: string): Program => ({ looks: true, operands: "t*", danger: "unknown", why });
const lists = (options: string, operands = "t*"): Program => ({ options, operands });
const asks = (options: string): Program => ({ options, operands: "t*", host: "*" });
const installs: Program = {
  looks: true,
  operands: "t*",
  host: "*",
  danger: "unknown",
  why: "installs packages, which may run what they bring",
};
const project = runs("runs what the project says");

const nodePackages: Program = {
  options: "-gsd --silent --global --json --prefix=d --workspace=t --workspaces -w=t -C=d --cwd=d --registry=?",
  subcommands: {
    "ls list ll la why explain": lists(
      "-ag -w=t --json --all --depth=t --long --parseable --global --prod --dev --omit=t --workspaces --workspace=t",
    ),
    "root prefix bin": lists("-g --global"),
    "view info show v search outdated audit ping whoami": asks(
      "--json --long --prod --omit=t --audit-level=t --workspace=t",
    ),
    "config c": { subcommands: { "get list ls": lists("-l --json --long") } },
    "install i ci add update up upgrade uninstall remove rm link dedupe rebuild prune create init exec x dlx npx":
      installs,
    "run run-script test t tst start stop restart build dev lint": project,
    "publish unpublish deprecate": {
      looks: true,
      operands: "t*",
      host: "*",
      danger: "destructive",
      why: "publishes for everybody",
    },
    pack: { looks: true, operands: "t*", danger: "unknown", why: "runs what the project says" },
  },
};

const containers: Program = {
  options: "-D -H=? -c=? --context=? --debug",
  subcommands: {
    search: asks("-f=t --filter=t --format=t --limit=t --no-trunc"),
    "ps images version info logs top stats port diff history events inspect": lists(
      "-aqfnlst --all --quiet --filter=t --format=t --no-trunc --tail=t --since=t --until=t --size --last=t --latest --no-stream --timestamps --follow --type=t -n=t",
    ),
    "volume network image container context system buildx compose": {
      subcommands: {
        "ls list ps inspect df images top logs version": lists(
          "-aqf --all --quiet --filter=t --format=t --no-trunc -v --verbose --tail=t",
        ),
        "rm prune down kill": {
          looks: true,
          operands: "t*",
          danger: "destructive",
          why: "takes away containers or images",
        },
      },
    },
    "rm rmi kill stop prune": {
      looks: true,
      operands: "t*",
      danger: "destructive",
      why: "takes away containers or images",
    },
    "run exec build pull push start restart create cp commit load save tag login import export update rename attach": {
      looks: true,
      operands: "t*",
      host: "*",
      danger: "unknown",
      why: "works with containers, which can do anything",
    },
  },
};

/** Programs that developers use. What builds, tests or installs runs code that nobody here has read. */
export const developing: Table = {
  npm: nodePackages,
  // Each of these runs what a file of the project names before it looks at its arguments.
  "yarn pnpm bun corepack cargo rustc rustup go bundle composer mvn gradle gradlew bazel bazelisk sbt poetry pipenv uv":
    runs("may run what a file of the project names"),
  "npx pnpx bunx yarnpkg": installs,
  node: { options: "-v --version -c --check", operands: "?" },
  "python python2 python3 pypy pypy3 perl ruby php lua luajit deno tsx ts-node Rscript R julia swift scala groovy elixir iex erl ghci runghc racket guile osascript pwsh powershell tclsh expect wish busybox toybox java irb ipython":
    { options: "-V -v", operands: "?", danger: "unknown", why: "runs code that is not looked into" },
  "make gmake cmake ninja meson buck ant rake just task invoke tox nox scons configure autoreconf automake autoconf lein mix rebar3 dune stack cabal xcodebuild msbuild":
    project,
  "pytest jest vitest mocha ava karma cypress playwright rspec phpunit bats tap eslint prettier tsc webpack vite rollup esbuild babel next nuxt turbo nx lerna gulp grunt parcel pre-commit husky lint-staged black ruff mypy flake8 pylint isort":
    project,
  "gcc g++ cc c++ clang clang++ ld as javac ocaml ghc nasm tcc": runs(
    "compiles what it is given, to where its options say",
  ),
  "gdb lldb valgrind perf dtrace bpftrace": runs("runs or changes other programs"),
  "pip pip3 pipx conda mamba": {
    options: "-qv --quiet --verbose --disable-pip-version-check",
    subcommands: {
      "list freeze check show help": lists(
        "-l -o? --format=t --local --outdated? --not-required --files --verbose --user --exclude=t",
      ),
      "index search": asks(""),
      "install uninstall download wheel add remove sync lock update run venv init build publish create env": installs,
    },
  },
  "apt apt-get aptitude yum dnf apk pacman zypper brew snap flatpak port dpkg rpm nix nix-env": {
    options: "-yq --yes --quiet -l? -i?",
    subcommands: {
      "list search show policy info depends rdepends cache": asks("-a --installed --upgradable --all-versions"),
      "install remove purge update upgrade dist-upgrade full-upgrade autoremove uninstall add del": {
        looks: true,
        operands: "t*",
        host: "*",
        danger: "destructive",
        why: "changes the programs of the machine",
      },
    },
  },
  "apt-cache apt-mark dpkg-query": {
    subcommands: { "search show policy depends rdepends showhold -l -L -s -S": { operands: "t*" } },
  },
  gem: {
    options: "-q",
    subcommands: {
      "list help which environment": lists("-l --local --all"),
      "outdated info": asks("-l --local --all"),
      "install update add exec require": installs,
    },
  },
  gofmt: { options: "-deslw? -r=t", operands: "r*" },
  "docker podman nerdctl": containers,
  "docker-compose podman-compose": {
    subcommands: { "ps images logs top version ls": lists("-aq --quiet --services --tail=t") },
  },
  kubectl: {
    options: "-n=t -o=t -A --namespace=t --context=t --output=t --all-namespaces --kubeconfig=?",
    subcommands: {
      "get describe logs top explain version cluster-info api-resources api-versions events": {
        options:
          "-AwfpL -n=t -o=t -l=t -c=t -f=r --namespace=t --all-namespaces --output=t --selector=t --show-labels --sort-by=t --tail=t --since=t --container=t --previous --context=t --field-selector=t --watch --client --no-headers",
        operands: "t*",
        host: "*",
      },
      config: {
        subcommands: {
          "view current-context get-contexts get-clusters get-users": lists(
            "-o=t --minify --flatten --raw? --output=t",
          ),
        },
      },
      "delete drain cordon replace": {
        looks: true,
        operands: "t*",
        host: "*",
        danger: "destructive",
        why: "takes away what runs in a cluster",
      },
      "apply create run exec edit patch scale rollout label annotate cp port-forward proxy attach debug set expose": {
        looks: true,
        operands: "t*",
        host: "*",
        danger: "unknown",
        why: "changes what runs in a cluster",
      },
    },
  },
  "helm terraform tofu pulumi ansible ansible-playbook vagrant packer aws gcloud az doctl flyctl heroku vercel netlify wrangler firebase":
    { looks: true, operands: "t*", host: "*", danger: "unknown", why: "works on other machines" },
  gh: {
    options: "-R=t --repo=t",
    subcommands: {
      "pr issue run release repo workflow gist label": {
        subcommands: {
          "list view status diff checks": asks(
            "-R=t -s=t -L=t -l=t -a=t -A=t -B=t -H=t -S=t -q=t -t=t -cj --repo=t --json=t --jq=t --template=t --limit=t --state=t --label=t --author=t --assignee=t --search=t --comments --log --log-failed --name-only --patch --web? --branch=t --workflow=t --job=t",
          ),
          "create edit close reopen comment merge review ready checkout rerun cancel download upload sync fork clone": {
            looks: true,
            operands: "t*",
            host: "*",
            danger: "unknown",
            why: "changes what others see",
          },
          delete: { looks: true, operands: "t*", host: "*", danger: "destructive", why: "deletes what others see" },
        },
      },
      auth: { subcommands: { status: asks("-h=t --hostname=t --active") } },
      api: { looks: true, operands: "t*", host: "*", danger: "unknown", why: "may change what others see" },
      "search status": asks("-L=t --limit=t --json=t"),
    },
  },
  "sqlite3 psql mysql mongo mongosh redis-cli": runs("works on a database, and may run commands by it"),
  "screen tmux byobu dtach": runs("keeps what it starts running where nobody looks"),
  "parallel entr inotifywait fswatch nodemon forever pm2 supervisord": runs("runs commands that it puts together"),
  "gpg gpg2 age pass op keychain ssh-add ssh-agent ssh-keygen ssh-copy-id security secret-tool":
    runs("works with keys"),
  "xdg-open open start osascript say notify-send xclip xsel pbcopy pbpaste wl-copy wl-paste": runs(
    "hands something to other programs",
  ),
  "direnv asdf mise nvm rbenv pyenv volta fnm sdk": runs("chooses which programs run"),
  "codex codex-agent claude gemini cursor-agent aider opencode": runs("starts another agent"),
  "svn hg bzr fossil cvs jj": runs("may run what the repository says"),
  flock: { options: "-sxnuoeFE -w=t -c=?", operands: "w ?*" },
  "run-parts start-stop-daemon systemd-run systemd-nspawn nsenter bwrap firejail runuser pkexec gksudo ssh-exec rsh rexec dbus-send gdbus busctl":
    runs("starts something in a way that is not looked into"),
};
