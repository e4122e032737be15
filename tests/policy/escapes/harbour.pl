# A server of every kind of socket that a command could reach. It prints each run of bytes that arrives;
# a line on standard input is answered once everything that had arrived before it is printed.
use strict; no warnings; use Socket; use Socket qw(AF_INET6 pack_sockaddr_in6 unpack_sockaddr_in6 IN6ADDR_LOOPBACK inet_pton); use IO::Select; use POSIX ();
$| = 1;
my ($folder, $abstract) = @ARGV;
my $select = IO::Select->new; my (%listens, %kind, @all);
sub keep { my ($socket, $name, $listening) = @_; push @all, $socket; $select->add($socket); $listens{$socket} = $listening; $kind{$socket} = $name }
sub open_socket {
  my ($name, $family, $type, $address) = @_;
  socket my $socket, $family, $type, 0 or return;
  bind $socket, $address or return;
  my $listening = $type == SOCK_DGRAM ? 0 : 1;
  listen $socket, 50 if $listening;
  keep($socket, $name, $listening);
  return $socket;
}
my %port;
my $tcp = open_socket('tcp', AF_INET, SOCK_STREAM, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
my $udp = open_socket('udp', AF_INET, SOCK_DGRAM, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
my ($tcp_port) = unpack_sockaddr_in getsockname $tcp;
my ($udp_port) = unpack_sockaddr_in getsockname $udp;
my $tcp6 = open_socket('tcp6', AF_INET6, SOCK_STREAM, pack_sockaddr_in6(0, IN6ADDR_LOOPBACK));
my $udp6 = open_socket('udp6', AF_INET6, SOCK_DGRAM, pack_sockaddr_in6(0, IN6ADDR_LOOPBACK));
my ($tcp6_port) = $tcp6 ? unpack_sockaddr_in6 getsockname $tcp6 : 0;
my ($udp6_port) = $udp6 ? unpack_sockaddr_in6 getsockname $udp6 : 0;
for ([stream => SOCK_STREAM], [dgram => SOCK_DGRAM], [seqpacket => 5]) {
  my ($name, $type) = @$_;
  open_socket("unix $name", AF_UNIX, $type, pack_sockaddr_un("$folder/$name")) or die $!;
  open_socket("abstract $name", AF_UNIX, $type, pack('S', AF_UNIX) . "\0$abstract-$name") or die $!;
}
my $netlink_port = 0;
if (socket my $netlink, 16, SOCK_RAW, 2) {
  bind $netlink, pack 'SSLL', 16, 0, 0, 0;
  $netlink_port = (unpack 'SSLL', getsockname $netlink)[2];
  keep($netlink, 'netlink', 0);
}
keep($_, 'frame', 0) for grep { socket $_, 17, SOCK_DGRAM, 0xb588 } my $frames;
# The address of the machine itself, of virtual machines' sockets.
my $vsock_port = 0;
if (socket my $vsock, 40, SOCK_STREAM, 0) {
  $vsock_port = 20000 + $$ % 40000;
  bind $vsock, pack 'SSLLCx3', 40, 0, $vsock_port, 0xffffffff, 0;
  listen $vsock, 50;
  keep($vsock, 'vsock', 1);
  # Without a way back to itself the machine refuses this.
  socket my $trial, 40, SOCK_STREAM, 0;
  $vsock_port = 0 unless connect $trial, pack 'SSLLCx3', 40, 0, $vsock_port, 1, 0;
}
keep(\*STDIN, 'control', 0);
print "ready $tcp_port $udp_port $tcp6_port $udp6_port $netlink_port $vsock_port\n";
my @waiting;
while (1) {
  my @ready = $select->can_read(@waiting ? 0 : undef);
  my $busy = 0;
  for my $socket (@ready) {
    if ($listens{$socket}) { $busy = 1; accept my $peer, $socket; keep($peer, $kind{$socket}, 0); next }
    my $bytes = '';
    if ($kind{$socket} eq 'control') {
      sysread STDIN, $bytes, 65536 or exit;
      push @waiting, split /\n/, $bytes;
      next;
    }
    $busy = 1;
    if (defined recv $socket, $bytes, 65536, 0 and length $bytes) { $bytes =~ s/[^ -~]/./g; print "$kind{$socket}: $bytes\n" }
    elsif ($kind{$socket} =~ /^(tcp|tcp6|vsock|.* stream|.* seqpacket)$/) { $select->remove($socket); close $socket }
  }
  if (!$busy) { print "done $_\n" for @waiting; @waiting = () }
}
