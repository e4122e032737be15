/** Perl for Landlock (linux/landlock.h): rights are given to folders and files, and hold for everything below them. */
export const landlockPart = String.raw`
# In the order of their bits.
my ($EXECUTE, $WRITE_FILE, $READ_FILE, $READ_DIR, $REMOVE_DIR, $REMOVE_FILE, $MAKE_CHAR, $MAKE_DIR, $MAKE_REG, $MAKE_SOCK,
    $MAKE_FIFO, $MAKE_BLOCK, $MAKE_SYM, $REFER, $TRUNCATE, $IOCTL_DEV) = map { 1 << $_ } 0 .. 15;
my $READ = $EXECUTE | $READ_FILE | $READ_DIR;
# Devices cannot be made: they would be a way to what lies behind them.
my $WRITE = $WRITE_FILE | $REMOVE_DIR | $REMOVE_FILE | $MAKE_DIR | $MAKE_REG | $MAKE_SOCK | $MAKE_FIFO | $MAKE_SYM | $REFER | $TRUNCATE;
my $OF_FILES = $EXECUTE | $WRITE_FILE | $READ_FILE | $TRUNCATE | $IOCTL_DEV;
my @known_rights = (0, 1 << 13, 1 << 14, 1 << 15, 1 << 15, 1 << 16);

my ($ruleset, $handled);

# The version of Landlock here; below 1 when there is none.
sub landlock_version { return syscall(nr_landlock_create_ruleset, 0, 0, 1) }

sub open_ruleset {
    my ($version, $rights) = @_;
    my $known = $version > 5 ? $known_rights[5] : $known_rights[$version];
    $handled = $rights & $known - 1;
    # No signals to, and no nameless sockets of, processes outside.
    my $attributes = pack 'Q3', $handled, 0, $version >= 6 ? 3 : 0;
    $ruleset = call('Landlock', nr_landlock_create_ruleset, $attributes, length $attributes, 0);
}

sub allow_descriptor {
    my ($descriptor, $rights) = @_;
    for my $mask (~0, $OF_FILES) {
        my $some = $rights & $handled & $mask;
        return if !$some;
        my $rule = pack 'Ql', $some, $descriptor;
        return if syscall(nr_landlock_add_rule, $ruleset, 1, $rule, 0) == 0;
        # Some rights are of folders alone.
        return if $! != EINVAL;
    }
}

# What is no longer there, or has become a link, gets nothing.
sub allow {
    my ($path, $rights) = @_;
    my $descriptor = open_path($path);
    return if !defined $descriptor;
    allow_descriptor($descriptor, $rights);
    shut($descriptor);
}

# The streams can be opened again by name (/dev/stderr), also where their files have none any more.
sub allow_streams {
    for my $stream (0 .. 2) {
        my $descriptor = syscall(nr_openat, AT_FDCWD, my $path = "/proc/self/fd/$stream", O_PATH | O_CLOEXEC, 0);
        next if $descriptor < 0;
        # Folders would bring everything below them.
        allow_descriptor($descriptor, $OF_FILES & ~$EXECUTE) if !-d "/proc/self/fd/$stream";
        shut($descriptor);
    }
}

sub enforce_ruleset {
    call('Landlock', nr_landlock_restrict_self, $ruleset, 0);
    shut($ruleset);
}
`;
