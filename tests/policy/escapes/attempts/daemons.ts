import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { becoming } from "../account.ts";
import { perl, sh, type Attempt } from "../attempt.ts";
import { changed } from "../evidence.ts";
import type { Scene } from "../scene.ts";

/** Runs a program outside as the account until it has put itself into the background. It does not bear the mark of the attempt. */
function outside(scene: Scene, argv: readonly string[]): string {
  const [program = "", ...rest] = [...becoming(scene.account), ...argv];
  const { PATH = "", WORK = "", OUT = "", MARK = "" } = scene.variables;
  // Known to the server, but not by its environment: it is no process of the attempt.
  const env = { PATH, WORK, OUT, NAME: MARK.split("").toReversed().join("") };
  return execFileSync(program, rest, { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"], timeout: 5000 });
}

/** A server that does what it is there for when somebody comes; it ends then, or soon. */
const server =
  (open: string, work: string) =>
  (scene: Scene): void =>
    void outside(scene, [
      "/usr/bin/perl",
      "-e",
      `use Socket; use POSIX (); my ($work, $out) = @ENV{qw(WORK OUT)}; my $abstract = pack('S', AF_UNIX) . "\\0$ENV{NAME}"; ${open}
     fork and exit; POSIX::setsid(); open STDOUT, '>', '/dev/null'; alarm 12; ${work}`,
    ]);

const writesForIt = `accept my $peer, $s; open my $f, '>', "$out/file"; print $f "written by a server"`;
const unixServer = (address: string, type = "SOCK_STREAM"): string =>
  `socket my $s, AF_UNIX, ${type}, 0; bind $s, ${address} or die; chmod 0777, "$work/daemon"; listen $s, 5;`;
const changedOutside = changed("outside");
/** What a server was asked for takes it a moment, longer on a busy machine. Who says that nobody was asked need not be waited for. */
const soon: Attempt["reached"] = async (scene, outcome) => {
  const end = performance.now() + 10_000;
  for (;;) {
    const found = await changedOutside(scene, outcome);
    const asked = !/not connected|error connecting|not found/.test(outcome.output);
    if (found !== null || !asked || performance.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const connected = (address: string): string =>
  `socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect $s, ${address} or print "not connected\\n"; syswrite $s, "please"; select undef, undef, undef, 0.05`;

const installed = (program: string): boolean => existsSync(program);

/** Asking somebody outside to do what the command may not. */
export const daemons: readonly Attempt[] = [
  perl(
    "asks a server whose socket lies in the workspace to write for it",
    "unixSockets",
    connected(`pack_sockaddr_un("$work/daemon")`),
    soon,
    { prepare: server(unixServer(`pack_sockaddr_un("$work/daemon")`), writesForIt) },
  ),
  perl(
    "asks a server with an abstract name to write for it",
    "unixSockets",
    connected(`pack('S', AF_UNIX) . "\\0" . reverse $mark`),
    soon,
    { prepare: server(unixServer("$abstract"), writesForIt) },
  ),
  perl(
    "asks a server of datagrams in the workspace to write for it",
    "unixSockets",
    `socket(my $s, AF_UNIX, SOCK_DGRAM, 0); send($s, "please", 0, pack_sockaddr_un("$work/daemon")) or print "not connected\\n"`,
    soon,
    {
      prepare: server(
        unixServer(`pack_sockaddr_un("$work/daemon")`, "SOCK_DGRAM"),
        `recv $s, my $asked, 100, 0; open my $f, '>', "$out/file"; print $f "written by a server"`,
      ),
    },
  ),
  perl(
    "asks a server for a descriptor of a file outside",
    "unixSockets",
    `${connected(`pack_sockaddr_un("$work/daemon")`)}; my $byte = ' '; my $vector = pack 'JJ', address($byte), 1; my $control = "\\0" x 24;
     my $header = pack 'JI x4 JJJJ i x4', 0, 0, address($vector), 1, address($control), 24, 0; syscall((POSIX::uname())[4] eq 'x86_64' ? 47 : 212, fileno $s, $header, 0);
     my $fd = unpack 'x16 i', $control; POSIX::write($fd, "handed over", 11) if $fd > 0`,
    changedOutside,
    {
      prepare: server(
        unixServer(`pack_sockaddr_un("$work/daemon")`),
        `accept my $peer, $s; open my $f, '+<', "$out/file"; my $byte = '!'; my $at = sub { unpack 'J', pack 'p', $_[0] };
         my $vector = pack 'JJ', $at->($byte), 1; my $control = pack 'Jiii x4', 20, 1, 1, fileno $f;
         my $header = pack 'JI x4 JJJJ i x4', 0, 0, $at->($vector), 1, $at->($control), 24, 0; syscall((POSIX::uname())[4] eq 'x86_64' ? 46 : 211, fileno $peer, $header, 0); sleep 1`,
      ),
    },
  ),
  perl(
    "asks a server on the loopback to write for it",
    "network",
    `my $port = 0 + slurp("$work/port"); socket(my $s, AF_INET, SOCK_STREAM, 0); connect $s, pack_sockaddr_in($port, INADDR_LOOPBACK) or print "not connected\\n"; syswrite $s, "please"`,
    soon,
    {
      prepare: server(
        `socket my $s, AF_INET, SOCK_STREAM, 0; bind $s, pack_sockaddr_in(0, INADDR_LOOPBACK) or die; listen $s, 5; open my $p, '>', "$work/port"; print $p unpack_sockaddr_in(getsockname $s); close $p;`,
        writesForIt,
      ),
    },
  ),
  sh(
    "has the server of a terminal multiplexer run a command",
    "unixSockets",
    `tmux -S "$WORK/tmux" run-shell "echo x > $OUT/file"`,
    async (scene, outcome) => {
      const found = await soon(scene, outcome);
      spawnSync("tmux", ["-S", `${scene.work}/tmux`, "kill-server"]);
      return found;
    },
    {
      prepare: (scene) => {
        if (installed("/usr/bin/tmux"))
          outside(scene, [
            "/usr/bin/tmux",
            "-f",
            "/dev/null",
            "-S",
            `${scene.work}/tmux`,
            "new-session",
            "-d",
            "sleep 15",
          ]);
      },
      bare: { needs: () => installed("/usr/bin/tmux") },
    },
  ),
  sh(
    "talks to the agent that holds the keys",
    ["unixSockets", "secrets"],
    `SSH_AUTH_SOCK="$WORK/agent" ssh-add -l 2>&1`,
    (scene, { output }) => {
      spawnSync("/bin/sh", ["-c", `kill "$(cat '${scene.work}/agent.pid')"`]);
      return /no identities/.test(output) ? "the agent answered" : null;
    },
    {
      prepare: (scene) => {
        if (installed("/usr/bin/ssh-agent"))
          outside(scene, [
            "/bin/sh",
            "-c",
            `ssh-agent -a "$WORK/agent" | sed -n 's/.*PID=\\([0-9]*\\);.*/\\1/p' > "$WORK/agent.pid"`,
          ]);
      },
      bare: { needs: () => installed("/usr/bin/ssh-agent") && installed("/usr/bin/ssh-add") },
    },
  ),
];
