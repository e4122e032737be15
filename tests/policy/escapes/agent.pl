# Stands in for the agent: starts a command and waits for it, with secrets in its environment, its memory and a descriptor.
use strict; no warnings; use POSIX ();
my ($log_path, $secret_path, $terminal) = splice @ARGV, 0, 3;
open my $log, '>>', $log_path or die $!;
open my $held, '<', $secret_path;
my $memory = "memory-untouched";
$ENV{AGENT_PID} = $$;
$ENV{AGENT_ADDRESS} = unpack 'J', pack 'p', $memory;
delete $ENV{AGENT_SECRET};
for my $name (qw(HUP INT QUIT TERM USR1 USR2 WINCH URG CONT ALRM IO)) {
  $SIG{$name} = sub { syswrite $log, "signal $name\n" };
}
sub facts { return join "\n", getpriority(0, 0), map { open my $file, '<', "/proc/self/$_"; grep /^(Max|Cpus_allowed_list|-?\d+$)/, <$file> } 'limits', 'status', 'oom_score_adj' }
my $facts = facts();
my ($master, $slave);
if ($terminal) {
  open $master, '+<', '/dev/ptmx' or die $!;
  my $unlocked = pack 'i', 0;
  ioctl $master, 0x40045431, $unlocked;
  my $number = pack 'i', 0;
  ioctl $master, 0x80045430, $number;
  $slave = '/dev/pts/' . unpack 'i', $number;
  POSIX::setsid();
  # The first terminal that a session opens is its own.
  open my $own, '+<', $slave or die $!;
  system 'stty', '-F', $slave, '-icanon', '-echo';
  ioctl $own, 0x540E, 0;
}
my $child = fork;
if ($child == 0) {
  $SIG{$_} = 'DEFAULT' for keys %SIG;
  # Each command leads a session, unless a terminal is what matters.
  if ($slave) { open STDIN, '<', $slave } else { POSIX::setsid() }
  exec { $ARGV[0] } @ARGV or POSIX::_exit(127);
}
my $status;
until (defined $status) { $status = $? if waitpid($child, 0) == $child }
if ($terminal) {
  open my $input, '<', $slave;
  my $waiting = pack 'i', 0;
  ioctl $input, 0x541B, $waiting;
  syswrite $log, "typed\n" if unpack 'i', $waiting;
}
syswrite $log, "the agent's limits were changed\n" if facts() ne $facts;
syswrite $log, "$memory\n" . ($memory eq 'memory-untouched' ? '' : "memory changed\n") . "ended $status\n";
