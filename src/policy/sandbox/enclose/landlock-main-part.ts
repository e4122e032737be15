/**
 * Perl for where namespaces are refused. The process that was started waits outside of the walls and takes in what the
 * command leaves running; its child goes within them and becomes the command.
 */
export const landlockMainPart = String.raw`
# Gives rights to everything below a folder but to the exceptions. Rights reach all that is below, so that a folder above
# an exception gets none itself: it cannot be listed, and nothing new can be made in it.
sub allow_around {
    my ($path, $rights, @exceptions) = @_;
    my $prefix = $path eq '/' ? '/' : "$path/";
    my @inside;
    for my $exception (@exceptions) {
        return if $exception eq $path;
        push @inside, $exception if index($exception, $prefix) == 0;
    }
    return allow($path, $rights) if !@inside;
    my %names = map { substr($_, length $prefix) =~ m{\A([^/]+)} ? ($1 => 1) : () } @inside;
    if (opendir my $folder, $path) {
        $names{$_} = 1 for map { /\A(.*)\z/s } grep { $_ ne '.' && $_ ne '..' } readdir $folder;
    }
    allow_around("$prefix$_", $rights, @inside) for keys %names;
}

sub build_walls {
    my $version = landlock_version();
    $version = $option if $version > $option;
    open_ruleset($version, ~0);
    # Devices are more than files: disks, memory, the terminals of others.
    allow_around('/', $READ, @hidden, '/dev');
    allow($_, $READ_DIR) for '/dev', @hidden ? () : '/';
    allow("/dev/$_", $READ_FILE | $WRITE_FILE | $TRUNCATE | $IOCTL_DEV) for qw(null zero full random urandom tty);
    for my $root (@writable) { allow_around($root, $READ | $WRITE, @hidden, '/dev', '/proc', '/sys') }
    allow($_, $READ) for planned('shown');
    allow_streams();
    enforce_ruleset();
}

# What the command left running has become ours, whatever session it has put itself in.
sub end_the_rest {
    while ((my $ended = waitpid -1, 1) >= 0) {
        next if $ended > 0;
        opendir my $folder, '/proc' or return;
        for my $process (map { /\A(\d+)\z/ } readdir $folder) {
            open my $status, '<', "/proc/$process/stat" or next;
            my $line = <$status>;
            kill KILL => $process if defined $line && $line =~ /.*\) \S (\d+) / && $1 == $$;
        }
        select undef, undef, undef, 0.001;
    }
}

shut_all();
if ($agent eq 'version') {
    print landlock_version();
    exit 0;
}
my $filter = read_filter();
die_with_agent();
call('subreaper', nr_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
drop_privileges();
socketpair my $ours, my $theirs, 1, 1, 0 or fail('socketpair');
block_signals();
my $watcher = $$;
if (my $signal = early_signal()) { exit 128 + $signal }
defined(my $main = fork) or fail('fork');
if (!$main) {
    call('parent', nr_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    exit 137 if getppid != $watcher;
    chdir $cwd or fail($cwd);
    build_walls();
    hand_over($theirs, install_filter($filter, SECCOMP_FILTER_FLAG_NEW_LISTENER));
    shut_all();
    start_command();
}
close $theirs;
chdir '/';
my $code = serve($main, take_over($ours));
end_the_rest();
leave($code);
`;
