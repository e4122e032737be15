/**
 * Perl for what Landlock leaves open: modes, owners and times of files. The filter passes these calls on to the watching
 * process (seccomp_unotify(2)), which makes them itself, on a file that it has opened and found to be a writable one: what
 * a command does to paths and memory meanwhile changes nothing.
 */
export const attributesPart = String.raw`
my @writable = planned('writable');
my @hidden = planned('hidden');

# Which of the arguments are the folder, the path, the flags and what is to be set; -1: there is none.
my %attribute_calls = (
    nr_fchmod, [0, -1, -1, 'mode', 1], nr_fchmodat, [0, 1, -1, 'mode', 2], nr_fchmodat2, [0, 1, 3, 'mode', 2],
    nr_fchown, [0, -1, -1, 'owner', 1], nr_fchownat, [0, 1, 4, 'owner', 2], nr_utimensat, [0, 1, 3, 'times', 2],
    nr_chmod, [-1, 0, -1, 'mode', 1], nr_chown, [-1, 0, -1, 'owner', 1], nr_lchown, [-1, 0, -1, 'owner', 1],
    nr_utime, [-1, 0, -1, 'seconds', 1], nr_utimes, [-1, 0, -1, 'microseconds', 1], nr_futimesat, [0, 1, -1, 'microseconds', 2],
);

sub address { return unpack 'Q', pack 'p', $_[0] }

# A message of one byte, with room for one descriptor beside it.
sub message {
    my $vector = pack 'Q2', address($_[0]), 1;
    my $message = pack 'Q L x4 Q4 l x4', 0, 0, address($vector), 1, address($_[1]), length $_[1], 0;
    return syscall($_[3], fileno $_[2], $message, 0);
}

sub hand_over {
    my ($socket, $descriptor) = @_;
    my $control = pack 'Q l3 x4', 20, 1, 1, $descriptor;
    message(my $byte = '!', $control, $socket, nr_sendmsg) == 1 or fail('the filter');
}

# Undef when the other side has died.
sub take_over {
    my ($socket) = @_;
    my $control = "\0" x 24;
    return message(my $byte = ' ', $control, $socket, nr_recvmsg) == 1 ? unpack 'x16 l', $control : undef;
}

sub memory_of {
    my ($process, $address, $length) = @_;
    open my $memory, '<:raw', "/proc/$process/mem" or return undef;
    sysseek $memory, $address, 0 or return undef;
    # What comes after its page may not be there.
    my $bytes = '';
    while (length $bytes < $length) {
        my $wanted = 4096 - ($address + length $bytes) % 4096;
        $wanted = $length - length $bytes if $wanted > $length - length $bytes;
        last if !sysread $memory, $bytes, $wanted, length $bytes;
        last if $length == 4096 && index($bytes, "\0") >= 0;
    }
    return ($bytes =~ /\A(.*)\z/s)[0];
}

sub is_within { return $_[0] eq $_[1] || $_[1] eq '/' || index($_[0], "$_[1]/") == 0 }

sub may_change {
    my ($file) = @_;
    my $real = readlink "/proc/self/fd/$file";
    # Without a name: nobody else's.
    return 1 if !(stat "/proc/self/fd/$file")[3] || $real =~ /\Apipe:/;
    for my $root (grep { is_within($real, $_) } @writable) {
        return 1 if !grep { is_within($_, $root) && (is_within($real, $_) || is_within($_, $real)) } @hidden, '/dev', '/proc', '/sys';
    }
    return 0;
}

# The file that a call is about, opened without being read; undef, with the reason in $!, where there is none.
sub file_of_call {
    my ($process, $folder, $address, $flags) = @_;
    my $base = '/proc/' . $process . ($folder == AT_FDCWD ? '/cwd' : "/fd/$folder");
    my $path = '';
    if ($address) {
        $path = memory_of($process, $address, 4096);
        if (!defined $path || $path !~ s/\0.*//s) { $! = EFAULT; return undef }
        if ($path eq '' && !($flags & AT_EMPTY_PATH)) { $! = ENOENT; return undef }
        $path =~ s{\A/(?:proc/self|dev)/fd/}{/proc/$process/fd/};
    }
    $base = substr $path, 0, 1, '/' if $path =~ m{\A/};
    my $start = syscall(nr_openat, AT_FDCWD, $base, O_PATH | O_CLOEXEC, 0);
    if ($start < 0) { $! = EBADF; return undef }
    return $start if $path eq '';
    $path =~ s{\A/+}{};
    $path = '.' if $path eq '';
    my $file = syscall(nr_openat, $start, $path, O_PATH | O_CLOEXEC | ($flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0), 0);
    my $error = $! + 0;
    shut($start);
    $! = $error;
    return $file < 0 ? undef : $file;
}

sub change {
    my ($process, $file, $what, @values) = @_;
    my $empty = '';
    if ($what eq 'mode') { return syscall(nr_fchmodat, AT_FDCWD, my $path = "/proc/self/fd/$file", $values[0] & 07777) }
    if ($what eq 'owner') { return syscall(nr_fchownat, $file, $empty, map({ $_ & 0xffffffff } @values[0, 1]), AT_EMPTY_PATH) }
    return syscall(nr_utimensat, $file, $empty, 0, AT_EMPTY_PATH) if !$values[0];
    my $bytes = memory_of($process, $values[0], $what eq 'seconds' ? 16 : 32);
    if (!defined $bytes) { $! = EFAULT; return -1 }
    my @times = unpack 'q*', $bytes;
    @times = ($times[0], 0, $times[1], 0) if $what eq 'seconds';
    @times[1, 3] = map { $_ * 1000 } @times[1, 3] if $what eq 'microseconds';
    return syscall(nr_utimensat, $file, $empty, my $packed = pack('q4', @times), AT_EMPTY_PATH);
}

sub answer_call {
    my ($listener) = @_;
    my $request = "\0" x 80;
    return if syscall(nr_ioctl, $listener, SECCOMP_IOCTL_NOTIF_RECV, $request) < 0;
    my ($id, $process, $number, @arguments) = unpack 'Q L x4 l x12 q6', $request;
    my ($folder_at, $path_at, $flags_at, $what, $values_at) = @{ $attribute_calls{$number} };
    my $folder = $folder_at < 0 ? AT_FDCWD : unpack 'l', pack 'l', $arguments[$folder_at];
    my $flags = $flags_at >= 0 ? $arguments[$flags_at] & 0xffffffff : $number == nr_lchown ? AT_SYMLINK_NOFOLLOW : 0;
    my $file = file_of_call($process, $folder, $path_at < 0 ? 0 : $arguments[$path_at], $flags);
    my $error = 0;
    if (!defined $file) { $error = $! + 0 }
    # What was looked at must have been the one that asked.
    elsif (syscall(nr_ioctl, $listener, SECCOMP_IOCTL_NOTIF_ID_VALID, my $asked = pack 'Q', $id) < 0) { $error = EPERM }
    elsif (!may_change($file)) { $error = EACCES }
    elsif (change($process, $file, $what, @arguments[$values_at .. 5]) < 0) { $error = $! + 0 }
    shut($file) if defined $file;
    syscall(nr_ioctl, $listener, SECCOMP_IOCTL_NOTIF_SEND, my $answer = pack 'Q q l L', $id, 0, -$error, 0);
}

# Answers until the command has ended, and returns its code.
sub serve {
    my ($main, $listener) = @_;
    my $end = call('pidfd', nr_pidfd_open, $main, 0);
    while (1) {
        my $ready = '';
        vec($ready, $end, 1) = 1;
        vec($ready, $listener, 1) = 1 if defined $listener;
        next if select($ready, undef, undef, undef) < 1;
        last if vec $ready, $end, 1;
        answer_call($listener) if defined $listener;
    }
    waitpid $main, 0;
    return code_of($?);
}
`;
