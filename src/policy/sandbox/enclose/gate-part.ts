/**
 * Perl for the one way out of a network of one's own: a port of the loopback there, whose connections are handed on to a
 * unix socket outside, byte by byte. Whoever runs it is out of the command's reach.
 */
export const gatePart = String.raw`
my $GATE_PORT = 3128;
my $GATE = "http://127.0.0.1:$GATE_PORT";

# Called within the namespace; the listener is all that is needed of it.
sub open_gate_port {
    socket my $listener, 2, 1, 0 or fail('socket');
    bind $listener, pack 'S n C4 x8', 2, $GATE_PORT, 127, 0, 0, 1 or fail('the port of the gate');
    listen $listener, 128 or fail('the port of the gate');
    return $listener;
}

# Programs find the gate by these. What the user's own variables name cannot be reached from in here.
sub name_gate {
    my %named = (
        (map { $_ => $GATE, lc $_ => $GATE } qw(HTTP_PROXY HTTPS_PROXY ALL_PROXY)),
        (map { $_ => 'localhost,127.0.0.1,::1' } qw(NO_PROXY no_proxy)),
        NODE_USE_ENV_PROXY => 1,
    );
    @environment = grep { my ($name) = /\A([^=]*)/; !exists $named{$name} && $name ne 'CODEX_SANDBOX_NETWORK_DISABLED' } @environment;
    push @environment, map { "$_=$named{$_}" } sort keys %named;
}

sub unblock { fcntl $_[0], F_SETFL, O_NONBLOCK }

# Hands on until $end can be read. The socket of the gate lies in the current folder, whatever was put over that.
sub serve_gate {
    my ($listener, $end) = @_;
    unblock($listener);
    local $SIG{PIPE} = 'IGNORE';
    my (%socket, %other, %unwritten, %ended);
    my $drop = sub {
        my ($one) = @_;
        for my $number ($one, $other{$one}) { delete $$_{$number} for \%socket, \%unwritten, \%ended }
        delete $other{ delete $other{$one} };
    };
    while (1) {
        my ($readable, $writable) = ('', '');
        vec($readable, fileno $listener, 1) = 1;
        vec($readable, $end, 1) = 1 if defined $end;
        for my $number (keys %socket) {
            vec($readable, $number, 1) = 1 if !$ended{$number} && length $unwritten{ $other{$number} } < 65536;
            vec($writable, $number, 1) = 1 if length $unwritten{$number};
        }
        next if select($readable, $writable, undef, undef) < 1;
        return if defined $end && vec $readable, $end, 1;
        for my $number (keys %socket) {
            next if !$socket{$number};
            my $other = $other{$number};
            if (vec $readable, $number, 1) {
                my $count = sysread $socket{$number}, $unwritten{$other}, 65536, length $unwritten{$other};
                if (!defined $count) { $drop->($number) if $! != EAGAIN && $! != EINTR; next }
                $ended{$number} = 1 if $count == 0;
                vec($writable, $other, 1) = 1;
            }
        }
        for my $number (keys %socket) {
            next if !$socket{$number} || !vec $writable, $number, 1;
            my $other = $other{$number};
            if (length $unwritten{$number}) {
                my $count = syswrite $socket{$number}, $unwritten{$number};
                if (!defined $count) { $drop->($number) if $! != EAGAIN && $! != EINTR; next }
                substr $unwritten{$number}, 0, $count, '';
            }
            next if length $unwritten{$number} || !$ended{$other};
            if ($ended{$number} && !length $unwritten{$other}) { $drop->($number) }
            else { shutdown $socket{$number}, 1 }
        }
        next if !vec $readable, fileno $listener, 1;
        accept my $near, $listener or next;
        socket my $far, 1, 1, 0 or next;
        unblock($_) for $near, $far;
        connect $far, pack 'S a108', 1, 'gate' or next;
        my @numbers = map { fileno $_ } $near, $far;
        @socket{@numbers} = ($near, $far);
        @other{@numbers} = reverse @numbers;
        @unwritten{@numbers} = ('', '');
    }
}
`;

/**
 * Perl for what bubblewrap starts within its walls where there is a gate. It leaves behind who hands on, and becomes the
 * command; bubblewrap itself lays no filter, which would be on both.
 */
export const gateMainPart = String.raw`
my $filter = read_filter();
my $listener = open_gate_port();
my ($folder) = planned('gate');
chdir $folder or fail('the gate');
# Not to be looked into or traced by the command, which is of the same user; what it becomes is.
call('gate', nr_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
defined(my $between = fork) or fail('fork');
if (!$between) {
    # Nobody's child: the command could wait for one that does not end.
    defined(my $server = fork) or leave(1);
    leave(0) if $server;
    my $null = syscall(nr_openat, AT_FDCWD, my $path = '/dev/null', O_RDWR, 0);
    syscall(nr_dup3, $null, $_, 0) for 0 .. 2;
    for my $descriptor (3 .. 63) { shut($descriptor) if $descriptor != fileno $listener }
    serve_gate($listener, undef);
}
waitpid $between, 0;
fail('the gate') if $?;
chdir $cwd or fail($cwd);
name_gate();
install_filter($filter, 0);
shut_all();
start_command();
`;
