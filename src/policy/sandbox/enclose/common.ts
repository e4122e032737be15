/**
 * Perl that both scripts share: the kernel by its numbers, giving up privileges, and the start of the command.
 * No modules: each costs a millisecond or ten. Strings that come from outside are cleansed of taint where they come in.
 * A literal `$` before a brace would be the template's, so the Perl here does without.
 */
export const commonPart = String.raw`
my ($agent, $filter_file, $cwd, $option, @rest) = map { /\A(.*)\z/s } @ARGV;
my @plan;
while (@rest) {
    my $kind = shift @rest;
    last if $kind eq '--';
    push @plan, [$kind, shift @rest];
}
my @command = @rest;

sub planned {
    my ($kind) = @_;
    return map { $$_[0] eq $kind ? $$_[1] : () } @plan;
}

my @environment;
for my $name (keys %ENV) {
    push @environment, "$name=$ENV{$name}" =~ /\A(.*)\z/s if $name ne 'PERL_BADLANG';
}

sub fail {
    my ($what) = @_;
    print STDERR "codex-agent: the walls cannot be built: $what: $!\n";
    exit 125;
}

# Arguments are copied: the kernel's side of syscall() does not take constants.
sub call {
    my ($what, $number, @arguments) = @_;
    my $result = syscall($number, @arguments);
    fail($what) if $result < 0;
    return $result;
}

sub shut { syscall(nr_close, $_[0]) }

# A path in which nothing may have become a link since the walls were planned; undef where it cannot be opened.
sub open_path {
    my ($path) = @_;
    my $how = pack 'Q3', O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS;
    my $descriptor = syscall(nr_openat2, AT_FDCWD, my $copy = $path, $how, length $how);
    return $descriptor < 0 ? undef : $descriptor;
}

sub read_filter {
    open my $file, '<:raw', $filter_file or fail($filter_file);
    local $/;
    my ($filter) = <$file> =~ /\A(.+)\z/s or fail("$filter_file is empty");
    return $filter;
}

# Who asked for the command takes it along when it dies, also when that has just happened.
sub die_with_agent {
    call('parent', nr_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    exit 137 if !kill(0, $agent) && $! == ESRCH;
}

# Ends only by its command: from here on, signals are for that alone.
my $signals_before = "\0" x 8;
sub block_signals {
    my $mask = pack 'Q', 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14;
    syscall(nr_rt_sigprocmask, SIG_BLOCK, $mask, $signals_before, 8);
}

# One of the blocked signals that came too early for the command; 0 when there is none.
sub early_signal {
    my $pending = "\0" x 8;
    syscall(nr_rt_sigpending, $pending, 8);
    my $bits = unpack 'Q', $pending;
    for my $signal (1, 2, 3, 15) { return $signal if $bits & 1 << $signal - 1 }
    return 0;
}

sub drop_privileges {
    call('no_new_privs', nr_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    # What an ordinary user may not drop is not there either.
    for my $capability (0 .. 63) { last if syscall(nr_prctl, PR_CAPBSET_DROP, $capability, 0, 0, 0) < 0 }
    syscall(nr_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    call('capabilities', nr_capset, pack('L2', 0x20080522, 0), "\0" x 24);
}

# The filter; from here on nothing more can be built.
sub install_filter {
    my ($filter, $flags) = @_;
    return call('seccomp', nr_seccomp, SECCOMP_SET_MODE_FILTER, $flags, pack 'S x6 p', length($filter) / 8, $filter);
}

# Not for the command, and not a way out of its walls: whatever was inherited beyond the three streams.
sub shut_all { syscall(nr_close_range, 3, 0xffffffff, 0) }

# At once: Perl would first take apart what it has built up.
sub leave { syscall(nr_exit_group, $_[0]) }

sub code_of {
    my ($status) = @_;
    return $status & 127 ? 128 + ($status & 127) : $status >> 8;
}

sub execute {
    my ($path, @arguments) = @_;
    syscall(nr_execve, my $copy = $path, pack('p*', @arguments) . pack('Q', 0), pack('p*', @environment) . pack('Q', 0));
}

sub start_command {
    for my $limit (planned('limit')) {
        my ($number, $value) = split /=/, $limit;
        call("limit $limit", nr_prlimit64, 0, 0 + $number, my $both = pack('Q2', $value, $value), 0);
    }
    # Perl itself ignores this one.
    syscall(nr_rt_sigaction, SIGFPE, my $default = "\0" x 32, 0, 8);
    syscall(nr_rt_sigprocmask, SIG_SETMASK, $signals_before, 0, 8);
    my ($search) = map { /\A(.*)\z/s } defined $ENV{PATH} ? $ENV{PATH} : '/usr/bin:/bin';
    my @candidates = $command[0] =~ m{/} ? $command[0] : map { ($_ eq '' ? '.' : $_) . "/$command[0]" } split /:/, $search, -1;
    my $reason = 2;
    for my $path (@candidates) {
        execute($path, @command);
        my $error = $! + 0;
        # Neither a program nor one that names its interpreter: a script for the shell, as everywhere.
        execute('/bin/sh', '/bin/sh', $path, @command[1 .. $#command]) if $error == 8;
        $reason = $error if $error != 2 && $error != 20;
    }
    $! = $reason;
    print STDERR "codex-agent: $command[0]: $!\n";
    exit($reason == 2 ? 127 : 126);
}
`;
