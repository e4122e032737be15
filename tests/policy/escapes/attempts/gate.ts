import { perl, type Attempt } from "../attempt.ts";
import { received } from "../evidence.ts";

const ask = (bytes: string): string =>
  `socket(my $s, AF_INET, SOCK_STREAM, 0); connect $s, pack_sockaddr_in(3128, INADDR_LOOPBACK) or exit; syswrite $s, "${bytes}"; sysread $s, my $answer, 65536; print $answer; syswrite $s, $mark; select undef, undef, undef, 0.05`;
const never = "without walls there is no gate";

const gated = (name: string, walls: Attempt["walls"], script: string, bare?: Attempt["bare"]): Attempt => ({
  ...perl(name, walls, script, received),
  gated: true,
  ...(bare !== undefined && { bare }),
});
const through = (name: string, bytes: string): Attempt => gated(name, ["network"], ask(bytes), { never });

/** Getting further than the one way out that a command has where hosts are allowed. */
export const gate: readonly Attempt[] = [
  gated(
    "goes past the gate by TCP",
    ["network"],
    `socket(my $s, AF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in($ENV{TCP}, INADDR_LOOPBACK)); syswrite $s, $mark`,
  ),
  gated(
    "goes past the gate by TCP over IPv6",
    ["network"],
    `socket(my $s, Socket::AF_INET6, SOCK_STREAM, 0); connect $s, Socket::pack_sockaddr_in6($ENV{TCP6}, Socket::IN6ADDR_LOOPBACK); syswrite $s, $mark`,
  ),
  gated(
    "goes past the gate by UDP",
    ["network"],
    `socket(my $s, AF_INET, SOCK_DGRAM, 0); send $s, $mark, 0, pack_sockaddr_in($ENV{UDP}, INADDR_LOOPBACK)`,
  ),
  gated(
    "goes past the gate by netlink",
    ["network"],
    `socket(my $s, 16, SOCK_RAW, 2); my $text = pack('ISSII', 16 + length $mark, 16, 1, 1, 0) . $mark; send $s, $text, 0, pack 'SSLL', 16, 0, $ENV{NETLINK}, 0`,
  ),
  gated(
    "goes past the gate by the sockets of virtual machines",
    ["network"],
    `socket(my $s, 40, SOCK_STREAM, 0); connect $s, pack 'SSLLCx3', 40, 0, $ENV{VSOCK}, 1, 0; syswrite $s, $mark`,
    { needs: ({ variables }) => variables["VSOCK"] !== "0" },
  ),
  gated(
    "goes past the gate by a unix socket",
    ["unixSockets"],
    `socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect $s, pack_sockaddr_un("$ENV{SOCKETS}/stream"); syswrite $s, $mark`,
  ),
  gated(
    "goes past the gate by an abstract name",
    ["unixSockets"],
    `socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect $s, pack('S', AF_UNIX) . "\\0$ENV{ABSTRACT}-stream"; syswrite $s, $mark`,
  ),
  gated(
    "goes past the gate by one of a pair whose other is gone",
    ["unixSockets"],
    `socketpair my $s, my $t, AF_UNIX, SOCK_STREAM, 0; close $t; connect $s, pack('S', 0); connect $s, pack_sockaddr_un("$ENV{SOCKETS}/stream"); syswrite $s, $mark; socketpair my $p, my $q, AF_UNIX, 5, 0; close $q; shutdown $p, 2; connect $p, pack_sockaddr_un("$ENV{SOCKETS}/seqpacket"); syswrite $p, $mark`,
    {
      never:
        "a pair cannot be connected anew without walls either; it is tried because the gate's filter lets pairs be made",
    },
  ),
  gated(
    "goes past the gate by one of its streams",
    ["unixSockets"],
    `for my $fd (0 .. 2) { open my $s, '+<&=', $fd; connect $s, pack_sockaddr_un("$ENV{SOCKETS}/stream"); syswrite $s, $mark }`,
    { never: "its streams are pipes or connected" },
  ),
  gated(
    "makes whoever hands on go elsewhere by its memory",
    ["network", "processes"],
    `for my $pid (grep { /^\\d+$/ && $_ != $$ } map { s{/proc/}{}r } glob '/proc/*') { open my $memory, '+<', "/proc/$pid/mem" or next; open my $maps, '<', "/proc/$pid/maps" or next; for (<$maps>) { my ($from, $to) = /^(\\w+)-(\\w+) rw/ or next; ($from, $to) = (hex $from, hex $to); next if $to - $from > 1 << 24; sysseek $memory, $from, 0; sysread $memory, my $bytes, $to - $from; if ((my $at = index $bytes, "gate\\0") >= 0) { sysseek $memory, $from + $at, 0; syswrite $memory, "$ENV{SOCKETS}/stream\\0" } } } ${ask("$mark")}`,
    { never },
  ),
  gated(
    "takes the folder of whoever hands on",
    ["unixSockets", "processes"],
    `for my $folder (glob '/proc/*/cwd /proc/*/fd/*') { chdir $folder or next; next unless -S 'gate'; socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect $s, pack_sockaddr_un('gate'); syswrite $s, "CONNECT 127.0.0.1:$ENV{TCP} HTTP/1.1\\r\\n\\r\\n$mark" }`,
    { never },
  ),
  through("asks the gate for this machine by its address", "CONNECT 127.0.0.1:$ENV{TCP} HTTP/1.1\\r\\n\\r\\n"),
  through("asks the gate for this machine by a number", "CONNECT 2130706433:$ENV{TCP} HTTP/1.1\\r\\n\\r\\n"),
  through("asks the gate for this machine by IPv6", "CONNECT [::1]:$ENV{TCP6} HTTP/1.1\\r\\n\\r\\n"),
  through("asks the gate for this machine by its name", "CONNECT localhost:$ENV{TCP} HTTP/1.1\\r\\n\\r\\n"),
  through("asks the gate for a name that leads to this machine", "CONNECT rebound.test:$ENV{TCP} HTTP/1.1\\r\\n\\r\\n"),
  through(
    "asks the gate for a name behind another one",
    "CONNECT allowed.test@127.0.0.1:$ENV{TCP} HTTP/1.1\\r\\n\\r\\n",
  ),
  through(
    "sends the gate two requests in one",
    "GET http://allowed.test/ HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nGET http://127.0.0.1:$ENV{TCP}/$mark HTTP/1.1\\r\\n\\r\\n",
  ),
  through(
    "asks the gate in plain HTTP for this machine",
    "GET http://127.0.0.1:$ENV{TCP}/$mark HTTP/1.1\\r\\nHost: allowed.test\\r\\n\\r\\n",
  ),
  through(
    "asks the gate by SOCKS for a name cut short by a nul",
    "\\x05\\x01\\x00\\x05\\x01\\x00\\x03\\x16127.0.0.1\\0.allowed.test\" . pack('n', $ENV{TCP}) . \"",
  ),
  through(
    "asks the gate by SOCKS for this machine",
    "\\x05\\x01\\x00\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01\" . pack('n', $ENV{TCP}) . \"",
  ),
];
