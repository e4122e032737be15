import { perl, sh, type Attempt } from "../attempt.ts";
import { agentHurt, answered, heardBySomebody, outlived, signalForEverybody } from "../evidence.ts";

const sleepOn = `for (1 .. 200) { select undef, undef, undef, 0.1 }`;

/** Getting at other processes, and living on after the end. */
export const processes: readonly Attempt[] = [
  sh("sends a signal to the agent", "processes", `kill -USR1 $AGENT_PID; kill -TERM $AGENT_PID`, agentHurt),
  sh("kills the agent", "processes", `kill -KILL $AGENT_PID; sleep 0.1`, agentHurt),
  sh("stops the agent", "processes", `kill -STOP $AGENT_PID; sleep 0.2`, agentHurt),
  // Harmless signals, for those that would meet everybody.
  sh("sends a signal to everybody", "processes", `kill -${signalForEverybody} -1`, heardBySomebody, { alone: true }),
  perl(
    "sends a signal to its group of processes",
    "processes",
    `$SIG{WINCH} = 'IGNORE'; kill 'WINCH', 0; kill '-WINCH', $agent`,
    agentHurt,
  ),
  sh(
    "sends a signal to its parent and all above",
    "processes",
    `kill -USR2 $PPID; pid=$$; while [ "$pid" -gt 1 ] 2>/dev/null; do kill -WINCH $pid; pid=$(sed -n 's/^PPid:\\s*//p' /proc/$pid/status); done; kill -WINCH 1`,
    agentHurt,
  ),
  perl(
    "sends a signal by a descriptor of the process",
    "processes",
    `my $process = call('pidfd_open', $agent, 0); call('pidfd_send_signal', $process, 10, 0, 0)`,
    agentHurt,
  ),
  perl(
    "has the kernel send a signal to the agent",
    "processes",
    `pipe my $read, my $write; fcntl $read, 8, $agent + 0; fcntl $read, F_SETFL, O_NONBLOCK | 020000; syswrite $write, 'x'; select undef, undef, undef, 0.05`,
    agentHurt,
  ),
  perl(
    "writes to the memory of the agent by tracing it",
    "processes",
    `call('ptrace', 16, $agent, 0, 0) == 0 or exit; waitpid $agent, 0x40000000; call('ptrace', 4, $agent, 0 + $ENV{AGENT_ADDRESS}, unpack 'J', 'tampered'); call('ptrace', 17, $agent, 0, 0)`,
    agentHurt,
  ),
  perl(
    "writes to the memory of the agent by a system call",
    "processes",
    `my $bytes = 'tampered'; my $from = pack 'JJ', address($bytes), 8; my $to = pack 'JJ', $ENV{AGENT_ADDRESS}, 8; call('process_vm_writev', $agent, $from, 1, $to, 1, 0)`,
    agentHurt,
  ),
  perl(
    "writes to the memory of the agent by /proc",
    "processes",
    `for my $pid ($agent, POSIX::getppid()) { open my $memory, '+<', "/proc/$pid/mem" or next; sysseek $memory, 0 + $ENV{AGENT_ADDRESS}, 0; syswrite $memory, 'tampered' }`,
    agentHurt,
  ),
  perl(
    "limits what the agent may use",
    "processes",
    `my $limits = pack 'QQ', 100, 200; call('prlimit64', $agent, 7, $limits, 0)`,
    agentHurt,
  ),
  perl("makes the agent slower", "processes", `setpriority 0, $agent, 15`, agentHurt),
  sh("makes the agent the first to be ended", "processes", `echo 900 > /proc/$AGENT_PID/oom_score_adj`, agentHurt),
  sh(
    "sees other processes",
    "processes",
    `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'`,
    (_scene, { output }) => (output.includes("# Stands in for the agent") ? "the agent's command line was seen" : null),
  ),
  perl(
    "types on the terminal that it was started from",
    "processes",
    `my $terminal; open $terminal, '+<', '/dev/tty' or open $terminal, '<&', \\*STDIN; for my $sign ("x", "\\n") { my $typed = $sign; ioctl $terminal, 0x5412, $typed; ioctl STDIN, 0x5412, $typed }`,
    (_scene, { agentLog }) => (agentLog.includes("typed") ? "something was typed" : null),
    {
      terminal: true,
      bare: { as: "root" },
    },
  ),
  sh("leaves a process in the background", "processes", `sleep 20 > /dev/null 2>&1 &`, outlived),
  sh("leaves a process that hang-ups do not end", "processes", `nohup sleep 20 > /dev/null 2>&1 &`, outlived),
  sh(
    "leaves a process in a session of its own",
    "processes",
    `setsid -f sleep 20 > /dev/null 2>&1 < /dev/null`,
    outlived,
  ),
  sh("leaves a process that holds the output open", "processes", `setsid sleep 20 &`, outlived),
  perl(
    "leaves a daemon",
    "processes",
    `exit if fork; POSIX::setsid(); exit if fork; chdir '/'; open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null'; ${sleepOn}`,
    outlived,
  ),
  perl(
    "leaves a daemon that no signal but one ends",
    "processes",
    `exit if fork; POSIX::setsid(); for my $name (keys %SIG) { $SIG{$name} = 'IGNORE' unless $name =~ /KILL|STOP/ } close $_ for \\*STDIN, \\*STDOUT, \\*STDERR; ${sleepOn}`,
    outlived,
  ),
  perl(
    "leaves a daemon that always moves on to a new process",
    "processes",
    `exit if fork; POSIX::setsid(); close $_ for \\*STDIN, \\*STDOUT, \\*STDERR; my $end = ticks() + 2000; while (ticks() < $end) { POSIX::_exit(0) if fork; select undef, undef, undef, 0.4 }`,
    outlived,
  ),
  perl(
    "leaves a sibling instead of a child",
    "processes",
    `my $pid = call('clone', 0x8000 | 17, 0, 0, 0, 0); if ($pid == 0) { POSIX::setsid(); close $_ for \\*STDIN, \\*STDOUT, \\*STDERR; ${sleepOn} }`,
    outlived,
  ),
  perl(
    "adopts orphans and leaves with them",
    "processes",
    `exit if fork; call('prctl', 36, 1, 0, 0, 0); POSIX::setsid(); close $_ for \\*STDIN, \\*STDOUT, \\*STDERR; fork; ${sleepOn}`,
    outlived,
  ),
  sh(
    "stops those who watch it and leaves a process",
    "processes",
    `setsid -f sleep 20 > /dev/null 2>&1 < /dev/null; kill -STOP $PPID; kill -KILL $PPID; kill -STOP 1; kill -KILL 1; for p in /proc/[0-9]*; do case $p in /proc/$$|/proc/self) ;; *) grep -qz "^MARK=$MARK" $p/environ 2>/dev/null && ! grep -qz '^AGENT_SECRET' $p/environ && ! grep -q sleep $p/comm && kill -STOP \${p#/proc/};; esac; done 2>/dev/null`,
    outlived,
    {
      bare: { never: "it would stop whatever started the tests; leaving a process is shown by the others" },
    },
  ),
  perl(
    "ends those who watch it and leaves a process",
    "processes",
    `my $parent = POSIX::getppid(); if (!fork) { POSIX::setsid(); close $_ for \\*STDIN, \\*STDOUT, \\*STDERR; ${sleepOn} } kill 'KILL', $parent, 1 if $parent != $agent; kill 'KILL', $agent if $parent == $agent`,
    outlived,
  ),
  {
    ...perl(
      "writes to shared memory of others",
      "processes",
      `my $id = slurp("$work/shared"); shmwrite $id + 0, "tampered", 0, 8`,
      answered(
        `open my $f, '<', "$ENV{WORK}/shared"; my $id = <$f>; shmread $id, my $bytes, 0, 8; shmctl $id, 0, 0; print $bytes if $bytes eq 'tampered'`,
      ),
    ),
    prepare: ({ ask, work }) =>
      void ask(`my $id = shmget 0, 4096, 01666; open my $f, '>', "${work}/shared"; print $f $id`),
  },
  {
    ...perl(
      "sends to a message queue of others",
      "processes",
      `my $id = slurp("$work/queue"); msgsnd $id + 0, pack('l! a*', 1, $mark), 04000`,
      answered(
        `open my $f, '<', "$ENV{WORK}/queue"; my $id = <$f>; my $got = msgrcv $id, my $bytes, 100, 0, 04000; msgctl $id, 0, 0; print $bytes if $got`,
      ),
    ),
    prepare: ({ ask, work }) => void ask(`my $id = msgget 0, 01666; open my $f, '>', "${work}/queue"; print $f $id`),
  },
  {
    ...perl(
      "changes a semaphore of others",
      "processes",
      `my $id = slurp("$work/semaphore"); semop $id + 0, pack 's!3', 0, 7, 04000`,
      answered(
        `open my $f, '<', "$ENV{WORK}/semaphore"; my $id = <$f>; my $value = semctl $id, 0, 12, 0; semctl $id, 0, 0, 0; print $value if $value > 0`,
      ),
    ),
    prepare: ({ ask, work }) =>
      void ask(`my $id = semget 0, 1, 01666; open my $f, '>', "${work}/semaphore"; print $f $id`),
  },
  perl(
    "sends to a message queue with a name",
    "processes",
    `my $queue = call('mq_open', "escape-$mark", O_WRONLY | 04000, 0, 0); call('mq_timedsend', $queue, $mark, length $mark, 0, 0)`,
    answered(`my $x64 = (POSIX::uname())[4] eq 'x86_64'; BEGIN { require POSIX } my $name = "escape-$ENV{MARK}"; my $queue = syscall($x64 ? 240 : 180, $name, 04000, 0, 0); my $bytes = ' ' x 8192;
      my $got = syscall($x64 ? 243 : 183, $queue, $bytes, 8192, 0, 0); syscall($x64 ? 241 : 181, $name); print substr $bytes, 0, $got if $got > 0`),
    {
      prepare: ({ ask }) =>
        void ask(
          `BEGIN { require POSIX } my $name = "escape-$ENV{MARK}"; syscall((POSIX::uname())[4] eq 'x86_64' ? 240 : 180, $name, 0102, 0666, 0)`,
        ),
    },
  ),
  sh(
    "takes part in shared memory with a name",
    ["processes", "writes"],
    `echo x > "/dev/shm/escape-$MARK"`,
    answered(`my $path = "/dev/shm/escape-$ENV{MARK}"; print "made" if unlink $path`),
  ),
];
