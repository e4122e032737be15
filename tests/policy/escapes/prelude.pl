# What attempts written in Perl build on: system calls by name, memory by address.
use strict; no strict 'refs'; no warnings;
use Socket; use Fcntl; use POSIX ();
our %number = (POSIX::uname())[4] eq 'x86_64' ? (
  mmap => 9, sendto => 44, sendmsg => 46, clone => 56, ptrace => 101, pivot_root => 155, prctl => 157, acct => 163,
  mount => 165, umount2 => 166, sethostname => 170, setxattr => 188, getxattr => 191, mq_open => 240, mq_timedsend => 242,
  mq_timedreceive => 243, add_key => 248, request_key => 249, keyctl => 250, openat => 257, mknodat => 259, fchownat => 260,
  linkat => 265, unshare => 272, splice => 275, utimensat => 280, fallocate => 285, perf_event_open => 298,
  name_to_handle_at => 303, open_by_handle_at => 304, setns => 308, prlimit64 => 302, process_vm_readv => 310,
  process_vm_writev => 311, renameat2 => 316, memfd_create => 319, bpf => 321, execveat => 322, userfaultfd => 323,
  copy_file_range => 326,
) : (
  getxattr => 8, setxattr => 5, mknodat => 33, linkat => 37, umount2 => 39, mount => 40, pivot_root => 41, fallocate => 47,
  fchownat => 54, openat => 56, splice => 76, acct => 89, utimensat => 88, unshare => 97, ptrace => 117, sethostname => 161,
  prctl => 167, mq_open => 180, mq_timedsend => 182, mq_timedreceive => 183, sendto => 206, sendmsg => 211, add_key => 217,
  request_key => 218, keyctl => 219, clone => 220, mmap => 222, perf_event_open => 241, prlimit64 => 261,
  name_to_handle_at => 264, open_by_handle_at => 265, setns => 268, process_vm_readv => 270, process_vm_writev => 271,
  renameat2 => 276, memfd_create => 279, bpf => 280, execveat => 281, userfaultfd => 282, copy_file_range => 285,
);
%number = (%number, pidfd_send_signal => 424, io_uring_setup => 425, io_uring_enter => 426, io_uring_register => 427,
  open_tree => 428, move_mount => 429, fsopen => 430, fsconfig => 431, fsmount => 432, pidfd_open => 434, clone3 => 435,
  pidfd_getfd => 438, process_madvise => 440, mount_setattr => 442, fchmodat2 => 452);
# Buffers that the call writes to are given by reference. Digits are numbers, also those from the environment.
sub call {
  my $name = shift;
  my @given = map { ref $_ ? $_ : \(my $copy = /^-?\d+$/ ? 0 + $_ : $_) } @_;
  push @given, \(my $nothing = 0) while @given < 6;
  return syscall($number{$name}, ${$given[0]}, ${$given[1]}, ${$given[2]}, ${$given[3]}, ${$given[4]}, ${$given[5]});
}
sub address { return unpack 'J', pack 'p', $_[0] }
# Copies bytes to and from an address, through a pipe.
sub poke { my ($to, $bytes) = @_; pipe my $out, my $in; syswrite $in, $bytes; return syscall((POSIX::uname())[4] eq 'x86_64' ? 0 : 63, fileno($out), $to, length $bytes) }
sub peek { my ($from, $size) = @_; return unpack "P$size", pack 'J', $from }
sub map_file { my ($file, $size, $protection) = @_; return call('mmap', 0, $size, $protection, 1, fileno($file), 0) }
# Hundredths of a second.
sub ticks { return (POSIX::times())[0] }
our $began = ticks();
# Whether a race goes on: for less than half a second; without walls, where it is to be won, until it is, however busy the machine.
sub racing { my ($won) = @_; my $spent = ticks() - $began; return $spent < 40 || ($ENV{BARE} && $spent < 3000 && !$won->()) }
sub slurp { open my $file, '<', $_[0] or return ''; local $/; return scalar <$file> }
sub spew { my ($path, $text) = @_; open my $file, '>', $path or return; print $file $text; close $file }
# Lets the outside have a look at this process, when there is something to see.
sub wait_for_look { $| = 1; print "LOOK $$\n"; my $line = <STDIN> }
our ($base, $work, $out, $codex, $runtime, $mark, $agent) = @ENV{qw(BASE WORK OUT CODEX RUNTIME MARK AGENT_PID)};
