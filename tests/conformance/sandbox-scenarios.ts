import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { call, message, respond, type Step } from "../support/fake-model.ts";
import type { Played, Scenario } from "../support/scenario.ts";

const last = respond([message("msg_last", "answer")]);

type Asked = string | Record<string, unknown>;

/** One stream: the real Codex orders two of them by chance. */
const run = (asked: Asked, id: number): ReturnType<typeof call> =>
  call(String(id), "exec_command", typeof asked === "string" ? { cmd: `exec 2>&1; ${asked}` } : asked);

/** Commands one after the other. */
const calls = (...commands: Asked[]): Step[] => [...commands.map((asked, index) => respond([run(asked, index)])), last];

/**
 * `/tmp` is left out: everybody shares it, and the real Codex fails when a placeholder that it saw there has gone by the
 * time it looks again.
 */
const ownPlaces = ["-c", "sandbox_workspace_write.exclude_slash_tmp=true"];

const within = (mode: "read-only" | "workspace-write", ...rest: string[]): Scenario["turns"] => [
  { argv: ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", mode, ...ownPlaces, ...rest, "go"] },
];

/** What is written into a protected folder that does not exist: ours is closed by its rights, Codex's by its mount. */
function refusesByRights(real: Played): Played {
  const words = "cannot touch '.codex/x': Read-only file system";
  const said = JSON.stringify(real).replaceAll(words, "cannot touch '.codex/x': Permission denied");
  return JSON.parse(said.replaceAll("Original token count: 99", "Original token count: 98")) as Played;
}

/**
 * Commands within walls: what may be done in them, and how what may not be done fails. They end well: of one that fails at
 * once with the words of a denial the real Codex loses the item now and then.
 */
export const sandboxScenarios: Scenario[] = [
  {
    name: "read-only: reading works, writing and sockets fail",
    script: () =>
      calls(
        "cat a.txt; touch a.txt; echo more >> a.txt; rm a.txt; mkdir new; touch /tmp/never; echo > /dev/null && echo null; echo network $CODEX_SANDBOX_NETWORK_DISABLED; (echo > /dev/tcp/127.0.0.1/9) 2>&1; true",
      ),
    stage: { files: { "a.txt": "text\n" } },
    turns: within("read-only"),
  },
  {
    name: "workspace-write: inside yes, outside and protected folders no",
    script: () =>
      calls(
        "touch in.txt && echo in; touch ../out.txt; touch $HOME/home.txt; touch $TMPDIR/tmp.txt && echo tmp; cat a.txt",
        "touch .git/x; echo x > .git/hooks/pre-commit; mkdir .codex; touch .codex/x; mkdir .agents; mkdir .aws; rmdir .aws; true",
        "git add a.txt; git commit -q -m x; echo $?",
      ),
    stage: { git: true, files: { "a.txt": "text\n" } },
    turns: within("workspace-write"),
    wanted: { reason: "one mount less for each missing folder, in every command", change: refusesByRights },
  },
  {
    name: "workspace-write: no repository can be begun",
    script: () =>
      calls("mkdir .git; git init -q . 2>/dev/null; echo $?; mkdir sub && cd sub && git init -q . && echo begun"),
    turns: within("workspace-write"),
  },
  {
    name: "workspace-write: the temporary folders left out",
    script: () => calls("touch /tmp/never-there; touch $TMPDIR/x; touch here && echo here"),
    turns: within("workspace-write", "-c", "sandbox_workspace_write.exclude_tmpdir_env_var=true"),
  },
  {
    name: "workspace-write: one more folder",
    setup: async (stage) => writeFile(join(stage.home, "a"), ""),
    script: () => calls("touch ../home/b && echo b; rm ../home/a && echo removed; mkdir ../home/.codex; true"),
    turns: within("workspace-write", "--add-dir", "../home"),
  },
  {
    name: "workspace-write with network: a connection is refused by nobody but the other side",
    script: () => calls("(echo > /dev/tcp/127.0.0.1/9) 2>&1; echo network ${CODEX_SANDBOX_NETWORK_DISABLED-unset}"),
    turns: within("workspace-write", "-c", "sandbox_workspace_write.network_access=true"),
  },
  {
    name: "exit codes, signals and commands that are not there",
    script: () =>
      calls("exit 7", "kill -9 $$", "kill -TERM $$", "no-such-command-here", { cmd: "true", workdir: "missing" }),
    turns: within("workspace-write"),
  },
  {
    name: "calls of one response side by side",
    script: () => [respond([run("sleep 0.3; touch one; echo one", 1), run("touch two; echo two", 2)]), last],
    turns: within("workspace-write"),
  },
  {
    name: "other sockets fail as well",
    script: () =>
      calls(
        `perl -e 'socket(my $s, $_, 1, 0) ? print "$_ made\\n" : print "$_ $!\\n" for 2, 10, 17, 40'`,
        `perl -e 'use Socket; socket(my $s, 1, 1, 0) or die; connect($s, sockaddr_un("/nowhere")) or print "$!\\n"; socketpair(my $a, my $b, 1, 1, 0) and print "pair\\n"'`,
      ),
    turns: within("workspace-write"),
  },
];
