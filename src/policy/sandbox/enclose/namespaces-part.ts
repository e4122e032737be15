/**
 * Perl that lays out namespaces as bubblewrap does. Three processes: the one that was started waits outside, the first
 * one inside builds the walls and reaps, its child becomes the command.
 */
export const namespacesPart = String.raw`
my $UNTRUSTED = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

sub set_attributes {
    my ($descriptor, $path, $flags, $attributes) = @_;
    my $settings = pack 'Q4', $attributes, 0, MS_PRIVATE, 0;
    call("attributes of $path", nr_mount_setattr, $descriptor, $descriptor == AT_FDCWD ? $path : '', $flags, $settings, length $settings);
}

# A copy of what lies at a path, still without a place.
sub copy_tree {
    my ($path, $attributes) = @_;
    my $source = open_path($path);
    fail($path) if !defined $source;
    my $copy = call($path, nr_open_tree, $source, '', OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
    shut($source);
    set_attributes($copy, $path, AT_EMPTY_PATH | AT_RECURSIVE, $attributes);
    return $copy;
}

sub new_tree {
    my ($type, $attributes, @options) = @_;
    my $context = call($type, nr_fsopen, $type, 1);
    while (my ($name, $value) = splice @options, 0, 2) {
        call("$type, $name", nr_fsconfig, $context, FSCONFIG_SET_STRING, $name, $value, 0);
    }
    call($type, nr_fsconfig, $context, FSCONFIG_CMD_CREATE, 0, 0, 0);
    my $tree = call($type, nr_fsmount, $context, 1, $attributes);
    shut($context);
    return $tree;
}

# Below an empty folder the place has to be made first.
sub make_place {
    my ($path, $is_folder) = @_;
    my @names = split m{/}, $path;
    my $last = pop @names;
    my $folder = '';
    for my $name (@names) {
        $folder .= "$name/";
        mkdir $folder, 0755 if !-d $folder;
    }
    if ($is_folder) { mkdir $path, 0755 }
    else { open my $file, '>>', $path }
}

sub put {
    my ($tree, $path, $is_folder) = @_;
    my $place = open_path($path);
    if (!defined $place && $! == ENOENT) {
        make_place($path, $is_folder);
        $place = open_path($path);
    }
    fail($path) if !defined $place;
    call("mount on $path", nr_move_mount, $tree, '', $place, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    shut($place);
}

# A folder as it is, with what is written there kept in another one. No path is read as a list of options.
sub new_view {
    my ($path, %kept) = @_;
    my $context = call('overlay', nr_fsopen, 'overlay', 1);
    my @held;
    for (['lowerdir', $path], ['upperdir', $kept{upper}], ['workdir', $kept{work}]) {
        my ($name, $folder) = @$_;
        my $descriptor = open_path($folder);
        fail($folder) if !defined $descriptor;
        push @held, $descriptor;
        call("overlay, $name", nr_fsconfig, $context, FSCONFIG_SET_STRING, $name, "/proc/self/fd/$descriptor", 0);
    }
    # Nothing of it has to outlive a power cut.
    call("overlay, $_", nr_fsconfig, $context, FSCONFIG_SET_FLAG, $_, 0, 0) for qw(userxattr volatile);
    call("overlay on $path", nr_fsconfig, $context, FSCONFIG_CMD_CREATE, 0, 0, 0);
    my $tree = call('overlay', nr_fsmount, $context, 1, $UNTRUSTED);
    shut($_) for $context, @held;
    return $tree;
}

sub lay_out {
    my @steps;
    my $root = MOUNT_ATTR_RDONLY;
    my ($uppers, $works, $sources) = map { [planned($_)] } qw(upper work source);
    # Copies first: later there are other things at these paths.
    for my $mount (grep { $$_[0] =~ /\A(?:writable|read-only|empty|view|copied)\z/ } @plan) {
        my ($kind, $path) = @$mount;
        if ($path eq '/') { $root = 0 if $kind eq 'writable' }
        elsif ($kind eq 'empty') { push @steps, [$path, undef, 1] }
        elsif ($kind eq 'view') { push @steps, [$path, new_view($path, upper => shift @$uppers, work => shift @$works), 1] }
        elsif ($kind eq 'copied') { push @steps, [$path, copy_tree(shift @$sources, $UNTRUSTED), 1] }
        else { push @steps, [$path, copy_tree($path, $UNTRUSTED | ($kind eq 'writable' ? 0 : MOUNT_ATTR_RDONLY)), -d $path] }
    }
    my @devices = map { ["/dev/$_", copy_tree("/dev/$_", MOUNT_ATTR_NOSUID)] } grep { -c "/dev/$_" } qw(null zero full random urandom tty);
    set_attributes(AT_FDCWD, '/', AT_RECURSIVE, $UNTRUSTED | $root);
    # As user 0 without a single capability one can still write to many of its files.
    set_attributes(AT_FDCWD, '/sys', AT_RECURSIVE, $UNTRUSTED | MOUNT_ATTR_RDONLY) if -d '/sys';

    my @sealed = my $dev = new_tree('tmpfs', MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, mode => '0755');
    put($dev, '/dev', 1);
    put($$_[1], $$_[0], 0) for @devices;
    put(new_tree('devpts', MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, ptmxmode => '0666', mode => '0620'), '/dev/pts', 1);
    put(new_tree('tmpfs', $UNTRUSTED, mode => '01777'), '/dev/shm', 1);
    symlink 'pts/ptmx', '/dev/ptmx';
    symlink '/proc/self/fd', '/dev/fd';
    symlink "/proc/self/fd/$$_[0]", "/dev/$$_[1]" for [0, 'stdin'], [1, 'stdout'], [2, 'stderr'];

    for my $step (@steps) {
        my ($path, $tree, $is_folder) = @$step;
        push @sealed, $tree = new_tree('tmpfs', $UNTRUSTED, mode => '0555') if !defined $tree;
        put($tree, $path, $is_folder);
    }
    set_attributes($_, 'an empty folder', AT_EMPTY_PATH, MOUNT_ATTR_RDONLY) for @sealed;
    put(new_tree('proc', $UNTRUSTED | MOUNT_ATTR_NOEXEC), '/proc', 1);
    seal_proc() if $> == 0;
}

# The settings of the machine: user 0 may write them without a capability.
sub seal_proc {
    opendir my $folder, '/proc' or fail('/proc');
    for my $name (map { /\A([a-z].*)\z/s } readdir $folder) {
        my $path = "/proc/$name";
        next if !lstat $path or -l _;
        put(copy_tree($path, $UNTRUSTED | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY), $path, -d _) if -d _ || (lstat _)[2] & 0222;
    }
}

# User and group stay who they are; of everybody else nothing can be used.
sub map_owner {
    my ($user, $group) = @_;
    for (['setgroups', 'deny'], ['uid_map', "$user $user 1"], ['gid_map', "$group $group 1"]) {
        my ($name, $text) = @$_;
        open my $file, '>', "/proc/self/$name" or fail($name);
        defined syswrite $file, $text or fail($name);
    }
}

# A new network has a loopback that is not up yet.
sub raise_loopback {
    socket my $socket, 2, 2, 0 or fail('socket');
    ioctl $socket, SIOCSIFFLAGS, my $request = pack 'a16 s x22', 'lo', IFF_UP or fail('the loopback');
}

shut_all();
my $filter = read_filter();
die_with_agent();
my ($user, $group) = map { /(\d+)/ } $>, $);
call('namespaces', nr_unshare, NEW_NAMESPACES | ($option eq 'offline' ? CLONE_NEWNET : 0));
map_owner($user, $group);
my ($gate) = planned('gate');
my $listener;
if (defined $gate) {
    raise_loopback();
    $listener = open_gate_port();
    # Now: both processes share these mounts, and the other one soon puts something over this folder.
    chdir $gate or fail('the gate');
}
# It is lost when the owner of a process changes.
die_with_agent();
pipe my $reader, my $writer or fail('pipe');
block_signals();
defined(my $inside = fork) or fail('fork');
if ($inside) {
    close $reader;
    chdir '/' if !defined $gate;
    serve_gate($listener, call('pidfd', nr_pidfd_open, $inside, 0)) if defined $gate;
    waitpid $inside, 0;
    leave(code_of($?));
}

close $writer;
name_gate() if defined $gate;
call('parent', nr_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
# Its other end is closed when the parent is dead already.
vec(my $waiting = '', fileno $reader, 1) = 1;
exit 137 if select $waiting, undef, undef, 0;
lay_out();
chdir $cwd or fail($cwd);
drop_privileges();
if ((my $version = landlock_version()) > 0) {
    # Named pipes and devices can be written to on what is mounted read-only.
    open_ruleset($version, $WRITE | $IOCTL_DEV | $MAKE_CHAR | $MAKE_BLOCK);
    allow($_, $WRITE | $IOCTL_DEV) for '/dev', '/proc';
    $$_[0] =~ /\A(?:writable|view|copied)\z/ and allow($$_[1], $WRITE) for @plan;
    allow_streams();
    enforce_ruleset();
}
install_filter($filter, 0);
shut_all();
if (my $signal = early_signal()) { exit 128 + $signal }
defined(my $main = fork) or fail('fork');
start_command() if !$main;
call('init', nr_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
while ((my $ended = wait) > 0) { leave(code_of($?)) if $ended == $main }
exit 125;
`;
