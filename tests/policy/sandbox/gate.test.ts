import { once } from "node:events";
import * as fs from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateRules } from "../../../src/host/walls/command-gate.ts";
import type { RungName } from "../../../src/policy/sandbox/sandbox.ts";
import { openGate } from "../../../src/system/gate/gate.ts";
import type { Gate } from "../../../src/system/ports.ts";
import { accounts, giveAll } from "../escapes/account.ts";
import { createRig, type Rig } from "./rig.ts";
import { untilPasses } from "../../support/until.ts";

const rungs: readonly RungName[] = ["bubblewrap", "helper"];
const cases = rungs.flatMap((rung) => accounts.map((account) => ({ rung, account, user: account.name })));

/** Perl that connects to the gate which the environment names, as a program would. */
const connected = String.raw`use Socket; my ($host, $port) = $ENV{HTTP_PROXY} =~ m{^http://([\d.]+):(\d+)$} or die "no gate";
  socket my $s, AF_INET, SOCK_STREAM, 0 or die "socket: $!"; connect $s, pack_sockaddr_in($port, inet_aton($host)) or die "connect: $!";
  sub say_it { my ($bytes) = @_; while (length $bytes) { my $n = syswrite $s, $bytes; die "write: $!" unless defined $n; substr $bytes, 0, $n, '' } }
  sub head { my $head = ''; while ($head !~ /\r\n\r\n\z/) { sysread $s, $head, 1, length $head or last } return $head }
`;
const perl = (script: string): string[] => ["/usr/bin/perl", "-e", connected + script];

describe.each(cases)("the gate of $rung as $user", ({ rung, account }) => {
  let rig: Rig;
  let gate: Gate;
  let folder: string;
  let echo: Server;
  let port: number;
  beforeAll(async () => {
    rig = await createRig(rung, account);
    // Gives back what it gets, and its end.
    echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket).on("error", () => {}));
    await once(echo.listen(0, "127.0.0.1"), "listening");
    port = (echo.address() as AddressInfo).port;
    folder = rig.path("private", "gate");
    const lists = { allow: ["good.test", `127.0.0.1:${port}`], deny: [] };
    gate = await openGate(
      folder,
      gateRules(
        () => lists,
        () => {},
      ),
      async () => ["127.0.0.1"],
    );
    giveAll(rig.scratch, account);
  });
  afterAll(async () => {
    await gate.close();
    rig.close();
    echo.close();
  });
  const within = (): object => ({ gate: folder, hidden: [rig.path("private")], writable: [rig.path("work")] });

  test("hosts that are allowed are reached by the proxy that the environment names", async () => {
    const script = String.raw`say_it("CONNECT good.test:${port} HTTP/1.1\r\n\r\n"); print head(); say_it("hello"); shutdown $s, 1; local $/; print <$s>`;
    const { output, errors } = await rig.run(perl(script), within());
    expect(errors).toBe("");
    expect(output).toBe("HTTP/1.1 200 Connection established\r\n\r\nhello");
  });

  test("others are refused, in words", async () => {
    const script = String.raw`say_it("CONNECT evil.test:${port} HTTP/1.1\r\n\r\n"); local $/; print <$s>`;
    const { output } = await rig.run(perl(script), within());
    expect(output).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[^]*evil.test:\d+ may not be reached: [^]+$/);
  });

  test("much comes through both ways at once, as it was", async () => {
    const script = String.raw`say_it("CONNECT good.test:${port} HTTP/1.1\r\n\r\n"); head();
      my $sent = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 500_000;
      if (!fork) { say_it($sent); shutdown $s, 1; exit } local $/; print <$s> eq $sent ? "same" : "different"`;
    expect((await rig.run(perl(script), within())).output).toBe("same");
  });

  test("many connections are open at once", async () => {
    const script = String.raw`my @all = ($s); for (2 .. 40) { socket my $t, AF_INET, SOCK_STREAM, 0; connect $t, pack_sockaddr_in($port, inet_aton($host)) or die $!; push @all, $t }
      my $count = 0; for my $t (@all) { $s = $t; say_it("CONNECT good.test:${port} HTTP/1.1\r\n\r\n") } for my $t (@all) { $s = $t; $count++ if head() =~ / 200 / } print $count`;
    expect((await rig.run(perl(script), within())).output).toBe("40");
  });

  // Who hands on once looked for the gate while the other process was hiding that folder already; here looking takes long.
  test("it is found before anything is put over its folder", async () => {
    const detour = "work/../".repeat(400);
    for (let link = 1; link <= 38; link++)
      fs.symlinkSync(`${detour}${link === 1 ? "private/gate" : `link-${link - 1}`}`, rig.path(`link-${link}`));
    const script = String.raw`say_it("CONNECT good.test:${port} HTTP/1.1\r\n\r\n"); print head() =~ / 200 / ? "reached" : "not"`;
    const { output, errors } = await rig.run(perl(script), { ...within(), gate: rig.path("link-38") });
    expect([output, errors]).toEqual(["reached", ""]);
  });

  test("a server of the command's own is reached by itself alone", async () => {
    const script = String.raw`socket my $l, AF_INET, SOCK_STREAM, 0; bind $l, pack_sockaddr_in(8123, INADDR_LOOPBACK) or die "bind: $!"; listen $l, 5;
      if (!fork) { socket my $c, AF_INET, SOCK_STREAM, 0; connect $c, pack_sockaddr_in(8123, INADDR_LOOPBACK) or die; syswrite $c, "mine"; exit } accept my $p, $l; print <$p>`;
    expect((await rig.run(perl(script), within())).output).toBe("mine");
  });

  test("the environment names the gate and nothing of the user's own proxies, nor that there is no network", async () => {
    const env = {
      HTTPS_PROXY: "http://user:secret@corp:1",
      all_proxy: "socks5://corp",
      CODEX_SANDBOX_NETWORK_DISABLED: "1",
      KEPT: "a=b",
    };
    const { output } = await rig.run("env", within(), { env });
    expect(output).not.toMatch(/corp|secret|NETWORK_DISABLED/);
    expect(output).toMatch(/^HTTPS_PROXY=http:\/\/127.0.0.1:3128$/m);
    expect(output).toMatch(/^KEPT=a=b$/m);
  });

  test("codes and signals are the command's own, and none of its children is ours", async () => {
    expect((await rig.run("exit 7", within())).code).toBe(7);
    expect((await rig.run("kill -TERM $$", within())).code).toBe(143);
    const waits = `my $n = 0; $n++ while wait() > 0; print "$n children"`;
    expect((await rig.run(["/usr/bin/perl", "-e", waits], within())).output).toBe("0 children");
    expect((await rig.run(["/nowhere/program"], within())).code).toBe(127);
  });

  test("it ends with the command, also while something comes through", async () => {
    const script = String.raw`say_it("CONNECT good.test:${port} HTTP/1.1\r\n\r\n"); head(); fork or sleep 100; print "over"`;
    const { code, output } = await rig.run(perl(script), within());
    expect([code, output]).toEqual([0, "over"]);
    const left = (): string[] =>
      fs.readdirSync("/proc").filter((name) => {
        try {
          return /^\d+$/.test(name) && fs.readFileSync(`/proc/${name}/cmdline`, "latin1").includes(rig.scratch);
        } catch {
          return false;
        }
      });
    // The kernel takes a moment to end what was in the namespace.
    await untilPasses(() => expect(left()).toEqual([]));
  });

  test("limits hold beside it", async () => {
    const { output } = await rig.run("ulimit -n; ulimit -t", { ...within(), limits: { openFiles: 50, cpuSeconds: 9 } });
    expect(output).toBe("50\n9\n");
  });
});
